"""Pairs of drawings whose true regions are known, as the matcher sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.belief import Belief
from celtint.engine.graph.cues import Candidates, Glimpse, find_candidates
from celtint.engine.graph.fingerprint import Describer
from celtint.engine.graph.matcher import FURTHEST_FLOW, Matcher, compare
from celtint.engine.graph.motion import Flows, Look
from celtint.engine.graph.network import RegionNetwork, asked
from celtint.engine.graph.shot import STEPS, GraphBuilder, ShotGraph

from .answers import Answers
from .known import KnownDrawings


@dataclass(frozen=True, eq=False)
class PairExample:
    """Two drawings of a shot.

    Attributes:
        found: Their candidate pairs.
        source, target: Their analyses.
        forth: What the source's regions should believe.
        back: What the target's should.

    """

    found: Candidates
    source: FrameAnalysis
    target: FrameAnalysis
    forth: Answers
    back: Answers

    @classmethod
    def of(cls, found: Candidates, shot: KnownDrawings, source: int, target: int) -> PairExample:
        """Candidates of two drawings of a shot, by their numbers."""
        one, other = shot.analyses[source], shot.analyses[target]
        shape, shape_there = shot.shapes[source], shot.shapes[target]
        same, alike = (
            (of[source][found.source] == of[target][found.target]) & (of[source][found.source] > 0)
            for of in (shot.shapes, shot.colours)
        )
        return cls(
            found=found,
            source=one,
            target=other,
            forth=Answers.of(found.source, same, alike, shape, one.area_px),
            back=Answers.of(found.target, same, alike, shape_there, other.area_px),
        )

    def only(self, kept: NDArray[np.bool_]) -> PairExample:
        """Some of the pairs."""
        return replace(
            self,
            found=self.found.only(kept),
            forth=self.forth.only(self.found.source, kept),
            back=self.back.only(self.found.target, kept),
        )


def near_examples(
    shot: KnownDrawings,
    describe: Describer,
    network: RegionNetwork | None,
    random: np.random.Generator,
    per_step: int,
) -> Iterator[PairExample]:
    """Some pairs of a shot that flow leads from one to the other of, chosen at random."""
    looks: dict[int, Look] = {}

    def look(number: int) -> Look:
        if number not in looks:
            looks[number] = Look.at(shot.analyses[number], describe)
        return looks[number]

    flows = Flows(look)
    for step in (one for one in STEPS if one <= FURTHEST_FLOW):
        starts = np.arange(max(len(shot.analyses) - step, 0))
        for start in sorted(random.permutation(starts)[:per_step].tolist()):
            stop = start + step
            source, target = look(start), look(stop)
            overlaps = compare(source, target, flows.between(start, stop))[:2]
            opinion = asked(network, (source.analysis, target.analysis), overlaps)
            pair = Glimpse.of(source), Glimpse.of(target)
            yield PairExample.of(find_candidates(*pair, overlaps, step, opinion), shot, start, stop)


@dataclass(frozen=True, eq=False)
class Recorder(Matcher):
    """A matcher that remembers what it was shown.

    Attributes:
        shown: Candidates and both drawings of every pair.

    """

    shown: list[tuple[Candidates, FrameAnalysis, FrameAnalysis]] = field(default_factory=list)

    def believe(
        self, found: Candidates, source: FrameAnalysis, target: FrameAnalysis
    ) -> tuple[Candidates, Belief]:
        """See `Matcher.believe`."""
        self.shown.append((found, source, target))
        return super().believe(found, source, target)


def graph_of(shot: KnownDrawings, matcher: Matcher, network: RegionNetwork | None) -> ShotGraph:
    """The graph of a shot; every drawing is one of its own, even if it comes twice."""
    builder = GraphBuilder(matcher=matcher, network=network)
    for analysis in shot.analyses:
        builder.add(analysis)
    return builder.graph()


def all_examples(
    shot: KnownDrawings,
    matcher: Matcher,
    network: RegionNetwork | None,
    random: np.random.Generator,
    per_step: int,
) -> list[PairExample]:
    """Some pairs of a shot at every distance there is, with their chains as a matcher makes them.

    Links far apart and those of key frames (the first and the last drawing) lead over others, so
    it takes a matcher to make examples for the next one. Twice as many are of key frames.
    """
    recorder = Recorder(matcher.rounds, matcher.describe, matcher.digest)
    graph = graph_of(shot, recorder, network)
    graph.with_keys([0, graph.frames - 1])
    number = {one.key.tobytes(): at for at, one in enumerate(shot.analyses)}
    by_step: dict[int, list[PairExample]] = {}
    for found, source, target in recorder.shown:
        one, other = number[source.key.tobytes()], number[target.key.tobytes()]
        step = other - one
        example = PairExample.of(found, shot, one, other)
        by_step.setdefault(step if step in STEPS else 0, []).append(example)
    chosen = []
    for step, examples in sorted(by_step.items()):
        count = per_step if step else 2 * per_step
        chosen += [examples[at] for at in random.permutation(len(examples))[:count]]
    return chosen
