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
from .shot import FramePattern, format_frames
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


@dataclass(frozen=True)
class Paper:
    """What is painted.

    Attributes:
        window: Every data window of the shot, and the display window.
        display: The frame as the artist sees it, one for the whole shot.

    """

    window: Window
    display: Window


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
    pattern: FramePattern,
    frames: tuple[int, ...],
    job: Job,
    paper: Paper | None,
    *,
    problems: Problems,
    warnings: list[str],
    stop: threading.Event,
) -> dict[int, Seen]:
    """Find the frames that have dabs, by index; a missing hint file is a frame without hints.

    Args:
        pattern: The hint files, which may be those of the line art.
        frames: Frames of the shot.
        job: Says which layer, and whether a shot without hints can be painted.
        paper: What is painted; None where that is not known, as the line art has problems.
        problems: Where files that cannot be read are noted.
        warnings: Where what will be ignored is noted.
        stop: Asks to leave.

    """
    candidates = _candidates(pattern, frames)
    wanted = "hint" if job.hint is None else job.hint.layer

    def look_at(candidate: tuple[int, Path]) -> tuple[Seen, Dabs | None] | str | None:
        index, path = candidate
        seen = None
        try:
            seen = look(frames[index], path, wanted, "hint")
            _check_hint(seen, paper)
            if paper is None:
                return seen, None
            return seen, dabs_of(read_layer(path, wanted, role="hint"), paper.window)
        except FileError as error:
            if seen is None and job.hint is None:
                return None  # the line art's files need not have a layer that nobody asked for
            return f"Frame {frames[index]}: {error}"

    found = _for_each(candidates, look_at, stop)
    hints: dict[int, Seen] = {}
    told: list[tuple[int, str]] = []
    beside: list[int] = []
    for (index, _), one in zip(candidates, found, strict=True):
        if isinstance(one, str):
            told.append((frames[index], one))
        elif one is not None:
            seen, dabs = one
            if dabs is None or dabs.inside:
                hints[index] = seen
            warnings += [] if dabs is None else _doubts(seen.frame, dabs)
            if dabs is not None and dabs.outside is not None:
                beside.append(seen.frame)
    problems.add_frames(told)
    if not hints and not told:
        _without_hints(pattern, job, candidates, beside, problems=problems, warnings=warnings)
    return hints


def _check_hint(seen: Seen, paper: Paper | None) -> None:
    """Raise FileError where a hint file does not fit the line art, or has no dabs to tell."""
    display = seen.header.display_window
    if paper is not None and display[2:] != paper.display[2:]:
        raise FileError(
            f"{seen.path} is {display.width}x{display.height} and the line art is "
            f"{paper.display.width}x{paper.display.height}; paint hints at the same size."
        )
    if seen.layer.alpha is None:
        raise FileError(
            f"the hint layer of {seen.path} has no alpha, so nobody can tell what is a dab; "
            "write it with an alpha channel."
        )


def _candidates(pattern: FramePattern, frames: tuple[int, ...]) -> list[tuple[int, Path]]:
    """Index and path of every file that may hold hints."""
    if pattern.is_still:  # one image of hints is meant for the beginning
        return [(0, pattern.path(1))] if pattern.path(1).exists() else []
    paths = ((index, pattern.path(frame)) for index, frame in enumerate(frames))
    return [(index, path) for index, path in paths if path.exists()]


def _without_hints(
    pattern: FramePattern,
    job: Job,
    candidates: list[tuple[int, Path]],
    beside: list[int],
    *,
    problems: Problems,
    warnings: list[str],
) -> None:
    if beside:
        what = (
            f"every dab of {pattern} lies outside the paper, in frames {format_frames(beside)}; "
            "are the display windows of hints and line art the same?"
        )
    elif job.hint is None:
        what = "no hints were given, and the line art has no layer `hint` with dabs."
    elif not candidates:
        what = f"no frame of the shot has a hint file {pattern}."
    else:
        what = f"no hint file {pattern} has a dab with an alpha of one half or more."
    if job.finish == "flat":
        problems.add(f"There is nothing to paint from: {what}")
    else:
        warnings.append(f"The network paints without hints: {what}")


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
