"""Colours from one drawing to the next: regions vote along the optical flow between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..palette import UNPAINTED
from .regions import Regions

CUT_AGREEMENT = 0.6
"""Below this share of lines that meet again, both ways, a drawing is a new scene."""

AnyImage = TypeVar("AnyImage", NDArray[np.uint8], NDArray[np.int32])

Colours = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Palette index (R,) and confidence (R,), 0..1, of the regions of a drawing."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a carrier keeps of a drawing, so that each is looked at once.

    Attributes:
        regions: Its regions.
        line_distance: (h, w) uint8, ten times the distance to the nearest line, reduced to a few
            hundred pixels: a picture that moves like the drawing and is smooth between its lines.
        label: (h', w') int32, every `stride`-th pixel of the region map.
        voter: (V,) intp, flat indices into `label` of the pixels that lie on paper.
        stride: Pixels from one sample to the next.

    """

    regions: Regions
    line_distance: NDArray[np.uint8]
    label: NDArray[np.int32]
    voter: NDArray[np.intp]
    stride: int


class Carrier(Protocol):
    """Carries colours from one drawing to the next, without looking at hints."""

    def look(self, ink: NDArray[np.uint8], regions: Regions) -> Look:
        """What it wants to know about a drawing, (H, W) uint8 ink."""

    def carry(
        self,
        before: Look,
        palette_index: NDArray[np.int32],
        confidence: NDArray[np.float32],
        now: Look,
    ) -> Colours:
        """Colours and confidence of the regions `now`, from those of the regions `before`.

        A region that no evidence reaches, or that most of it says is unpainted, gets palette
        index 0 and confidence 0.
        """


@dataclass(frozen=True)
class FlowVote:
    """Votes of pixels along the flow, both ways, added up by colour; shape helps where they fail.

    Each region asks where its pixels were, and each region before says where its pixels went.
    Shares are added by colour, not by region: a region that came apart keeps all its votes.
    Where flow finds no clear majority, regions of like size and shape near the place it points
    to vote too. A colour is sure of itself as far as both ways agree.
    """

    flow_width_px: int = 480
    """Width at which motion is estimated, in pixels."""

    vote_width_px: int = 960
    """Width from which on not every pixel votes, in pixels."""

    clear_share: float = 0.6
    """Share of the votes from which on shape is not asked."""

    def look(self, ink: NDArray[np.uint8], regions: Regions) -> Look:
        """See `Carrier`."""
        height, width = ink.shape
        scale = min(1.0, self.flow_width_px / max(height, width))
        small = (max(8, round(width * scale)), max(8, round(height * scale)))
        reduced = cv2.resize(ink, small, interpolation=cv2.INTER_AREA)
        open_paper = cv2.threshold(reduced, 24, 1, cv2.THRESH_BINARY_INV)[1]
        distance = cv2.distanceTransform(open_paper, cv2.DIST_L2, 3)
        line_distance = (np.minimum(distance, 24) * 10).astype(np.uint8)
        stride = max(1, round(max(height, width) / self.vote_width_px))
        label = np.ascontiguousarray(regions.label[::stride, ::stride])
        return Look(
            regions=regions,
            line_distance=line_distance,
            label=label,
            voter=np.flatnonzero(regions.paper[::stride, ::stride]),
            stride=stride,
        )

    def carry(
        self,
        before: Look,
        palette_index: NDArray[np.int32],
        confidence: NDArray[np.float32],
        now: Look,
    ) -> Colours:
        """See `Carrier`."""
        colours = int(palette_index.max()) + 1
        if colours == 1:  # nothing is painted yet
            return _nothing(now.regions.count)
        back = _flow(now.line_distance, before.line_distance)
        forth = _flow(before.line_distance, now.line_distance)
        if _is_cut(before, now, back, forth):
            return _nothing(now.regions.count)

        was = _pairs(now, before, back)
        went = _pairs(before, now, forth)
        share = np.zeros((now.regions.count, colours))
        sure = np.zeros_like(share)

        def vote(
            region: NDArray[np.intp], source: NDArray[np.intp], weight: NDArray[np.float64]
        ) -> None:
            colour = palette_index[source]
            np.add.at(share, (region, colour), weight)
            np.add.at(sure, (region, colour), weight * confidence[source])

        vote(was.source, was.target, was.share / 2)
        vote(went.target, went.source, went.share / 2)
        total = share.sum(axis=1)
        # Only a tie is broken so: asked more often, it errs more often than flow does.
        doubtful = np.flatnonzero(share.max(axis=1) < self.clear_share * np.maximum(total, 0.5))
        if len(doubtful):
            likeness = _likeness(doubtful, now, before, back)
            asked, like = np.nonzero(likeness)
            vote(doubtful[asked], like, likeness[asked, like])
        return _elect(share, sure)


