"""What is believed of candidates, and what their neighbours say of that.

Where the regions around a pair match one another, or move alike, the pair is more likely
(relaxation labelling: Rosenfeld, Hummel and Zucker, 1976).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .crowd import REMEMBERED, Crowd
from .cues import Candidates
from .neighbours import Neighbours, spread
from .perceptron import columns

SUPPORTS = 0.02
"""A pair that is believed less supports no other."""

MOVES = 0.05
"""Nor does the motion of one that is believed less than this."""


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of candidates: see `Links`, of which these are the full arrays."""

    forth: NDArray[np.float32]
    back: NDArray[np.float32]
    lost: NDArray[np.float32]
    new: NDArray[np.float32]

    def only(self, kept: NDArray[np.bool_]) -> Belief:
        """That of some of the pairs."""
        return Belief(self.forth[kept], self.back[kept], self.lost, self.new)


@dataclass(frozen=True, eq=False)
class Context:
    """What the last round and the neighbours say: (L, 25), (R source, 3) and (R target, 3)."""

    pair: NDArray[np.float32]
    source: NDArray[np.float32]
    target: NDArray[np.float32]


class Surroundings:
    """The neighbours of candidate pairs: what is the same whatever is believed, found once.

    Args:
        found: The candidates.
        source: The earlier drawing.
        target: The later one.

    """

    def __init__(self, found: Candidates, source: FrameAnalysis, target: FrameAnalysis) -> None:
        near, near_target = _neighbours(source), _neighbours(target)
        diagonal = np.hypot(*source.shape)
        away = (target.centre_px[found.target] - source.centre_px[found.source]) / diagonal
        area = np.minimum(source.area_px[found.source], target.area_px[found.target])
        slack = 0.008 + 0.15 * np.sqrt(area) / diagonal
        motion = away.astype(np.float64), -0.5 / slack**2
        back = -motion[0], motion[1]
        self._source = _Side(found.source, found.target, near, near_target, motion)
        self._target = _Side(found.target, found.source, near_target, near, back)
        self._crowds = (
            Crowd((found.source, found.target), source, target, motion),
            Crowd((found.target, found.source), target, source, back),
        )

    def context(self, belief: Belief) -> Context:
        """Inputs of a further round beside the cues."""
        one, other = self._source, self._target
        ahead, behind = one.supported(belief.forth), other.supported(belief.back)
        claimed, claiming = one.total(belief.back), other.total(belief.forth)
        pair: list[NDArray[np.floating[Any]]] = [
            np.log(belief.forth + 1e-4),
            np.log(belief.back + 1e-4),
            ahead,
            behind,
            ahead / one.most(ahead, least=1e-3),
            behind / other.most(behind, least=1e-3),
            np.log(belief.forth * belief.back + 1e-4),
            one.moving_alike(belief.forth),
            other.moving_alike(belief.back),
            *self._crowds[0].says(belief.forth),
            one.matching_same(belief.forth),
            *self._crowds[1].says(belief.back),
            other.matching_same(belief.back),
            # What others claim of either side, and what each would rather do without.
            claimed[one.region] - belief.back,
            claiming[other.region] - belief.forth,
            belief.lost[one.region],
            belief.new[other.region],
        ]
        of_source: list[NDArray[np.floating[Any]]] = [
            belief.lost,
            one.near.mean(belief.lost),
            claimed,
        ]
        of_target: list[NDArray[np.floating[Any]]] = [
            belief.new,
            other.near.mean(belief.new),
            claiming,
        ]
        return Context(
            columns(pair, len(ahead)),
            columns(of_source, len(belief.lost)),
            columns(of_target, len(belief.new)),
        )


def context(
    found: Candidates, belief: Belief, source: FrameAnalysis, target: FrameAnalysis
) -> Context:
    """What the neighbours of candidates say, once."""
    return Surroundings(found, source, target).context(belief)


_neighbours = lru_cache(maxsize=REMEMBERED)(Neighbours.of)


class _Side:
    """Candidate pairs as the regions of one of both drawings see them.

    Args:
        region: (L,) the region of each pair in this drawing.
        partner: (L,) that in the other one.
        near: Neighbours in this drawing.
        near_there: Neighbours in the other one.
        motion: (L, 2) where each pair would have moved, by the drawing's diagonal; (L,) factor of
            the squared distance from it: how much neighbours may differ.

    """

    def __init__(
        self,
        region: NDArray[np.intp],
        partner: NDArray[np.intp],
        near: Neighbours,
        near_there: Neighbours,
        motion: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> None:
        self.near = near
        self.region, self._partner, self._near_there = region, partner, near_there
        # Across and along apart: numbers are gathered ten times as fast as pairs of numbers.
        self._away, self._strictness = np.ascontiguousarray(motion[0].T), motion[1]
        # Of each pair and each neighbour of its region: whose it is, which, and its share.
        self._whose, place = near.all_of(region)
        self._other, self._share = near.other[place], near.share[place]
        self._meets = self._other * near_there.count + partner[self._whose]

    def supported(self, belief: NDArray[np.float32]) -> NDArray[np.float64]:
        """(L,) how much of the region's border faces regions that match the partner's neighbours.

        0 where none of them does, 1 where all of them do for sure.
        """
        count, there = self.near.count, self._near_there.count
        strong = np.flatnonzero(belief > SUPPORTS)
        # First, of each region here and each one there: how much of the first is believed to be a
        # neighbour of the second.
        whose, place = self._near_there.all_of(self._partner[strong])
        key = (self.region[strong] * there)[whose] + self._near_there.other[place]
        reach = np.bincount(key, belief[strong][whose], count * there)
        support = np.minimum(reach, 1)[self._meets] * self._share
        return self._summed(self._whose, support)

    def matching_same(self, belief: NDArray[np.float32]) -> NDArray[np.float64]:
        """(L,) share of a region's border, 0..1, that faces regions of the same partner."""
        count, there = self.near.count, self._near_there.count
        table = np.zeros(count * there, np.float32)
        table[self.region * there + self._partner] = belief
        return self._summed(self._whose, table[self._meets] * self._share)

    def moving_alike(self, belief: NDArray[np.float32]) -> NDArray[np.float64]:
        """(L,) share of a region's border, 0..1, that faces regions believed to move alike."""
        strong = np.flatnonzero(belief > MOVES)
        region = self.region[strong]
        order = np.argsort(region, kind="stable")
        strong, region = strong[order], region[order]
        start = np.searchsorted(region, np.arange(self.near.count + 1))
        entry, at = spread(start, self._other)
        pair, own = strong[at], self._whose[entry]
        alike, along = (away[pair] for away in self._away)
        alike -= self._away[0][own]
        along -= self._away[1][own]
        alike *= alike
        along *= along
        alike += along
        alike *= self._strictness[own]
        np.exp(alike, out=alike)
        alike *= belief[pair]
        alike *= self._share[entry]
        return self._summed(own, alike)

    def most(self, value: NDArray[np.float64], least: float) -> NDArray[np.float64]:
        """(L,) the most that any pair of the same region has, at least so much."""
        most = np.full(self.near.count, least)
        np.maximum.at(most, self.region, value)
        found: NDArray[np.float64] = most[self.region]
        return found

    def total(self, value: NDArray[np.float32]) -> NDArray[np.float64]:
        """(R,) the sum over all pairs of each region."""
        total = np.bincount(self.region, value, self.near.count)
        return total.astype(np.float64, copy=False)

    def _summed(self, pair: NDArray[np.intp], value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(pair, value, len(self.region)).astype(np.float64, copy=False)
