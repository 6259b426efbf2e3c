"""The files of a shot, looked at before anything is painted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .errors import FileError
from .fingerprint import file_digest
from .header import ImageHeader, Window, read_header
from .hints import Dabs, dabs_of
from .images import read_layer
from .job import Job, Source
from .layers import LayerChannels, resolve_layer
from .problems import Problems
from .shot import FramePattern
from .stream import Stopped

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = 4


@dataclass(frozen=True)
class Seen:
    """A file of the shot as the check saw it.

    Attributes:
        frame: Its number on the film.
        path: Where it is.
        header: What it says about itself.
        layer: The layer that was found.
        window: Data window of that layer.
        digest: SHA-256 of its bytes.
        size, changed_ns: What tells it from a later file of the same name.

    """

    frame: int
    path: Path
    header: ImageHeader
    layer: LayerChannels
    window: Window
    digest: str
    size: int
    changed_ns: int

    def is_unchanged(self) -> bool:
        """Whether the file is still the one that was looked at."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.changed_ns)


def look(frame: int, path: Path, layer: str | None, role: str) -> Seen:
    """Look at a file without decoding its pixels.

    Raises:
        FileError: The file or its layer cannot be read.

    """
    try:
        found = path.stat()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    header = read_header(path)
    channels = resolve_layer(header.parts, layer, role=role, where=str(path))
    return Seen(
        frame=frame,
        path=path,
        header=header,
        layer=channels,
        window=header.windows[channels.part],
        digest=file_digest(path),
        size=found.st_size,
        changed_ns=found.st_mtime_ns,
    )


def look_at_lines(
    pattern: FramePattern,
    frames: tuple[int, ...],
    source: Source,
    problems: Problems,
    stop: threading.Event,
) -> tuple[Seen, ...] | None:
    """Look at the line art of every frame; None, and problems noted, where one cannot be read."""

    def look_at(frame: int) -> Seen | str:
        try:
            return look(frame, pattern.path(frame), source.layer, "line")
        except FileError as error:
            return f"Frame {frame}: {error}"

    found = _for_each(frames, look_at, stop)
    problems.add_frames(
        (frame, one) for frame, one in zip(frames, found, strict=True) if isinstance(one, str)
    )
    seen = tuple(one for one in found if isinstance(one, Seen))
    return seen if len(seen) == len(frames) else None


def look_at_hints(
    pattern: FramePattern | None,
    job: Job,
    lines: tuple[Seen, ...],
    paper: Window,
    *,
    problems: Problems,
    warnings: list[str],
    stop: threading.Event,
) -> dict[int, Seen]:
    """Find the frames that have dabs, by index; a missing hint file is a frame without hints.

    Args:
        pattern: The hint files; None where the hints are a layer of the line art.
        job: Says which layer, and whether a shot without hints can be painted.
        lines: The line art.
        paper: The window that is painted.
        problems: Where files that cannot be read are noted.
        warnings: Where what will be ignored is noted.
        stop: Asks to leave.

    """
    candidates = _candidates(pattern, lines)
    wanted = "hint" if job.hint is None else job.hint.layer

    def look_at(candidate: tuple[int, Path]) -> tuple[Seen, Dabs] | str | None:
        index, path = candidate
        frame = lines[index].frame
        try:
            seen = look(frame, path, wanted, "hint")
        except FileError as error:
            # A layer that nobody asked for may be absent.
            return None if job.hint is None else f"Frame {frame}: {error}"
        display = seen.header.display_window
        if display[2:] != lines[index].header.display_window[2:]:
            return (
                f"Frame {frame}: the hints are {display.width}x{display.height} and the line art "
                f"is {lines[index].header.display_window.width}x"
                f"{lines[index].header.display_window.height}; paint them at the same size."
            )
        if seen.layer.alpha is None:
            return (
                f"Frame {frame}: the hint layer of {path} has no alpha, so nobody can tell what "
                "is a dab; write it with an alpha channel."
            )
        try:
            return seen, dabs_of(read_layer(path, wanted, role="hint"), paper)
        except FileError as error:
            return f"Frame {frame}: {error}"

    found = _for_each(candidates, look_at, stop)
    hints: dict[int, Seen] = {}
    told: list[tuple[int, str]] = []
    for (index, _), one in zip(candidates, found, strict=True):
        frame = lines[index].frame
        if isinstance(one, str):
            told.append((frame, one))
        elif one is not None:
            seen, dabs = one
            if dabs.inside:
                hints[index] = seen
            warnings += _doubts(frame, dabs)
    problems.add_frames(told)
    if not hints and not told:
        _without_hints(pattern, job, candidates, problems, warnings)
    return hints


def _candidates(pattern: FramePattern | None, lines: tuple[Seen, ...]) -> list[tuple[int, Path]]:
    """Index and path of every file that may hold hints."""
    if pattern is None:
        return [(index, one.path) for index, one in enumerate(lines)]
    if pattern.is_still:  # one image of hints is meant for the beginning
        return [(0, pattern.path(1))] if pattern.path(1).exists() else []
    paths = ((index, pattern.path(one.frame)) for index, one in enumerate(lines))
    return [(index, path) for index, path in paths if path.exists()]


def _without_hints(
    pattern: FramePattern | None,
    job: Job,
    candidates: list[tuple[int, Path]],
    problems: Problems,
    warnings: list[str],
) -> None:
    if pattern is None:
        what = "no hints were given, and the line art has no layer `hint` with dabs"
    elif not candidates:
        what = f"no frame of the shot has a hint file {pattern}"
    else:
        what = f"no hint file {pattern} has a dab with an alpha of one half or more"
    if job.finish == "flat":
        problems.add(f"There is nothing to paint from: {what}.")
    else:
        warnings.append(f"The network paints without hints: {what}.")


def _doubts(frame: int, dabs: Dabs) -> list[str]:
    """What an artist should know about the hints of a frame."""
    told = []
    if dabs.outside is not None:
        box = dabs.outside
        told.append(
            f"Frame {frame}: hints lie outside the paper and are left out, {box.width}x"
            f"{box.height} pixels at ({box.x}, {box.y})."
        )
    if dabs.covers_all:
        told.append(
            f"Frame {frame}: every pixel of the hint layer counts as a dab; is its alpha right?"
        )
    return told


def _for_each(
    items: Iterable[Item], action: Callable[[Item], Result], stop: threading.Event
) -> list[Result]:
    """The action on every item, by a few threads, in order; Stopped where that is asked for."""

    def unless_stopped(item: Item) -> Result:
        if stop.is_set():
            raise Stopped
        return action(item)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="celtint look") as pool:
        return list(pool.map(unless_stopped, items))
