"""Cues to links: how much each candidate pair is believed, and that a region has no match.

A small model weighs the cues of every pair, and of every region the reasons for it to be new or to
vanish; each region then divides its belief among its candidates and "no match" (a softmax). A
second round looks at the neighbours too: where the regions around a pair match one another, the
pair is more likely (relaxation labelling: Rosenfeld, Hummel and Zucker, 1976). What the cues weigh
was learned from drawings whose true regions are known; see `training/graph`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from .analysis import FrameAnalysis
from .chains import Way
from .cues import Candidates, Glimpse, find_candidates
from .fingerprint import Describer
from .links import Links
from .motion import Flow, Look, Overlap, overlap
from .network import RegionNetwork, asked
from .perceptron import Perceptron

LEAST_BELIEF = 0.004
"""Pairs that neither side believes in more than this are not kept."""

FURTHEST_FLOW = 4
"""Drawings this far apart are still compared along the optical flow; beyond, along links."""

WEIGHTS = Path(__file__).with_name("matcher.safetensors")

_HOW = (
    b"4"  # grows when links are found another way, so that those of an older version are not used
)


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of candidates: see `Links`, of which these are the full arrays."""

    forth: NDArray[np.float32]
    back: NDArray[np.float32]
    lost: NDArray[np.float32]
    new: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Round:
    """One round of weighing.

    Attributes:
        pair: Logits forth and back of a pair, from its cues.
        alone: Logit of a region to have no match, from its own cues.

    """

    pair: Perceptron
    alone: Perceptron


@dataclass(frozen=True, eq=False)
class Matcher:
    """The model: a first round by cues alone, then rounds that see what the last one believed.

    Attributes:
        rounds: At least one; from the second on, inputs are the cues and the `context`.
        describe: What makes regions known by their looks, see `Look.at`.
        digest: Names these weights.

    """

    rounds: tuple[Round, ...]
    describe: Describer
    digest: bytes

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Matcher:
        """The model whose arrays are `0.pair.mean`, `0.alone.mean`, ... `describer.mean`, ..."""
        rounds = {name.split(".")[0] for name in arrays} - {"describer"}
        return cls(
            tuple(
                Round(
                    Perceptron.from_arrays(arrays, f"{number}.pair"),
                    Perceptron.from_arrays(arrays, f"{number}.alone"),
                )
                for number in range(len(rounds))
            ),
            Describer.from_arrays(arrays),
            digest_of(arrays),
        )

    def links_key(
        self,
        drawings: Sequence[FrameAnalysis],
        step: int,
        network: str = "",
        through: Sequence[str] = (),
    ) -> str:
        """32 hexadecimal digits that cover all that links depend on.

        Args:
            drawings: Those to match, first and last, and those between that flow leads through.
            step: Drawings from the first to the last one.
            network: Name of the network that is asked; empty for none.
            through: Keys of the links that lead from one to the other.

        """
        parts = (_HOW, self.digest, step.to_bytes(4, "little"), network.encode(), b"\0")
        digest = hashlib.blake2b(b"".join(parts), digest_size=16)
        for one in drawings:
            digest.update(one.key.tobytes())
        digest.update(" ".join(through).encode())
        return digest.hexdigest()

    def match(
        self, source: Look, target: Look, step: int, flow: Flow, network: RegionNetwork | None
    ) -> Links:
        """Links between two drawings that flow leads from one to the other of.

        Args:
            source: The earlier drawing.
            target: The later one.
            step: Drawings from one to the other.
            flow: The motion between them.
            network: Asked for its opinion; None does without.

        """
        forth, back, is_cut = compare(source, target, flow)
        pair = Glimpse.of(source), Glimpse.of(target)
        return self._matched(pair, (forth, back), step, network, is_cut=is_cut)

    def match_far(
        self,
        source: Glimpse,
        target: Glimpse,
        step: int,
        ways: tuple[Way, Way] | None,
        network: RegionNetwork | None,
    ) -> Links:
        """Links between two drawings that are too far apart for flow.

        Args:
            source: The earlier drawing.
            target: The later one.
            step: Drawings from one to the other.
            ways: From the earlier drawing to the later one, and back, as other links have it;
                None where there is no such way.
            network: Asked for its opinion; None does without.

        """
        one, other = source.analysis, target.analysis
        overlaps = (
            (Overlap.unknown(one), Overlap.unknown(other))
            if ways is None
            else (ways[0].overlap(one, other), ways[1].overlap(other, one))
        )
        return self._matched((source, target), overlaps, step, network, is_cut=False)

    def _matched(
        self,
        pair: tuple[Glimpse, Glimpse],
        overlaps: tuple[Overlap, Overlap],
        step: int,
        network: RegionNetwork | None,
        *,
        is_cut: bool,
    ) -> Links:
        source, target = pair
        opinion = asked(network, (source.analysis, target.analysis), overlaps)
        found = find_candidates(source, target, overlaps, step, opinion)
        belief = self.believe(found, source.analysis, target.analysis)
        return _kept(found, belief, is_cut=is_cut)

    def believe(self, found: Candidates, source: FrameAnalysis, target: FrameAnalysis) -> Belief:
        """How much each candidate is believed."""
        belief = believed(found, self.rounds[0])
        for again in self.rounds[1:]:
            around = context(found, belief, source, target)
            belief = believed(found, again, around)
        return belief


