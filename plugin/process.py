"""A worker's process and its pipes: started with a clean environment, spoken to, let go.

Standard library only and valid Python 3.9, because hosts import this with their own Python.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import BinaryIO

from .errors import PluginError

log = logging.getLogger(__name__)

_STDERR_LINES = 40
_LONGEST_LINE = 1 << 20
_LET_GO_S = 10.0


class WorkerError(PluginError, OSError):
    """The worker could not be started; the message says what was tried."""


class Process:
    """A worker's process. Every method may be called from any thread.

    Args:
        command: The interpreter and its arguments.
        cwd: Its current folder; None keeps the host's.

    Raises:
        WorkerError: it could not be started.

    """

    def __init__(self, command: Sequence[str], *, cwd: str | None = None) -> None:
        self.interpreter = command[0]
        self._log_tail: deque[str] = deque(maxlen=_STDERR_LINES)
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
        self._stderr_reader = threading.Thread(
            target=self._read_stderr, name="celtint stderr", daemon=True
        )
        self._stderr_reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def send(self, line: str) -> None:
        """Write a line to its stdin."""
        # A worker that is gone already reads nothing; its end is told by whoever reads its output.
        with self._stdin_lock, contextlib.suppress(OSError, ValueError):
            self._stdin.write(line.encode("utf-8") + b"\n")
            self._stdin.flush()

    def read_line(self) -> bytes:
        """The next line of its stdout; empty at the end."""
        return self._stdout.readline(_LONGEST_LINE)

    def terminate(self) -> None:
        """Ask it to end, more firmly than a line does."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> int:
        """Let it go and wait for its end: an end of its stdin is also a request to stop.

        Returns:
            Its exit code, negative for a signal.

        """
        self.hang_up()
        deadline = time.monotonic() + _LET_GO_S
        while self.is_alive and time.monotonic() < deadline:
            time.sleep(0.005)
        if self.is_alive:
            self.kill()  # it said its last word, or closed its output, and hangs
        self._stdout.close()
        code = self._process.wait()
        self._stderr_reader.join(1.0)
        return code

    def hang_up(self) -> None:
        """Close its stdin and return at once."""
        with self._stdin_lock, contextlib.suppress(OSError):
            self._stdin.close()

    def log_tail(self) -> list[str]:
        """The last lines it wrote to stderr."""
        return [line for line in self._log_tail if line]

    def _read_stderr(self) -> None:
        with self._stderr:
            for line in iter(lambda: self._stderr.readline(_LONGEST_LINE), b""):
                text = line.decode("utf-8", "replace").rstrip()
                self._log_tail.append(text)
                log.debug("worker: %s", text)


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


def ending(code: int) -> str:
    """How a process with this exit code ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"stopped by {name}{hint}"


def own_stdout() -> BinaryIO:
    """The pipe to whoever started this process, which nobody else in it can write to by mistake."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own
