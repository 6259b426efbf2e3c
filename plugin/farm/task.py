"""What a farm machine runs: the shots of one task, each with its record, told as the farm wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from ..errors import JobError
from ..events import CANCELLED, FAILED_MIDWAY, Event, FrameDone, Warned
from ..job import Job
from ..workers import Workers
from . import records
from .attempt import Running, follow
from .records import Record
from .session import SessionError, SessionRun
from .shots import Shot

GRACE_S = 45.0
"""How long frames in flight have to become whole; less than the farm's own patience."""


class Task:
    """Paints shots one after the other; a shot that fails does not stop the rest.

    Args:
        folder: Where records are.
        session: How to reach the session's worker; None starts one, for all the task's shots.
        say: Is told lines for the farm's log.

    """

    def __init__(self, folder: Path, session: Path | None, say: Callable[[str], None]) -> None:
        self._folder, self._session, self._say = folder, session, say
        self._stop = threading.Event()
        self._run: Running | None = None
        self._workers = Workers()

    def cancel(self) -> None:
        """Stop after the frames in flight; may be called from a signal handler."""
        self._stop.set()
        run = self._run
        if run is not None:
            run.cancel(grace_s=GRACE_S)

    def paint(self, shots: Sequence[Shot], tell: Callable[[Shot, Event], None]) -> list[Record]:
        """Paint shots; those that were not begun when it was cancelled have no record."""
        done: list[Record] = []
        try:
            for shot in shots:
                if self._stop.is_set():
                    break
                done.append(self._painted(shot, tell))
        finally:
            self._workers.close()
        return done

    def _painted(self, shot: Shot, tell: Callable[[Shot, Event], None]) -> Record:
        try:
            return follow(
                shot,
                lambda: self._start(shot.job),
                self._folder,
                lambda event: tell(shot, event),
                self._started,
            )
        finally:
            self._run = None

    def _start(self, job: Job) -> Running:
        if self._session is not None:
            try:
                return SessionRun(self._session, job)
            except SessionError as error:
                self._say(f"{error}; this task starts a worker of its own")
        return self._workers.start(job)

    def _started(self, run: Running) -> None:
        self._run = run
        if self._stop.is_set():  # asked for while it was being started
            run.cancel(grace_s=GRACE_S)


class Lines:
    """Tells events as lines of a log; for OpenJD with the words that it listens for.

    Args:
        shots: The shots of the task, for the share of each in the progress.
        say: Is told each line.
        for_openjd: Whether progress and failure are told in OpenJD's words.

    """

    def __init__(
        self, shots: Sequence[Shot], say: Callable[[str], None], *, for_openjd: bool
    ) -> None:
        self._say, self._for_openjd = say, for_openjd
        self._frames = {shot.name: shot.frames for shot in shots}
        self._before = dict.fromkeys(self._frames, 0)
        in_all = 0
        for shot in shots:
            self._before[shot.name] = in_all
            in_all += shot.frames
        self._in_all = max(in_all, 1)
        self._percent = -1

    def event(self, shot: Shot, event: Event) -> None:
        """Tell what a shot's run said."""
        if isinstance(event, FrameDone):
            self._progress(shot, event)
        elif isinstance(event, Warned):
            self._say(f"{shot.name}: warning: {event.message}")

    def record(self, record: Record) -> None:
        """Tell what became of a shot."""
        self._say(sentence(record))
        if self._for_openjd and record.state != records.DONE:
            self._say(f"openjd_fail: {sentence(record)}")

    def _progress(self, shot: Shot, event: FrameDone) -> None:
        status = f"{shot.name}: frame {event.frame}, {event.done} of {event.total}"
        if not self._for_openjd:
            self._say(status)
            return
        # Frames that stood already count as done: a shot that is resumed starts where it stopped.
        standing = self._frames[shot.name] - (event.total - event.done)
        percent = int(100 * (self._before[shot.name] + max(standing, 0)) / self._in_all)
        if percent != self._percent:
            self._percent = percent
            self._say(f"openjd_status: {status}")
            self._say(f"openjd_progress: {min(percent, 100)}")


def sentence(record: Record) -> str:
    """What became of a shot, in one line."""
    told = f"{record.shot}: {record.state}"
    if record.state == records.DONE:
        told += f", {record.painted} frames painted, {record.kept} kept, {record.seconds:.1f} s"
        if record.doubtful:
            told += f", {record.doubtful} doubtful places"
    if record.problems:
        told += ": " + " ".join(record.problems).replace("\n", " ")
    return told


def exit_code(done: Sequence[Record], wanted: int, *, keeps_going: bool) -> int:
    """The task's exit code; with `keeps_going` whatever was recorded counts as done."""
    if keeps_going:
        return 0
    states = {record.state for record in done}
    if records.CANCELLED in states or len(done) < wanted:
        return CANCELLED
    if records.FAILED in states:
        codes = {record.exit_code for record in done if record.state == records.FAILED}
        return codes.pop() if len(codes) == 1 else FAILED_MIDWAY
    return 0


def map_paths(shot: Shot, rules: Sequence[tuple[str, str, str]]) -> Shot:
    """The shot with its paths as they are on this machine.

    Args:
        shot: The shot with the paths of the machine that made the list.
        rules: Format (`POSIX` or `WINDOWS`), start of a path there, and what it is here.

    """
    job = shot.job
    mapped = replace(
        job,
        line=replace(job.line, path=_mapped(job.line.path, rules)),
        hint=None if job.hint is None else replace(job.hint, path=_mapped(job.hint.path, rules)),
        out=replace(job.out, path=_mapped(job.out.path, rules)),
        model=None if job.model is None else _mapped(job.model, rules),
        ocio=None if job.ocio is None else _mapped(job.ocio, rules),
    )
    return replace(shot, job=mapped)


def read_path_mapping(file: Path) -> list[tuple[str, str, str]]:
    """Rules of OpenJD's path-mapping file, longest first, as they take effect.

    Raises:
        JobError: It is no such file.

    """
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
        rules = [
            (rule["source_path_format"], rule["source_path"], rule["destination_path"])
            for rule in document.get("path_mapping_rules", [])
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError([f"{file}: these are no path mapping rules: {error!r}"]) from error
    return sorted(rules, key=lambda rule: -len(rule[1]))


def _mapped(path: str, rules: Sequence[tuple[str, str, str]]) -> str:
    for form, source, destination in rules:
        kind = PureWindowsPath if form.upper() == "WINDOWS" else PurePosixPath
        try:
            rest = kind(path).relative_to(kind(source))
        except ValueError:
            continue
        return str(Path(destination, *rest.parts))
    return path
