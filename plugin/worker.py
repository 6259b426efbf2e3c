"""The process that a host starts: a job on stdin, events on stdout, as JSON lines.

The first line of stdin is the job. A later line `cancel` asks the worker to stop, and so does the
end of stdin, which comes when the host dies: a worker outlives nobody.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from importlib.metadata import version
from typing import BinaryIO

from .client import exit_code
from .errors import JobError
from .events import BAD_INPUT, PROTOCOL, Event, Failed, Hello
from .job import Job

_LONGEST_JOB = 1 << 20


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
    """Work on the job on stdin; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    speaker = Speaker(_own_stdout(), stop)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    # Before the engine is imported, which takes seconds: the host sees at once that all is well.
    speaker(Hello(protocol=PROTOCOL, version=version("celtint"), pid=os.getpid()))
    lines = _Lines(sys.stdin.fileno())
    try:
        job = Job.from_json(lines.next() or "")
    except JobError as error:
        failed = Failed(exit_code=BAD_INPUT, problems=list(error.problems))
        speaker(failed)
        return failed.exit_code
    threading.Thread(target=_listen, args=(lines, stop), name="stdin", daemon=True).start()
    from .run import run_job  # noqa: PLC0415 - after the greeting, as said above

    return exit_code(run_job(job, speaker, stop))


def _own_stdout() -> BinaryIO:
    """The pipe to the host, which nobody else in this process can write to by mistake."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


class _Lines:
    """Lines of a file descriptor, unbuffered.

    `sys.stdin` cannot be used: a thread that waits in it holds a lock that Python wants at its end.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def next(self) -> str | None:
        """The next line; None at the end, or where a line has no end."""
        while b"\n" not in self._rest:
            block = os.read(self._descriptor, 1 << 16)
            if not block or len(self._rest) > _LONGEST_JOB:
                return None
            self._rest += block
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode("utf-8", "replace")


def _listen(lines: _Lines, stop: threading.Event) -> None:
    """Set `stop` when the host says `cancel` or is gone."""
    while (line := lines.next()) is not None:
        if line.strip() == "cancel":
            break
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