def _nothing(count: int) -> Colours:
    return np.full(count, UNPAINTED, np.int32), np.zeros(count, np.float32)


def _elect(share: NDArray[np.float64], sure: NDArray[np.float64]) -> Colours:
    """The colour with most votes, and how sure they are: one that came one way only is half so."""
    winner = share.argmax(axis=1).astype(np.int32)
    row = np.arange(len(winner))
    confidence = sure[row, winner] / np.maximum(share.sum(axis=1), 1)
    has_won = (winner != UNPAINTED) & (confidence > 0)
    winner[~has_won] = UNPAINTED
    return winner, np.where(has_won, np.minimum(confidence, 1), 0).astype(np.float32)


def _flow(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 2), where each pixel of the source is in the target, in pixels of that size."""
    still = np.zeros((*source.shape, 2), np.float32)
    if min(source.shape) < 16:  # smaller than the patches it compares
        return still
    # The faster presets lose one region in fifty of those that move fast.
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    estimator.setPatchStride(4)  # of 8 pixels: half of the patches, and no more errors
    return cast(NDArray[np.float32], estimator.calc(source, target, still))


def _agreement(source: Look, target: Look, flow: NDArray[np.float32]) -> float:
    """How many lines of the source lie on lines of the target where the flow says.

    0 is as many as chance would have it, 1 is all. Neighbours in a shot reach 0.95, two sides
    of a cut about 0.5, because flow bends anything into anything to some degree.
    """
    lines = source.line_distance == 0
    met = _moved(target.line_distance, flow, outside=255)[lines] <= 15
    chance = float((target.line_distance <= 15).mean())
    return (float(met.mean()) - chance) / max(1 - chance, 1e-6)


def _is_cut(before: Look, now: Look, back: NDArray[np.float32], forth: NDArray[np.float32]) -> bool:
    few = 0.002 * now.line_distance.size
    if min((before.line_distance == 0).sum(), (now.line_distance == 0).sum()) < few:
        return False  # hardly a line to tell by
    return _agreement(now, before, back) + _agreement(before, now, forth) < 2 * CUT_AGREEMENT


def _moved(image: AnyImage, flow: NDArray[np.float32], outside: int) -> AnyImage:
    """What each pixel of the flow sees of an image of its own size; `outside` beyond the edge."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    moved = cv2.remap(
        image, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return cast(AnyImage, moved)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Overlap of regions under the flow: pairs, and the share of the source's pixels in each."""

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    share: NDArray[np.float64]


def _pairs(source: Look, target: Look, flow: NDArray[np.float32]) -> _Pairs:
    height, width = source.label.shape
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    finer = cast(
        NDArray[np.float32], cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    )
    # By whole rows: numpy takes six times as long over two numbers at a time.
    rows = finer.reshape(height, -1)
    rows *= np.tile(scale, width)
    there = _moved(target.label, finer, outside=-1)
    here = source.label.reshape(-1)[source.voter]
    there = there.reshape(-1)[source.voter]
    count = target.regions.count + 1  # one more for what came from outside of the frame
    key = here.astype(np.int64) * count + there + 1
    pair, pixels = _counted(key, source.regions.count * count)
    region = pair // count
    of_region = np.bincount(region, pixels, source.regions.count)
    met = pair % count > 0
    region = region[met]
    return _Pairs(region, pair[met] % count - 1, pixels[met] / of_region[region])


def _counted(key: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The distinct keys, ascending, and how often each occurs."""
    if limit <= 2_000_000:  # a table is faster than sorting while it fits into the cache
        table = np.bincount(key, minlength=limit)
        found = np.flatnonzero(table)
        return found, table[found]
    found, count = np.unique(key, return_counts=True)
    return found, count


def _likeness(
    asked: NDArray[np.intp], now: Look, before: Look, back: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(A, R before) how alike regions are in size and shape, near where flow points; else 0."""
    a, b = now.regions, before.regions
    centre = a.centre_px[asked]
    height, width = a.label.shape
    scale = np.array([back.shape[1] / width, back.shape[0] / height])
    x, y = np.clip((centre * scale).astype(int), 0, [back.shape[1] - 1, back.shape[0] - 1]).T
    expected = centre + back[y, x] / scale
    away = np.linalg.norm(expected[:, None] - b.centre_px[None], axis=2)
    area_a = np.maximum(a.area_px[asked], 1)[:, None].astype(float)
    area_b = np.maximum(b.area_px, 1)[None].astype(float)
    unlike = 2 * np.abs(np.log(area_a / area_b))
    unlike += np.abs(np.log(np.maximum(a.size_px[asked], 1)[:, None] / b.size_px[None])).sum(axis=2)
    unlike += away / (0.01 * width + np.sqrt(area_a))
    likeness: NDArray[np.float64] = np.exp(-unlike)
    likeness[likeness < 0.05] = 0
    return likeness
