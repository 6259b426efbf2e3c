"""The pixels of line art that hold line: a twentieth of a frame, and all that its paint needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pixels import packed

_ANY_BUT_SIGNS = np.uint64(0x7FFF_7FFF_7FFF_7FFF)
_COLOUR = np.uint64(0x0000_FFFF_FFFF_FFFF)
_ALPHA_SHIFT = np.uint64(48)
_BLOCK_ROWS = 32  # looked at together: what one step leaves for the next stays in the cache


@dataclass(frozen=True, eq=False)
class Marks:
    """The pixels of a premultiplied image that are not 0 in every channel.

    Attributes:
        at: (N,) intp, their flat indices, ascending.
        colour: (3, N) float16; None where every bit of it is 0, as of black ink.
        alpha: (N,) float16.
        shape: (H, W) of the image.

    """

    at: NDArray[np.intp]
    colour: NDArray[np.float16] | None
    alpha: NDArray[np.float16]
    shape: tuple[int, int]

    @classmethod
    def of(cls, line: NDArray[np.float16]) -> Marks:
        """Those of (H, W, 4) float16."""
        return cls.where(line, marked(line))

    @classmethod
    def where(cls, line: NDArray[np.float16], chosen: NDArray[np.bool_]) -> Marks:
        """Some pixels of (H, W, 4) float16, by an (H, W) mask of them."""
        lanes = packed(np.ascontiguousarray(line)).reshape(-1)
        at = np.flatnonzero(chosen)
        found = lanes[at]
        halves = found.view(np.uint16).reshape(-1, 4)[:, :3]
        is_black = not np.bitwise_or.reduce(found) & _COLOUR if len(found) else True
        return cls(
            at=at,
            colour=None if is_black else np.ascontiguousarray(halves.T).view(np.float16),
            alpha=(found >> _ALPHA_SHIFT).astype(np.uint16).view(np.float16),
            shape=(line.shape[0], line.shape[1]),
        )

    def chosen(self, which: NDArray[np.bool_]) -> Marks:
        """Some of them, by an (N,) mask."""
        place = np.flatnonzero(which)  # which takes less than choosing by the mask several times
        colour = None if self.colour is None else self.colour[:, place]
        return Marks(self.at[place], colour, self.alpha[place], self.shape)

    def channel(self, number: int) -> NDArray[np.float16] | None:
        """(N,) red, green, blue or alpha; None for a colour that is 0 everywhere."""
        if number == 3:
            return self.alpha
        return None if self.colour is None else self.colour[number]


def marked(line: NDArray[np.float16]) -> NDArray[np.bool_]:
    """(H, W) where (H, W, 4) half floats are not 0, of whatever sign, in every channel."""
    lanes = packed(np.ascontiguousarray(line))
    found = np.empty(lanes.shape, np.bool_)
    for top in range(0, len(lanes), _BLOCK_ROWS):
        rows = slice(top, top + _BLOCK_ROWS)
        np.not_equal(lanes[rows] & _ANY_BUT_SIGNS, 0, out=found[rows])
    return found
