"""One run for each output: the lock on it, and who holds it."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import BusyError, FileError

FOLDER = ".celtint"
"""Beside the painted frames; holds nothing that anyone would miss."""


@contextlib.contextmanager
def hold(folder: Path, name: str) -> Iterator[None]:
    """Hold the output `name` in `folder` against every other run, on this machine or another.

    The kernel keeps the lock, so a run that is killed lets go of it. The folder is made if needed.

    Raises:
        BusyError: another run holds the output; the message names it.
        FileError: the folder cannot be made or written.

    """
    lock_path = folder / FOLDER / f"{name}.lock"
    holder_path = folder / FOLDER / f"{name}.holder.json"
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        # Everybody in the group may hold it: a show's folders belong to many people.
        lock = FileLock(lock_path, timeout=0, mode=0o666)
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder / name} is being painted by {_holder(holder_path)}. "
            "Wait for it to end, cancel it, or paint to another name."
        ) from error
    except OSError as error:
        raise FileError(f"{folder}: cannot be written: {error.strerror or error}.") from error
    try:
        _sign(holder_path)
        yield
    finally:
        with contextlib.suppress(OSError):
            holder_path.unlink()
        lock.release()


def _sign(holder_path: Path) -> None:
    """Leave word of who holds the output; a courtesy, so a failure to write it is no failure."""
    holder = {
        "user": user(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with contextlib.suppress(OSError):
        holder_path.write_text(json.dumps(holder), encoding="utf-8")


def _holder(holder_path: Path) -> str:
    try:
        holder = json.loads(holder_path.read_text(encoding="utf-8"))
        return "{user} on {host} (process {pid}, since {since})".format(**holder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "another run"


def user() -> str:
    """The name of whoever runs this, or their number where they have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a user without a name
        return str(getattr(os, "getuid", lambda: "unknown")())
