"""How sure a colour is: from what a solution found on its way, judged by a small model.

The share that a colour has in the end says little by itself: drawings that repeat each other's
mistake grow sure of it. What it had before drawings were evened out, what each of the two flows
says, how far key frames are and how large the region is tell more. The model was learned on shots
whose truth is known, with few and with many dabs (`training/graph`); there a mistake weighed more
than a colour that is right, see `WRONG_WEIGHS` there: better doubted than believed too soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..palette import UNPAINTED
from .perceptron import Perceptron

SURENESS_CUES = (
    "share of the colour",
    "share of the colour that comes second",
    "share that is unknown",
    "share of the colour before drawings were evened out",
    "share of the colour in the flow from before, 0 without one",
    "share of the colour in the flow from after, 0 without one",
    "log2 of the drawings to the nearer key frame",
    "log2 of the drawings to the other one",
    "log area of the region, by the drawing",
)
"""What the columns of `sureness_cues` are."""

FURTHEST = 64
"""Key frames further away than this, or not there, are all alike."""


@dataclass(frozen=True, eq=False)
class Flowed:
    """What a solution found of all regions of a shot, step by step.

    Attributes:
        evened: (N, C) shares of colours in the end; colour 0 is unknown.
        merged: (N, C) the same before drawings were evened out.
        flows: The flows from before and from after, (N, C) each.
        away: Of each flow (N,), drawings to its key frame; infinite without one.
        log_share: (N,) log area of the regions, by the drawing.

    """

    evened: NDArray[np.float32]
    merged: NDArray[np.float32]
    flows: tuple[NDArray[np.float32], NDArray[np.float32]]
    away: tuple[NDArray[np.float32], NDArray[np.float32]]
    log_share: NDArray[np.float32]


def sureness_cues(found: Flowed, colour: NDArray[np.integer]) -> NDArray[np.float32]:
    """(N, 9) what the sureness of regions is judged by, see SURENESS_CUES.

    Args:
        found: What the solution found.
        colour: (N,) the colour of each region.

    """
    each = np.arange(len(colour))
    others = found.evened.copy()
    others[each, colour] = 0
    others[:, UNPAINTED] = 0
    near, far = np.minimum(*found.away), np.maximum(*found.away)
    columns: Sequence[NDArray[np.float32]] = [
        found.evened[each, colour],
        others.max(axis=1),
        found.evened[:, UNPAINTED],
        found.merged[each, colour],
        *(
            np.where(np.isfinite(away), flow[each, colour], np.float32(0))
            for flow, away in zip(found.flows, found.away, strict=True)
        ),
        *(np.log2(1 + np.minimum(away, FURTHEST)) for away in (near, far)),
        found.log_share,
    ]
    return np.column_stack(columns).astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Sureness:
    """Judges how sure the colours of regions are.

    Attributes:
        model: Log of the odds that a colour is right, from SURENESS_CUES.

    """

    model: Perceptron

    def __call__(self, found: Flowed, colour: NDArray[np.integer]) -> NDArray[np.float32]:
        """(N,) 0..1, how sure each region's colour is; 0 where it has none."""
        painted = np.flatnonzero(colour != UNPAINTED)
        sure = np.zeros(len(colour), np.float32)
        odds = self.model(sureness_cues(found, colour)[painted])[:, 0]
        sure[painted] = 1 / (1 + np.exp(-odds))
        return sure
