"""Line art as it is laid over paint; kept from the look at a drawing until it is painted.

A drawing is decoded to be looked at, and what is laid over its paint is but the pixels that hold
line. Those of the first few hundred frames of a shot stay in memory, so that their files are not
decoded again; how many they are does not depend on how long the shot is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .header import ImageHeader, Window
from .images import Layer, place
from .ink import LineArt
from .marks import Marks

MOST_BYTES = 1 << 27
"""Of all lines that are kept: 200 to 400 frames of 1920x1080."""


@dataclass(frozen=True, eq=False)
class Line:
    """The line art of a frame, ready to be laid over its paint.

    Attributes:
        header: Header of its file.
        drawn: Its marks; or (H, W, 4) float16, premultiplied, where it is drawn on white paper.
            In the output's space and on the window that is painted.

    """

    header: ImageHeader
    drawn: Marks | NDArray[np.float16]

    @property
    def is_on_paper(self) -> bool:
        """Whether it is drawn on white paper, not on nothing."""
        return not isinstance(self.drawn, Marks)


class Lines:
    """Makes lines of layers, and keeps some of them packed; called by several threads.

    Args:
        line_art: Converts the line art.
        space: Colour space of the output.
        paper: The window that is painted.
        most_bytes: How much is kept.

    """

    def __init__(
        self, line_art: LineArt, space: str, paper: Window, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._line_art, self._space, self._paper = line_art, space, paper
        self._left_bytes = most_bytes
        self._kept: dict[int, tuple[ImageHeader, _Packed]] = {}
        self._lock = threading.Lock()

    def of(self, layer: Layer) -> Line:
        """What is laid over the paint of a layer."""
        in_space = self._line_art.in_space(layer, self._space)
        pixels = place(replace(layer, pixels=in_space), self._paper)
        return Line(layer.header, pixels if layer.is_opaque else Marks.of(pixels))

    def keep(self, index: int, layer: Layer) -> None:
        """Keep the line of a frame, if there is room and it is drawn on nothing."""
        if layer.is_opaque or self._left_bytes <= 0:
            return
        line = self.of(layer)
        if isinstance(line.drawn, Marks):
            packed = _Packed.of(line.drawn)
            with self._lock:
                if packed.size_bytes <= self._left_bytes:
                    self._left_bytes -= packed.size_bytes
                    self._kept[index] = line.header, packed

    def take(self, index: int) -> Line | None:
        """The line of a frame, which is not kept any longer; None where it was not."""
        with self._lock:
            kept = self._kept.pop(index, None)
            if kept is not None:
                self._left_bytes += kept[1].size_bytes
        return None if kept is None else Line(kept[0], kept[1].marks())


@dataclass(frozen=True, eq=False)
class _Packed:
    """Marks, their places as bits: a mask takes less than numbers do."""

    mask: NDArray[np.uint8]
    colour: NDArray[np.float16] | None
    alpha: NDArray[np.float16]
    shape: tuple[int, int]

    @classmethod
    def of(cls, marks: Marks) -> _Packed:
        mask = np.zeros(marks.shape, np.bool_)
        mask.reshape(-1)[marks.at] = True
        return cls(np.packbits(mask), marks.colour, marks.alpha, marks.shape)

    @property
    def size_bytes(self) -> int:
        colour = 0 if self.colour is None else self.colour.nbytes
        return self.mask.nbytes + colour + self.alpha.nbytes

    def marks(self) -> Marks:
        pixels = self.shape[0] * self.shape[1]
        mask = np.unpackbits(self.mask, count=pixels).view(np.bool_)
        return Marks(np.flatnonzero(mask), self.colour, self.alpha, self.shape)
