"""The colours that artists dabbed: into the working space, and back to the very bits.

A colour that goes to sRGB and back through float32 returns changed where its channels differ by
orders of magnitude. So what was dabbed is written down beside what the engine is given, and looked
up on the way back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .colour import Colour, as_half, straight_rgba

# With more opaque colours than this, a key frame is a painting, not dabs with soft edges.
_MOST_SNAPPED = 256


class _Dabbed(NamedTuple):
    space: str
    rgb: tuple[float, float, float]


class HintColours:
    """Remembers every hint colour of a shot; one thread at a time."""

    def __init__(self, colour: Colour) -> None:
        self._colour = colour
        self._working: dict[_Dabbed, bytes] = {}
        self._dabbed: dict[bytes, _Dabbed] = {}

    def to_working(
        self, pixels: NDArray[Any], space: str, *, is_premultiplied: bool
    ) -> NDArray[np.float32]:
        """Hints as the engine takes them, and every colour remembered.

        Each dabbed colour gets one working colour of its own, the same for the whole shot. The soft
        edge of a dab, whose colour was rounded when it was multiplied by alpha, gets the colour of
        the dab again.

        Args:
            pixels: (H, W, 4) float16, float32, uint8 or uint16, as the file stores them.
            space: Colour space of the file.
            is_premultiplied: True where colour is multiplied by alpha (EXR).

        Returns:
            (H, W, 4) float32, straight RGBA in the working space; all 0 where alpha is 0.

        """
        space = self._colour.check(space)
        hint = np.zeros(pixels.shape, np.float32)
        dabs = np.flatnonzero(pixels[..., 3].reshape(-1) > 0)
        if not dabs.size:
            return hint
        stored, which = _distinct(np.ascontiguousarray(pixels.reshape(-1, 4)[dabs]))
        straight = straight_rgba(stored, is_premultiplied=is_premultiplied)
        if is_premultiplied and pixels.dtype == np.float16:
            _snap_soft_edges(straight, stored)
        straight[:, :3] = self._remember(straight[:, :3], space)
        hint.reshape(-1, 4)[dabs] = straight[which]
        return hint

    def palette_to_file(self, palette_srgb: NDArray[np.float32], space: str) -> NDArray[np.float16]:
        """Palette colours as a file stores them.

        A remembered colour is the dabbed one, to the bit where `space` is the hint's space, else
        converted straight from it. Any other is converted from the working space.

        Args:
            palette_srgb: (P, 3) float32, working space.
            space: Colour space of the file to write.

        Returns:
            (P, 3) float16, clamped to +-65504.

        """
        space = self._colour.check(space)
        linear = self._colour.convert(palette_srgb, self._colour.working_space, space)
        rows_from: dict[str, list[int]] = {}
        for row, working in enumerate(np.ascontiguousarray(palette_srgb, np.float32)):
            dabbed = self._dabbed.get(working.tobytes())
            if dabbed is not None:
                linear[row] = dabbed.rgb
                rows_from.setdefault(dabbed.space, []).append(row)
        for source, rows in rows_from.items():
            linear[rows] = self._colour.convert(linear[rows], source, space)
        return as_half(linear)

    def _remember(self, rgb: NDArray[np.float32], space: str) -> NDArray[np.float32]:
        """(U, 3) working colours of (U, 3) file colours, no two of different ones alike."""
        rgb = rgb + np.float32(0)  # -0 is 0: the same colour, whatever its bits
        converted = self._colour.convert(rgb, space, self._colour.working_space)
        for row, triple in enumerate(rgb.tolist()):
            dabbed = _Dabbed(space, (triple[0], triple[1], triple[2]))
            if dabbed not in self._working:
                # Two file colours can meet in one working colour (60000 swallows 0.001); the
                # later one moves by the least step until it is its own.
                while converted[row].tobytes() in self._dabbed:
                    converted[row, 2] = np.nextafter(converted[row, 2], np.float32(np.inf))
                self._working[dabbed] = converted[row].tobytes()
                self._dabbed[self._working[dabbed]] = dabbed
            converted[row] = np.frombuffer(self._working[dabbed], np.float32)
        return converted


def _distinct(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Distinct rows of (n, 4), and for each of the n which one it is."""
    # Whole pixels as one number sort many times faster than rows of four.
    width = 4 * pixels.dtype.itemsize
    whole: Any = {4: np.uint32, 8: np.uint64}.get(width, np.dtype((np.void, width)))
    distinct, which = np.unique(pixels.view(whole)[:, 0], return_inverse=True)
    return distinct.view(pixels.dtype).reshape(-1, 4), which.reshape(-1)


def _snap_soft_edges(straight: NDArray[np.float32], stored: NDArray[np.float16]) -> None:
    """Give see-through colours that differ from an opaque one by rounding alone that very colour.

    Args:
        straight: (U, 4) float32, straight; changed in place.
        stored: (U, 4) float16, premultiplied.

    """
    opaque = straight[straight[:, 3] == 1.0, :3]
    soft = np.flatnonzero(straight[:, 3] < 1.0)
    if not 1 <= len(opaque) <= _MOST_SNAPPED or not soft.size:
        return
    alpha = straight[soft, 3:]
    # Both the stored colour and its alpha were rounded, each by up to half a step.
    colour_step = np.spacing(np.abs(stored[soft, :3])).astype(np.float32)
    alpha_step = np.spacing(stored[soft, 3:]).astype(np.float32)
    near = (colour_step + np.abs(straight[soft, :3]) * alpha_step) / alpha
    best = np.full(len(soft), np.inf, np.float32)
    snapped = straight[soft, :3].copy()
    for colour in opaque:
        distance = np.abs(straight[soft, :3] - colour)
        total = distance.sum(axis=1)
        closer = (distance <= near).all(axis=1) & (total < best)
        snapped[closer] = colour
        best[closer] = total[closer]
    straight[soft, :3] = snapped
