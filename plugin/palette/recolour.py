"""A palette swap: other colours on painted frames, exactly, without the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import INDEX_CHANNEL, assemble, channels_of
from ..check import can_be_output
from ..colour import Colour
from ..composite import CHANNELS, compose_entries
from ..errors import FileError
from ..fingerprint import facts_digest
from ..header import ImageHeader, header_of, opened, what_failed
from ..hold import hold
from ..images import Layer, place, read_layer, write_frame
from ..ink import LineArt
from ..job import Job
from ..output import FINGERPRINT, fingerprint, fingerprints, label, remove_leftovers
from ..pixels import packed
from ..problems import Problems
from ..record import read_record, record_path
from ..shot import FramePattern, format_frames, parse_frames
from ..stream import Stopped
from ..tracing import hues_painted_over
from . import cryptomatte
from .book import Book
from .files import palette_path, read_palette, with_working, write_palette
from .naming import names_by_number
from .swap import Swap, scene_table, swap

_THREADS = 2
_PAINT = CHANNELS[4:8]


@dataclass(frozen=True, eq=False)
class Recolouring:
    """A palette swap that can be run.

    Attributes:
        job: The job that painted the frames.
        source: The painted frames.
        out: Where they go in their new colours.
        frames: Which.
        book: The palette that they are painted in.
        swap: The new colours.
        colour: The conversions.
        kept: Frames that are in their new colours already.

    """

    job: Job
    source: FramePattern
    out: FramePattern
    frames: tuple[int, ...]
    book: Book
    swap: Swap
    colour: Colour
    kept: frozenset[int]

    def identity(self, source_fingerprint: str) -> str:
        """The fingerprint of a frame, from that of the frame it is made of."""
        return facts_digest(
            {
                "recoloured": source_fingerprint,
                "celtint": version("celtint"),
                "palette": [list(map(float, row)) for row in self.swap.scene.tolist()],
                "names": list(names_by_number(self.book))
                if cryptomatte.CHANNELS[0] in channels_of(self.job.out.layers)
                else [],
            }
        )


def plan_recolouring(
    source: str, palette: Path, out: str, *, frames: str | None = None, overwrite: bool = False
) -> Recolouring:
    """Check a palette swap; nothing is written.

    Args:
        source: The painted frames, as a pattern.
        palette: The palette to swap to; colours go by name.
        out: Where the frames go, as a pattern.
        frames: Which; None for all there are.
        overwrite: May files that celtint did not write be replaced?

    Raises:
        JobError: Holds every problem that was found.

    """
    problems = Problems()
    painted = problems.attempt(lambda: FramePattern.parse(source))
    target = problems.attempt(lambda: FramePattern.parse(out))
    job = book = other = chosen = None
    if painted is not None:
        job = problems.attempt(lambda: _job_of(painted))
        book = problems.attempt(lambda: read_palette(palette_path(painted)))
        chosen = problems.attempt(lambda: _frames(painted, frames))
    other = problems.attempt(lambda: read_palette(palette))
    colour = None if job is None else problems.attempt(lambda: Colour(job.ocio))
    swapped = None
    if book is not None and other is not None and colour is not None:
        swapped = problems.attempt(lambda: swap(book, with_working(other, colour), colour))
    if target is not None and painted is not None and chosen is not None:
        _check_output(target, painted, chosen, problems, overwrite=overwrite)
    problems.raise_any()
    if job is None or painted is None or target is None or book is None or chosen is None:
        raise AssertionError("a check failed without a problem")
    if swapped is None or colour is None:
        raise AssertionError("a check failed without a problem")
    plan = Recolouring(job, painted, target, chosen, book, swapped, colour, frozenset())
    standing = fingerprints(target, chosen)
    kept = frozenset(
        frame
        for frame, found in standing.items()
        if found and found == plan.identity(fingerprint(painted.path(frame)) or "")
    )
    return replace(plan, kept=kept)


def recolour(plan: Recolouring, done: Callable[[int], None], stop: threading.Event) -> None:
    """Write every frame in its new colours, each whole or not at all, and the new palette.

    Args:
        plan: What to do.
        done: Called with each frame that is whole on disk, from any thread.
        stop: Asks to leave after the frames in flight.

    Raises:
        Stopped: `stop` was set.
        FileError: A frame cannot be read or written, or its line art is not what it was painted
            from; other frames stay.
        BusyError: Another run holds the output.

    """
    painter = _Painter(plan)
    wanted = [frame for frame in plan.frames if frame not in plan.kept]

    def one(frame: int) -> None:
        if stop.is_set():
            raise Stopped
        painter.paint(frame)
        done(frame)

    with hold(plan.out.folder, label(plan.out)):
        remove_leftovers(plan.out)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="celtint recolour") as pool:
            futures = [pool.submit(one, frame) for frame in wanted]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
        shot = {**plan.swap.book.shot, "output": Path(str(plan.out)).name}
        write_palette(palette_path(plan.out), replace(plan.swap.book, shot=shot))


def _job_of(painted: FramePattern) -> Job:
    path = record_path(painted)
    if not path.exists():
        raise FileError(
            f"{painted} has no record of its job ({path}), which says where the line art is: "
            "paint the shot once more."
        )
    job = read_record(path)
    if job.finish != "flat":
        raise FileError(f"{painted} was painted by a network: such paint has no palette.")
    return job


def _frames(painted: FramePattern, frames: str | None) -> tuple[int, ...]:
    found = painted.require_frames()
    if frames is None:
        return found
    wanted = parse_frames(frames)
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise FileError(f"{painted}: frames {format_frames(missing)} are missing")
    return wanted


def _check_output(
    out: FramePattern,
    painted: FramePattern,
    frames: Sequence[int],
    problems: Problems,
    *,
    overwrite: bool,
) -> None:
    if not can_be_output(out, len(frames), problems):
        return
    if any(out.path(frame).resolve() == painted.path(frame).resolve() for frame in frames):
        problems.add(f"{out} would replace the painted frames: give another name to --out.")
        return
    foreign = [frame for frame, found in fingerprints(out, frames).items() if found is None]
    if foreign and not overwrite:
        problems.add(
            f"{out}: frames {format_frames(foreign)} are there and were not painted by celtint. "
            "Choose another name, or allow to overwrite them."
        )


class _Painter:
    """Recolours frames; called by several threads."""

    def __init__(self, plan: Recolouring) -> None:
        self._plan = plan
        self._old = scene_table(plan.book)
        self._names = names_by_number(plan.swap.book)
        self._line_pattern = FramePattern.parse(plan.job.line.path)
        self._space = plan.colour.check(plan.book.scene_space)

    def paint(self, frame: int) -> None:
        """Write a frame in its new colours."""
        plan = self._plan
        path = plan.source.path(frame)
        header, channels = _read_all(path)
        entry = self._entries(channels, path)
        confidence = channels.get(CHANNELS[8])
        if confidence is None:
            confidence = np.zeros(entry.shape, np.float16)
        layer = self._line(frame)
        own = plan.colour.space_of(layer.header, plan.job.line.colorspace).space
        paper = header.windows[0]
        line_art = LineArt(plan.colour, own, hues_painted_over(path))
        in_space = line_art.in_space(layer, self._space)
        line = place(replace(layer, pixels=in_space), paper)
        on_paper = layer.is_opaque
        before = compose_entries(line, entry, confidence, self._old, on_paper=on_paper)
        stored = np.stack([channels[name] for name in CHANNELS[:4]], axis=-1)
        if not np.array_equal(before[..., :4].view(np.uint16), stored.view(np.uint16)):
            raise FileError(
                f"Frame {frame}: its line art or its palette is not what it was painted with: "
                "paint the shot once more, then swap its colours."
            )
        composed = compose_entries(line, entry, confidence, plan.swap.scene, on_paper=on_paper)
        frame_out = assemble(plan.job.out.layers, composed, entry, self._names)
        write_frame(
            plan.out.path(frame),
            frame_out.pixels,
            frame_out.channels,
            window=paper,
            display_window=header.display_window,
            pixel_aspect=header.pixel_aspect,
            metadata={**header.metadata, **self._metadata(frame, path, entry)},
            full=frame_out.full,
        )

    def _metadata(self, frame: int, path: Path, entry: NDArray[np.int32]) -> Mapping[str, Any]:
        plan = self._plan
        source = fingerprint(path) or ""
        said: dict[str, Any] = {
            **plan.colour.file_metadata(self._space),
            "celtint:version": version("celtint"),
            "celtint:finish": "flat",
            "celtint:frame": frame,
            "celtint:recoloured": source,
            FINGERPRINT: plan.identity(source),
        }
        if cryptomatte.CHANNELS[0] in channels_of(plan.job.out.layers):
            used = [self._names[number - 1] for number in np.unique(entry).tolist() if number]
            said |= cryptomatte.metadata(used)
        return said

    def _line(self, frame: int) -> Layer:
        path = self._line_pattern.path(frame)
        try:
            return read_layer(path, self._plan.job.line.layer, role="line")
        except FileError as error:
            raise FileError(f"Frame {frame}: {error}") from error

    def _entries(self, channels: Mapping[str, NDArray[Any]], path: Path) -> NDArray[np.int32]:
        """(H, W) number of every pixel's entry, from the index layer, else from the paint."""
        index = channels.get(INDEX_CHANNEL)
        if index is not None:
            entry = index.astype(np.int32)
            if entry.min() < 0 or entry.max() >= len(self._old):
                raise FileError(f"{path}: its index layer has numbers that its palette has not")
            return entry
        if any(name not in channels for name in _PAINT):
            raise FileError(
                f"{path} holds neither `{INDEX_CHANNEL}` nor the paint alone: paint it once more "
                "with --out-layers all, or with index."
            )
        paint = np.ascontiguousarray(np.stack([channels[name] for name in _PAINT], axis=-1))
        return _looked_up(packed(paint), self._old, path)


