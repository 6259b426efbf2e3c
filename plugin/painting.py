"""Paints a plan: frames in from disk, through the engine, out to disk, on overlapping threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from celtint.engine import Finish, PaintedFrame, colorize_sequence

from .assembly import assemble, channels_of
from .check import Plan
from .composite import CHANNELS, compose_flat, compose_painted
from .errors import FileError
from .header import Attribute, Window
from .hint_colours import HintColours
from .images import Layer, place, read_layer, write_frame
from .ink import LineArt
from .palette import cryptomatte
from .palette.naming import Numbered
from .palette.register import Register
from .recall import Recall
from .seen import Seen
from .stream import Clock, ReadAhead, WriteBehind

_READERS, _AHEAD = 2, 2
_WRITERS, _WAITING = 2, 1


@dataclass(frozen=True, eq=False)
class Drawing:
    """One frame as it was read.

    Attributes:
        layer: The line art, pixels as stored, kept for the composite.
        ink: (H, W) uint8 on the paper.
        hint: The hints, pixels as stored; None for a frame without dabs.

    """

    layer: Layer
    ink: NDArray[np.uint8]
    hint: Layer | None


def paint(
    plan: Plan,
    order: Sequence[int],
    wanted: Set[int],
    metadata: Callable[[int], Mapping[str, str | int | float | Attribute]],
    recall: Recall | None = None,
    *,
    done: Callable[[int], None],
    warn: Callable[[str], None],
    stop: threading.Event,
    clock: Clock,
) -> None:
    """Paint and write the wanted frames.

    Args:
        plan: What to paint.
        order: The indices that the engine will ask for, in that order; the flat finish asks twice
            for what it paints, see `colorize_sequence`.
        wanted: The indices to write.
        metadata: What celtint says in the file of an index, beside the source's metadata.
        recall: Painted finish: what a killed run left to go on from.
        done: Called when the frame of an index is whole on disk, from any thread.
        warn: Called with what an artist should know.
        stop: Asks to leave after the frames in flight.
        clock: Where time is counted: `read`, `ink`, `paint`, `compose`, `encode`, and waits.

    Raises:
        Stopped: `stop` was set; frames in flight are whole.
        FileError: A file cannot be read or written; frames in flight are whole.
        EngineError: The engine cannot go on.

    """
    line = LineArt(plan.spaces.colour, plan.spaces.line)
    reader = _Reader(plan, line, clock)
    colours = HintColours(plan.spaces.colour)
    register = Register(plan, colours) if plan.job.finish == "flat" else None
    writer = _Writer(plan, line, metadata, recall, done=done, clock=clock)
    palette = None
    with (
        WriteBehind(threads=_WRITERS, waiting=_WAITING, clock=clock) as behind,
        ReadAhead(
            reader.read, order, ahead=_AHEAD, threads=_READERS, stop=stop, clock=clock
        ) as ahead,
    ):
        shot = _Shot(
            ahead, len(plan.frames), wanted, clock, looks_first=plan.job.finish == "flat"
        )
        painted_frames = colorize_sequence(
            shot,
            _Hints(plan, reader, shot, colours),
            finish=cast("Finish", plan.job.finish),
            model=plan.job.model,
            settings=plan.settings,
            device=plan.job.device,
            wanted=wanted,
            remembered=recall,
        )
        for painted in _timed(painted_frames, clock):
            for said in _contradictions(plan, painted):
                warn(said)
            # Here and not by a writer: the colours are remembered by this thread.
            palette = painted.palette
            stored = colours.palette_to_file(palette, plan.spaces.out)
            numbered = None if register is None else register.numbered(palette)
            layer = shot.layers.pop(painted.index)
            behind.bring(writer.write, painted, layer, stored, numbered)
            del painted  # or it would be kept while the next one is painted
    if register is not None and palette is not None and set(plan.hints) <= set(order):
        hints = _Hints(plan, reader, shot, colours)
        told = register.write(palette, ((plan.frames[at], hints[at]) for at in sorted(plan.hints)))
        for said in told:
            warn(said)


class _Reader:
    """Decodes frames; called by several threads."""

    def __init__(self, plan: Plan, line: LineArt, clock: Clock) -> None:
        self._plan, self._line, self._clock = plan, line, clock

    def read(self, index: int) -> Drawing:
        """The drawing of an index, and its hints where the engine asks for both at once."""
        seen = self._plan.line[index]
        with self._clock.time("read"):
            layer = _read(seen, self._plan.job.line.layer, "line")
            hint = self.hint(index) if self._plan.job.finish == "painted" else None
        with self._clock.time("ink"):
            ink = _on_paper(self._line.ink(layer), layer.window, self._plan.paper)
        return Drawing(layer, ink, hint)

    def hint(self, index: int) -> Layer | None:
        """The hints of an index, None for a frame without dabs."""
        seen = self._plan.hints.get(index)
        if seen is None:
            return None
        job = self._plan.job
        return _read(seen, "hint" if job.hint is None else job.hint.layer, "hint")


class _Shot(Sequence[NDArray[np.uint8]]):
    """The shot's ink as the engine asks for it; keeps what is needed when the paint comes out."""

    def __init__(
        self,
        ahead: ReadAhead[Drawing],
        count: int,
        wanted: Set[int],
        clock: Clock,
        *,
        looks_first: bool,
    ) -> None:
        self._ahead, self._count, self._wanted, self._clock = ahead, count, wanted, clock
        # The flat finish looks at all drawings before it paints any.
        self._to_look_at = set(range(count)) if looks_first else set()
        self.layers: dict[int, Layer] = {}
        self.hints: dict[int, Layer] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> NDArray[np.uint8]:  # type: ignore[override]
        with self._clock.time("paint", sign=-1):  # waiting for a frame is not painting
            drawing = self._ahead.take(index)
        if index in self._to_look_at:
            self._to_look_at.remove(index)
            return drawing.ink
        if index in self._wanted:
            self.layers[index] = drawing.layer
        if drawing.hint is not None:
            self.hints[index] = drawing.hint
        return drawing.ink


