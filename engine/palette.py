"""The palette of a shot: exact colours, in the order in which they were first needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNPAINTED = 0
"""Palette index of what has no colour."""

ROUNDING = 1.0 / 256.0
"""Colours this near in every channel, in the working space, may be roundings of one colour."""


def _unpainted_only() -> NDArray[np.float32]:
    return np.zeros((1, 3), np.float32)


@dataclass(frozen=True, eq=False)
class Palette:
    """Exact colours in the working space. It only ever grows; growing makes a new one.

    Attributes:
        colour: (P, 3) float32, any finite values; row 0 stands for *unpainted* and is 0.

    """

    colour: NDArray[np.float32] = field(default_factory=_unpainted_only)

    def indices_of(
        self, colour: NDArray[np.float32], is_rounded: NDArray[np.bool_]
    ) -> tuple[Palette, NDArray[np.int32]]:
        """The palette grown by what it lacks, and the index of every colour in it.

        A colour is its bit pattern: two that differ in the last bit are two entries. Only a
        colour that is the rounding of something else, such as the most frequent value of an
        airbrushed dab, takes an entry that stands within `ROUNDING` of it.

        Args:
            colour: (N, 3) float32, finite.
            is_rounded: (N,) whether the colour is known only to `ROUNDING`.

        """
        entries = list(self.colour)
        index_of = {entry.tobytes(): index for index, entry in enumerate(entries)}
        index_of.pop(entries[UNPAINTED].tobytes())
        index = np.zeros(len(colour), np.int32)
        for place in np.argsort(is_rounded, kind="stable").tolist():
            found = index_of.get(colour[place].tobytes())
            if found is None and is_rounded[place]:
                found = _nearest(entries[1:], colour[place])
            if found is None:
                found = len(entries)
                entries.append(colour[place])
                index_of[colour[place].tobytes()] = found
            index[place] = found
        if len(entries) == len(self.colour):
            return self, index
        return Palette(np.stack(entries)), index


def _nearest(entries: list[NDArray[np.float32]], colour: NDArray[np.float32]) -> int | None:
    """Palette index of the nearest entry, if the colour may be a rounding of it."""
    if not entries:
        return None
    nearest = int(np.argmin(_distance(np.stack(entries), colour)))
    return nearest + 1 if is_same_but_rounding(entries[nearest], colour) else None


def _distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.abs(a - b).max(axis=-1)


def is_same_but_rounding(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether colours (..., 3) may be roundings of one; above 1, the step grows with them."""
    return _distance(a, b) <= ROUNDING * np.maximum(1.0, np.abs(b).max(axis=-1))
