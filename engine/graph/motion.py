"""Where things go from one drawing to another: optical flow, and whether it is the same scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .fingerprint import Describer, Pictures

VOTE_WIDTH_PX = 720
"""Longer side from which on not every pixel of a region is followed, in pixels."""

CUT_AGREEMENT = 0.6
"""Below this share of lines that meet again, both ways, two drawings are different scenes."""

AnyImage = TypeVar("AnyImage", NDArray[np.uint8], NDArray[np.int32])


@dataclass(frozen=True, eq=False)
class Look:
    """A drawing unpacked for matching; lives only while its neighbours are matched with it.

    Attributes:
        analysis: What is known of it.
        line_distance: (h, w) uint8, see `FrameAnalysis.line_distance`.
        label: (h', w') int32, every `stride`-th pixel of the region map.
        voter: (V,) intp, flat indices into `label` of the pixels that are followed.
        stride: Pixels of the drawing from one sample to the next.
        pictures: What its regions look like.
        descriptor: (R, D) float32 unit vectors, the same in short.

    """

    analysis: FrameAnalysis
    line_distance: NDArray[np.uint8]
    label: NDArray[np.int32]
    voter: NDArray[np.intp]
    stride: int
    pictures: Pictures
    descriptor: NDArray[np.float32]

    @classmethod
    def at(cls, analysis: FrameAnalysis, describe: Describer | None = None) -> Look:
        """Unpack a drawing; without a describer, descriptors have no numbers."""
        runs = analysis.run_map()
        stride = max(1, round(max(runs.shape) / VOTE_WIDTH_PX))
        label = np.ascontiguousarray(runs.label()[::stride, ::stride])
        paper = runs.paper()[::stride, ::stride]
        line_distance = analysis.line_distance()
        pictures = Pictures.of(analysis, label, stride, line_distance)
        return cls(
            analysis=analysis,
            line_distance=line_distance,
            label=label,
            voter=np.flatnonzero(paper),
            stride=stride,
            pictures=pictures,
            descriptor=describe(pictures)
            if describe is not None
            else np.zeros((analysis.count, 0), np.float32),
        )


def flow_between(source: Look, target: Look) -> NDArray[np.float32]:
    """(h, w, 2), where each pixel of the source is in the target, in pixels of reduced size."""
    shape = source.line_distance.shape
    still = np.zeros((*shape, 2), np.float32)
    if min(shape) < 16:  # smaller than the patches it compares
        return still
    # The faster presets lose one region in fifty of those that move fast.
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    estimator.setPatchStride(4)  # of 8 pixels: half of the patches, and no more errors
    moved = estimator.calc(source.line_distance, target.line_distance, still)
    return cast(NDArray[np.float32], moved)


def agreement(source: Look, target: Look, flow: NDArray[np.float32]) -> float:
    """How many lines of the source lie on lines of the target where the flow says.

    0 is as many as chance would have it, 1 is all. Neighbours in a shot reach 0.95, two sides
    of a cut about 0.5, because flow bends anything into anything to some degree.
    """
    lines = source.line_distance == 0
    if not lines.any():
        return 0.0
    met = moved(target.line_distance, flow, outside=255)[lines] <= 15
    chance = float((target.line_distance <= 15).mean())
    return (float(met.mean()) - chance) / max(1 - chance, 1e-6)


def has_few_lines(look: Look) -> bool:
    """Whether there is hardly a line to tell a scene by."""
    return bool((look.line_distance == 0).sum() < 0.002 * look.line_distance.size)


def moved(image: AnyImage, flow: NDArray[np.float32], outside: int) -> AnyImage:
    """What each pixel of the flow sees of an image of its own size; `outside` beyond the edge."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    seen = cv2.remap(
        image, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return cast(AnyImage, seen)


@dataclass(frozen=True, eq=False)
class Overlap:
    """Where the regions of a drawing land in another one.

    Attributes:
        source, target: (P,) intp, pairs of regions, ascending by source, then target.
        share: (P,) float64, share of the source's pixels that land in the target.
        inside: (R,) float64, share of each region's pixels that land in the frame at all.
        flow_px: (R, 2) float64, mean motion of each region, pixels of the drawing.

    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    share: NDArray[np.float64]
    inside: NDArray[np.float64]
    flow_px: NDArray[np.float64]

    @classmethod
    def unknown(cls, source: Look) -> Overlap:
        """Nothing is known of where the regions of a drawing go."""
        count, none = source.analysis.count, np.zeros(0, np.intp)
        return cls(none, none, np.zeros(0), np.zeros(count), np.zeros((count, 2)))


def overlap(source: Look, target: Look, flow: NDArray[np.float32]) -> Overlap:
    """Follow the pixels of each region along the flow."""
    height, width = source.label.shape
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    finer = cast(
        NDArray[np.float32], cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    )
    # By whole rows: numpy takes six times as long over two numbers at a time.
    rows = finer.reshape(height, -1)
    rows *= np.tile(scale, width)
    there = moved(target.label, finer, outside=-1)
    count, count_there = source.analysis.count, target.analysis.count + 1
    here = source.label.reshape(-1)[source.voter]
    key = here.astype(np.int64) * count_there + there.reshape(-1)[source.voter] + 1
    pair, pixels = _counted(key, count * count_there)
    of_region = np.maximum(np.bincount(here, minlength=count), 1)
    region, landed = np.divmod(pair, count_there)
    met = landed > 0
    region, pixels = region[met], pixels[met]
    flat = finer.reshape(-1, 2)
    flow_px = np.column_stack(
        [np.bincount(here, flat[source.voter, axis], count) for axis in (0, 1)]
    )
    return Overlap(
        source=region,
        target=landed[met] - 1,
        share=pixels / of_region[region],
        inside=np.bincount(region, pixels, count) / of_region,
        flow_px=flow_px / of_region[:, None] * source.stride,
    )


def _counted(key: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The distinct keys, ascending, and how often each occurs."""
    if limit <= 2_000_000:  # a table is faster than sorting while it fits into the cache
        table = np.bincount(key, minlength=limit)
        found = np.flatnonzero(table)
        return found, table[found]
    found, count = np.unique(key, return_counts=True)
    return found, count
