"""How well regions are found again, by how many drawings lie between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from celtint.engine.embedding.embedder import Embedder
from celtint.engine.embedding.sight import PICTURE_PX

from ..data.shots import EncodedShot
from .clips import UNKNOWN, SeenDrawing, see, truth_of
from .priors import flow_prior

STRIDES = (1, 2, 5, 11)
"""Drawings from one to the other."""

SMALLEST_PX = 10
"""Regions of less paper than this, in pixels, do not count."""

METHODS = ("flow", "descriptors", "matcher", "matcher and flow")
"""What is compared."""


@dataclass
class Tally:
    """Counts over pairs of drawings.

    Attributes:
        reachable: Regions whose shape stands in the other drawing.
        right: Of those, how many are believed to be that shape; the beliefs of its parts add up.
        lost: Regions whose shape does not stand in the other drawing.
        flagged: Of those, how many have no match as the most likely answer.
        false_alarms: Regions that have a match and are said to have none.

    """

    reachable: int = 0
    right: int = 0
    lost: int = 0
    flagged: int = 0
    false_alarms: int = 0

    def figures(self) -> dict[str, float]:
        """Shares, 0..1, of what there is."""
        return {
            "right": self.right / max(1, self.reachable),
            "flagged": self.flagged / max(1, self.lost),
            "false alarms": self.false_alarms / max(1, self.reachable),
            "regions": self.reachable,
            "lost regions": self.lost,
        }


@dataclass
class Score:
    """Tallies by stride and method."""

    tally: dict[tuple[int, str], Tally] = field(default_factory=dict)

    def figures(self) -> dict[str, dict[str, dict[str, float]]]:
        """Method to stride to shares."""
        strides = sorted({stride for stride, _ in self.tally})
        return {
            method: {str(s): self.tally[s, method].figures() for s in strides} for method in METHODS
        }


def score(
    shots: Iterable[EncodedShot],
    embedder: Embedder,
    *,
    strides: Sequence[int] = STRIDES,
    tell: Callable[[str, int], None] = lambda _name, _number: None,
) -> Score:
    """Match drawings of shots, all of them with their neighbours and fewer that lie far apart.

    A region is right if most of what is believed of it falls on its own shape.

    Args:
        shots: Shots made from drawings.
        embedder: The network.
        strides: Drawings from one to the other.
        tell: Told the name and number of each shot when it is done.

    """
    found = Score()
    for number, shot in enumerate(shots):
        seen = [
            see(*truth_of(shot, drawing), picture_px=PICTURE_PX)
            for drawing in range(shot.info.drawings)
        ]
        described = [embedder.described(drawing.sight) for drawing in seen]
        for stride in strides:
            step = 2 if stride <= 2 else 3
            for first in range(0, len(seen) - stride, step):
                second = first + stride
                beliefs = _beliefs(
                    seen[second], seen[first], described[second], described[first], embedder
                )
                for method, belief in beliefs.items():
                    tally = found.tally.setdefault((stride, method), Tally())
                    _count(tally, belief, seen[second], seen[first].identity)
        tell(shot.info.name, number)
    return found


def _beliefs(
    first: SeenDrawing,
    second: SeenDrawing,
    descriptor_a: NDArray[np.float16],
    descriptor_b: NDArray[np.float16],
    embedder: Embedder,
) -> Mapping[str, NDArray[np.float32]]:
    """(A, B + 1) belief of each method; the last column says something by the matcher alone."""
    prior = flow_prior(first.look, second.look)
    like = descriptor_a.astype(np.float32) @ descriptor_b.astype(np.float32).T
    like = np.exp(12 * (like - like.max(axis=1, keepdims=True)))
    like /= like.sum(axis=1, keepdims=True)
    geometry = first.sight.geometry, second.sight.geometry
    nothing = np.zeros((first.count, 1), np.float32)
    return {
        "flow": np.hstack([prior.mean(axis=2), nothing]),
        "descriptors": np.hstack([like, nothing]),
        "matcher": embedder.match(descriptor_a, geometry[0], descriptor_b, geometry[1]),
        "matcher and flow": embedder.match(
            descriptor_a, geometry[0], descriptor_b, geometry[1], prior
        ),
    }


def _count(
    tally: Tally,
    belief: NDArray[np.float32],
    first: SeenDrawing,
    second_identity: NDArray[np.int32],
) -> None:
    asked = (first.identity != UNKNOWN) & (first.area_px > SMALLEST_PX)
    shapes, of_column = np.unique(second_identity, return_inverse=True)
    by_shape = np.zeros((first.count, len(shapes)))
    np.add.at(by_shape.T, of_column, belief[:, :-1].T)
    best = by_shape.argmax(axis=1)
    is_there = np.isin(first.identity, second_identity)
    has_any = by_shape.max(axis=1) > 0
    is_flagged = belief[:, -1] > by_shape.max(axis=1)
    tally.reachable += int((asked & is_there).sum())
    tally.right += int((asked & is_there & has_any & (shapes[best] == first.identity)).sum())
    tally.lost += int((asked & ~is_there).sum())
    tally.flagged += int((asked & ~is_there & is_flagged).sum())
    tally.false_alarms += int((asked & is_there & is_flagged).sum())
