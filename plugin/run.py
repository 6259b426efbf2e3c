"""A job from its first check to its last event: what a worker and the command line both run."""

from __future__ import annotations

import errno
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from celtint.engine import EngineError, flow_order

from .check import Plan, check
from .errors import BusyError, JobError, PluginError
from .events import (
    BAD_INPUT,
    BUSY,
    FAILED_MIDWAY,
    INTERNAL,
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Warned,
)
from .fingerprint import chain, facts_digest
from .header import Attribute
from .hold import hold
from .job import Job
from .output import FINGERPRINT, fingerprints, label, remove_leftovers
from .painting import paint
from .shot import format_frames
from .stream import Clock, Stopped

log = logging.getLogger(__name__)

Say = Callable[[Event], None]


def run_job(job: Job, say: Say, stop: threading.Event) -> Event:
    """Run a job to its end; what goes wrong is told, not raised.

    Args:
        job: What to colour.
        say: Is told every event, the last one too; called from several threads, one at a time.
        stop: Set it from any thread to cancel: frames in flight are finished, no other is begun.

    Returns:
        The last event: `Finished`, `Failed` or `Cancelled`.

    """
    progress = _Progress(say)
    try:
        last = _run(job, progress, stop)
    except Stopped:
        last = Cancelled(painted=progress.done, left=progress.total - progress.done)
    except JobError as error:
        last = Failed(exit_code=BAD_INPUT, problems=list(error.problems))
    except BusyError as error:
        last = Failed(exit_code=BUSY, problems=[str(error)])
    except (PluginError, EngineError, OSError, MemoryError) as error:
        last = Failed(
            exit_code=FAILED_MIDWAY if progress.has_begun else BAD_INPUT,
            problems=[_told(error), *progress.whole_so_far()],
        )
    except Exception as error:
        log.exception("celtint has a fault")
        problem = f"celtint has a fault: {type(error).__name__}: {error}. Please report it."
        last = Failed(exit_code=INTERNAL, problems=[problem, *progress.whole_so_far()])
    progress.say(last)
    return last


def _run(job: Job, progress: _Progress, stop: threading.Event) -> Event:
    begun = time.monotonic()
    plan = check(job, stop)
    flow = flow_order(len(plan.frames), plan.hints)
    identity = _Identity.of(plan, flow)
    with hold(plan.out.folder, label(plan.out)):
        remove_leftovers(plan.out)
        # Looked at again, because another run may have just let go of the output.
        standing = fingerprints(plan.out, plan.frames)
        wanted = {
            index
            for index, frame in enumerate(plan.frames)
            if standing.get(frame) != identity.fingerprints[index]
        }
        kept = len(plan.frames) - len(wanted)
        progress.say(
            Checked(
                frames=len(plan.frames),
                kept=kept,
                hint_frames=[plan.frames[index] for index in sorted(plan.hints)],
                notes=list(plan.notes),
                warnings=list(plan.warnings),
            )
        )
        clock = Clock()
        if stop.is_set():
            raise Stopped
        if wanted:
            progress.begin(len(wanted), plan)
            paint(
                plan,
                _upstream_of(wanted, flow),
                wanted,
                identity.metadata,
                done=progress.frame_done,
                warn=lambda message: progress.say(Warned(message)),
                stop=stop,
                clock=clock,
            )
    return Finished(
        path=str(plan.out),
        frames=len(plan.frames),
        painted=len(wanted),
        kept=kept,
        seconds=round(time.monotonic() - begun, 3),
        frames_per_s=round(progress.frames_per_s(), 3),
        stages_s=clock.seconds(),
        peak_memory_mb=round(peak_memory_bytes() / 1e6, 1),
    )


