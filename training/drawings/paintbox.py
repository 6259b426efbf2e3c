"""Hands out region identities and their colours while a shot is cast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.shots import RegionColour
from ..errors import DataError
from .palette import Rgb, muted, recolour, shade_of
from .raster import FIRST_LINE_CODE


class Paintbox:
    """The colours of one shot.

    Attributes:
        colours: By region identity.

    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.colours: dict[int, RegionColour] = {}
        self._rng = rng
        self._groups = 0

    def mixed(self, originals: Sequence[Rgb]) -> dict[Rgb, tuple[RegionColour, RegionColour]]:
        """New colours for a drawing's own, largest area first: of its light and of its shade."""
        pots = {}
        for original, colour in zip(originals, recolour(originals, self._rng), strict=True):
            pots[original] = self._pots(colour)
        return pots

    def pots(self, colour: Rgb | None = None) -> tuple[RegionColour, RegionColour]:
        """A colour of light and shade: the one given, or a muted one."""
        return self._pots(muted(self._rng) if colour is None else colour)

    def _pots(self, colour: Rgb) -> tuple[RegionColour, RegionColour]:
        shade = shade_of(colour, self._rng)
        self._groups += 2
        return (
            RegionColour(colour, shade, self._groups - 1),
            RegionColour(shade, shade_of(shade, self._rng), self._groups),
        )

    def region(self, colour: RegionColour) -> int:
        """A new identity of this colour."""
        number = len(self.colours) + 1
        if number >= FIRST_LINE_CODE:
            raise DataError(f"a shot holds at most {FIRST_LINE_CODE - 1} regions")
        self.colours[number] = colour
        return number
