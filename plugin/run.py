"""A job from its first check to its last event: what a worker and the command line both run."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable

from celtint.engine import EngineError, flow_order, upstream_of

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
    Looked,
    Warned,
)
from .hold import hold
from .identity import Identity
from .job import Job
from .lines import Lines
from .memory import peak_memory_bytes
from .output import fingerprints, label, remove_leftovers
from .painting import paint_by_network, paint_flat
from .palette.register import Register
from .reading import Reader
from .recall import Recall
from .record import write_record
from .review.doubts import Doubts, contradictions_told, count_doubts
from .solving import solve_shot
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
    clock = Clock()
    with hold(plan.out.folder, label(plan.out)):
        remove_leftovers(plan.out)
        write_record(plan)
        paint = _flat if job.finish == "flat" else _by_network
        painted, doubts = paint(plan, progress, stop, clock)
    seconds = time.monotonic() - begun
    return Finished(
        path=str(plan.out),
        frames=len(plan.frames),
        painted=painted,
        kept=len(plan.frames) - painted,
        seconds=round(seconds, 3),
        frames_per_s=round(painted / max(seconds, 1e-6), 3),
        stages_s=clock.seconds(),
        peak_memory_mb=round((peak_memory_bytes() + clock.peak_beside_bytes) / 1e6, 1),
        doubtful=None if doubts is None else doubts.things,
        unpainted=0 if doubts is None else doubts.unpainted,
    )


def _flat(
    plan: Plan, progress: _Progress, stop: threading.Event, clock: Clock
) -> tuple[int, Doubts | None]:
    """Paint what a flat shot lacks; how many frames that were, and what is doubtful."""
    lines = Lines(Reader(plan, clock).line, plan.spaces.out, plan.paper)
    solved = solve_shot(plan, stop=stop, clock=clock, looked=progress.looked, lines=lines)
    register = Register(plan, solved.colours)
    palette = solved.solution.palette
    numbered = register.numbered(palette)
    identity = Identity.of_flat(plan, solved, numbered)
    wanted = _wanted(plan, identity)
    progress.say(_checked(plan, wanted))
    told = register.strangers(palette, solved.first_dabs)
    for text in (*told, *contradictions_told(plan, solved, numbered)):
        progress.say(Warned(text))
    if stop.is_set():
        raise Stopped
    if wanted:
        progress.begin(len(wanted), plan)
        paint_flat(
            plan,
            solved,
            register,
            wanted,
            identity.metadata,
            lines=lines,
            done=progress.frame_done,
            stop=stop,
            clock=clock,
        )
    register.write(palette, solved.first_dabs)
    return len(wanted), count_doubts(solved)


def _by_network(
    plan: Plan, progress: _Progress, stop: threading.Event, clock: Clock
) -> tuple[int, Doubts | None]:
    """Paint what a shot of the painted finish lacks; how many frames that were."""
    flow = flow_order(len(plan.frames), plan.hints)
    identity = Identity.of_network(plan)
    wanted = _wanted(plan, identity)
    progress.say(_checked(plan, wanted))
    if stop.is_set():
        raise Stopped
    recall = Recall(plan.out, identity.fingerprints, flow)
    recall.clear(keep_valid=True)
    if wanted:
        progress.begin(len(wanted), plan)
        paint_by_network(
            plan,
            [index for index, _ in upstream_of(flow, wanted, recall)],
            wanted,
            identity.metadata,
            recall,
            done=progress.frame_done,
            stop=stop,
            clock=clock,
        )
    recall.clear()
    return len(wanted), None


def _wanted(plan: Plan, identity: Identity) -> set[int]:
    """The frames that do not stand there whole and right."""
    # Looked at again, because another run may have just let go of the output.
    standing = fingerprints(plan.out, plan.frames)
    return {
        index
        for index, frame in enumerate(plan.frames)
        if standing.get(frame) != identity.fingerprints[index]
    }


def _checked(plan: Plan, wanted: set[int]) -> Checked:
    return Checked(
        frames=len(plan.frames),
        kept=len(plan.frames) - len(wanted),
        hint_frames=[plan.frames[index] for index in sorted(plan.hints)],
        notes=list(plan.notes),
        warnings=list(plan.warnings),
    )


class _Progress:
    """Counts frames and passes events on, one at a time."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._begun = 0.0
        self.done = self.total = 0

    @property
    def has_begun(self) -> bool:
        """Whether frames are, or were, being painted."""
        return self._plan is not None

    def say(self, event: Event) -> None:
        """Pass an event on."""
        with self._lock:
            self._say(event)

    def looked(self, done: int, total: int) -> None:
        """One more drawing was looked at."""
        self.say(Looked(done=done, total=total))

    def begin(self, total: int, plan: Plan) -> None:
        """Painting begins."""
        self.total, self._plan = total, plan
        self._begun = time.monotonic()

    def frame_done(self, index: int) -> None:
        """The frame of an index is whole on disk."""
        with self._lock:
            plan = self._plan
            assert plan is not None  # noqa: S101 - frames are painted after `begin`
            self.done += 1
            rate = self.done / max(time.monotonic() - self._begun, 1e-6)
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

    def whole_so_far(self) -> list[str]:
        """What to tell about the frames that are painted already."""
        if not self.has_begun:
            return []
        return [
            f"{self.done} of {self.total} frames were painted and stay. "
            "Run the same job again to go on from there."
        ]


def _told(error: BaseException) -> str:
    """An error in an artist's words."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for frames of this size."
    if isinstance(error, OSError) and not isinstance(error, PluginError | EngineError):
        if error.errno == errno.ENOSPC:
            return "The disk is full."
        return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}"
    return str(error)
