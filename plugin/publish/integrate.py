"""The folder of a shot's versions: a new one appears whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import BusyError, FileError
from ..hold import hold
from .shot import Target

_VERSION = re.compile(r"v(\d{3,})")
_STAGING = re.compile(r"\.v\d{3,}\.tmp")


@dataclass(frozen=True)
class Staged:
    """A version that is made and waits to appear.

    Attributes:
        folder: Where it is, beside where it goes.
        target: Where it goes.
        release: Lets go of the versions; called once, by whoever integrates or gives up.

    """

    folder: Path
    target: Target
    release: contextlib.ExitStack


def next_version(root: Path) -> int:
    """The version after the last that is there, from 1."""
    if not root.is_dir():
        return 1
    found = [int(match[1]) for one in root.iterdir() if (match := _VERSION.fullmatch(one.name))]
    return max(found, default=0) + 1


def staging_leftovers(root: Path) -> tuple[Path, ...]:
    """Half versions that an interrupted publish left; none while a publish is at work."""
    if not root.is_dir():
        return ()
    return tuple(sorted(one for one in root.iterdir() if _STAGING.fullmatch(one.name)))


@contextlib.contextmanager
def staging(target: Target) -> Iterator[Staged]:
    """Lend an empty folder beside the versions; whatever fails inside removes it again.

    The versions are held until `integrate` or `discard` lets go of them.

    Raises:
        BusyError: Somebody else is publishing there.
        FileError: The version is there already, or the folder cannot be made.

    """
    release = contextlib.ExitStack()
    with contextlib.ExitStack() as on_failure:
        try:
            release.enter_context(hold(target.root, "publish"))
        except BusyError as error:
            raise BusyError(f"Somebody else is publishing to {target.root}: {error}") from error
        on_failure.callback(release.close)
        _require_new(target)
        for left in staging_leftovers(target.root):  # its maker is dead: we hold the versions
            shutil.rmtree(left, ignore_errors=True)
        folder = target.root / f".{target.folder.name}.tmp"
        try:
            folder.mkdir()
        except OSError as error:
            raise FileError(f"{folder} cannot be made: {error.strerror or error}") from error
        on_failure.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Staged(folder, target, release)
        on_failure.pop_all()


def integrate(staged: Staged) -> Path:
    """Let a staged version appear, by one rename; return its folder.

    Raises:
        FileError: The version is there already, or cannot appear; nothing has changed then, and
            what was staged is gone.

    """
    try:
        _require_new(staged.target)
        for path in (*sorted(staged.folder.rglob("*")), staged.folder):
            _flush(path)
        os.rename(staged.folder, staged.target.folder)  # noqa: PTH104 - as `os.replace` elsewhere
        _flush(staged.target.root)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        problem = error.strerror or error
        raise FileError(f"{staged.target.folder} cannot appear: {problem}") from error
    finally:
        shutil.rmtree(staged.folder, ignore_errors=True)
        staged.release.close()
    return staged.target.folder


def discard(staged: Staged) -> None:
    """Give a staged version up."""
    shutil.rmtree(staged.folder, ignore_errors=True)
    staged.release.close()


def _require_new(target: Target) -> None:
    if target.folder.exists():
        raise FileError(
            f"{target.folder} is there already, and a version is never written again: publish as "
            "the next one"
        )


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
