"""Composes and writes painted frames."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from celtint.engine import PaintedFrame
from celtint.engine.graph.painter import FlatPaint

from .assembly import Assembled, assemble, channels_of
from .check import Plan
from .composite import CHANNELS, blank, compose_flat, compose_painted
from .header import Attribute, ImageHeader
from .images import Layer, write_frame
from .lines import Line, Lines
from .palette import cryptomatte
from .palette.naming import Numbered
from .recall import Recall
from .stream import Clock

Metadata = Callable[[int], Mapping[str, str | int | float | Attribute]]
"""What celtint says in the file of an index, beside the source's metadata."""


class Writer:
    """Composes and encodes frames; called by several threads.

    Args:
        plan: What is painted.
        lines: Converts the line art.
        metadata: For each index.
        recall: Painted finish: where the network's output is left for a later run.
        done: Called when the frame of an index is whole on disk.
        clock: Where time is counted: `compose`, `encode`.

    """

    def __init__(
        self,
        plan: Plan,
        lines: Lines,
        metadata: Metadata,
        recall: Recall | None,
        *,
        done: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self._plan, self._lines, self._metadata, self._recall = plan, lines, metadata, recall
        self._done, self._clock = done, clock
        self._has_palette_layers = len(set(channels_of(plan.job.out.layers)) - set(CHANNELS)) > 0
        # One array a thread for the whole run: fresh memory costs as much as filling it.
        self._own = threading.local()

    def write_flat(
        self, paint: FlatPaint, line: Line, palette: NDArray[np.float16], numbered: Numbered
    ) -> None:
        """Write a frame of the flat finish, whole or not at all.

        Args:
            paint: Its paint.
            line: Its line art.
            palette: (P, 3) colours as they are written.
            numbered: Numbers and names of the palette's colours.

        """
        with self._clock.time("compose"):
            pixels = compose_flat(
                line.drawn,
                paint.runs,
                paint.palette_index,
                paint.confidence,
                palette,
                on_paper=line.is_on_paper,
                out=self._lent(paint.runs.shape),
            )
        entry: NDArray[np.int32] | None = None
        names: tuple[str, ...] = ()
        said: dict[str, str] = {}
        if self._has_palette_layers:
            entry = numbered.index[paint.palette_index][paint.runs.label()]
            names = numbered.names
            if cryptomatte.CHANNELS[0] in channels_of(self._plan.job.out.layers):
                used = [names[number - 1] for number in np.unique(entry).tolist() if number]
                said = cryptomatte.metadata(used)
        frame = assemble(self._plan.job.out.layers, pixels, entry, names)
        self._encode(paint.index, frame, line.header, said)
        self._done(paint.index)

    def write_painted(self, painted: PaintedFrame, layer: Layer) -> None:
        """Write a frame of the painted finish, whole or not at all.

        Args:
            painted: The frame.
            layer: Its line art.

        """
        plan, index = self._plan, painted.index
        assert painted.painted_srgb is not None  # noqa: S101 - of this finish
        with self._clock.time("compose"):
            line = self._lines.of(layer)
            paint = np.ascontiguousarray(painted.paint[..., :3])
            paint_file = plan.spaces.colour.to_file(paint, plan.spaces.out)
            out = self._lent(painted.ink.shape)
            pixels = compose_painted(line.drawn, paint_file, on_paper=line.is_on_paper, out=out)
        if self._recall is not None:
            self._recall.keep(index, painted.painted_srgb)
        self._encode(index, assemble(plan.job.out.layers, pixels), line.header, {})
        if self._recall is not None:
            self._recall.release(index)
        self._done(index)

    def _encode(
        self, index: int, frame: Assembled, header: ImageHeader, said: Mapping[str, str]
    ) -> None:
        with self._clock.time("encode"):
            write_frame(
                self._plan.out.path(self._plan.frames[index]),
                frame.pixels,
                frame.channels,
                window=self._plan.paper,
                display_window=header.display_window,
                pixel_aspect=header.pixel_aspect,
                metadata={**header.metadata, **self._metadata(index), **said},
                full=frame.full,
            )

    def _lent(self, shape: tuple[int, ...]) -> NDArray[np.float16]:
        """The frame that the calling thread composes into."""
        if getattr(self._own, "frame", None) is None:
            self._own.frame = blank(shape)
        frame: NDArray[np.float16] = self._own.frame
        return frame
