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
        self._kept: dict[int, PackedLine] = {}
        self._lock = threading.Lock()

    def of(self, layer: Layer) -> Line:
        """What is laid over the paint of a layer."""
        in_space = self._line_art.in_space(layer, self._space)
        pixels = place(replace(layer, pixels=in_space), self._paper)
        if layer.is_opaque:
            return Line(layer.header, pixels)
        # The layer's own, where it stays as it is, are found already: its ink is told from them.
        return Line(layer.header, layer.marks if pixels is layer.pixels else Marks.of(pixels))

    @property
    def has_room(self) -> bool:
        """Whether there is room for one more."""
        return self._left_bytes > 0

    def packed(self, layer: Layer) -> PackedLine | None:
        """What is laid over the paint of a layer, to be kept; None of what is drawn on paper."""
        line = None if layer.is_opaque else self.of(layer)
        if line is None or not isinstance(line.drawn, Marks):
            return None
        return PackedLine.of(line.header, line.drawn)

    def keep(self, index: int, packed: PackedLine) -> None:
        """Keep the line of a frame, if there is room."""
        with self._lock:
            if packed.size_bytes <= self._left_bytes:
                self._left_bytes -= packed.size_bytes
                self._kept[index] = packed

    def take(self, index: int) -> Line | None:
        """The line of a frame, which is not kept any longer; None where it was not."""
        with self._lock:
            kept = self._kept.pop(index, None)
            if kept is not None:
                self._left_bytes += kept.size_bytes
        return None if kept is None else Line(kept.header, kept.marks())


@dataclass(frozen=True, eq=False)
class PackedLine:
    """Marks, their places as bits: a mask takes less than numbers do.

    Attributes:
        header: Header of the file.
        mask: (ceil(H * W / 8),) uint8, a bit for each pixel.
        colour, alpha, shape: As `Marks` has them.

    """

    header: ImageHeader
    mask: NDArray[np.uint8]
    colour: NDArray[np.float16] | None
    alpha: NDArray[np.float16]
    shape: tuple[int, int]

    @classmethod
    def of(cls, header: ImageHeader, marks: Marks) -> PackedLine:
        """Pack them."""
        mask = np.zeros(marks.shape, np.bool_)
        mask.reshape(-1)[marks.at] = True
        return cls(header, np.packbits(mask), marks.colour, marks.alpha, marks.shape)

    @property
    def size_bytes(self) -> int:
        """Of all arrays."""
        colour = 0 if self.colour is None else self.colour.nbytes
        return self.mask.nbytes + colour + self.alpha.nbytes

    def marks(self) -> Marks:
        """As they were."""
        pixels = self.shape[0] * self.shape[1]
        mask = np.unpackbits(self.mask, count=pixels).view(np.bool_)
        return Marks(np.flatnonzero(mask), self.colour, self.alpha, self.shape)
