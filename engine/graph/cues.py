"""What speaks for two regions of two drawings being one thing: candidate pairs and their cues.

Few pairs are candidates: those that meet under the flow, and those that are most alike where the
flow points to. All lengths go into the cues as shares of the drawing's diagonal or of the region's
own size, so that the same drawing at another resolution has the same cues.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .motion import Look, Overlap
from .network import Opinion
from .perceptron import columns

NEAREST = 4
"""Candidates of a region for its place, beside those it meets under the flow, ..."""

MOST_ALIKE = 5
"""... and for its looks, wherever they are."""

LEAST_OPINION = 0.02
"""What the network believes more than this is a candidate too."""

LEAST_SHARE = 0.02
"""Below this share of both regions, meeting is no reason to be a candidate."""

PAIR_CUES = (
    "share of the source that lands in the target",
    "share of the target that comes from the source",
    "the first, as a part of the most there is for the source",
    "the second, as a part of the most there is for the target",
    "smaller of the two shares",
    "difference of log areas, target less source",
    "the same, without sign",
    "difference of log widths and log heights",
    "difference of normalised second moments",
    "difference of log compactness",
    "distance after motion of the source, by region size",
    "distance after motion of the target, by region size",
    "distance after motion, by the diagonal",
    "distance without motion, by region size",
    "both touch the frame's edge",
    "one touches the frame's edge",
    "likeness of the embeddings",
    "the same, less the most there is for the source",
    "the same, less the most there is for the target",
    "whether there are embeddings",
    "likeness of the silhouettes",
    "likeness of the descriptors",
    "the same, less the most there is for the source",
    "the same, less the most there is for the target",
    "log area of the source, by the drawing",
    "log area of the target, by the drawing",
    "share of the source that lands in the frame",
    "share of the target that lands in the frame",
    "log thickness of the smaller one, by the diagonal",
    "drawings from one to the other, log2",
    "log of the network's belief of the source in the target",
    "log of the network's belief of the target in the source",
    "log of its belief that the source has no match",
    "log of its belief that the target has none",
    "whether the network was asked",
)
"""What the columns of `Candidates.cue` are."""

REGION_CUES = (
    "log area, by the drawing",
    "log thickness, by the diagonal",
    "touches the frame's edge",
    "share that lands in the frame",
    "most overlap there is",
    "likeness of the most alike embedding",
    "likeness of the most alike descriptor",
    "speed, by region size",
    "drawings from one to the other, log2",
    "whether there are embeddings",
    "log number of regions in the other drawing",
    "the network's belief that it has no match",
    "the network's largest belief in a match",
)
"""What the columns of `Candidates.of_source` and `of_target` are."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of regions that may be one thing.

    Attributes:
        source, target: (L,) intp, the pairs, ascending by source, then target; each once.
        cue: (L, C) float32, see PAIR_CUES.
        of_source, of_target: (R, K) float32, see REGION_CUES.

    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    cue: NDArray[np.float32]
    of_source: NDArray[np.float32]
    of_target: NDArray[np.float32]

    def only(self, kept: NDArray[np.bool_]) -> Candidates:
        """Some of the pairs."""
        cue = self.cue.T[:, kept].T  # its columns stay in one piece of memory each
        return Candidates(self.source[kept], self.target[kept], cue, self.of_source, self.of_target)


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What candidates are judged by, of one drawing.

    Attributes:
        analysis: What is known of it.
        silhouette: (R, N) float32, see `Pictures`.
        descriptor: (R, D) float32 unit vectors, see `Describer`.

    """

    analysis: FrameAnalysis
    silhouette: NDArray[np.float32]
    descriptor: NDArray[np.float32]

    @classmethod
    def of(cls, look: Look) -> Glimpse:
        """All but the pixels."""
        return cls(look.analysis, look.pictures.silhouette, look.descriptor)

    @cached_property
    def embedding(self) -> NDArray[np.float32] | None:
        """(R, D) float32 unit vectors, see `FrameAnalysis`; None without a network."""
        found = self.analysis.embedding
        return None if found is None else found.astype(np.float32)

    @cached_property
    def figures(self) -> Figures:
        """What the cues need of its regions."""
        return Figures.of(self.analysis)


@dataclass(frozen=True, eq=False)
class Figures:
    """What the cues need of the regions of one drawing, by itself."""

    log_area: NDArray[np.float64]
    log_size: NDArray[np.float64]
    scale_px: NDArray[np.float64]
    shape: NDArray[np.float64]
    log_compactness: NDArray[np.float64]
    thickness: NDArray[np.float64]
    at_edge: NDArray[np.bool_]
    centre_px: NDArray[np.float64]
    diagonal_px: float
    log_share: NDArray[np.float64]

    @classmethod
    def of(cls, analysis: FrameAnalysis) -> Figures:
        """Measure the regions of a drawing."""
        height, width = analysis.shape
        area = np.maximum(analysis.area_px, 1).astype(np.float64)
        moment = analysis.moment_px.astype(np.float64) / area[:, None]
        outline = np.maximum(analysis.outline_px.astype(np.float64), 1)
        diagonal = float(np.hypot(height, width))
        return cls(
            log_area=np.log(area),
            log_size=np.log(np.maximum(analysis.box_px[:, 2:], 1)),
            scale_px=np.sqrt(area) + 0.005 * diagonal,
            shape=np.sign(moment) * np.sqrt(np.abs(moment)),
            log_compactness=np.log(area / outline**2),
            thickness=np.log(area / outline / diagonal + 1e-5),
            at_edge=analysis.edge_px > 0,
            centre_px=analysis.centre_px.astype(np.float64),
            diagonal_px=diagonal,
            log_share=np.log(area / (height * width)),
        )


def find_candidates(
    source: Glimpse,
    target: Glimpse,
    overlaps: tuple[Overlap, Overlap],
    step: int,
    opinion: Opinion | None = None,
) -> Candidates:
    """Pairs of regions of two drawings that may be one thing, and their cues.

    Args:
        source: The earlier drawing.
        target: The later one.
        overlaps: Where the source's regions land in the target, and the target's in the source.
        step: Drawings from one to the other.
        opinion: What the network says; None if it was not asked.

    """
    forth, back = overlaps
    a, b = source.figures, target.figures
    away = _distance_px(a.centre_px + forth.flow_px, b.centre_px)
    away_back = _distance_px(a.centre_px, b.centre_px + back.flow_px)
    alike, has_embedding = _alikeness(source, target)
    looks = source.descriptor @ target.descriptor.T
    unlike_area = np.abs(np.subtract.outer(a.log_area, b.log_area, dtype=np.float32))
    scale_a, scale_b = a.scale_px.astype(np.float32), b.scale_px.astype(np.float32)
    unlike: NDArray[np.float32] = np.minimum(away / scale_a[:, None], away_back / scale_b)
    unlike += unlike_area
    unlike -= 4 * alike
    unlike_looks: NDArray[np.float32] = np.divide(unlike_area, 8)
    unlike_looks -= looks
    unlike_looks -= alike
    ahead, behind = np.zeros_like(unlike), np.zeros_like(unlike)
    ahead[forth.source, forth.target] = forth.share
    behind[back.target, back.source] = back.share
    chosen = np.maximum(ahead, behind) >= LEAST_SHARE
    for cost, count in ((unlike, NEAREST), (unlike_looks, MOST_ALIKE)):
        chosen |= _least_of_rows(cost, count)
        chosen |= _least_of_rows(np.ascontiguousarray(cost.T), count).T
    if opinion is not None:
        chosen |= np.maximum(opinion.forth[:, :-1], opinion.back[:, :-1].T) > LEAST_OPINION
    place = np.flatnonzero(chosen)
    one, other = np.divmod(place, chosen.shape[1])
    most_ahead = np.maximum(ahead.max(axis=1), 1e-6)
    most_behind = np.maximum(behind.max(axis=0), 1e-6)
    most_alike = alike.max(axis=1), alike.max(axis=0)
    most_looks = looks.max(axis=1), looks.max(axis=0)
    ahead, behind, alike, looks = (of.take(place) for of in (ahead, behind, alike, looks))
    away, away_back = away.take(place), away_back.take(place)
    # Of all pairs, which takes less than to gather the silhouettes of some.
    silhouettes = (source.silhouette @ target.silhouette.T) / source.silhouette.shape[1]
    difference = b.log_area[other] - a.log_area[one]
    smaller_px = np.minimum(a.scale_px[one], b.scale_px[other])
    steps = np.log2(step)
    cues = [
        ahead,
        behind,
        ahead / most_ahead[one],
        behind / most_behind[other],
        np.minimum(ahead, behind),
        difference,
        np.abs(difference),
        np.abs(a.log_size[one] - b.log_size[other]).sum(axis=1),
        np.sqrt(((a.shape[one] - b.shape[other]) ** 2).sum(axis=1)),
        np.abs(a.log_compactness[one] - b.log_compactness[other]),
        np.log1p(away / smaller_px),
        np.log1p(away_back / smaller_px),
        np.minimum(away, away_back) / a.diagonal_px,
        np.log1p(np.linalg.norm(a.centre_px[one] - b.centre_px[other], axis=1) / smaller_px),
        a.at_edge[one] & b.at_edge[other],
        a.at_edge[one] ^ b.at_edge[other],
        alike,
        alike - most_alike[0][one],
        alike - most_alike[1][other],
        has_embedding,
        silhouettes.take(place),
        looks,
        looks - most_looks[0][one],
        looks - most_looks[1][other],
        a.log_share[one],
        b.log_share[other],
        forth.inside[one],
        back.inside[other],
        np.minimum(a.thickness[one], b.thickness[other]),
        steps,
        *_believed(opinion, one, other),
    ]
    return Candidates(
        source=one,
        target=other,
        cue=columns(cues, len(one)),
        of_source=_of_regions(
            a,
            forth,
            (most_ahead, most_alike[0], most_looks[0]),
            (steps, has_embedding, len(b.log_area)),
            None if opinion is None else opinion.forth,
        ),
        of_target=_of_regions(
            b,
            back,
            (most_behind, most_alike[1], most_looks[1]),
            (steps, has_embedding, len(a.log_area)),
            None if opinion is None else opinion.back,
        ),
    )


def _of_regions(
    figures: Figures,
    landed: Overlap,
    most: tuple[NDArray[np.floating], ...],
    pair: tuple[float, float, int],
    believed: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """REGION_CUES: `most` are columns that are there already, `pair` is alike for all regions."""
    steps, has_embedding, others = pair
    cues = [
        figures.log_share,
        figures.thickness,
        figures.at_edge,
        landed.inside,
        *most,
        np.log1p(np.linalg.norm(landed.flow_px, axis=1) / figures.scale_px),
        steps,
        has_embedding,
        np.log(others),
        0 if believed is None else believed[:, -1],
        0 if believed is None else believed[:, :-1].max(axis=1),
    ]
    return columns(cues, len(figures.log_area))


def _believed(
    opinion: Opinion | None, one: NDArray[np.intp], other: NDArray[np.intp]
) -> list[NDArray[np.floating] | float]:
    """The columns of PAIR_CUES that the network fills."""
    if opinion is None:
        return [0] * 5
    beliefs = (
        opinion.forth[one, other],
        opinion.back[other, one],
        opinion.forth[one, -1],
        opinion.back[other, -1],
    )
    return [*(np.log(belief + 1e-4) for belief in beliefs), 1]


def _alikeness(a: Glimpse, b: Glimpse) -> tuple[NDArray[np.float32], bool]:
    """(A, B) likeness of the embeddings, -1..1, 0 where there are none; and whether there are."""
    if a.embedding is None or b.embedding is None:
        return np.zeros((a.analysis.count, b.analysis.count), np.float32), False
    return a.embedding @ b.embedding.T, True


def _distance_px(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float32]:
    x = np.subtract.outer(a[:, 0], b[:, 0], dtype=np.float32)
    y = np.subtract.outer(a[:, 1], b[:, 1], dtype=np.float32)
    x *= x
    y *= y
    x += y
    return np.sqrt(x, out=x)


def _least_of_rows(cost: NDArray[np.float32], count: int) -> NDArray[np.bool_]:
    """Where the `count` least of each row are."""
    if cost.shape[1] <= count:
        return np.ones(cost.shape, bool)
    limit = np.partition(cost, count - 1, axis=1)[:, count - 1, None]
    found: NDArray[np.bool_] = cost <= limit
    return found
