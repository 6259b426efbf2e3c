"""What is doubtful about a flat shot: things through time, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..check import Plan
from ..palette.naming import Numbered
from ..solving import Solved
from .tracks import tracks_of

DOUBTFUL_BELOW = 0.6
"""Paint less sure than this is worth a look."""

LEAST_PX = 10
"""Smaller regions are specks between lines."""

_MOST_TOLD = 8


@dataclass(frozen=True)
class Doubt:
    """A thing whose colour is in doubt.

    Attributes:
        track: Number of the thing.
        indices: The frames in which it is in doubt, ascending.
        index: The one in which it is least sure, of several the one that shows most of it.
        region: Its region there.
        area_px: Of that.
        confidence: Of that; 0 where it is unpainted.
        palette_index: Its colour there; 0 where it is unpainted.
        runner_up: The colour that comes second; 0 for none.
        harm: Pixels times frames that are expected to be wrong.
        clear_index, clear_region: Where most of it is to be seen while it is in doubt: a good place
            for a dab.
        clear_px: Its area there.

    """

    track: int
    indices: tuple[int, ...]
    index: int
    region: int
    area_px: int
    confidence: float
    palette_index: int
    runner_up: int
    harm: float
    clear_index: int
    clear_region: int
    clear_px: int

    @property
    def is_unpainted(self) -> bool:
        """Whether it has no colour where it is least sure."""
        return self.palette_index == 0


@dataclass(frozen=True)
class Doubts:
    """How many things are in doubt, unpainted ones among them."""

    things: int
    unpainted: int


@dataclass
class _Thing:
    """A thing while its frames are gathered."""

    worst: Doubt
    clearest: Doubt
    indices: list[int]
    harm: float


def find_doubts(
    solved: Solved, *, below: float = DOUBTFUL_BELOW, least_px: int = LEAST_PX
) -> list[Doubt]:
    """The things in doubt: those that have a colour first, then the unpainted; each worst first.

    Args:
        solved: The shot.
        below: Regions less sure than this are in doubt.
        least_px: Regions of less area are left out.

    """
    tracks = tracks_of(solved.graph)
    things: dict[int, _Thing] = {}
    for index, regions in _doubtful(solved, below, least_px):
        own = tracks[solved.graph.drawing_of_frame[index]]
        for doubt in _of_frame(solved, index, regions, own):
            thing = things.get(doubt.track)
            if thing is None:
                things[doubt.track] = _Thing(doubt, doubt, [index], doubt.harm)
                continue
            thing.indices.append(index)
            thing.harm += doubt.harm
            if _rank(doubt) < _rank(thing.worst):
                thing.worst = doubt
            if doubt.clear_px > thing.clearest.clear_px:
                thing.clearest = doubt
    found = [_whole(thing) for thing in things.values()]
    return sorted(found, key=lambda doubt: (doubt.is_unpainted, -doubt.harm, doubt.track))


def count_doubts(solved: Solved) -> Doubts:
    """How many things `celtint review` would list."""
    found = find_doubts(solved)
    return Doubts(len(found), sum(doubt.is_unpainted for doubt in found))


def contradictions_told(plan: Plan, solved: Solved, numbered: Numbered) -> list[str]:
    """What an artist should know of dabs that speak against each other."""
    told = [
        f"Frame {plan.frames[index]}: the hint at ({one.x + plan.paper.x}, "
        f"{one.y + plan.paper.y}) is not honoured, because another one claims the same region."
        for index, ones in sorted(solved.solution.contradictions.items())
        for one in ones
        if one.painted is not None  # else the edge of a dab spilled over a line, which is usual
    ]
    names = ("", *numbered.names)
    disputes = [
        f"Frame {plan.frames[one.frame]}: the dab of {names[numbered.index[one.hinted]]} at "
        f"({x}, {y}) is honoured, and the other key frames say "
        f"{names[numbered.index[one.expected]]} there."
        for one in solved.solution.disputes
        for x, y in [place_of(plan, solved, one.frame, one.region)]
    ]
    if len(disputes) > _MOST_TOLD:
        left = len(disputes) - _MOST_TOLD
        disputes[_MOST_TOLD:] = [f"... and so it is with {left} more; `celtint review` has all."]
    return told + disputes


def place_of(plan: Plan, solved: Solved, index: int, region: int) -> tuple[int, int]:
    """About the middle of a region, as pixels of the film."""
    x, y = solved.drawing(index).centre_px[region].tolist()
    return round(x) + plan.paper.x, round(y) + plan.paper.y


def _doubtful(
    solved: Solved, below: float, least_px: int
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Every frame with its doubtful regions."""
    for index in range(solved.graph.frames):
        seen = solved.drawing(index).area_px >= least_px
        low = (solved.solution.confidence[index] < below) | (solved.painted(index) == 0)
        regions = np.flatnonzero(seen & low)
        if len(regions):
            yield index, regions


def _of_frame(
    solved: Solved, index: int, regions: NDArray[np.intp], tracks: NDArray[np.int32]
) -> Iterator[Doubt]:
    confidence, painted = solved.solution.confidence[index], solved.painted(index)
    runner_up, area = solved.solution.runner_up[index], solved.drawing(index).area_px
    for region in regions.tolist():
        sure = float(confidence[region]) if painted[region] else 0.0
        second = int(runner_up[region])
        if not painted[region]:
            # What it would be, were it painted: too unsure, or nothing is known at all.
            second = int(solved.solution.palette_index[index][region]) or second
        yield Doubt(
            track=int(tracks[region]),
            indices=(index,),
            index=index,
            region=region,
            area_px=int(area[region]),
            confidence=sure,
            palette_index=int(painted[region]),
            runner_up=second,
            harm=float(area[region]) * (1 - sure),
            clear_index=index,
            clear_region=region,
            clear_px=int(area[region]),
        )


def _rank(doubt: Doubt) -> tuple[float, int, int]:
    return doubt.confidence, -doubt.area_px, doubt.index


def _whole(thing: _Thing) -> Doubt:
    return replace(
        thing.worst,
        indices=tuple(thing.indices),
        harm=thing.harm,
        clear_index=thing.clearest.clear_index,
        clear_region=thing.clearest.clear_region,
        clear_px=thing.clearest.clear_px,
    )
