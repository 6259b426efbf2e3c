"""The dabs that would settle the most: where an artist's next minute is best spent.

A dab settles its own region, and through the links what hangs together with it, as far as that is
in doubt. What a dab is worth is summed backwards along the links, all dabs at once: the worth of a
region is its own doubt, and of the worth of every linked region the share that comes from here. So
one pass over the links weighs every region of the shot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .shot import ShotGraph
from .solution import Solution
from .wiring import Inlet

LEAST_PX = 10
"""Regions of no more pixels count for nothing: nobody sees them, and nobody can dab them."""


@dataclass(frozen=True)
class Suggestion:
    """A dab that is worth its while.

    Attributes:
        frame: Index of the frame to dab, the first one that shows the drawing.
        region: The region to dab.
        settles: How many regions, on how many frames, are expected to come right or be sure:
            region-frames, or pixels, as was asked for.

    """

    frame: int
    region: int
    settles: float


def suggest(
    graph: ShotGraph,
    solution: Solution,
    count: int = 1,
    *,
    weigh: Literal["regions", "pixels"] = "regions",
) -> list[Suggestion]:
    """The dabs that would settle the most, best first; each reckons with those before it.

    Args:
        graph: The shot.
        solution: Its colours so far.
        count: How many are asked for; fewer come back where no more doubt is left.
        weigh: What to settle most of.

    """
    doubt = np.concatenate(
        [1 - solution.confidence[frame] for frame in _first_frames(graph)]
    ).astype(np.float64)
    weight = _weights(graph, weigh)
    found: list[Suggestion] = []
    while len(found) < count:
        worth = doubt * _worth(graph, doubt * weight)
        worth[weight == 0] = 0
        best = int(worth.argmax())
        if worth[best] <= 0:
            break
        number = int(np.searchsorted(graph.first_region, best, side="right")) - 1
        frame = int(np.searchsorted(graph.drawing_of_frame, number))
        region = best - int(graph.first_region[number])
        found.append(Suggestion(frame, region, float(worth[best])))
        doubt *= 1 - _reached(graph, best, number)
    return found


def _first_frames(graph: ShotGraph) -> list[int]:
    return np.searchsorted(graph.drawing_of_frame, np.arange(len(graph.drawings))).tolist()


def _weights(graph: ShotGraph, weigh: str) -> NDArray[np.float64]:
    """(regions of the shot,) what each counts: its frames, times its pixels if so asked."""
    held = np.bincount(graph.drawing_of_frame, minlength=len(graph.drawings))
    parts = []
    for frames, drawing in zip(held.tolist(), graph.drawings, strict=True):
        area = np.where(drawing.area_px > LEAST_PX, drawing.area_px, 0).astype(np.float64)
        parts.append(frames * (area if weigh == "pixels" else np.sign(area)))
    return np.concatenate(parts)


def _worth(graph: ShotGraph, own: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is gained by knowing each region: its own worth, and its share of those that hear it."""
    numbers = range(len(graph.drawings))
    later = _summed(graph, own, reversed(numbers), graph.from_earlier)
    earlier = _summed(graph, own, numbers, graph.from_later)
    return later + earlier - own


def _summed(
    graph: ShotGraph, own: NDArray[np.float64], order: Iterable[int], inlets: Sequence[Inlet]
) -> NDArray[np.float64]:
    """Worth handed back along the links, from each drawing to those it hears."""
    worth = own.copy()
    for number in order:
        inlet = inlets[number]
        if len(inlet.source):
            listener = graph.first_region[number] + _listeners(inlet)
            gained = inlet.weight * worth[listener] / len(inlet.steps)
            worth += np.bincount(inlet.source, gained, len(worth))
    return worth


def _reached(graph: ShotGraph, region: int, number: int) -> NDArray[np.float64]:
    """(regions of the shot,) 0..1, how much of each comes from one region, both ways in time."""
    reached = np.zeros(int(graph.first_region[-1]))
    reached[region] = 1
    count = len(graph.drawings)
    for order, inlets in (
        (range(number + 1, count), graph.from_earlier),
        (range(number - 1, -1, -1), graph.from_later),
    ):
        for at in order:
            inlet = inlets[at]
            if len(inlet.source):
                heard = inlet.weight * reached[inlet.source] / len(inlet.steps)
                rows = slice(graph.first_region[at], graph.first_region[at + 1])
                reached[rows] = np.bincount(_listeners(inlet), heard, inlet.regions)
    return np.minimum(reached, 1)


def _listeners(inlet: Inlet) -> NDArray[np.intp]:
    """(M,) which region of the drawing hears each speaker."""
    return inlet.message_of_speaker % inlet.regions
