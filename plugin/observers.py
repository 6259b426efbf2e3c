"""Drawings looked at by processes of their own, while this one links those it has.

Of the threads of a process but one at a time runs Python, and to look at drawings and to link them
are both thousands of short calls: on threads they wait for each other half the time. So as many
drawings as are worth it are looked at elsewhere. What comes back depends on the drawing alone,
wherever it was looked at; where a process cannot be had, or ends, this one looks itself.

Run as a module this is such a process: a plan on stdin, then questions; an answer each on stdout.
It ends with its stdin, so it outlives nobody.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import OpenImageIO as oiio

from .check import Plan
from .memory import peak_memory_bytes, reuse_freed_memory
from .observing import Observed, Observer
from .process import own_stdout
from .stream import Clock, Stopped

log = logging.getLogger(__name__)

MOST_PROCESSES = 2
"""Two look faster than one links, but at very large drawings, which take their memory."""

LEAST_DRAWINGS = 12
"""To look at fewer takes no longer than a process takes to begin."""


class Observers:
    """Looks at drawings as an `Observer` does; called by several threads.

    Args:
        plan: The shot.
        clock: Where time and memory are counted, those of the processes when they are let go.
        stop: When set, whoever waits for a process leaves.
        processes: How many processes look; 0 for this one alone.

    """

    def __init__(self, plan: Plan, clock: Clock, processes: int, stop: threading.Event) -> None:
        self.processes = processes
        self._clock, self._stop = clock, stop
        self._here = Observer(plan, clock)
        self._all = [_Process(plan) for _ in range(processes)]
        self._free: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        for process in self._all:
            self._free.put(process)

    def look(self, index: int, *, keeps_line: bool) -> Observed:
        """Look at the drawing of a frame.

        Raises:
            FileError: It cannot be read, or is not the file that was checked.
            Stopped: `stop` was set.

        """
        if not self._all:
            return self._here.look(index, keeps_line=keeps_line)
        process = self._free.get()
        try:
            if self._stop.is_set():
                raise Stopped
            return process.look(index, keeps_line=keeps_line)
        except _Gone:
            return self._here.look(index, keeps_line=keeps_line)
        finally:
            self._free.put(process)

    def __enter__(self) -> Observers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.close()
            self._clock.add_process(process.seconds, process.peak_bytes)


def worth(drawings: int) -> int:
    """How many processes should look at so many drawings."""
    # Inside a host's own Python, sys.executable is the host.
    is_python = Path(sys.executable or "").stem.lower().startswith("python")
    if drawings < LEAST_DRAWINGS or not is_python:
        return 0
    return min(_cores() - 1, MOST_PROCESSES)


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Gone(Exception):  # noqa: N818 - no error: this process looks itself
    """A process is not there, or not any more."""


class _Process:
    """One process that looks at drawings, one at a time."""

    def __init__(self, plan: Plan) -> None:
        self._plan: Plan | None = plan
        self.seconds: Mapping[str, float] = {}
        self.peak_bytes = 0
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C is this process's to handle.
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            log.warning("no process could be started to look at drawings: %s", error)

    def look(self, index: int, *, keeps_line: bool) -> Observed:
        """Raises what looking raised there; _Gone where there is no answer."""
        if self._process is None:
            raise _Gone
        assert self._process.stdout is not None  # noqa: S101 - a pipe, opened above
        try:
            if self._plan is not None:  # only here: it is read when the process is up
                self._say(self._plan)
                self._plan = None
            self._say((index, keeps_line))
            # From a child of this process, on a pipe that nobody else has.
            answer, self.seconds, self.peak_bytes = pickle.load(self._process.stdout)  # noqa: S301
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            log.warning("a process that looked at drawings has ended: %r", error)
            self.close()
            raise _Gone from error
        if isinstance(answer, Exception):
            raise answer
        found: Observed = answer
        return found

    def close(self) -> None:
        """Let it end; it is at work on nothing."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):  # of what it did not read any more
                process.communicate()

    def _say(self, what: object) -> None:
        assert self._process is not None  # noqa: S101 - asked by the caller
        assert self._process.stdin is not None  # noqa: S101 - a pipe, opened above
        pickle.dump(what, self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()


def main() -> None:
    """Look at what is asked for, until nobody asks any more."""
    reuse_freed_memory()
    answers = own_stdout()
    # As many processes look as there are cores to spare: threads of their own would only wait.
    cv2.setNumThreads(1)
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", -1)  # none beside the one that reads
    questions = _questions()
    clock = Clock()
    observer = Observer(next(questions), clock)
    for index, keeps_line in questions:
        answer: Observed | Exception
        try:
            answer = observer.look(index, keeps_line=keeps_line)
        except Exception as error:
            answer = error
        said = pickle.dumps((answer, clock.seconds(), peak_memory_bytes()), pickle.HIGHEST_PROTOCOL)
        try:
            answers.write(said)
            answers.flush()
        except OSError:  # nobody listens any more
            return


def _questions() -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this
        except EOFError:
            return


if __name__ == "__main__":
    main()
