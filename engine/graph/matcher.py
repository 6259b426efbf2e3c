"""Cues to links: how much each candidate pair is believed, and that a region has no match.

A small model weighs the cues of every pair, and of every region the reasons for it to be new or to
vanish; each region then divides its belief among its candidates and "no match" (a softmax).
Further rounds look at the neighbours too (`belief`). What the cues weigh was learned from drawings
whose true regions are known; see `training/graph`.
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
from .belief import Belief, Context, Surroundings
from .chains import Way
from .cues import Candidates, Glimpse, find_candidates
from .fingerprint import Describer
from .links import Links
from .motion import Flow, Look, Overlap, overlap
from .network import RegionNetwork, asked
from .perceptron import Perceptron

HOPELESS = 3e-4
"""Pairs that neither side believes in more than this at first sight, six in ten, are not looked at
again: on 38 training shots, the right ones were believed as much without them as with them."""

LEAST_BELIEF = 0.004
"""Pairs that neither side believes in more than this are not kept."""

FOUND_AGAIN = 0.44
"""Where less than this share of the regions of one of two drawings is found again in the other,
and their lines hardly meet, they are of different scenes. Of 59 pairs of drawings that have nothing
in common none had more than 0.36 both ways; neighbours whose lines hardly met, in 120 shots of one
scene each, 0.52 and more."""

FOUND_AGAIN_BLIND = 0.72
"""The same without the network: none of those pairs had more than 0.60."""

FURTHEST_FLOW = 4
"""Drawings this far apart are still compared along the optical flow; beyond, along links."""

WEIGHTS = Path(__file__).with_name("matcher.safetensors")

_HOW = (
    b"8"  # grows when links are found another way, so that those of an older version are not used
)


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
        self,
        pair: tuple[Glimpse, Glimpse],
        overlaps: tuple[Overlap, Overlap],
        step: int,
        network: RegionNetwork | None,
        *,
        is_cut: bool = False,
    ) -> Links:
        """Links between two drawings.

        Args:
            pair: The earlier drawing and the later one.
            overlaps: Where the regions of each are expected in the other one, see `compare`.
            step: Drawings from one to the other.
            network: Asked for its opinion; None does without.
            is_cut: Whether their lines hardly meet. Where regions are found again all the same,
                much moved at once, and it is no cut.

        """
        source, target = pair
        opinion = asked(network, (source.analysis, target.analysis), overlaps)
        found = find_candidates(source, target, overlaps, step, opinion)
        found, belief = self.believe(found, source.analysis, target.analysis)
        found_again = min(1 - belief.lost.mean(), 1 - belief.new.mean())
        least = FOUND_AGAIN_BLIND if opinion is None else FOUND_AGAIN
        return _kept(found, belief, is_cut=is_cut and bool(found_again < least))

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
        return self.match((source, target), overlaps, step, network)

    def believe(
        self, found: Candidates, source: FrameAnalysis, target: FrameAnalysis
    ) -> tuple[Candidates, Belief]:
        """The candidates that are not hopeless, and how much each is believed."""
        belief = believed(found, self.rounds[0])
        hopeful = with_hope(belief)
        found, belief = found.only(hopeful), belief.only(hopeful)
        surroundings = Surroundings(found, source, target)
        for again in self.rounds[1:]:
            belief = believed(found, again, surroundings.context(belief))
        return found, belief


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


def with_hope(belief: Belief) -> NDArray[np.bool_]:
    """(L,) the pairs that are looked at again after the first round."""
    return np.maximum(belief.forth, belief.back) > HOPELESS


def inputs(
    found: Candidates, around: Context | None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What a round looks at: of the pairs, of the source's regions and of the target's."""
    if around is None:
        return found.cue, found.of_source, found.of_target
    return (
        _beside(found.cue, around.pair),
        _beside(found.of_source, around.source),
        _beside(found.of_target, around.target),
    )


def _beside(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Their columns, each of which lies in one piece of memory."""
    return np.concatenate([one.T, other.T]).T


def _divided(
    region: NDArray[np.intp], pair: NDArray[np.float32], alone: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Softmax over the pairs of each region and its being alone."""
    top = alone.copy()
    np.maximum.at(top, region, pair)
    mass, mass_alone = np.exp(pair - top[region]), np.exp(alone - top)
    total = np.bincount(region, mass, len(alone)) + mass_alone
    return (mass / total[region]).astype(np.float32), (mass_alone / total).astype(np.float32)


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
