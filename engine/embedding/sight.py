"""What the matching network sees of a drawing: a reduced picture, and points in each region."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..flat.regions import Regions

PICTURE_PX = 480
"""Long side of the reduced picture, in pixels."""

PICTURE_MULTIPLE = 32
"""The network halves the picture five times: its sides are multiples of this."""

POINTS = 24
"""Points at which each region is looked at."""

GEOMETRY = 6
"""Numbers that say where a region is and how large: see `region_geometry`."""

TOUCHES = 4
"""Whether a region reaches the left, top, right and bottom edge of the drawing."""

# Distances to the nearest line that still tell, in pixels of the picture: between close lines, and
# in the open.
_NEAR_PX = (3.0, 16.0)

# So many small regions are found faster one by one than by looking at every pixel.
_FEW = 100


@dataclass(frozen=True, eq=False)
class Sight:
    """What the network is shown of one drawing.

    Attributes:
        picture: (3, h, w) float32, 0..1, h and w multiples of 32: ink, nearness of a line in its
            neighbourhood, nearness of a line from afar. Beyond the drawing it is 0, like paper.
        extent: Height and width of the drawing in the picture, at most (h, w).
        points: (R, POINTS, 2) float32, x and y in pixels of the picture, spread evenly over the
            paper of each region in reading order; a region of fewer pixels repeats some.
        geometry: (R, GEOMETRY) float32, see `region_geometry`.
        touches: (R, TOUCHES) float32, 1 where a region reaches the left, top, right, bottom edge.

    """

    picture: NDArray[np.float32]
    extent: tuple[int, int]
    points: NDArray[np.float32]
    geometry: NDArray[np.float32]
    touches: NDArray[np.float32]


def look_at(ink: NDArray[np.uint8], regions: Regions, *, picture_px: int = PICTURE_PX) -> Sight:
    """Reduce a drawing to what the network sees.

    Args:
        ink: (H, W) uint8, coverage 0..255; any size from 1x1.
        regions: Its regions, R of them.
        picture_px: Long side of the picture, in pixels; a smaller drawing is not enlarged.

    """
    height, width = ink.shape
    scale = min(1.0, picture_px / max(height, width))
    extent = (max(1, round(height * scale)), max(1, round(width * scale)))
    points = _points(regions)
    # Pixel centres stay centres.
    points = (points + 0.5) * np.array([extent[1] / width, extent[0] / height]) - 0.5
    return Sight(
        picture=_picture(ink, extent),
        extent=extent,
        points=points.astype(np.float32),
        geometry=region_geometry(regions.area_px, regions.centre_px, regions.size_px, ink.shape),
        touches=_touches(regions),
    )


def region_geometry(
    area_px: NDArray[np.int32],
    centre_px: NDArray[np.float64],
    size_px: NDArray[np.int32],
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    """Where regions are and how large, relative to the drawing.

    Args:
        area_px: (R,) paper pixels of each region.
        centre_px: (R, 2) mean x and y of its paper.
        size_px: (R, 2) width and height of its bounding box.
        shape: (H, W) of the drawing, in pixels.

    Returns:
        (R, 6) float32: x and y of the centre from the middle of the drawing, in halves of its long
        side (-1..1); logarithms of width, height and the root of the area, in long sides, over 4
        (about -1.7..0); the share of its bounding box that it fills (0..1).

    """
    height, width = shape[:2]
    side = float(max(height, width))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    size = np.maximum(size_px, 1).astype(float)
    area = np.maximum(area_px, 1).astype(float)
    return np.column_stack(
        [
            (centre_px - middle) / (side / 2),
            np.log(size / side) / 4,
            np.log(np.sqrt(area) / side) / 4,
            area / size.prod(axis=1),
        ]
    ).astype(np.float32)


def _picture(ink: NDArray[np.uint8], extent: tuple[int, int]) -> NDArray[np.float32]:
    height, width = extent
    reduced = ink
    if ink.shape != extent:
        reduced = np.asarray(cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA))
    # Thin lines fade when they are reduced: what is left of them still counts as a line.
    paper = cv2.threshold(reduced, 24, 1, cv2.THRESH_BINARY_INV)[1]
    distance = cv2.distanceTransform(paper, cv2.DIST_L2, 3)
    rows, columns = (-(-side // PICTURE_MULTIPLE) * PICTURE_MULTIPLE for side in extent)
    picture = np.zeros((1 + len(_NEAR_PX), rows, columns), np.float32)
    picture[0, :height, :width] = reduced * np.float32(1 / 255)
    for channel, near_px in enumerate(_NEAR_PX, start=1):
        picture[channel, :height, :width] = np.exp(distance * np.float32(-1 / near_px))
    return picture


def _points(regions: Regions) -> NDArray[np.float64]:
    """(R, POINTS, 2) x and y in pixels of the drawing."""
    height, width = regions.label.shape
    stride = max(1, round(max(height, width) / 512))
    found = np.repeat(regions.centre_px[:, None], POINTS, axis=1)
    count = _spread(regions, np.s_[::stride, ::stride], None, found)
    if stride > 1:
        # What is too small for the grid is looked at in full.
        is_small = count < POINTS // 2
        if np.count_nonzero(is_small) > _FEW:
            _spread(regions, np.s_[:, :], is_small, found)
        else:
            for region in np.flatnonzero(is_small).tolist():
                _spread_one(regions, region, found)
    return found


def _spread(
    regions: Regions,
    grid: tuple[slice, slice],
    only: NDArray[np.bool_] | None,
    found: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Spread points over the paper of regions on a grid of pixels, into `found`; pixels there."""
    label = np.ascontiguousarray(regions.label[grid])
    is_asked = regions.paper[grid] > 0
    if only is not None:
        is_asked &= only.take(label, mode="clip")  # which takes half as long as checking bounds
    place_of = np.flatnonzero(is_asked)
    # Sixteen bits sort by counting, several times faster.
    kind = np.uint16 if regions.count < 2**16 else np.int32
    of_pixel = label.reshape(-1)[place_of].astype(kind)
    count = np.bincount(of_pixel, minlength=regions.count)
    order = np.argsort(of_pixel, kind="stable")
    has_some = np.flatnonzero(count)
    first = (np.cumsum(count) - count)[has_some]
    place = (np.arange(POINTS) + 0.5) / POINTS * count[has_some, None]
    pixel = place_of[order[first[:, None] + place.astype(np.intp)]]
    stride = grid[0].step or 1
    y, x = np.divmod(pixel, label.shape[1])
    found[has_some, :, 0] = x * stride
    found[has_some, :, 1] = y * stride
    return count


def _spread_one(regions: Regions, region: int, found: NDArray[np.float64]) -> None:
    """Spread points over all the paper of one region as `_spread` does, looking only around it."""
    # The middle of a region's pixels lies in the box around them.
    centre, size = regions.centre_px[region], regions.size_px[region]
    left, top = np.maximum(np.floor(centre - size), 0).astype(int).tolist()
    right, bottom = (np.ceil(centre + size) + 1).astype(int).tolist()
    window = np.s_[top:bottom, left:right]
    y, x = np.nonzero((regions.label[window] == region) & (regions.paper[window] > 0))
    if len(x):
        place = ((np.arange(POINTS) + 0.5) / POINTS * len(x)).astype(np.intp)
        found[region, :, 0], found[region, :, 1] = x[place] + left, y[place] + top


def _touches(regions: Regions) -> NDArray[np.float32]:
    label = regions.label
    touches = np.zeros((regions.count, TOUCHES), np.float32)
    for side, edge in enumerate((label[:, 0], label[0], label[:, -1], label[-1])):
        touches[edge, side] = 1
    return touches
