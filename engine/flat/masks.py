"""Masks, (H, W) uint8 of 0 and 1, and what OpenCV does with them, under types that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Padded = TypeVar("Padded", NDArray[np.uint8], NDArray[np.int32])

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


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of a mask, set pixels side by side, in reading order: some ten thousand a drawing.

    Attributes:
        row: (K,) intp.
        start, stop: (K,) intp, the first column, and the one behind the last.
        shape: (H, W) of the mask.

    """

    row: NDArray[np.intp]
    start: NDArray[np.intp]
    stop: NDArray[np.intp]
    shape: tuple[int, int]

    @property
    def length(self) -> NDArray[np.intp]:
        """(K,) intp, pixels of each run."""
        return self.stop - self.start

    @property
    def first(self) -> NDArray[np.intp]:
        """(K,) intp, flat index of the first pixel of each run."""
        return self.row * self.shape[1] + self.start

    def pixels(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Flat indices of all pixels of the runs that are chosen, (K,) bool."""
        length = self.length[chosen]
        before = np.cumsum(length) - length
        return np.repeat(self.first[chosen] - before, length) + np.arange(length.sum())

    def painted(self, value: NDArray[np.int32]) -> NDArray[np.int32]:
        """(H + 2, W + 2) map of the value of each run, (K,), with a margin of 0 as `padded` has."""
        height, width = self.shape[0] + 2, self.shape[1] + 2
        begin = (self.row + 1) * width + self.start + 1
        bounds = np.column_stack([begin, begin + self.length]).reshape(-1)
        values = np.zeros(len(bounds) + 1, np.int32)
        values[1::2] = value
        lengths = np.diff(bounds, prepend=0, append=height * width)
        return np.repeat(values, lengths).reshape(height, width)


def runs_of(mask: Mask) -> Runs:
    """The runs of a mask."""
    margined = padded(mask)
    flat = margined.reshape(-1)
    bounds = np.flatnonzero(flat[1:] != flat[:-1])  # flat indices into the margined mask, less one
    row, start = np.divmod(bounds[::2], margined.shape[1])
    return Runs(row - 1, start, start + bounds[1::2] - bounds[::2], mask.shape)


def components(label: NDArray[np.int32], count: int, runs: Runs) -> Components:
    """Connected patches, measured by their runs.

    Args:
        label: (H, W) int32, 0 outside; kept, not copied.
        count: How many labels there are, the outside included.
        runs: The runs of what is not outside.

    """
    name, length, stop = label.reshape(-1)[runs.first], runs.length, runs.stop
    area = np.bincount(name, length, count).astype(np.int32)
    sums = [
        np.bincount(name, weights, count)
        for weights in (length * (runs.start + stop - 1) / 2, length * runs.row)
    ]
    left, top = np.full((2, count), max(runs.shape))
    right, bottom = np.zeros((2, count), np.intp)
    np.minimum.at(left, name, runs.start)
    np.maximum.at(right, name, stop)
    np.minimum.at(top, name, runs.row)
    np.maximum.at(bottom, name, runs.row + 1)
    return Components(
        label=label,
        area=area,
        centre=np.column_stack(sums) / np.maximum(area, 1)[:, None],
        box=np.column_stack([left, top, right - left, bottom - top]).astype(np.int32),
        neck=np.zeros((0, 2), np.int32),
    )


def labels(mask: Mask, connectivity: int = 4) -> tuple[int, NDArray[np.int32]]:
    """How many labels there are, the outside included, and the (H, W) map of them."""
    count, label = cv2.connectedComponents(mask, connectivity=connectivity)
    return count, cast(NDArray[np.int32], label)


def below(image: NDArray[np.uint8], limit: int) -> Mask:
    """Where an image is below a limit."""
    return cast(Mask, cv2.threshold(image, limit - 1, 1, cv2.THRESH_BINARY_INV)[1])


def positive(label: NDArray[np.int32]) -> Mask:
    """Where a label is above 0."""
    return (label > 0).view(np.uint8)


def eroded(mask: Mask, ball: Mask) -> Mask:
    """Where a ball fits; the frame's edge is no obstacle."""
    return cast(Mask, cv2.erode(mask, ball))


def dilated(mask: Mask, ball: Mask) -> Mask:
    """What a ball covers whose middle is in the mask."""
    return cast(Mask, cv2.dilate(mask, ball))


def padded(image: Padded) -> Padded:
    """With a margin of one pixel of 0, which spares a special case at the edges of the frame."""
    return cast(Padded, cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0))


def looked_up(table: NDArray[np.int32], label: NDArray[np.int32]) -> None:
    """Put the table's value in place of each label, in place."""
    for top in range(0, len(label), 32):  # numpy makes wider integers of what it looks up
        rows = label[top : top + 32]
        np.take(table, rows, out=rows, mode="clip")


def flat_indices(mask: Mask) -> NDArray[np.intp]:
    """Flat indices of the pixels that are set; twice as fast as numpy's own."""
    points = cv2.findNonZero(mask)
    if points is None:
        return np.zeros(0, np.intp)
    points = points.reshape(-1, 2)  # OpenCV 4 answers (N, 1, 2), OpenCV 5 (N, 2)
    return cast(NDArray[np.intp], points[:, 1].astype(np.intp) * mask.shape[1] + points[:, 0])
