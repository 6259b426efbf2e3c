"""Masks, (H, W) uint8 of 0 and 1, and what OpenCV does with them, under types that say so."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]


@lru_cache(maxsize=16)
def disc(radius: float) -> Mask:
    """Pixels within a radius of the middle one: erosion by it is an exact distance threshold."""
    reach = math.floor(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


def below(image: NDArray[np.uint8], limit: int) -> Mask:
    """Where an image is below a limit."""
    return cast(Mask, cv2.threshold(image, limit - 1, 1, cv2.THRESH_BINARY_INV)[1])


def eroded(mask: Mask, ball: Mask) -> Mask:
    """Where a ball fits; the frame's edge is no obstacle."""
    return cast(Mask, cv2.erode(mask, ball))


def places(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Flat indices of the pixels of a mask, ascending: `flatnonzero`, faster where they are few.

    Eight pixels are looked at as one.
    """
    eights = np.packbits(mask, bitorder="little")
    some = np.flatnonzero(eights != 0)
    within = np.flatnonzero(np.unpackbits(eights[some], bitorder="little").view(np.bool_))
    found: NDArray[np.intp] = some[within >> 3] * 8 + (within & 7)
    return found
