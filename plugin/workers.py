"""Keeps a host's worker for its next job, so that the engine is loaded once.

Standard library only and valid Python 3.9, because hosts import this with their own Python.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from .client import WORKER, Run, clean_environment, interpreter
from .job import Job
from .process import Process

_LEAVES_S = 5.0
"""A worker is not handed a job in the last seconds before it leaves for want of one."""


class Workers:
    """The workers of one host process: one that has finished stays for the next job.

    A second run then need not import the engine again nor load its network. The worker that stands
    by is a child of this process on a pipe, so nobody else can reach it and it dies with the host;
    without work it leaves after `stay_s` seconds. Runs at the same time have a worker each, and
    one of them stays. Every method may be called from any thread.

    Args:
        python: As for `start`.
        stay_s: How long a worker without work stays, in seconds.

    """

    def __init__(self, *, python: str | None = None, stay_s: float = 300.0) -> None:
        self._python, self._stay_s = python, stay_s
        self._lock = threading.Lock()
        self._idle: tuple[Process, _Kind, float] | None = None
        self._runs: set[Run] = set()
        self._leaving: set[threading.Thread] = set()

    def prepare(self, *, cwd: str | None = None) -> None:
        """Have a worker stand by, so that it is up by the time there is a job for it.

        Raises:
            WorkerError: the process could not be started.

        """
        kind = self._kind(cwd)
        with self._lock:
            if self._idle is not None and self._is_fit(*self._idle, kind):
                return
        self._taken(kind)  # lets another kind go, to make room
        self._stand_by(Process(kind.command, cwd=cwd), kind)

    def start(self, job: Job, *, cwd: str | None = None) -> Run:
        """Have a job done, as `start` does, by the worker that stands by if there is one.

        Raises:
            WorkerError: the process could not be started.

        """
        kind = self._kind(cwd)
        run = Run(
            kind.command,
            job,
            cwd=cwd,
            process=self._taken(kind),
            keep=lambda process: self._stand_by(process, kind),
        )
        with self._lock:
            self._runs = {one for one in self._runs if one.last_event is None} | {run}
        return run

    def close(self, *, grace_s: float = 5.0) -> None:
        """Cancel what runs, wait for its end and let every worker go: for the host's own end."""
        with self._lock:
            runs = [run for run in self._runs if run.last_event is None]
            self._stay_s = 0.0  # whoever ends from now on is not kept
        for run in runs:
            run.cancel(grace_s=grace_s)
        for run in runs:
            run.wait()
        with self._lock:
            idle, self._idle = self._idle, None
            leaving = list(self._leaving)
        if idle is not None:
            idle[0].close()
        for thread in leaving:
            thread.join()

    def _kind(self, cwd: str | None) -> _Kind:
        stay = ("--stay", f"{self._stay_s:g}")
        return _Kind([interpreter(self._python), *WORKER, *stay], cwd)

    def _taken(self, kind: _Kind) -> Process | None:
        """The worker that stands by, if it is one of this kind and still there."""
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is None:
            return None
        if self._is_fit(*idle, kind):
            return idle[0]
        self._let_go(idle[0])
        return None

    def _is_fit(self, process: Process, its_kind: _Kind, since: float, kind: _Kind) -> bool:
        """Whether a worker that stands by since then can have a job of this kind."""
        is_leaving = time.monotonic() - since > self._stay_s - min(_LEAVES_S, self._stay_s / 2)
        return process.is_alive and its_kind == kind and not is_leaving

    def _stand_by(self, process: Process, kind: _Kind) -> None:
        with self._lock:
            is_kept = self._idle is None and self._stay_s > 0
            if is_kept:
                self._idle = (process, kind, time.monotonic())
        if not is_kept:
            self._let_go(process)

    def _let_go(self, process: Process) -> None:
        """Let a worker go without waiting for its end; `close` does wait for it."""
        process.hang_up()
        leaving = threading.Thread(target=process.close, name="celtint end", daemon=True)
        leaving.start()
        with self._lock:
            self._leaving = {one for one in self._leaving if one.is_alive()} | {leaving}


class _Kind:
    """What makes one worker as good as another: its command, its folder and its environment."""

    def __init__(self, command: Sequence[str], cwd: str | None) -> None:
        self.command = command
        self._rest = (cwd, clean_environment())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Kind):
            return NotImplemented
        return self.command == other.command and self._rest == other._rest

    __hash__ = None  # type: ignore[assignment]