def _looked_up(
    paint: NDArray[np.uint64], table: NDArray[np.float16], path: Path
) -> NDArray[np.int32]:
    """Numbers of exact colours, each pixel packed as `pixels.packed`."""
    rgba = np.zeros((len(table), 4), np.float16)
    rgba[1:, :3], rgba[1:, 3] = table[1:], 1
    keys = packed(rgba[:, None])[:, 0]
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]
    twice = np.flatnonzero(ascending[1:] == ascending[:-1])
    found, which = np.unique(paint, return_inverse=True)
    place = np.minimum(np.searchsorted(ascending, found), len(ascending) - 1)
    if (ascending[place] != found).any():
        raise FileError(f"{path} holds colours that its palette has not: paint it once more.")
    if np.isin(found, ascending[twice]).any():
        raise FileError(
            f"{path}: two palette entries have the same colour, so the paint does not tell them "
            f"apart: paint it once more with --out-layers all,index."
        )
    numbers: NDArray[np.int32] = order[place].astype(np.int32)[which].reshape(paint.shape)
    return numbers


def _read_all(path: Path) -> tuple[ImageHeader, dict[str, NDArray[Any]]]:
    """Every channel that a swap needs, half floats, by name."""
    with opened(path) as (source, format_name):
        header = header_of(path, source, format_name)
        pixels = source.read_image("half")
        if pixels is None:
            raise FileError(f"{path} cannot be read: {what_failed(source)}")
    names = header.parts[0].channels
    return header, {name: pixels[..., at] for at, name in enumerate(names)}
