"""The previous frame moved to where its lines are now, so that memory meets what it is of."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_PX = 32  # flow is looked for at half the size, in patches of eight pixels
_REACH_PX = 25  # how far a line is felt; flow needs slopes, and paper has none
_INK = 128  # darker than this is line


def moved_along(
    previous: NDArray[np.float32], grey_before: NDArray[np.uint8], grey: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What was painted, moved as the lines have moved, by optical flow between the two drawings.

    Flow (DIS, Kroeger et al. 2016) is estimated at half the size between pictures of how near the
    next line is. Every pixel takes the one that it came from, unmixed.

    Args:
        previous: (H, W, 3) float32, the previous frame as painted.
        grey_before: (H, W) uint8, its drawing, 255 is paper.
        grey: (H, W) uint8, the drawing that is painted now.

    Returns:
        (H, W, 3) float32; `previous` itself where the drawings are the same, or too small to tell.

    """
    height, width = grey.shape
    if min(height, width) < _LEAST_PX or np.array_equal(grey_before, grey):
        return previous
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    now, before = _nearness(grey), _nearness(grey_before)
    start = np.zeros((*now.shape, 2), np.float32)
    flow = cv2.resize(np.asarray(estimator.calc(now, before, start)), (width, height))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x += flow[..., 0] * np.float32(width / now.shape[1])
    y += flow[..., 1] * np.float32(height / now.shape[0])
    moved = cv2.remap(previous, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _nearness(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H / 2, W / 2) uint8: 0 on a line, 255 out of reach of any."""
    paper = (grey >= _INK).astype(np.uint8)
    distance = cv2.distanceTransform(paper, cv2.DIST_L2, cv2.DIST_MASK_3)
    near = np.minimum(distance * np.float32(255 / _REACH_PX), 255).astype(np.uint8)
    half = (near.shape[1] // 2, near.shape[0] // 2)
    return np.asarray(cv2.resize(near, half, interpolation=cv2.INTER_AREA), np.uint8)
