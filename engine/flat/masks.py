"""Masks, (H, W) uint8 of 0 and 1, and what OpenCV does with them, under types that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Padded = TypeVar("Padded", NDArray[np.uint8], NDArray[np.int32])

CROSS: Mask = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
SQUARE: Mask = np.ones((3, 3), np.uint8)


@dataclass(eq=False)
class Components:
    """Connected patches of a mask; label 0 is its outside, with an area of 0.

    Attributes:
        label: (H, W) int32.
        area: (N,) int32, pixels.
        centre: (N, 2) float64, mean x and y.
        box: (N, 4) int32, left, top, width, height.
        neck: (J, 2) int32, pairs of labels that were divided but are most likely one thing.

    """

    label: NDArray[np.int32]
    area: NDArray[np.int32]
    centre: NDArray[np.float64]
    box: NDArray[np.int32]
    neck: NDArray[np.int32]

    @property
    def count(self) -> int:
        """N, the outside included."""
        return len(self.area)


def components(mask: Mask, connectivity: int = 4) -> Components:
    """The connected patches of a mask, measured."""
    _, label, stats, centre = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.int32)
    area[0] = 0
    return Components(
        label=cast(NDArray[np.int32], label),
        area=area,
        centre=cast(NDArray[np.float64], centre),
        box=stats[:, :4].astype(np.int32),
        neck=np.zeros((0, 2), np.int32),
    )


def labels(mask: Mask, connectivity: int = 4) -> tuple[int, NDArray[np.int32]]:
    """How many labels there are, the outside included, and the (H, W) map; in half the time."""
    count, label = cv2.connectedComponents(mask, connectivity=connectivity)
    return count, cast(NDArray[np.int32], label)


def below(image: NDArray[np.uint8], limit: int) -> Mask:
    """Where an image is below a limit."""
    return cast(Mask, cv2.threshold(image, limit - 1, 1, cv2.THRESH_BINARY_INV)[1])


def positive(label: NDArray[np.int32]) -> Mask:
    """Where a label is above 0."""
    compared = cast(Mask, cv2.compare(label, np.zeros(1), cv2.CMP_GT))  # 0 or 255
    return np.minimum(compared, 1)


def eroded(mask: Mask, ball: Mask) -> Mask:
    """Where a ball fits; the frame's edge is no obstacle."""
    return cast(Mask, cv2.erode(mask, ball))


def dilated(mask: Mask, ball: Mask) -> Mask:
    """What a ball covers whose middle is in the mask."""
    return cast(Mask, cv2.dilate(mask, ball))


def padded(image: Padded) -> Padded:
    """With a margin of one pixel of 0, which spares a special case at the edges of the frame."""
    return cast(Padded, cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0))


def flat_indices(mask: Mask) -> NDArray[np.intp]:
    """Flat indices of the pixels that are set; twice as fast as numpy's own."""
    points = cv2.findNonZero(mask)
    if points is None:
        return np.zeros(0, np.intp)
    points = points.reshape(-1, 2)  # OpenCV 4 answers (N, 1, 2), OpenCV 5 (N, 2)
    return cast(NDArray[np.intp], points[:, 1].astype(np.intp) * mask.shape[1] + points[:, 0])


def edge_of(mask: Mask) -> NDArray[np.intp]:
    """Flat indices of the pixels that border on the outside of a mask."""
    return flat_indices(mask - eroded(mask, CROSS))
