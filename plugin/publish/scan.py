"""Every frame of a painted shot, decoded once, by both hands, in bounded memory."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileError
from ..header import ImageHeader, header_of, opened, what_failed
from ..palette import cryptomatte
from .flips import Patches, patches_of, stride_for, turned_between
from .hinted import HintReader
from .measure import (
    MOST_COLOURS,
    colours_in,
    doubtful_in,
    faults_in,
    is_painted,
    packed_rgba,
    unpainted_in,
)
from .options import Options
from .shot import Frame, Lineage, Pixels, Spot, Turned

_MOST_BYTES = 1 << 32
_PAINT = ("paint.R", "paint.G", "paint.B", "paint.A")
_COMPOSITE = ("R", "G", "B", "A")
_CONFIDENCE = "confidence.Y"


def nobody(_frame: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, eq=False)
class _Scanned:
    frame: Frame
    patches: Patches | None = None


def scan(
    files: Mapping[int, Path],
    lineage: Lineage | None,
    options: Options,
    *,
    is_flat: bool,
    threads: int | None = None,
    done: Callable[[int], None] = nobody,
) -> tuple[Frame, ...]:
    """Decode every frame once, and measure everything that the rules ask for.

    Whatever is wrong with a file ends up in its `Frame`; nothing is raised for it.

    Args:
        files: Frame to file.
        lineage: What was painted from; None where that is not known: then hints are not compared.
        options: Limits, and which rules are off and need not be measured.
        is_flat: Whether the paint is flat: else colours, patches and hints are not looked at.
        threads: How many frames are decoded at a time; None for as many as there are cores.
        done: Called with each frame that is done, in the caller's thread.

    """
    scanner = _Scanner(lineage, options, is_flat=is_flat)
    order = sorted(files)
    if not order:
        return ()
    pivot = _first_hinted(lineage, order)
    frames: list[Frame] = []
    before: _Scanned | None = None
    threads = threads or len(os.sched_getaffinity(0))
    judged: deque[tuple[Frame, Future[tuple[Turned, ...]] | None]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="celtint scan") as pool:
        ahead = _ahead(pool, lambda frame: scanner.scan(frame, files[frame]), order, threads + 1)
        for now in ahead:
            judged.append((now.frame, None))
            if before is not None and _are_neighbours(before, now, lineage):
                # Colour flows from the first hinted frame to both ends; the later one is judged.
                forth = now.frame.frame > pivot
                source, target = (before, now) if forth else (now, before)
                judged[-1] = (
                    now.frame,
                    pool.submit(scanner.judge, source, target),
                )
            before = now
            while len(judged) > threads + 1:
                frames = _take(judged, frames, pivot)
                done(frames[-1].frame)
        while judged:
            frames = _take(judged, frames, pivot)
            done(frames[-1].frame)
    return tuple(frames)


def _take(
    judged: deque[tuple[Frame, Future[tuple[Turned, ...]] | None]], frames: list[Frame], pivot: int
) -> list[Frame]:
    """Move the oldest frame to the finished ones, and what was judged to it or the one before."""
    frame, future = judged.popleft()
    frames.append(frame)
    if future is not None:
        turned = future.result()
        if turned:
            place = -1 if frame.frame > pivot else -2
            owner = frames[place]
            assert owner.pixels is not None  # noqa: S101 - it was judged by them
            frames[place] = replace(owner, pixels=replace(owner.pixels, turned=turned))
    return frames


def _ahead(
    pool: ThreadPoolExecutor,
    action: Callable[[int], _Scanned],
    items: Sequence[int],
    most: int,
) -> Iterator[_Scanned]:
    """The action on every item, in order, no more than `most` begun and not yet taken."""
    coming: deque[Future[_Scanned]] = deque()
    for item in items:
        coming.append(pool.submit(action, item))
        if len(coming) >= most:
            yield coming.popleft().result()
    while coming:
        yield coming.popleft().result()


def _first_hinted(lineage: Lineage | None, order: list[int]) -> int:
    if lineage is None or not lineage.plan.hints:
        return order[0]
    return lineage.plan.frames[min(lineage.plan.hints)]


def _are_neighbours(before: _Scanned, now: _Scanned, lineage: Lineage | None) -> bool:
    """Whether colour flowed between two frames that can both be judged."""
    if before.patches is None or now.patches is None:
        return False
    one, other = before.frame.frame, now.frame.frame
    if lineage is None:
        return other - one == 1
    index = lineage.index_of
    return one in index and other in index and index[other] - index[one] == 1


class _Scanner:
    """Decodes and measures frames; called by several threads."""

    def __init__(self, lineage: Lineage | None, options: Options, *, is_flat: bool) -> None:
        self._lineage, self._options, self._is_flat = lineage, options, is_flat
        self._hints = None if lineage is None else HintReader(lineage.plan)
        self._is_judged = is_flat and options.severity("flips") != "off"
        # One array a thread for the whole shot: fresh memory costs more than filling it.
        self._own = threading.local()

    def scan(self, frame: int, path: Path) -> _Scanned:
        """Look at one frame."""
        header: ImageHeader | None = None
        channels: dict[str, str] = {}
        said: dict[str, Any] = {}
        size = changed_ns = 0
        error, measured, patches = "", None, None
        try:
            stat = path.stat()
            size, changed_ns = stat.st_size, stat.st_mtime_ns
            with opened(path) as (source, format_name):
                header = header_of(path, source, format_name)
                source.seek_subimage(0, 0)
                spec = source.spec()
                channels = {
                    name: str(spec.channelformat(number))
                    for number, name in enumerate(spec.channelnames)
                }
                said = _celtint(spec)
                pixels = _decoded(path, source, spec)
            names, pixels = _without_hashes(channels, pixels)
            measured, patches = self._measured(frame, header, names, pixels)
        except (OSError, MemoryError) as failure:
            error = str(failure) or "there is not enough memory"
        return _Scanned(
            Frame(
                frame=frame,
                path=path,
                header=header,
                channels=channels,
                celtint=said,
                error=error,
                pixels=measured,
                size=size,
                changed_ns=changed_ns,
            ),
            patches,
        )

    def judge(self, source: _Scanned, target: _Scanned) -> tuple[Turned, ...]:
        """What the frame that colour came from says about the frame it went to."""
        assert source.patches is not None  # noqa: S101 - only neighbours are judged
        assert target.patches is not None  # noqa: S101
        return turned_between(
            source.patches, target.patches, source.frame.frame, self._options.limits
        )

    def _measured(
        self, frame: int, header: ImageHeader, channels: tuple[str, ...], pixels: NDArray[Any]
    ) -> tuple[Pixels, Patches | None]:
        window, limits = header.windows[0], self._options.limits
        measured = Pixels(faults=faults_in(pixels, channels, window))
        paint_at, composite_at = _together(channels, _PAINT), _together(channels, _COMPOSITE)
        if not self._is_flat or pixels.dtype != np.float16 or paint_at is None:
            return measured, None
        paint = packed_rgba(pixels, paint_at, self._buffer((*pixels.shape[:2], 4)))
        doubtful: tuple[Spot, ...] = ()
        if _CONFIDENCE in channels:
            doubtful = doubtful_in(
                pixels[..., channels.index(_CONFIDENCE)],
                paint,
                below=limits.doubtful_below,
                least_px=limits.doubtful_px,
                window=window,
            )
        colours = colours_in(paint, window)
        known = np.array(list(colours), np.uint64)
        measured = replace(
            measured,
            colours=colours,
            unpainted=()
            if len(known) < MOST_COLOURS and is_painted(known).all()
            else unpainted_in(paint, window),
            doubtful=doubtful,
        )
        hinted = None
        index = None if self._lineage is None else self._lineage.index_of.get(frame)
        if self._hints is not None and index is not None:
            compared = self._hints.compare(index, paint, window)
            if compared is not None:
                dishonoured, asked, hinted = compared
                measured = replace(measured, dishonoured=dishonoured, hint_colours=asked)
        if not self._is_judged or composite_at is None:
            return measured, None
        step = stride_for(window)
        small = paint[::step, ::step].copy()  # the next frame goes into the same array
        composite = packed_rgba(pixels[::step, ::step], composite_at)
        near = None if hinted is None else hinted[::step, ::step]
        return measured, patches_of(small, composite, near, window)

    def _buffer(self, shape: tuple[int, ...]) -> NDArray[np.float16]:
        buffer: NDArray[np.float16] | None = getattr(self._own, "buffer", None)
        if buffer is None or buffer.shape != shape:
            buffer = self._own.buffer = np.empty(shape, np.float16)
        return buffer


def _celtint(spec: Any) -> dict[str, Any]:
    """The `celtint:` metadata of a file, by the names after the colon."""
    prefix = "celtint:"
    return {
        one.name.removeprefix(prefix): one.value
        for one in spec.extra_attribs
        if one.name.startswith(prefix)
    }


def _decoded(path: Path, source: Any, spec: Any) -> NDArray[Any]:
    """(H, W, C) of every channel of the first part, half floats where all are."""
    if spec.width * spec.height * spec.nchannels * 4 > _MOST_BYTES:
        raise FileError(f"{path} claims {spec.nchannels} channels of its size; too many")
    formats = {str(spec.channelformat(number)) for number in range(spec.nchannels)}
    kind = "half" if formats == {"half"} else "float"
    pixels = source.read_image(0, 0, 0, spec.nchannels, kind)
    if pixels is None:
        raise FileError(f"{path} cannot be read: {what_failed(source)}")
    whole: NDArray[Any] = pixels.reshape(spec.height, spec.width, spec.nchannels)
    return whole


def _without_hashes(
    channels: Mapping[str, str], pixels: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """The channels that hold amounts: hashes of Cryptomatte may be any number."""
    names = tuple(name for name in channels if name not in cryptomatte.CHANNELS)
    if len(names) == len(channels):
        return names, pixels
    every = list(channels)
    kind = np.float16 if {channels[name] for name in names} == {"half"} else np.float32
    kept = pixels[..., [every.index(name) for name in names]]
    return names, np.ascontiguousarray(kept, dtype=kind)


def _together(channels: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    """Where four channels stand side by side, as the reader hands them out; None where not."""
    if names[0] not in channels:
        return None
    at = channels.index(names[0])
    return at if channels[at : at + 4] == names else None
