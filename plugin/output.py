"""The folder that painted frames go to: what stands there, and what a dead run left behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from .atomic import is_whole_exr, leftovers
from .errors import FileError
from .header import opened
from .shot import FramePattern

FINGERPRINT = "celtint:fingerprint"
"""The metadata key that says what a painted frame was made from."""


def label(pattern: FramePattern) -> str:
    """The name of an output without its folder and its padding: `paint.#.exr`."""
    return pattern.base if pattern.is_still else f"{pattern.base}#{pattern.ext}"


def fingerprints(pattern: FramePattern, frames: Iterable[int]) -> dict[int, str | None]:
    """What stands in the place of each frame.

    Returns:
        Frame to fingerprint, for the frames that exist: "" where a frame of celtint's is not
        whole, None where something else than celtint wrote the file.

    """
    return {frame: fingerprint(path) for frame in frames if (path := pattern.path(frame)).exists()}


def fingerprint(path: Path) -> str | None:
    """A painted frame's fingerprint; "" where it is not whole, None where it is not celtint's."""
    try:
        with opened(path) as (source, _):
            found = str(source.spec().get_string_attribute(FINGERPRINT))
        if not found:
            return None
        return found if is_whole_exr(path) else ""
    except (FileError, OSError):
        return None


def why_not_writable(folder: Path) -> str | None:
    """Why frames cannot be written to a folder, which need not exist yet; None if they can."""
    standing = folder.absolute()
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    if not standing.is_dir():
        return f"{standing} is a file, not a folder"
    if not os.access(standing, os.W_OK | os.X_OK):
        return f"the folder {standing} cannot be written by {_me()}"
    return None


def free_bytes(folder: Path) -> int:
    """Room on the disk that a folder, which need not exist yet, is or would be on."""
    standing = folder.absolute()
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    return shutil.disk_usage(standing).free


def remove_leftovers(pattern: FramePattern) -> int:
    """Remove temporary files that killed runs on this output left; the caller holds the output.

    Other outputs in the same folder may have runs at work, so their temporary files stay.
    """
    if pattern.is_still:
        name = Path(pattern.base)
        stem, ext = re.escape(name.stem), name.suffix
    else:
        stem, ext = rf"{re.escape(pattern.base)}-?\d+", pattern.ext
    ours = re.compile(rf"\.{stem}\.\d+\.tmp{re.escape(ext)}")
    removed = 0
    for path in leftovers(pattern.folder):
        if ours.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    return removed


def _me() -> str:
    return f"user {os.getuid()}" if hasattr(os, "getuid") else "this user"
