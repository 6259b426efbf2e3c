"""What the regions close by say of a candidate pair: how they move, and whom they match.

Neighbours that share a border tell little of a speck in the middle of a large region, whose centre
hardly follows its motion; and what a line cuts off from a region, or an arm uncovers, borders on
other things than the rest of it. So those whose centres are closest are asked, border or none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis

CLOSE = 6
"""So many regions are asked, those whose centres are closest."""

FAR = 0.02
"""Regions that are further away than this share of the diagonal count less and less."""

OWN = 30.0
"""How much a region's own motion counts beside theirs, which count 50 at most each."""

NEAR_BOX = 0.01
"""Unit that distances from boxes are told in, as a share of the diagonal."""

REMEMBERED = 24
"""Drawings whose regions around each other are kept: a shot asks of those up to 16 before one."""

Columns = list[NDArray[np.floating[Any]]]


class Crowd:
    """Candidate pairs as the regions of one of both drawings see those around them.

    Args:
        pairs: (L,) the region of each pair in this drawing, and that in the other one.
        here: This drawing.
        there: The other one.
        motion: (L, 2) where each pair would have moved, by the diagonal; (L,) factor of the squared
            distance from it: how much regions may differ.

    """

    def __init__(
        self,
        pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
        here: FrameAnalysis,
        there: FrameAnalysis,
        motion: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> None:
        self._region, self._partner = pairs
        self._away = np.ascontiguousarray(motion[0].T, np.float32)
        self._strictness = motion[1].astype(np.float32)
        self._count, self._there = here.count, there.count
        diagonal = np.hypot(*here.shape)
        # By neighbour first: sums over a few neighbours are sums of whole rows then.
        self._close, self._counts = _around(here)
        self._close_to = self._close[:, self._region]
        self._meets = self._close_to * there.count + self._partner
        self._box = np.ascontiguousarray((here.box_px / diagonal).T)
        self._aim = np.ascontiguousarray((there.centre_px / diagonal).T)[:, self._partner]

    def says(self, belief: NDArray[np.float32]) -> Columns:
        """Five columns of (L,) each, from what is believed of the pairs so far.

        The mean and the most of how much close regions move alike, 0..1; how far the pair's motion
        strays from theirs, and how far the partner lies outside the region's box if that moves
        with them (logarithms of 1 + distance); how many of them match the same partner, 0..1.
        """
        if not len(belief):
            return [np.zeros(0)] * 5
        best, trust = self._best(belief)
        moved = self._away[:, best]
        alike = self._alike(moved, trust)
        weight = trust[self._close] * self._counts
        total = weight.sum(axis=0)
        local = (moved[:, self._close] * weight).sum(axis=1)
        stray = self._away - self._of_pair(local / np.maximum(total, 1e-6))
        own = OWN * trust
        motion = (local + own * moved) / np.maximum(total + own, 1e-6)
        box = self._box.copy()
        box[:2] += motion
        return [
            alike.sum(axis=0) / max(len(self._close), 1),
            alike.max(axis=0, initial=0),
            np.log1p(np.sqrt(-2 * self._strictness * _square(stray))),
            np.log1p(self._outside(box) / NEAR_BOX),
            self._matching_same(belief),
        ]

    def _best(self, belief: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """(R,) the pair that each region believes in most, and how much; 0 if it has none."""
        trust = np.zeros(self._count, np.float32)
        np.maximum.at(trust, self._region, belief)
        best = np.zeros(self._count, np.intp)
        most = np.flatnonzero(belief == trust[self._region])[::-1]
        best[self._region[most]] = most  # of several the first, which is written last
        return best, trust

    def _alike(self, moved: NDArray[np.float32], trust: NDArray[np.float32]) -> NDArray[np.float32]:
        """(CLOSE, L) how much each close region is believed to move as the pair would, 0..1."""
        close = self._close_to
        x, y = (
            of_pair - of_region[close] for of_pair, of_region in zip(self._away, moved, strict=True)
        )
        x *= x
        y *= y
        x += y
        x *= self._strictness
        np.exp(x, out=x)
        x *= trust[close]
        return x

    def _of_pair(self, of_region: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, L) of (N, R), row by row, which takes a fifth of the time."""
        return np.stack([row[self._region] for row in of_region])

    def _outside(self, box: NDArray[np.float64]) -> NDArray[np.float64]:
        """(L,) how far each pair's partner lies outside (4, R) boxes, by its centre."""
        of_pair = self._of_pair(box)
        low, size = of_pair[:2], of_pair[2:]
        off = np.maximum(np.maximum(low - self._aim, self._aim - low - size), 0)
        return np.sqrt(_square(off))

    def _matching_same(self, belief: NDArray[np.float32]) -> NDArray[np.float64]:
        """(L,) share of the close regions that are believed to match the same partner."""
        table = np.zeros(self._count * self._there)
        table[self._region * self._there + self._partner] = belief
        same: NDArray[np.float64] = table[self._meets].sum(axis=0)
        return same / max(len(self._close), 1)


def _square(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the squared lengths of (2, N) vectors."""
    vector *= vector
    found: NDArray[np.float64] = vector[0] + vector[1]
    return found


@lru_cache(maxsize=REMEMBERED)
def _around(here: FrameAnalysis) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """(CLOSE, R) the regions close to each, and how much each of them counts."""
    close, away = closest(here.centre_px / np.hypot(*here.shape), CLOSE)
    return np.ascontiguousarray(close.T), np.ascontiguousarray(1 / (FAR + away.T))


def closest(
    centre: NDArray[np.floating], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """(R, K) the regions whose centres are closest to that of each, and how far they are.

    Args:
        centre: (R, 2) their centres.
        count: How many are wanted: K, or one less than there are regions.

    """
    regions = len(centre)
    count = min(count, regions - 1)
    if count < 1:
        return np.zeros((regions, 0), np.intp), np.zeros((regions, 0))
    x, y = (np.subtract.outer(one, one).astype(np.float32) for one in centre.T)
    square = x * x + y * y
    np.fill_diagonal(square, np.inf)
    found = np.sort(np.argpartition(square, count - 1, axis=1)[:, :count], axis=1)
    return found, np.sqrt(np.take_along_axis(square, found, axis=1)).astype(np.float64)