@dataclass(frozen=True, eq=False)
class _Identity:
    """What every painted frame says of itself, so that a later run knows it again."""

    fingerprints: Mapping[int, str]
    shared: Mapping[str, str | int | float | Attribute]
    hint_frames: Mapping[int, str]
    frames: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, flow: list[tuple[int, int | None]]) -> _Identity:
        settings = asdict(plan.settings)
        spaces = plan.spaces
        shot = facts_digest(
            {
                "version": version("celtint"),
                "finish": plan.job.finish,
                "settings": settings,
                "network": None if plan.network is None else asdict(plan.network),
                "config": spaces.config_digest,
                "line_space": spaces.line,
                "out_space": spaces.out,
                "paper": list(plan.paper),
            }
        )
        lines = {i: f"{one.digest} {one.layer.name}" for i, one in enumerate(plan.line)}
        hints = {
            i: f"{one.digest} {one.layer.name} {spaces.hints[i]}" for i, one in plan.hints.items()
        }
        # Only what lies upstream, as in the fingerprint: a hint that is added later on must not
        # change what this frame says.
        upstream: dict[int, tuple[int, ...]] = {}
        for index, source in flow:
            own = (plan.frames[index],) if index in plan.hints else ()
            upstream[index] = (() if source is None else upstream[source]) + own
        shared: dict[str, str | int | float | Attribute] = {
            **spaces.colour.file_metadata(spaces.out),
            "celtint:version": version("celtint"),
            "celtint:finish": plan.job.finish,
            "celtint:settings": json.dumps(settings, sort_keys=True),
            "celtint:job": shot,
        }
        if plan.network is not None:
            shared["celtint:model"] = plan.network.sha256
        return cls(
            fingerprints=chain(shot, flow, lines, hints),
            shared=shared,
            hint_frames={index: format_frames(found) for index, found in upstream.items()},
            frames=plan.frames,
        )

    def metadata(self, index: int) -> dict[str, str | int | float | Attribute]:
        """The `celtint:` keys of a frame."""
        return {
            **self.shared,
            "celtint:frame": self.frames[index],
            "celtint:hint_frames": self.hint_frames[index],
            FINGERPRINT: self.fingerprints[index],
        }


class _Progress:
    """Counts frames and passes events on, one at a time."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._begun = self._last = 0.0
        self.done = self.total = 0

    @property
    def has_begun(self) -> bool:
        """Whether frames are, or were, being painted."""
        return self._plan is not None

    def say(self, event: Event) -> None:
        """Pass an event on."""
        with self._lock:
            self._say(event)

    def begin(self, total: int, plan: Plan) -> None:
        """Painting begins."""
        self.total, self._plan = total, plan
        self._begun = self._last = time.monotonic()

    def frame_done(self, index: int) -> None:
        """The frame of an index is whole on disk."""
        with self._lock:
            plan = self._plan
            assert plan is not None  # noqa: S101 - frames are painted after `begin`
            self.done += 1
            self._last = time.monotonic()
            rate = self.done / max(self._last - self._begun, 1e-6)
            frame = plan.frames[index]
            self._say(
                FrameDone(
                    frame=frame,
                    path=str(plan.out.path(frame)),
                    done=self.done,
                    total=self.total,
                    frames_per_s=round(rate, 3),
                    seconds_left=round((self.total - self.done) / rate, 1),
                )
            )

    def frames_per_s(self) -> float:
        """From the first read to the last write."""
        return self.done / max(self._last - self._begun, 1e-6) if self.done else 0.0

    def whole_so_far(self) -> list[str]:
        """What to tell about the frames that are painted already."""
        if not self.has_begun:
            return []
        return [
            f"{self.done} of {self.total} frames were painted and stay. "
            "Run the same job again to go on from there."
        ]


def _upstream_of(wanted: set[int], flow: list[tuple[int, int | None]]) -> list[int]:
    """The indices that colour flows through on its way to the wanted ones, in that order."""
    needed = set(wanted)
    for index, source in reversed(flow):
        if index in needed and source is not None:
            needed.add(source)
    return [index for index, _ in flow if index in needed]


def _told(error: BaseException) -> str:
    """An error in an artist's words."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for frames of this size."
    if isinstance(error, OSError) and not isinstance(error, PluginError | EngineError):
        if error.errno == errno.ENOSPC:
            return "The disk is full."
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}"
    return str(error)


def peak_memory_bytes() -> int:
    """Peak resident memory of this process."""
    try:
        # Not getrusage, which a process inherits from the one that started it.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
