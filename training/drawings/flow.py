"""Optical flow of a shot, known because every movement can be undone.

A pixel goes back to the place on its drawing that it shows, and from there to where the next
moment draws that place. Large movers are worked out on a grid and interpolated: in pictures of
512 px they bend by less than a storage step (1/64 px) between its points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.shots import FLOW_STEPS_PX
from .cast import Pose
from .raster import FIRST_LINE_CODE, Easel, Moment
from .warps import Affine, Points

GRID_PX = 4
FEW_PX = 3000  # movers of fewer pixels are worked out pixel by pixel


def flow_between(
    easel: Easel, now: Moment, poses: Sequence[Pose], next_poses: Sequence[Pose]
) -> NDArray[np.float32]:
    """Flow of what every pixel of `now` shows, whether or not it is seen where the flow ends.

    Returns:
        (H, W, 2) dx, dy in pixels, in the steps in which flow is stored.

    """
    height, width = now.ink.shape
    flow = np.zeros((height, width, 2), np.float32)
    as_one = flow.view(np.complex64)[..., 0]
    present = np.flatnonzero(np.bincount(now.mover.ravel(), minlength=len(easel.movers)))
    for mover in present:
        number, part = easel.movers[mover]

        moved = partial(_moved, pose=poses[number], later=next_poses[number], part=part)
        mask = now.mover == mover
        left, top, across, down = cv2.boundingRect(mask.view(np.uint8))
        right, bottom = left + across, top + down
        window = mask[top:bottom, left:right]
        if np.count_nonzero(window) < FEW_PX:
            y, x = np.nonzero(window)
            flow[y + top, x + left] = moved(
                np.stack([x + left + 0.5, y + top + 0.5], axis=1).astype(np.float32)
            )
        else:
            dense = _on_grid(moved, left, top, right - left, bottom - top)
            # As one complex number a pixel: copying under a mask is several times faster so.
            np.copyto(
                as_one[top:bottom, left:right], dense.view(np.complex64)[..., 0], where=window
            )
    # Rounded here, so that where it ends is told of the flow that readers will see.
    flow *= np.float32(FLOW_STEPS_PX)
    np.rint(flow, out=flow)
    flow /= np.float32(FLOW_STEPS_PX)
    return flow


def _moved(pixels: Points, pose: Pose, later: Pose, part: int | None) -> NDArray[np.float32]:
    own = pose.warp.inverse(pixels)
    if part is not None:
        own = pose.local.get(part, Affine()).inverse(own)
        own = later.local.get(part, Affine()).forward(own)
    return np.asarray(later.warp.forward(own) - pixels, np.float32)


def _on_grid(
    moved: Callable[[Points], NDArray[np.float32]], left: int, top: int, width: int, height: int
) -> NDArray[np.float32]:
    across, down = -(-width // GRID_PX) + 2, -(-height // GRID_PX) + 2
    # cv2.resize puts sample k at the middle of GRID_PX pixels; one more on each side for the rim.
    x = left + (np.arange(across) - 0.5) * GRID_PX
    y = top + (np.arange(down) - 0.5) * GRID_PX
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    coarse = moved(grid).reshape(down, across, 2)
    fine = cv2.resize(coarse, (across * GRID_PX, down * GRID_PX), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine[GRID_PX : GRID_PX + height, GRID_PX : GRID_PX + width], np.float32)


def seen_again(now: Moment, later: Moment, flow_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(H, W) whether what a pixel shows is seen where the flow ends: in the picture, in front."""
    height, width = now.ink.shape
    x = np.arange(width, dtype=np.float32) + np.float32(0.5)
    y = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    to_x = np.floor(flow_px[..., 0] + x).astype(np.int32)
    to_y = np.floor(flow_px[..., 1] + y).astype(np.int32)
    is_inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
    index = np.where(is_inside, to_y * np.int32(width) + to_x, 0)
    # Under a line the paint is that of the nearest paper, on either side of it: there the mover
    # alone tells.
    return np.asarray(is_inside & (_looks(now) == _looks(later).ravel()[index]))


def _looks(moment: Moment) -> NDArray[np.uint16]:
    """What each pixel shows: the number of its region, or of its mover where it is a line."""
    return np.where(moment.is_line, moment.mover + np.uint16(FIRST_LINE_CODE), moment.regions)
