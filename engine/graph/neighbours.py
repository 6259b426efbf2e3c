"""The neighbours of each region of a drawing, laid out to be looked up for many regions at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The neighbours of each region, with their share of its border; sorted by region.

    Attributes:
        start: (R + 1,) intp, where the neighbours of each region begin.
        other: (2 E,) intp.
        share: (2 E,) float64.

    """

    start: NDArray[np.intp]
    other: NDArray[np.intp]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, analysis: FrameAnalysis) -> Neighbours:
        """The neighbours in a drawing."""
        pairs = analysis.neighbours.astype(np.intp)
        one = np.concatenate([pairs[:, 0], pairs[:, 1]])
        other = np.concatenate([pairs[:, 1], pairs[:, 0]])
        border = np.tile(analysis.border_px.astype(np.float64), 2)
        order = np.lexsort((other, one))
        one, other, border = one[order], other[order], border[order]
        total = np.bincount(one, border, analysis.count)
        start = np.searchsorted(one, np.arange(analysis.count + 1))
        return cls(start, other, border / np.maximum(total[one], 1))

    @property
    def count(self) -> int:
        """R."""
        return len(self.start) - 1

    def all_of(self, region: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of each neighbour of each of these regions: whose it is, and its place in `other`."""
        return spread(self.start, region)

    def mean(self, value: NDArray[np.float32]) -> NDArray[np.float64]:
        """(R,) mean of a value over the neighbours of each region, by border."""
        whose = np.repeat(np.arange(self.count), np.diff(self.start))
        mean = np.bincount(whose, self.share * value[self.other], self.count)
        return mean.astype(np.float64, copy=False)


def spread(
    start: NDArray[np.intp], row: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All entries of some rows of a table whose rows lie one behind the other.

    Args:
        start: Where each row begins, and behind the last one its end.
        row: (N,) the rows that are wanted.

    Returns:
        Of each entry: which of the N it is of, ascending, and its place in the table.

    """
    first = start[row]
    many = start[row + 1] - first
    end = np.cumsum(many)
    whose = np.repeat(np.arange(len(row)), many)
    place = np.arange(len(whose)) + np.repeat(first - end + many, many)
    return whose, place
