"""One attempt at one shot: follow the run that paints it, and write down what became of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ..client import exit_code
from ..errors import PluginError
from ..events import Cancelled, Checked, Event, Failed, Finished, Warned
from ..shot import FramePattern, parse_frames
from . import records
from .doubts import find_doubts, worst
from .records import Record
from .shots import Shot

_MOST_WARNINGS = 50


class Running(Protocol):
    """A run at work, as `client.Run` is one: its events, the last of which says how it ended."""

    def __iter__(self) -> Iterator[Event]: ...

    def cancel(self, *, grace_s: float = ...) -> None:
        """Ask for its end."""


def follow(
    shot: Shot,
    start: Callable[[], Running],
    folder: Path,
    say: Callable[[Event], None],
    started: Callable[[Running], None] = lambda _: None,
) -> Record:
    """Paint a shot and keep its record up to date.

    Args:
        shot: What to paint.
        start: Starts the run.
        folder: Where records are.
        say: Is told every event.
        started: Is told the run, to be able to cancel it.

    Returns:
        The record, as it was written.

    Raises:
        FileError: The record cannot be written.

    """
    before = records.read(folder, shot.name)
    record = Record(
        shot.name,
        records.BEGUN,
        attempt=before.attempt + 1,
        host=socket.gethostname(),
        begun_at=records.now(),
        seconds_in_all=before.seconds_in_all,
    )
    # Written first: a shot whose process or machine is lost is known by it.
    records.write(folder, record)
    begun = time.monotonic()
    try:
        run = start()
        started(run)
        for event in run:
            record = _noted(record, event)
            say(event)
        if record.state == records.DONE:
            record = _with_doubts(record, shot)
    except PluginError as error:
        record = replace(record, state=records.FAILED, exit_code=1, problems=(str(error),))
    seconds = round(time.monotonic() - begun, 3)
    record = replace(
        record, seconds=seconds, seconds_in_all=round(before.seconds_in_all + seconds, 3)
    )
    records.write(folder, record)
    return record


def _noted(record: Record, event: Event) -> Record:
    if isinstance(event, Checked):
        return replace(
            record,
            frames=event.frames,
            kept=event.kept,
            warnings=(*record.warnings, *event.warnings)[:_MOST_WARNINGS],
        )
    if isinstance(event, Warned):
        return replace(record, warnings=(*record.warnings, event.message)[:_MOST_WARNINGS])
    if isinstance(event, Finished):
        return replace(
            record,
            state=records.DONE,
            frames=event.frames,
            painted=event.painted,
            kept=event.kept,
            peak_memory_mb=event.peak_memory_mb,
        )
    if isinstance(event, Failed):
        return replace(
            record,
            state=records.FAILED,
            exit_code=event.exit_code,
            problems=tuple(event.problems),
        )
    if isinstance(event, Cancelled):
        return replace(
            record, state=records.CANCELLED, exit_code=exit_code(event), painted=event.painted
        )
    return record


def _with_doubts(record: Record, shot: Shot) -> Record:
    """The record with the doubtful places of the painted frames."""
    if shot.job.finish != "flat":
        return record  # the network does not know where it errs
    pattern = FramePattern.parse(shot.job.out.path)
    frames = _frames_of(shot)
    doubts = find_doubts(pattern, frames)
    return replace(record, doubts=worst(doubts), doubtful=len(doubts))


def _frames_of(shot: Shot) -> tuple[int, ...]:
    """The frames of a shot that was just painted."""
    if shot.job.frames is not None:
        return parse_frames(shot.job.frames)
    return FramePattern.parse(shot.job.line.path).require_frames()
