"""Starts a worker in a process of its own, follows it and stops it.

Standard library only and valid Python 3.9, because hosts import this with their own Python. The
worker has the engine's Python: nothing of either may reach the other but lines of JSON.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from .errors import PluginError
from .events import (
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

log = logging.getLogger(__name__)

WORKER = ("-I", "-m", "celtint.plugin.worker")
"""Isolated: neither the current folder nor a user's own packages come before the engine's."""

_STDERR_LINES = 40
_LONGEST_LINE = 1 << 20
_LET_GO_S = 10.0


class WorkerError(PluginError, OSError):
    """The worker could not be started; the message says what was tried."""


def start(job: Job, *, python: str | None = None, cwd: str | None = None) -> Run:
    """Start a worker on a job.

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
    interpreter = python or os.environ.get("CELTINT_PYTHON") or sys.executable
    return Run([interpreter, *WORKER], job, cwd=cwd)


class Run:
    """A worker at work. Iterate for its events; the last one says how it ended.

    The last event is always `Finished`, `Failed` or `Cancelled`: a worker that dies without a
    word is given a `Failed` of its own, with the end of what it wrote to stderr. Every method may
    be called from any thread. As a context manager, leaving it early cancels the run and waits.
    """

    def __init__(self, command: Sequence[str], job: Job, *, cwd: str | None = None) -> None:
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._log_tail: deque[str] = deque(maxlen=_STDERR_LINES)
        self._interpreter = command[0]
        self._painted, self._left = 0, 0
        self._greeted = False
        self._last: Event | None = None
        self._cancel_asked = threading.Event()
        self._stdin_lock = threading.Lock()
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=clean_environment(),
                # Ctrl-C in the terminal of the host is the host's to handle, not the worker's.
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            raise WorkerError(
                f"The worker could not be started with {command[0]}: {error}. "
                "Set CELTINT_PYTHON to the Python that has celtint installed."
            ) from error
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None  # noqa: S101 - all three are pipes, opened above
        assert stdout is not None  # noqa: S101
        assert stderr is not None  # noqa: S101
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        self._send(job.to_json())
        self._follower = threading.Thread(target=self._follow, name="celtint events", daemon=True)
        self._stderr_reader = threading.Thread(
            target=self._read_stderr, name="celtint stderr", daemon=True
        )
        self._stderr_reader.start()
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
        self._send("cancel")
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

    def _send(self, line: str) -> None:
        # A worker that is gone already reads nothing; its end is told by the follower.
        with self._stdin_lock, contextlib.suppress(OSError, ValueError):
            self._stdin.write(line.encode("utf-8") + b"\n")
            self._stdin.flush()

    def _insist(self, grace_s: float) -> None:
        for ask_harder, patience_s in (
            (self._process.terminate, grace_s),
            (self._process.kill, grace_s / 3),
        ):
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(OSError):
                    ask_harder()
            else:
                return

    def _follow(self) -> None:
        """Read events to the end of the worker's output, then make sure of a last event."""
        told_end: Event | None = None
        while True:
            line = self._stdout.readline(_LONGEST_LINE)
            if not line:
                break
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
                told_end = event  # told to the host when the process is really gone
                break
            self._count(event)
            self._events.put(event)
        self._close()
        code = self._process.wait()
        self._stderr_reader.join(1.0)
        self._last = told_end if told_end is not None else self._silent_end(code)
        self._events.put(self._last)
        self._events.put(None)

    def _count(self, event: Event) -> None:
        if isinstance(event, Checked):
            self._left = event.frames - event.kept
        elif isinstance(event, FrameDone):
            self._painted, self._left = event.done, event.total - event.done

    def _close(self) -> None:
        """Let the worker go: an end of its stdin is also a request to stop."""
        with self._stdin_lock, contextlib.suppress(OSError):
            self._stdin.close()
        deadline = time.monotonic() + _LET_GO_S
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._process.poll() is None:
            self._process.kill()  # it said its last word, or closed its output, and hangs
        self._stdout.close()

    def _read_stderr(self) -> None:
        with self._stderr:
            for line in iter(lambda: self._stderr.readline(_LONGEST_LINE), b""):
                text = line.decode("utf-8", "replace").rstrip()
                self._log_tail.append(text)
                log.debug("worker: %s", text)

    def _silent_end(self, code: int) -> Event:
        """What to tell the host about a worker that ended without a last event."""
        if self._cancel_asked.is_set():
            # It was terminated before it could answer; what it wrote is whole all the same.
            return Cancelled(painted=self._painted, left=self._left)
        problems = [f"The worker ended without a result: {_ending(code)}."]
        tail = [line for line in self._log_tail if line]
        if any("No module named" in line and "celtint" in line for line in tail):
            problems.append(
                f"{self._interpreter} has no celtint installed: "
                "set CELTINT_PYTHON to the Python that has it."
            )
        if tail:
            problems.append("The end of its log:\n" + "\n".join(tail[-10:]))
        problems.append("Frames already painted are whole; run again to go on from there.")
        return Failed(exit_code=code if code > 0 else INTERNAL, problems=problems)


def clean_environment() -> dict[str, str]:
    """The environment for a worker: the host's, without what is meant for the host's Python.

    `PATH` and `LD_LIBRARY_PATH` stay, because graphics drivers are found through them, and `OCIO`
    stays, because the host's colours and ours have to agree.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }
    kept["PYTHONNOUSERSITE"] = "1"
    return kept


def exit_code(event: Event) -> int:
    """The exit code that the command line gives for a run's last event."""
    if isinstance(event, Failed):
        return event.exit_code
    return CANCELLED if isinstance(event, Cancelled) else 0


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


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"stopped by {name}{hint}"