def digest_of(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """16 bytes that name the numbers in some arrays."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.digest()


@cache
def default_matcher() -> Matcher:
    """The model that comes with the engine."""
    return Matcher.from_arrays(load_file(WEIGHTS))


def compare(source: Look, target: Look, flow: Flow) -> tuple[Overlap, Overlap, bool]:
    """Where the regions of each of two drawings land in the other one, and whether it is a cut."""
    forth, back = overlap(source, target, flow.forth), overlap(target, source, flow.back)
    return forth, back, flow.is_cut


def believed(found: Candidates, weigh: Round, around: Context | None = None) -> Belief:
    """One round: each region's beliefs in its candidates and in "no match" sum up to 1."""
    cue, of_source, of_target = inputs(found, around)
    pair = weigh.pair(cue)
    forth, lost = _divided(found.source, pair[:, 0], weigh.alone(of_source)[:, 0])
    back, new = _divided(found.target, pair[:, 1], weigh.alone(of_target)[:, 0])
    return Belief(forth, back, lost, new)


def inputs(
    found: Candidates, around: Context | None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What a round looks at: of the pairs, of the source's regions and of the target's."""
    if around is None:
        return found.cue, found.of_source, found.of_target
    return (
        np.column_stack([found.cue, around.pair]),
        np.column_stack([found.of_source, around.source]),
        np.column_stack([found.of_target, around.target]),
    )


def _divided(
    region: NDArray[np.intp], pair: NDArray[np.float32], alone: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Softmax over the pairs of each region and its being alone."""
    top = alone.copy()
    np.maximum.at(top, region, pair)
    mass, mass_alone = np.exp(pair - top[region]), np.exp(alone - top)
    total = np.bincount(region, mass, len(alone)) + mass_alone
    return (mass / total[region]).astype(np.float32), (mass_alone / total).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Context:
    """What the first round and the neighbours say: (L, 9), (R source, 3) and (R target, 3)."""

    pair: NDArray[np.float32]
    source: NDArray[np.float32]
    target: NDArray[np.float32]


def context(
    found: Candidates, first: Belief, source: FrameAnalysis, target: FrameAnalysis
) -> Context:
    """Inputs of the second round beside the cues."""
    near, near_target = _Neighbours.of(source), _Neighbours.of(target)
    ahead = _supported(found.source, found.target, first.forth, near, near_target)
    behind = _supported(found.target, found.source, first.back, near_target, near)
    most_ahead = np.full(source.count, 1e-3)
    most_behind = np.full(target.count, 1e-3)
    np.maximum.at(most_ahead, found.source, ahead)
    np.maximum.at(most_behind, found.target, behind)
    motion = _Motion.of(found, source, target)
    along = motion.shared(found.source, first.forth, near)
    along_back = motion.shared(found.target, first.back, near_target)
    claimed = np.bincount(found.target, first.forth, target.count).astype(np.float64, copy=False)
    claiming = np.bincount(found.source, first.back, source.count).astype(np.float64, copy=False)
    pair = np.column_stack(
        [
            np.log(first.forth + 1e-4),
            np.log(first.back + 1e-4),
            ahead,
            behind,
            ahead / most_ahead[found.source],
            behind / most_behind[found.target],
            np.log(first.forth * first.back + 1e-4),
            along,
            along_back,
        ]
    )
    of_source: list[NDArray[np.floating[Any]]] = [first.lost, near.mean(first.lost), claiming]
    of_target: list[NDArray[np.floating[Any]]] = [first.new, near_target.mean(first.new), claimed]
    return Context(
        pair.astype(np.float32),
        np.column_stack(of_source).astype(np.float32),
        np.column_stack(of_target).astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class _Neighbours:
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
    def of(cls, analysis: FrameAnalysis) -> _Neighbours:
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

    def degree(self, region: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many neighbours each of these regions has."""
        return self.start[region + 1] - self.start[region]

    def all_of(self, region: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of each neighbour of each of these regions: whose it is, and its place in `other`."""
        degree = self.degree(region)
        whose = np.repeat(np.arange(len(region)), degree)
        before = np.cumsum(degree) - degree
        place = np.arange(len(whose)) - before[whose] + self.start[region][whose]
        return whose, place

    def mean(self, value: NDArray[np.float32]) -> NDArray[np.float64]:
        """(R,) mean of a value over the neighbours of each region, by border."""
        whose, place = self.all_of(np.arange(len(value)))
        mean = np.bincount(whose, self.share[place] * value[self.other[place]], len(value))
        return mean.astype(np.float64, copy=False)


def _supported(
    source: NDArray[np.intp],
    target: NDArray[np.intp],
    belief: NDArray[np.float32],
    near_source: _Neighbours,
    near_target: _Neighbours,
) -> NDArray[np.float64]:
    """(L,) how much of the source's border faces regions that match neighbours of the target.

    0 where none of them does, 1 where all of them do for sure.
    """
    count, count_target = len(near_source.start) - 1, len(near_target.start) - 1
    strong = belief > 0.02
    # First, of each region of the source and each of the target: how much of the first is believed
    # to be a neighbour of the second.
    whose, place = near_target.all_of(target[strong])
    key = source[strong][whose] * count_target + near_target.other[place]
    reach = np.bincount(key, belief[strong][whose], count * count_target)
    whose, place = near_source.all_of(source)
    beside = reach[near_source.other[place] * count_target + target[whose]]
    support = near_source.share[place] * np.minimum(beside, 1)
    return np.bincount(whose, support, len(source)).astype(np.float64, copy=False)


@dataclass(frozen=True, eq=False)
class _Motion:
    """Where each pair would have moved.

    Attributes:
        away: (L, 2) float64, by the drawing's diagonal.
        slack: (L,) float64, how much neighbours may differ from it.

    """

    away: NDArray[np.float64]
    slack: NDArray[np.float64]

    @classmethod
    def of(cls, found: Candidates, source: FrameAnalysis, target: FrameAnalysis) -> _Motion:
        """The motion of each candidate pair."""
        diagonal = np.hypot(*source.shape)
        away = (target.centre_px[found.target] - source.centre_px[found.source]) / diagonal
        area = np.minimum(source.area_px[found.source], target.area_px[found.target])
        return cls(away.astype(np.float64), 0.008 + 0.15 * np.sqrt(area) / diagonal)

    def shared(
        self, region: NDArray[np.intp], belief: NDArray[np.float32], near: _Neighbours
    ) -> NDArray[np.float64]:
        """(L,) share of a region's border, 0..1, that faces regions believed to move alike.

        Args:
            region: (L,) the regions of one side.
            belief: (L,) belief of them in the pairs.
            near: Their neighbours.

        """
        strong = np.flatnonzero(belief > 0.05)
        strong = strong[np.argsort(region[strong], kind="stable")]
        count = len(near.start) - 1
        start = np.searchsorted(region[strong], np.arange(count + 1))
        whose, place = near.all_of(region)
        beside = near.other[place]
        many = start[beside + 1] - start[beside]
        entry = np.repeat(np.arange(len(whose)), many)
        before = np.cumsum(many) - many
        pair = strong[np.arange(len(entry)) - before[entry] + start[beside][entry]]
        own = whose[entry]
        apart = ((self.away[pair] - self.away[own]) ** 2).sum(axis=1)
        alike = (
            np.exp(-apart / (2 * self.slack[own] ** 2)) * belief[pair] * near.share[place][entry]
        )
        return np.bincount(own, alike, len(region)).astype(np.float64, copy=False)


def _kept(found: Candidates, belief: Belief, *, is_cut: bool) -> Links:
    kept = np.maximum(belief.forth, belief.back) > LEAST_BELIEF
    return Links(
        source=found.source[kept].astype(np.int32),
        target=found.target[kept].astype(np.int32),
        forth=belief.forth[kept],
        back=belief.back[kept],
        lost=belief.lost,
        new=belief.new,
        is_cut=np.array(is_cut),
    )
