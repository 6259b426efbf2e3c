"""The hints of a shot as seeds on its graph: which region is dabbed with which colour, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..flat.seeds import read_seeds
from ..frames import Contradiction, dabs_in
from ..palette import Palette
from .shot import ShotGraph


@dataclass(frozen=True, eq=False)
class ShotSeeds:
    """What all hints of a shot say.

    Attributes:
        palette: (P, 3) float32, their colours in the order of the film; row 0 is *unpainted*.
        region: Index of a hinted frame to (S,) int32, its dabbed regions, ascending.
        palette_index: The same to (S,) int32, their colours.
        contradictions: Hints that could not be honoured, by frame.

    """

    palette: NDArray[np.float32]
    region: Mapping[int, NDArray[np.int32]]
    palette_index: Mapping[int, NDArray[np.int32]]
    contradictions: Mapping[int, tuple[Contradiction, ...]]


def seeds_of(graph: ShotGraph, hints: Mapping[int, NDArray[np.floating]]) -> ShotSeeds:
    """Read the hints of a shot, each once, in the order of the film.

    Args:
        graph: The shot.
        hints: Index to (H, W, 4) straight RGBA in the working space, floating.

    Raises:
        FrameError: A hint is not what it should be.

    """
    palette = Palette()
    region: dict[int, NDArray[np.int32]] = {}
    palette_index: dict[int, NDArray[np.int32]] = {}
    contradictions: dict[int, tuple[Contradiction, ...]] = {}
    for index in sorted(hints):
        drawing = graph.drawings[graph.drawing_of_frame[index]]
        hint = hints[index]
        counts = dabs_in(hint, index, drawing.shape)
        if not counts.any():
            continue
        found = read_seeds(hint, counts, drawing.regions(), palette)
        palette = found.palette
        region[index], palette_index[index] = found.region, found.palette_index
        if found.contradictions:
            contradictions[index] = found.contradictions
    return ShotSeeds(palette.colour, region, palette_index, contradictions)
