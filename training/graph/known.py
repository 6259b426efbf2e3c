"""Shots whose truth is known, analysed: what the graph's models learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.analysis import FrameAnalysis, RegionEmbedder
from celtint.engine.graph.measure import analyse
from celtint.engine.settings import FlatSettings

from ..data.shots import EncodedShot
from ..embedding.clips import truth_of

PURE_SHARE = 0.6
"""A region counts as one true shape if at least this share of its paper is."""


@dataclass(frozen=True, eq=False)
class KnownDrawings:
    """The drawings of a shot.

    Attributes:
        name: Of the shot.
        analyses: By drawing.
        shapes: By drawing, (R,) the true shape of each region, 0 where it is not known.
        colours: By drawing, (R,) the true colour of each region from 1, 0 where it is not known.

    """

    name: str
    analyses: Sequence[FrameAnalysis]
    shapes: Sequence[NDArray[np.int64]]
    colours: Sequence[NDArray[np.int64]]

    def without_looks(self) -> KnownDrawings:
        """The same, as if no network had described the regions."""
        plain = [replace(one, embedding=None) for one in self.analyses]
        return replace(self, analyses=plain)


def known_drawings(
    shots: Iterable[EncodedShot], embedder: RegionEmbedder | None
) -> Iterator[KnownDrawings]:
    """Analyse the drawings of shots; shots without true regions are left out."""
    settings = FlatSettings()
    for shot in shots:
        if shot.info.regions is None:
            continue
        bases = sorted({colour.base for colour in shot.info.regions.values()})
        colour_of = np.zeros(max(shot.info.regions, default=0) + 1, np.int64)
        for shape, colour in shot.info.regions.items():
            colour_of[shape] = bases.index(colour.base) + 1
        analyses, shapes = [], []
        for number in range(shot.info.drawings):
            ink, identity = truth_of(shot, number)
            analyses.append(analyse(ink, settings, embedder))
            shapes.append(shapes_of(analyses[-1], identity))
        yield KnownDrawings(shot.info.name, analyses, shapes, [colour_of[one] for one in shapes])


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
