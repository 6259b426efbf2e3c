"""Looks at a drawing once: its regions, what they measure, and the image that motion is seen in."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..flat.masks import places
from ..flat.regions import Regions, find_regions
from ..settings import FlatSettings
from .analysis import FORMAT, FrameAnalysis, RegionEmbedder, packed
from .codec import RunMap

FLOW_WIDTH_PX = 480
"""Longer side of the image that motion is estimated in, in pixels."""

_AFTERWARDS = {"min_confidence", "unreached"}  # settings that the regions do not depend on


def analyse(
    ink: NDArray[np.uint8],
    settings: FlatSettings,
    embedder: RegionEmbedder | None = None,
    *,
    key: NDArray[np.uint8] | None = None,
) -> FrameAnalysis:
    """Analyse a drawing.

    Args:
        ink: (H, W) uint8, coverage 0..255.
        settings: How regions are found.
        embedder: Knows regions by their looks; None does without.
        key: What `analysis_key` says of all that, if it was asked before.

    """
    regions = find_regions(ink, settings)
    key = analysis_key(ink, settings, embedder) if key is None else key
    embedding = None if embedder is None else embedder.embed(ink, regions)
    return replace(measured(ink, regions, key), embedding=embedding)


def measured(ink: NDArray[np.uint8], regions: Regions, key: NDArray[np.uint8]) -> FrameAnalysis:
    """All of an analysis but what a network says.

    Args:
        ink: (H, W) uint8, coverage 0..255.
        regions: Its regions.
        key: What `analysis_key` says of the drawing.

    """
    runs = RunMap.of(regions.label, regions.paper)
    line_distance = distance_image(ink)
    moments = _moments(runs, regions.count)
    neighbours, border, outline, edge = _borders(regions, runs)
    return FrameAnalysis(
        key=key,
        size=np.array(ink.shape, np.int32),
        region_code=np.frombuffer(runs.to_bytes(), np.uint8),
        area_px=regions.area_px.astype(np.int32, copy=False),
        centre_px=regions.centre_px.astype(np.float32),
        box_px=_boxes(runs, regions),
        moment_px=moments,
        outline_px=outline,
        edge_px=edge,
        neighbours=neighbours,
        border_px=border,
        neck=regions.neck.astype(np.int32, copy=False),
        distance_code=packed(line_distance),
        distance_size=np.array(line_distance.shape, np.int32),
    )


def analysis_key(
    ink: NDArray[np.uint8], settings: FlatSettings, embedder: RegionEmbedder | None = None
) -> NDArray[np.uint8]:
    """(16,) uint8, see `FrameAnalysis.key`; a millisecond at 1080p, far less than an analysis."""
    digest = hashlib.blake2b(digest_size=16)
    name = "" if embedder is None else embedder.name
    finding = {key: value for key, value in asdict(settings).items() if key not in _AFTERWARDS}
    depends_on = (FORMAT, ink.shape, sorted(finding.items()), name)
    digest.update(repr(depends_on).encode())
    digest.update(np.ascontiguousarray(ink).data)
    return np.frombuffer(digest.digest(), np.uint8)


def distance_image(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) uint8, ten times the distance to the nearest line, to 240, at most FLOW_WIDTH_PX wide.

    It moves like the drawing and is smooth between its lines, where ink itself says nothing.
    """
    height, width = ink.shape
    scale = min(1.0, FLOW_WIDTH_PX / max(height, width))
    small = (max(8, round(width * scale)), max(8, round(height * scale)))
    reduced = cv2.resize(ink, small, interpolation=cv2.INTER_AREA)
    open_paper = cv2.threshold(reduced, 24, 1, cv2.THRESH_BINARY_INV)[1]
    distance = cv2.distanceTransform(open_paper, cv2.DIST_L2, 3)
    return (np.minimum(distance, 24) * 10).astype(np.uint8)


def _moments(runs: RunMap, count: int) -> NDArray[np.float32]:
    """(R, 3) central second moments of the paper, by sums over runs."""
    on_paper = runs.is_paper
    region = runs.region[on_paper]
    row, first = np.divmod(runs.start[on_paper].astype(np.float64), runs.shape[1])
    length = runs.length[on_paper].astype(np.float64)
    middle = first + (length - 1) / 2

    def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(region, weights, count).astype(np.float64, copy=False)

    area = np.maximum(total(length), 1)
    x, y = total(length * middle) / area, total(length * row) / area
    away_x, away_y = middle - x[region], row - y[region]
    within = (length * length - 1) / 12  # the pixels of a run about its own middle
    xx = total(length * (away_x * away_x + within)) / area
    xy = total(length * away_x * away_y) / area
    yy = total(length * away_y * away_y) / area
    return np.column_stack([xx, xy, yy]).astype(np.float32)


def _boxes(runs: RunMap, regions: Regions) -> NDArray[np.int32]:
    """(R, 4) left, top, width and height of the paper; the whole frame where there is none."""
    height, width = runs.shape
    on_paper = runs.is_paper
    region = runs.region[on_paper]
    row, first = np.divmod(runs.start[on_paper], width)
    low = np.tile(np.array([[width, height]], np.int32), (regions.count, 1))
    high = np.zeros_like(low)
    np.minimum.at(low[:, 0], region, first)
    np.minimum.at(low[:, 1], region, row)
    np.maximum.at(high[:, 0], region, first + runs.length[on_paper])
    np.maximum.at(high[:, 1], region, row + 1)
    box = np.column_stack([low, high - low])
    box[high[:, 0] == 0] = (0, 0, width, height)
    return box.astype(np.int32)


def _borders(
    regions: Regions, runs: RunMap
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Pairs of regions that touch under the line, how long; outline and frame's edge of each."""
    label, count = regions.label, regions.count
    width = label.shape[1]
    across = np.flatnonzero(runs.region[1:] != runs.region[:-1])
    across = across[runs.start[1:][across] % width > 0]  # not from the end of a row to the next
    above = places(label[1:] != label[:-1])
    flat = label.reshape(-1)
    one = np.concatenate([runs.region[across], flat[above]]).astype(np.int64)
    other = np.concatenate([runs.region[across + 1], flat[above + width]]).astype(np.int64)
    key, border = np.unique(
        np.minimum(one, other) * count + np.maximum(one, other), return_counts=True
    )
    pairs = np.column_stack(np.divmod(key, count)).astype(np.int32)
    outline = np.bincount(pairs.reshape(-1), np.repeat(border, 2), count)
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    edge = np.bincount(rim, minlength=count)
    return (
        pairs,
        border.astype(np.int32),
        (outline + edge).astype(np.float32),
        edge.astype(np.int32),
    )
