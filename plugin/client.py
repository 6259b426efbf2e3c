"""Starts workers in processes of their own, follows them and stops them.

Standard library only and valid Python 3.9, because hosts import this with their own Python. The
worker has the engine's Python: nothing of either may reach the other but lines of JSON.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from .events import (
    BAD_INPUT,
    BUSY,
    CANCELLED,
    INTERNAL,
    PROTOCOL,
    Cancelled,
    Checked,
    Event,
    Failed,
    FrameDone,
    Hello,
    from_line,
)
from .job import Job
from .process import Process, WorkerError, clean_environment, ending

__all__ = ["Run", "WorkerError", "clean_environment", "exit_code", "interpreter", "start"]

log = logging.getLogger(__name__)

WORKER = ("-I", "-m", "celtint.plugin.worker")
"""Isolated: neither the current folder nor a user's own packages come before the engine's."""


def start(job: Job, *, python: str | None = None, cwd: str | None = None) -> Run:
    """Start a worker on one job.

    Args:
        job: What to colour; its relative paths are relative to `cwd`.
        python: The Python that has celtint installed. None takes `$CELTINT_PYTHON`, then the
            Python that runs this, which is wrong inside a host with a Python of its own.
        cwd: The worker's current folder; None keeps the host's.

    Returns:
        The run: iterate over it for its events.

    Raises:
        WorkerError: the process could not be started.

    """
    return Run([interpreter(python), *WORKER], job, cwd=cwd)


class Run:
    """A worker at work. Iterate for its events; the last one says how it ended.

    The last event is always `Finished`, `Failed` or `Cancelled`: a worker that dies without a
    word is given a `Failed` of its own, with the end of what it wrote to stderr. Every method may
    be called from any thread. As a context manager, leaving it early cancels the run and waits.

    Args:
        command: The interpreter and its arguments.
        job: What to colour.
        cwd: The worker's current folder; None keeps the host's.
        process: A worker that stands by, started with this command in this folder; None starts
            one. Should it have died while it stood by, one is started as well.
        keep: Takes the worker back when the run has ended well; None lets it go.

    Raises:
        WorkerError: the process could not be started.

    """

    def __init__(
        self,
        command: Sequence[str],
        job: Job,
        *,
        cwd: str | None = None,
        process: Process | None = None,
        keep: Callable[[Process], None] | None = None,
    ) -> None:
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._command, self._cwd, self._job = command, cwd, job
        self._keep = keep
        self._painted, self._left = 0, 0
        self._greeted = False
        self._last: Event | None = None
        self._cancel_asked = threading.Event()
        self._hand_over_lock = threading.Lock()
        self._is_handed_over = False
        self._stood_by = process is not None
        self._process = process or Process(command, cwd=cwd)
        self._process.send(job.to_json())
        self._follower = threading.Thread(target=self._follow, name="celtint events", daemon=True)
        self._follower.start()

    @property
    def pid(self) -> int:
        """The process id of the worker."""
        return self._process.pid

    def __iter__(self) -> Iterator[Event]:
        """Events as they come, to the last; each is given out once, here or by `poll`."""
        while True:
            event = self._events.get()
            if event is None:
                self._events.put(None)  # for another reader, or another loop
                return
            yield event

    def poll(self) -> list[Event]:
        """The events that came since, without waiting: for a host's timer."""
        events: list[Event] = []
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return events
            if event is None:
                self._events.put(None)
                return events
            events.append(event)

    @property
    def last_event(self) -> Event | None:
        """How the run ended; None while it goes on."""
        return self._last

    def wait(self, timeout_s: float | None = None) -> Event:
        """Wait for the end and return the last event.

        Raises:
            TimeoutError: the run goes on after `timeout_s` seconds.

        """
        self._follower.join(timeout_s)
        if self._last is None:
            raise TimeoutError(f"The worker (process {self.pid}) is still at work.")
        return self._last

    def cancel(self, *, grace_s: float = 15.0) -> None:
        """Ask the worker to stop after the frames in flight, and return at once.

        A worker that does not stop within `grace_s` seconds is terminated, and killed a third of
        that later. Frames are whole on disk whichever way it ends.
        """
        if self._cancel_asked.is_set():
            return
        self._cancel_asked.set()
        self._tell_worker(lambda process: process.send("cancel"))
        threading.Thread(
            target=self._insist, args=(grace_s,), name="celtint cancel", daemon=True
        ).start()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._last is None:
            self.cancel()
        self._follower.join()

    def _insist(self, grace_s: float) -> None:
        # The end of the run and not of the process, which may stay for another job.
        for patience_s, ask_harder in (
            (grace_s, Process.terminate),
            (grace_s / 3, Process.kill),
        ):
            self._follower.join(patience_s)
            if not self._follower.is_alive():
                return
            self._tell_worker(ask_harder)

    def _tell_worker(self, tell: Callable[[Process], None]) -> None:
        """Tell the worker something, if it still works on this job and not on another."""
        with self._hand_over_lock:
            if not self._is_handed_over:
                tell(self._process)

    def _follow(self) -> None:
        """Read events to the end of the run, then make sure of a last event."""
        told_end: Event | None = None
        while True:
            line = self._process.read_line()
            if not line:
                if not self._is_replaced():
                    break
                continue
            event = from_line(line.decode("utf-8", "replace"))
            if event is None:
                log.debug("not an event: %r", line[:200])
                continue
            if not self._greeted:
                mismatch = _mismatch(event)
                if mismatch is not None:
                    told_end = mismatch
                    self._process.kill()
                    break
                self._greeted = True
            if event.ends_run:
                told_end = event
                break
            self._count(event)
            self._events.put(event)
        if told_end is not None and self._keep is not None and _is_well_after(told_end):
            with self._hand_over_lock:
                self._is_handed_over = True
            self._keep(self._process)
        else:
            code = self._process.close()  # told to the host when the process is really gone
            if told_end is None:
                told_end = self._silent_end(code)
        self._last = told_end
        self._events.put(self._last)
        self._events.put(None)

    def _is_replaced(self) -> bool:
        """Whether a worker that had died before it was handed this job has a successor."""
        if self._greeted or not self._stood_by or self._cancel_asked.is_set():
            return False
        self._stood_by = False
        try:
            successor = Process(self._command, cwd=self._cwd)
        except WorkerError as error:
            log.warning("%s", error)
            return False
        successor.send(self._job.to_json())
        with self._hand_over_lock:
            self._process, dead = successor, self._process
        if self._cancel_asked.is_set():
            successor.send("cancel")  # it may have been sent to the one that died
        dead.close()
        return True

    def _count(self, event: Event) -> None:
        if isinstance(event, Checked):
            self._left = event.frames - event.kept
        elif isinstance(event, FrameDone):
            self._painted, self._left = event.done, event.total - event.done

    def _silent_end(self, code: int) -> Event:
        """What to tell the host about a worker that ended without a last event."""
        if self._cancel_asked.is_set():
            # It was terminated before it could answer; what it wrote is whole all the same.
            return Cancelled(painted=self._painted, left=self._left)
        problems = [f"The worker ended without a result: {ending(code)}."]
        tail = self._process.log_tail()
        if any("No module named" in line and "celtint" in line for line in tail):
            problems.append(
                f"{self._process.interpreter} has no celtint installed: "
                "set CELTINT_PYTHON to the Python that has it."
            )
        if tail:
            problems.append("The end of its log:\n" + "\n".join(tail[-10:]))
        problems.append("Frames already painted are whole; run again to go on from there.")
        return Failed(exit_code=code if code > 0 else INTERNAL, problems=problems)


def exit_code(event: Event) -> int:
    """The exit code that the command line gives for a run's last event."""
    if isinstance(event, Failed):
        return event.exit_code
    return CANCELLED if isinstance(event, Cancelled) else 0


def interpreter(python: str | None = None) -> str:
    """The Python that has celtint installed, as `start` looks for it."""
    return python or os.environ.get("CELTINT_PYTHON") or sys.executable


def _is_well_after(event: Event) -> bool:
    """Whether a worker that said this last may be trusted with another job."""
    return not isinstance(event, Failed) or event.exit_code in (BAD_INPUT, BUSY)


def _mismatch(event: Event) -> Failed | None:
    """Why a worker's first event is not one this client can follow."""
    if isinstance(event, Hello) and event.protocol == PROTOCOL:
        return None
    if isinstance(event, Hello):
        what = f"speaks protocol {event.protocol} (celtint {event.version})"
    else:
        what = f"began with `{event.kind}`, not with `hello`"
    return Failed(
        exit_code=INTERNAL,
        problems=[
            f"The worker {what}, and this host needs protocol {PROTOCOL}: install the same "
            f"version of celtint on both sides ({Path(__file__).parent})."
        ],
    )
