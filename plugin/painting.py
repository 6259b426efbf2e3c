"""Paints a plan: frames in from disk, through the engine, out to disk, on overlapping threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from celtint.engine import Finish, FlatSettings, colorize_sequence
from celtint.engine.graph.painter import flat_paint, require_drawing

from .check import Plan
from .hint_colours import HintColours
from .images import Layer
from .lines import Line, Lines
from .palette.register import Register
from .reading import Reader
from .recall import Recall
from .solving import Solved
from .stream import Clock, ReadAhead, WriteBehind
from .writing import Metadata, Writer

Frame = TypeVar("Frame")

_READERS, _AHEAD = 2, 2
_WRITERS, _WAITING = 2, 1


@dataclass(frozen=True, eq=False)
class Drawing:
    """One frame as it was read.

    Attributes:
        layer: The line art, pixels as stored, kept for the composite.
        ink: (H, W) uint8 on the paper.
        hint: Painted finish: the hints, pixels as stored; None for a frame without dabs.

    """

    layer: Layer
    ink: NDArray[np.uint8]
    hint: Layer | None = None


def paint_flat(
    plan: Plan,
    solved: Solved,
    register: Register,
    wanted: Set[int],
    metadata: Metadata,
    *,
    lines: Lines,
    done: Callable[[int], None],
    stop: threading.Event,
    clock: Clock,
) -> None:
    """Paint and write the wanted frames of a shot whose colours are known, in film order.

    Args:
        plan: What to paint.
        solved: Its colours.
        register: The palette.
        wanted: The indices to write.
        metadata: What celtint says in the file of an index.
        lines: Those that were kept when drawings were looked at; their files are not read again.
        done: Called when the frame of an index is whole on disk, from any thread.
        stop: Asks to leave after the frames in flight.
        clock: Where time is counted: `read`, `ink`, `paint`, `compose`, `encode`, and waits.

    Raises:
        Stopped: `stop` was set; frames in flight are whole.
        FileError: A file cannot be read or written; frames in flight are whole.
        EngineError: A drawing is not the one that was analysed.

    """
    reader = Reader(plan, clock)
    writer = Writer(plan, lines, metadata, None, done=done, clock=clock)
    palette = solved.solution.palette
    # Here and not by a writer: the colours are remembered by this thread.
    stored = solved.colours.palette_to_file(palette, plan.spaces.out)
    numbered = register.numbered(palette)

    def read(index: int) -> tuple[Line, NDArray[np.uint8] | None]:
        line = lines.take(index)
        if line is not None and plan.line[index].is_unchanged():
            return line, None
        layer = reader.layer(index)
        with clock.time("compose"):
            line = lines.of(layer)
        return line, reader.ink(layer)

    with (
        WriteBehind(threads=_WRITERS, waiting=_WAITING, clock=clock) as behind,
        ReadAhead(
            read, sorted(wanted), ahead=_AHEAD, threads=_READERS, stop=stop, clock=clock
        ) as ahead,
    ):
        settings = cast("FlatSettings", plan.settings)
        for paint in _timed(
            flat_paint(solved.graph, solved.solution, settings, wanted=wanted), clock
        ):
            line, ink = ahead.take(paint.index)
            if ink is not None:
                with clock.time("paint"):
                    require_drawing(ink, paint, settings, plan.embedder)
            behind.bring(writer.write_flat, paint, line, stored, numbered)
            del paint, line, ink  # or they would be kept while the next ones are made


def paint_by_network(
    plan: Plan,
    order: Sequence[int],
    wanted: Set[int],
    metadata: Metadata,
    recall: Recall,
    *,
    done: Callable[[int], None],
    stop: threading.Event,
    clock: Clock,
) -> None:
    """Paint and write the wanted frames of the painted finish.

    Args:
        plan: What to paint.
        order: The indices that the engine will step through, in that order.
        wanted: The indices to write.
        metadata: What celtint says in the file of an index.
        recall: What a killed run left to go on from.
        done: Called when the frame of an index is whole on disk, from any thread.
        stop: Asks to leave after the frames in flight.
        clock: Where time is counted, as for `paint_flat`.

    Raises:
        Stopped: `stop` was set; frames in flight are whole.
        FileError: A file cannot be read or written; frames in flight are whole.
        EngineError: The engine cannot go on.

    """
    reader = Reader(plan, clock)
    colours = HintColours(plan.spaces.colour)
    lines = Lines(reader.line, plan.spaces.out, plan.paper)
    writer = Writer(plan, lines, metadata, recall, done=done, clock=clock)

    def read(index: int) -> Drawing:
        layer = reader.layer(index)
        return Drawing(layer, reader.ink(layer), reader.hint(index))

    with (
        WriteBehind(threads=_WRITERS, waiting=_WAITING, clock=clock) as behind,
        ReadAhead(read, order, ahead=_AHEAD, threads=_READERS, stop=stop, clock=clock) as ahead,
    ):

        def recalled(index: int) -> NDArray[np.uint8]:
            return reader.ink(reader.layer(index))

        shot = _Shot(ahead, len(plan.frames), wanted, clock, order=order, recalled=recalled)
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
            behind.bring(writer.write_painted, painted, shot.layers.pop(painted.index))
            del painted  # or it would be kept while the next one is painted


class _Shot(Sequence[NDArray[np.uint8]]):
    """The shot's ink as the engine asks for it; keeps what is needed when the paint comes out."""

    def __init__(
        self,
        ahead: ReadAhead[Drawing],
        count: int,
        wanted: Set[int],
        clock: Clock,
        *,
        order: Sequence[int] = (),
        recalled: Callable[[int], NDArray[np.uint8]] | None = None,
    ) -> None:
        self._ahead, self._count, self._wanted, self._clock = ahead, count, wanted, clock
        # Paint that a killed run left is moved along its drawing's lines, which nobody read ahead.
        self._order, self._recalled = frozenset(order), recalled
        self.layers: dict[int, Layer] = {}
        self.hints: dict[int, Layer] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> NDArray[np.uint8]:  # type: ignore[override]
        if self._recalled is not None and index not in self._order:
            return self._recalled(index)
        with self._clock.time("paint", sign=-1):  # waiting for a frame is not painting
            drawing = self._ahead.take(index)
        if index in self._wanted:
            self.layers[index] = drawing.layer
        if drawing.hint is not None:
            self.hints[index] = drawing.hint
        return drawing.ink


class _Hints(Mapping[int, NDArray[np.float32]]):
    """The hints as the engine asks for them; none is kept longer than it is needed."""

    def __init__(self, plan: Plan, reader: Reader, shot: _Shot, colours: HintColours) -> None:
        self._plan, self._reader, self._shot, self._colours = plan, reader, shot, colours

    def __len__(self) -> int:
        return len(self._plan.hints)

    def __iter__(self) -> Iterator[int]:
        return iter(self._plan.hints)

    def __contains__(self, index: object) -> bool:
        return index in self._plan.hints  # not by trying, which would read the file

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        # The first hint is asked for before its drawing is, to find where colour starts.
        layer = self._shot.hints.pop(index, None)
        return self._reader.working_hint(index, self._colours, layer)


def _timed(frames: Iterator[Frame], clock: Clock) -> Iterator[Frame]:
    """The same frames; the time to make them is counted as `paint`."""
    while True:
        with clock.time("paint"):
            painted = next(frames, None)
        if painted is None:
            return
        yield painted
        del painted
