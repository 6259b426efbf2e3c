"""Composes and writes painted frames."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from celtint.engine import PaintedFrame

from .assembly import assemble, channels_of
from .check import Plan
from .composite import CHANNELS, compose_flat, compose_painted
from .header import Attribute
from .images import Layer, place, write_frame
from .palette import cryptomatte
from .palette.naming import Numbered
from .reading import Reader
from .recall import Recall
from .stream import Clock

Metadata = Callable[[int], Mapping[str, str | int | float | Attribute]]
"""What celtint says in the file of an index, beside the source's metadata."""


class Writer:
    """Composes and encodes frames; called by several threads.

    Args:
        plan: What is painted.
        reader: Converts the line art.
        metadata: For each index.
        recall: Painted finish: where the network's output is left for a later run.
        done: Called when the frame of an index is whole on disk.
        clock: Where time is counted: `compose`, `encode`.

    """

    def __init__(
        self,
        plan: Plan,
        reader: Reader,
        metadata: Metadata,
        recall: Recall | None,
        *,
        done: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self._plan, self._line, self._metadata, self._recall = plan, reader.line, metadata, recall
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
        """Write a painted frame, whole or not at all.

        Args:
            painted: The frame.
            layer: Its line art.
            palette: (P, 3) colours as they are written.
            numbered: Flat finish: numbers and names of the palette's colours.

        """
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
            paint = np.ascontiguousarray(painted.paint[..., :3])
            paint_file = plan.spaces.colour.to_file(paint, plan.spaces.out)
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
