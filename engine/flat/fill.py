"""Labels spread under what has none: every pixel gets the label of the nearest pixel that has one.

Lines are thin, so a few steps of growing reach the middle of nearly all of them. Whole frames grow
while many pixels are left, lists of pixels when few are, and what is still left then, the insides
of blacks, is measured.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .masks import Mask, disc

_CROSS, _SQUARE = disc(1.0), disc(1.5)
_FEW = 1 / 64  # of a frame: a list of so many pixels grows as fast as the frame
_FRAME_STEPS, _LIST_STEPS = 6, 32


def fill_from_nearest(label: NDArray[Any]) -> None:
    """Give every 0 of a label map the nearest label, in place; there must be a label.

    Growing steps to four neighbours and to eight in turn, which makes octagons of circles. Where
    two labels come at once the higher one wins.

    Args:
        label: (H + 2, W + 2) uint8, uint16 or float64, whole numbers, 0 where there is none; its
            margin of one pixel is 0 and stays so.

    """
    inner = label[1:-1, 1:-1]
    hole: Mask = (inner == 0).view(np.uint8)
    left = cv2.countNonZero(hole)
    step = 0
    while left > _FEW * inner.size and step < _FRAME_STEPS:
        cv2.copyTo(cv2.dilate(inner, _CROSS if step % 2 == 0 else _SQUARE), hole, inner)
        hole = (inner == 0).view(np.uint8)
        left = cv2.countNonZero(hole)
        step += 1
    if 0 < left <= _FEW * inner.size:
        _grow_list(label, hole, first_step=step)
        hole = (inner == 0).view(np.uint8)
        left = cv2.countNonZero(hole)
    if left:
        _measure(inner, hole)


def _grow_list(label: NDArray[Any], hole: Mask, first_step: int) -> None:
    flat, stride = label.reshape(-1), label.shape[1]
    todo = np.flatnonzero(hole.reshape(-1).view(np.bool_))
    todo += todo // hole.shape[1] * 2 + stride + 1  # to flat indices with the margin
    straight = (-1, 1, -stride, stride)
    around = (*straight, -stride - 1, -stride + 1, stride - 1, stride + 1)
    for step in range(first_step, first_step + _LIST_STEPS):
        if not len(todo):
            return
        first, *others = straight if step % 2 == 0 else around
        reached = flat[todo + first]
        for offset in others:
            np.maximum(reached, flat[todo + offset], out=reached)
        flat[todo] = reached
        todo = todo[reached == 0]


def _measure(label: NDArray[Any], hole: Mask) -> None:
    """The same by a distance transform, within the box around what is left."""
    x, y, width, height = cv2.boundingRect(hole)
    box = np.s_[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1]
    label, hole = label[box], np.ascontiguousarray(hole[box])
    _, nearest = cv2.distanceTransformWithLabels(
        hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # The labelled pixels are numbered from 1, in no order that is promised.
    label_of_nearest = np.zeros(label.size + 1, label.dtype)
    has_label = hole == 0
    label_of_nearest[nearest[has_label]] = label[has_label]
    left = hole > 0
    label[left] = label_of_nearest[nearest[left]]
