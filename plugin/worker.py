"""The process that a host starts: a job on stdin, events on stdout, as JSON lines.

The first line of stdin is the job. A later line `cancel` asks the worker to stop, and so does the
end of stdin, which comes when the host dies: a worker outlives nobody.

With `--stay SECONDS` the worker waits for another job after the last event of one, for so long.
Each job is a line of its own and its events begin with `hello`, as if it were the first.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import signal
import sys
import threading
import time
from importlib.metadata import version
from typing import BinaryIO

from .client import exit_code
from .errors import JobError
from .events import BAD_INPUT, CANCELLED, PROTOCOL, Event, Failed, Hello
from .job import Job
from .matrix_threads import single_matrix_thread
from .memory import kept_for_good, reuse_freed_memory
from .process import own_stdout

log = logging.getLogger(__name__)

_LONGEST_JOB = 1 << 20
_OUTLIVES_HOST_S = 60.0
"""How long the frames in flight may take when the host is gone."""


class Speaker:
    """Writes events to the host, from any thread, one line each.

    A host that no longer listens has died, which sets `stop`.
    """

    def __init__(self, pipe: BinaryIO, stop: threading.Event) -> None:
        self._pipe, self._stop = pipe, stop
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Tell the host."""
        with self._lock:
            try:
                self._pipe.write(event.to_line().encode("ascii") + b"\n")
                self._pipe.flush()
            except (OSError, ValueError):
                self._stop.set()


def main() -> int:
    """Work on the jobs on stdin; return the exit code of the last one."""
    single_matrix_thread()
    reuse_freed_memory()
    options = argparse.ArgumentParser(prog="celtint.plugin.worker", description=__doc__)
    options.add_argument("--stay", type=float, metavar="SECONDS", help="wait for further jobs")
    stay_s: float | None = options.parse_args().stay
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    inbox = _Inbox(sys.stdin.fileno())
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: inbox.close())
    pipe = own_stdout()
    # Before the engine is imported, which takes seconds: the host sees at once that all is well.
    hello = Hello(protocol=PROTOCOL, version=version("celtint"), pid=os.getpid())
    Speaker(pipe, inbox.stop)(hello)
    if stay_s is not None:
        threading.Thread(target=_prepare, name="prepare").start()
        from . import run  # noqa: F401, PLC0415 - while the host prepares the job
    line, stop = inbox.next() or ("", inbox.stop)
    while True:
        code = _work(line, Speaker(pipe, stop), stop)
        following = None if stay_s is None else inbox.next(stay_s)
        if following is None:
            return code
        line, stop = following
        Speaker(pipe, stop)(hello)


def _prepare() -> None:
    """Load what the first new drawing needs, while the host prepares the job or files are read."""
    from celtint.engine import EngineError  # noqa: PLC0415 - takes a second
    from celtint.engine.embedding.shipped import shipped_embedder  # noqa: PLC0415

    try:
        with kept_for_good():
            shipped_embedder("auto").load()
    except EngineError as error:
        log.info("%s", error)  # the check of a job that needs it says so


def _work(line: str, say: Speaker, stop: threading.Event) -> int:
    """Work on the job in a line; return its exit code."""
    try:
        job = Job.from_json(line)
    except JobError as error:
        failed = Failed(exit_code=BAD_INPUT, problems=list(error.problems))
        say(failed)
        return failed.exit_code
    from .run import run_job  # noqa: PLC0415 - after the greeting, as said above

    return exit_code(run_job(job, say, stop))


class _Inbox:
    """What the host says, read by a thread of its own: jobs, and when to stop them.

    Args:
        descriptor: Of stdin. `sys.stdin` cannot be used: a thread that waits in it holds a lock
            that Python wants at its end.

    """

    def __init__(self, descriptor: int) -> None:
        self.stop = threading.Event()
        """Set when the job that came last is to stop; each job has another one."""
        self._descriptor = descriptor
        self._rest = b""
        # A signal may come while the main thread waits in it, which a Queue does not bear.
        self._jobs: queue.SimpleQueue[tuple[str, threading.Event] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="stdin", daemon=True).start()

    def next(self, timeout_s: float | None = None) -> tuple[str, threading.Event] | None:
        """The next job and what stops it; None where no other comes, or not in time."""
        try:
            job = self._jobs.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if job is None:
            self._jobs.put(None)  # nor will another come after this
        return job

    def close(self) -> None:
        """Stop the job at hand, and take no other."""
        self.stop.set()
        self._jobs.put(None)

    def _listen(self) -> None:
        is_first = True
        while (line := self._line()) is not None:
            if line.strip() == "cancel":
                # Here and not by the main thread: the job it is meant for may not have begun.
                self.stop.set()
                continue
            if not is_first:
                self.stop = threading.Event()
            is_first = False
            self._jobs.put((line, self.stop))
        self.close()
        # Whole frames are on disk whenever the process ends; nobody is left to wait for this one.
        time.sleep(_OUTLIVES_HOST_S)
        os._exit(CANCELLED)

    def _line(self) -> str | None:
        """The next line; None at the end, or where a line has no end."""
        while b"\n" not in self._rest:
            block = os.read(self._descriptor, 1 << 16)
            if not block or len(self._rest) > _LONGEST_JOB:
                return None
            self._rest += block
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
