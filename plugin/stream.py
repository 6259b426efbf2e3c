"""Frames on overlapping threads: read ahead of the engine, written behind it, in bounded memory.

The engine works in the caller's thread. Readers decode the frames it will ask for next; writers
encode the frames it has painted. Both queues are short, so memory does not grow with the length of
a shot, and an error in any thread comes up in the caller's.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class Stopped(Exception):  # noqa: N818 - a request that was met, not an error
    """The run was asked to stop."""


class Clock:
    """Seconds spent in each stage, summed over the threads and processes that spent them.

    Attributes:
        peak_beside_bytes: What the processes beside this one had of memory at most.

    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()
        self.peak_beside_bytes = 0

    @contextlib.contextmanager
    def time(self, stage: str, *, sign: int = 1) -> Iterator[None]:
        """Count the time inside the block to `stage`; take it away where `sign` is -1."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, sign * (time.perf_counter() - begun))

    def add(self, stage: str, seconds: float) -> None:
        """Count `seconds`, which may be negative, to `stage`."""
        with self._lock:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def add_process(self, seconds: Mapping[str, float], peak_bytes: int) -> None:
        """Count what a process beside this one spent, and its memory."""
        for stage, spent in seconds.items():
            self.add(stage, spent)
        with self._lock:
            self.peak_beside_bytes += peak_bytes

    def seconds(self) -> dict[str, float]:
        """Stage to seconds, to the millisecond."""
        with self._lock:
            return {stage: round(spent, 3) for stage, spent in self._seconds.items()}


class ReadAhead(Generic[Item]):
    """Items read by threads in the order in which they will be asked for, each once.

    Entering the context begins to read.

    Args:
        read: Makes the item of an index; called from several threads.
        order: The indices in the order of asking.
        ahead: How many items may be read, or be being read, before they are asked for.
        threads: How many threads read.
        stop: When set, asking raises `Stopped`.
        clock: Where the time spent waiting is counted, as `wait for reading`.

    """

    def __init__(
        self,
        read: Callable[[int], Item],
        order: Sequence[int],
        *,
        ahead: int,
        threads: int,
        stop: threading.Event,
        clock: Clock,
    ) -> None:
        self._read, self._stop, self._clock, self._ahead = read, stop, clock, ahead
        self._to_come = deque(order)
        self._coming: dict[int, Future[Item]] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="celtint reader")

    def take(self, index: int) -> Item:
        """The item of an index, waiting for it if need be.

        Raises:
            Stopped: the run was asked to stop.
            KeyError: this item is not to come (any more).
            Exception: whatever reading it raised.

        """
        if self._stop.is_set():
            raise Stopped
        while index not in self._coming and self._to_come:
            self._send_for_next()
        future = self._coming.pop(index)
        self._read_on()
        with self._clock.time("wait for reading"):
            return future.result()

    def _read_on(self) -> None:
        while len(self._coming) < self._ahead and self._to_come:
            self._send_for_next()

    def _send_for_next(self) -> None:
        index = self._to_come.popleft()
        self._coming[index] = self._pool.submit(self._read, index)

    def __enter__(self) -> ReadAhead[Item]:
        self._read_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class WriteBehind:
    """Jobs done by threads, a few at a time; whoever brings one more waits for a place.

    Args:
        threads: How many threads work.
        waiting: How many jobs may wait beside those at work.
        clock: Where the time spent waiting for a place is counted, as `wait for writing`.

    Leaving the context waits for every job that was brought, so that a frame begun is a frame
    whole, and raises the first error that a job raised, unless another error is on its way.

    """

    def __init__(self, *, threads: int, waiting: int, clock: Clock) -> None:
        self._clock = clock
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._errors: list[BaseException] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="celtint writer")

    def bring(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have `work(*arguments)` done.

        Raises:
            Exception: whatever an earlier job raised.

        """
        with self._clock.time("wait for writing"):
            self._places.acquire()
        if self._errors:
            self._places.release()
            raise self._errors[0]
        self._pool.submit(self._do, work, arguments)

    def _do(self, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # handed to the caller's thread
            self._errors.append(error)
        finally:
            self._places.release()

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._clock.time("wait for writing"):
            self._pool.shutdown(wait=True)
        if kind is None and self._errors:
            raise self._errors[0]
