"""Reads the drawings and the hints of a plan, as they were when it was checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .check import Plan
from .errors import FileError
from .header import Window
from .hint_colours import HintColours
from .images import Layer, place, read_layer
from .ink import LineArt
from .seen import Seen
from .stream import Clock
from .tracing import hues


class Reader:
    """Decodes the files of a plan; called by several threads, but for `working_hint`.

    Attributes:
        line: Converts the line art.

    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.line = LineArt(plan.spaces.colour, plan.spaces.line, hues(plan.settings))
        self._plan, self._clock = plan, clock

    def layer(self, index: int) -> Layer:
        """The line art of an index, pixels as stored.

        Raises:
            FileError: It cannot be read, or is not the file that was checked.

        """
        with self._clock.time("read"):
            return _read(self._plan.line[index], self._plan.job.line.layer, "line")

    def ink(self, layer: Layer) -> NDArray[np.uint8]:
        """(H, W) uint8 coverage of line art, on the paper."""
        with self._clock.time("ink"):
            return _on_paper(self.line.ink(layer), layer.window, self._plan.paper)

    def hint(self, index: int) -> Layer | None:
        """The hints of an index, pixels as stored; None for a frame without dabs."""
        seen = self._plan.hints.get(index)
        if seen is None:
            return None
        job = self._plan.job
        return _read(seen, "hint" if job.hint is None else job.hint.layer, "hint")

    def working_hint(
        self, index: int, colours: HintColours, layer: Layer | None = None
    ) -> NDArray[np.float32]:
        """The hints of an index as the engine takes them, (H, W, 4) on the paper.

        Args:
            index: A frame that has dabs.
            colours: Remembers what was dabbed; one thread at a time.
            layer: The hints, where they were read already.

        Raises:
            KeyError: The frame has no dabs.

        """
        layer = layer or self.hint(index)
        if layer is None:
            raise KeyError(index)
        return colours.to_working(
            place(layer, self._plan.paper),
            self._plan.spaces.hints[index],
            is_premultiplied=layer.is_premultiplied,
        )


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
