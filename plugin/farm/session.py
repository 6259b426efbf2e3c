"""One worker for all the shots of a session on a farm machine, so that the engine is loaded once.

OpenJD starts a process for each task, and one process before and after them. So somebody has to
stand between: a small process that the first one starts and the last one ends, which keeps
`workers.Workers` and takes shots over a Unix socket that only this user can reach. It speaks the
worker's own protocol: a line with a job, maybe a line `cancel`, and the run's events come back. A
task that dies hangs up, which cancels its run; a worker that dies fails its own shot alone, and the
next shot gets a new one.

Standard library only beside what hosts import: it stays small for as long as it stands.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ..client import Run
from ..errors import JobError, PluginError
from ..events import BAD_INPUT, INTERNAL, Event, Failed, from_line
from ..job import Job
from ..workers import Workers

STOP = "stop"
_LONGEST_LINE = 1 << 20
_UP_WITHIN_S = 60.0
_POLL_S = 0.25


class SessionError(PluginError, OSError):
    """The session's process cannot be started or reached; the message says what was tried."""


def start_session(file: Path, *, idle_s: float) -> subprocess.Popen[bytes]:
    """Start a session's process and wait until it listens.

    Args:
        file: Where it says how to reach it; in a folder of the session.
        idle_s: It leaves after so many seconds without a shot, should nobody end it.

    Returns:
        The process, which outlives the one that started it.

    Raises:
        SessionError: It does not come up.

    """
    command = [sys.executable, "-I", "-m", "celtint.plugin.farm.session", str(file)]
    # What starts it reads its own output to the end, so this process must not hold that open.
    with file.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--idle", f"{idle_s:g}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists():
            return process
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise SessionError(f"The session's process did not come up; see {file.with_suffix('.log')}.")


def stop_session(file: Path) -> bool:
    """End a session's process and what it still paints; False where it was gone already."""
    with suppress(SessionError, OSError), _connected(file) as connection:
        connection.sendall(f"{STOP}\n".encode())
        while connection.recv(1 << 12):
            pass  # it hangs up when its workers are gone and itself is
        return True
    return False


class SessionRun:
    """A shot that a session's worker paints; used as `client.Run` is.

    Raises:
        SessionError: The session cannot be reached.

    """

    def __init__(self, file: Path, job: Job) -> None:
        self._connection = _connected(file)
        self._send(job.to_json())

    def __iter__(self) -> Iterator[Event]:
        """Events as they come, to the last."""
        with self._connection, self._connection.makefile("rb") as lines:
            while line := _next_line(lines):
                event = from_line(line.decode("utf-8", "replace"))
                if event is not None:
                    yield event
                    if event.ends_run:
                        return
        yield Failed(
            exit_code=INTERNAL,
            problems=["The session's process ended before the shot did. Run the shot again."],
        )

    def cancel(self, *, grace_s: float = 15.0) -> None:  # noqa: ARG002 - as `client.Run` has it
        """Ask for an end after the frames in flight, and return at once."""
        self._send("cancel")

    def _send(self, line: str) -> None:
        with suppress(OSError):  # the end of the events will tell
            self._connection.sendall(line.encode("utf-8") + b"\n")


def _next_line(lines: BinaryIO) -> bytes:
    """The next line; empty at the end, and where the connection breaks."""
    with suppress(OSError):
        return lines.readline(_LONGEST_LINE)
    return b""


def _connected(file: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(json.loads(file.read_text(encoding="utf-8"))["socket"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        connection.close()
        raise SessionError(f"{file}: the session cannot be reached: {error}") from error
    return connection


class _Session:
    """What the session's process keeps."""

    def __init__(self, idle_s: float) -> None:
        self._workers = Workers(stay_s=idle_s)
        self._idle_s = idle_s
        self._busy = 0
        self._last_busy = time.monotonic()
        self._ended: queue.Queue[socket.socket | None] = queue.Queue()
        # Kept open to the end of the process: its hanging up is the answer.
        self._asker: socket.socket | None = None

    def serve(self, listener: socket.socket) -> None:
        """Take shots until somebody says stop, or nobody comes."""
        self._workers.prepare()
        listener.settimeout(_POLL_S)
        while self._asker is None and not self._is_forsaken():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                self._busy += 1
                threading.Thread(target=self._attend, args=(connection,), daemon=True).start()
            with suppress(queue.Empty):
                while True:
                    self._asker = self._ended.get_nowait() or self._asker
                    self._busy -= 1
                    self._last_busy = time.monotonic()
        self._workers.close()

    def _is_forsaken(self) -> bool:
        return not self._busy and time.monotonic() - self._last_busy > self._idle_s

    def _attend(self, connection: socket.socket) -> None:
        """One connection: a shot, or the word to stop."""
        asks_for_end = False
        try:
            connection.settimeout(None)
            lines = connection.makefile("rb")
            line = lines.readline(_LONGEST_LINE).decode("utf-8", "replace").strip()
            asks_for_end = line == STOP
            if line and not asks_for_end:
                self._paint(line, connection, lines)
        except OSError:
            pass  # whoever asked is gone, and the run was cancelled
        finally:
            if not asks_for_end:
                connection.close()
            self._ended.put(connection if asks_for_end else None)

    def _paint(self, line: str, connection: socket.socket, lines: BinaryIO) -> None:
        try:
            run = self._workers.start(Job.from_json(line))
        except JobError as error:
            _tell(connection, Failed(exit_code=BAD_INPUT, problems=list(error.problems)))
            return
        except PluginError as error:
            _tell(connection, Failed(exit_code=INTERNAL, problems=[str(error)]))
            return
        with run:  # which cancels it where the connection breaks
            threading.Thread(target=_cancel_when_asked, args=(run, lines), daemon=True).start()
            for event in run:
                _tell(connection, event)


def _cancel_when_asked(run: Run, lines: BinaryIO) -> None:
    """Cancel a run at the word, or when the task hangs up."""
    with suppress(OSError, ValueError):
        for line in lines:
            if line.strip() == b"cancel":
                break
    run.cancel()


def _tell(connection: socket.socket, event: Event) -> None:
    connection.sendall(event.to_line().encode("ascii") + b"\n")


def main() -> int:
    """Be a session's process."""
    parser = argparse.ArgumentParser(prog="celtint.plugin.farm.session")
    parser.add_argument("file", type=Path)
    parser.add_argument("--idle", type=float, default=900.0, metavar="SECONDS")
    options = parser.parse_args()
    # In a folder of its own: a socket's path is short on every system, and a session's may be long.
    own = Path(tempfile.mkdtemp(prefix="celtint-"))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(own / "socket"))
            listener.listen()
            partial = options.file.with_name(f".{options.file.name}.{os.getpid()}")
            partial.write_text(json.dumps({"socket": str(own / "socket"), "pid": os.getpid()}))
            partial.replace(options.file)
            _Session(options.idle).serve(listener)
    finally:
        options.file.unlink(missing_ok=True)
        shutil.rmtree(own, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
