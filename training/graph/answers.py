"""What a region should have believed of its candidates: its own shape, else one painted alike.

A match is learned for the sake of the colour that flows along it. So a sibling of the same colour
(the other eye, the next of many spots) is half as good as the region itself; and what is new in a
drawing should rather look at something that is painted alike than at anything else, if it looks at
anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.5
"""How right a sibling is beside the shape itself, and "no match" beside a sibling."""

SMALL_PX = 10
SMALL_WEIGHT = 0.3
"""How much regions of no more pixels count: nobody sees them, and there are many."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Of the regions of one of two drawings.

    Attributes:
        right: (L,) float32, 0..1, how right each candidate is.
        alone: (R,) float32, 0..1, how right it is to have no match.
        weight: (R,) float32, how much each region counts; 0 where it is not known what it is.

    """

    right: NDArray[np.float32]
    alone: NDArray[np.float32]
    weight: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        region: NDArray[np.intp],
        same: NDArray[np.bool_],
        alike: NDArray[np.bool_],
        shape: NDArray[np.integer],
        area_px: NDArray[np.integer],
    ) -> Answers:
        """Judge the candidates.

        Args:
            region: (L,) the region of this drawing in each pair.
            same: (L,) whether both are one shape.
            alike: (L,) whether both have one colour.
            shape: (R,) true shape of the regions of this drawing, 0 where it is not known.
            area_px: (R,) their areas.

        """
        is_there = np.bincount(region, same, len(shape)) > 0
        has_alike = np.bincount(region, alike, len(shape)) > 0
        sibling = np.where(alike, np.where(is_there[region], ALIKE, 1), 0)
        large = np.where(area_px > SMALL_PX, 1, SMALL_WEIGHT)
        return cls(
            right=np.where(same, 1, sibling).astype(np.float32),
            alone=np.where(is_there, 0, np.where(has_alike, ALIKE, 1)).astype(np.float32),
            weight=np.where(shape > 0, large, 0).astype(np.float32),
        )

    def only(self, region: NDArray[np.intp], kept: NDArray[np.bool_]) -> Answers:
        """To some of the pairs; a region to which nothing is right any more does not count.

        Args:
            region: (L,) the region of this drawing in each pair.
            kept: (L,) bool, the pairs.

        """
        right = self.right[kept]
        is_left = np.bincount(region[kept], right, len(self.alone)) + self.alone > 0
        return Answers(right, self.alone, self.weight * is_left)
