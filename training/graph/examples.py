"""Pairs of drawings whose true regions are known, as the matcher sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.cues import Candidates, find_candidates
from celtint.engine.graph.matcher import FURTHEST_FLOW, compare
from celtint.engine.graph.motion import Flow, Flows, Look

PURE_SHARE = 0.6
"""A region counts as one true shape if at least this share of its paper is."""


@dataclass(frozen=True, eq=False)
class PairExample:
    """Two drawings of a shot.

    Attributes:
        found: Their candidate pairs.
        source, target: Their analyses.
        same: (L,) bool, whether a pair is one shape.
        source_counts, target_counts: (R,) bool, whether it is known what a region is.

    """

    found: Candidates
    source: FrameAnalysis
    target: FrameAnalysis
    same: NDArray[np.bool_]
    source_counts: NDArray[np.bool_]
    target_counts: NDArray[np.bool_]


def shapes_of(analysis: FrameAnalysis, identity: NDArray[np.integer]) -> NDArray[np.int64]:
    """(R,) the true shape of each region; 0 where none makes up most of it.

    Args:
        analysis: The drawing.
        identity: (H, W) true shape of every pixel, 0 where there is none.

    """
    runs = analysis.run_map()
    inside = (runs.paper().reshape(-1) > 0) & (identity.reshape(-1) > 0)
    known = identity.reshape(-1)[inside].astype(np.int64)
    shapes = int(known.max(initial=0)) + 1
    key = runs.label().reshape(-1)[inside] * shapes + known
    pair, pixels = np.unique(key, return_counts=True)
    region, shape = np.divmod(pair, shapes)
    by_size = np.argsort(pixels, kind="stable")  # the last one written is the largest
    region, shape, pixels = region[by_size], shape[by_size], pixels[by_size]
    pure = pixels >= PURE_SHARE * analysis.area_px[region]
    found = np.zeros(analysis.count, np.int64)
    found[region[pure]] = shape[pure]
    return found


def pair_example(
    pair: tuple[Look, Look],
    shapes: tuple[NDArray[np.int64], NDArray[np.int64]],
    step: int,
    flow: Flow | None,
) -> PairExample:
    """Two drawings and what their regions truly are, see `shapes_of` and `Matcher.match`."""
    source, target = pair
    found = find_candidates(source, target, *compare(source, target, flow)[:2], step)
    one, other = shapes[0][found.source], shapes[1][found.target]
    return PairExample(
        found=found,
        source=source.analysis,
        target=target.analysis,
        same=(one == other) & (one > 0),
        source_counts=shapes[0] > 0,
        target_counts=shapes[1] > 0,
    )


def pairs_of(
    looks: Sequence[Look],
    shapes: Sequence[NDArray[np.int64]],
    steps: Sequence[int],
    random: np.random.Generator,
    per_step: int,
) -> Iterator[PairExample]:
    """Some pairs of a shot at each step, chosen at random."""
    flows = Flows(looks.__getitem__)
    for step in steps:
        starts = np.arange(max(len(looks) - step, 0))
        for start in sorted(random.permutation(starts)[:per_step].tolist()):
            stop = start + step
            flow = flows.between(start, stop) if step <= FURTHEST_FLOW else None
            pair, known = (looks[start], looks[stop]), (shapes[start], shapes[stop])
            yield pair_example(pair, known, step, flow)