class _Hints(Mapping[int, NDArray[np.float32]]):
    """The hints as the engine asks for them; none is kept longer than it is needed."""

    def __init__(self, plan: Plan, reader: _Reader, shot: _Shot, colours: HintColours) -> None:
        self._plan, self._reader, self._shot, self._colours = plan, reader, shot, colours

    def __len__(self) -> int:
        return len(self._plan.hints)

    def __iter__(self) -> Iterator[int]:
        return iter(self._plan.hints)

    def __contains__(self, index: object) -> bool:
        return index in self._plan.hints  # not by trying, which would read the file

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        # The first hint is asked for before its drawing is, to find where colour starts.
        layer = self._shot.hints.pop(index, None) or self._reader.hint(index)
        if layer is None:
            raise KeyError(index)
        return self._colours.to_working(
            place(layer, self._plan.paper),
            self._plan.spaces.hints[index],
            is_premultiplied=layer.is_premultiplied,
        )


class _Writer:
    """Composes and encodes frames; called by several threads."""

    def __init__(
        self,
        plan: Plan,
        line: LineArt,
        metadata: Callable[[int], Mapping[str, str | int | float | Attribute]],
        recall: Recall | None,
        *,
        done: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self._plan, self._line, self._metadata, self._recall = plan, line, metadata, recall
        self._done, self._clock = done, clock
        self._has_palette_layers = len(set(channels_of(plan.job.out.layers)) - set(CHANNELS)) > 0
        # One array a thread for the whole run: fresh memory costs as much as filling it.
        self._own = threading.local()

    def write(
        self,
        painted: PaintedFrame,
        layer: Layer,
        palette: NDArray[np.float16],
        numbered: Numbered | None,
    ) -> None:
        """Write a painted frame, whole or not at all."""
        plan, index = self._plan, painted.index
        with self._clock.time("compose"):
            pixels = self._composed(painted, layer, palette)
        if self._recall is not None and painted.painted_srgb is not None:
            self._recall.keep(index, painted.painted_srgb)
        entry: NDArray[np.int32] | None = None
        names: tuple[str, ...] = ()
        said: dict[str, str] = {}
        if self._has_palette_layers and numbered is not None:
            entry = _entries(painted, numbered)
            names = numbered.names
            if cryptomatte.CHANNELS[0] in channels_of(plan.job.out.layers):
                used = [names[number - 1] for number in np.unique(entry).tolist() if number]
                said = cryptomatte.metadata(used)
        frame = assemble(plan.job.out.layers, pixels, entry, names)
        with self._clock.time("encode"):
            write_frame(
                plan.out.path(plan.frames[index]),
                frame.pixels,
                frame.channels,
                window=plan.paper,
                display_window=layer.display_window,
                pixel_aspect=layer.header.pixel_aspect,
                metadata={**layer.header.metadata, **self._metadata(index), **said},
                full=frame.full,
            )
        if self._recall is not None:
            self._recall.release(index)
        self._done(index)

    def _composed(
        self, painted: PaintedFrame, layer: Layer, palette: NDArray[np.float16]
    ) -> NDArray[np.float16]:
        plan = self._plan
        in_space = self._line.in_space(layer, plan.spaces.out)
        line = place(replace(layer, pixels=in_space), plan.paper)
        out = getattr(self._own, "pixels", None)
        if out is None:
            out = np.empty((*painted.ink.shape, len(CHANNELS)), np.float16)
            self._own.pixels = out
        if painted.painted_srgb is not None:
            paint_file = plan.spaces.colour.to_file(painted.painted_srgb, plan.spaces.out)
            return compose_painted(line, paint_file, on_paper=layer.is_opaque, out=out)
        assert painted.region is not None  # noqa: S101 - one of the two finishes it is
        assert painted.region_palette_index is not None  # noqa: S101
        assert painted.region_confidence is not None  # noqa: S101
        return compose_flat(
            line,
            painted.region,
            painted.region_palette_index,
            painted.region_confidence,
            palette,
            on_paper=layer.is_opaque,
            out=out,
        )


def _entries(painted: PaintedFrame, numbered: Numbered) -> NDArray[np.int32]:
    """(H, W) number of the palette entry of every pixel, 0 where unpainted."""
    assert painted.region is not None  # noqa: S101 - only the flat finish has a palette
    assert painted.region_palette_index is not None  # noqa: S101
    entries: NDArray[np.int32] = numbered.index[painted.region_palette_index][painted.region]
    return entries


def _read(seen: Seen, layer: str | None, role: str) -> Layer:
    """Decode a layer of a file that is still the one that was checked."""
    read = read_layer(seen.path, layer, role=role)
    if not seen.is_unchanged():
        raise FileError(f"Frame {seen.frame}: {seen.path} was changed while it was being painted.")
    return read


def _on_paper(ink: NDArray[np.uint8], own: Window, paper: Window) -> NDArray[np.uint8]:
    """Ink on the paper, which holds the drawing's own window."""
    if own == paper:
        return ink
    placed = np.zeros((paper.height, paper.width), np.uint8)
    top, left = own.y - paper.y, own.x - paper.x
    placed[top : top + own.height, left : left + own.width] = ink
    return placed


def _contradictions(plan: Plan, painted: PaintedFrame) -> list[str]:
    """What to tell about hints that could not be honoured."""
    return [
        f"Frame {plan.frames[painted.index]}: the hint at ({one.x + plan.paper.x}, "
        f"{one.y + plan.paper.y}) is not honoured, because another one claims the same region."
        for one in painted.contradictions
        if one.painted is not None  # else the edge of a dab spilled over a line, which is usual
    ]


def _timed(frames: Iterator[PaintedFrame], clock: Clock) -> Iterator[PaintedFrame]:
    """The same frames; the time to make them is counted as `paint`."""
    while True:
        with clock.time("paint"):
            painted = next(frames, None)
        if painted is None:
            return
        yield painted
        del painted
