"""Ink to regions: patches of paper closed by ink or by a closed gap; every pixel in exactly one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..settings import FlatSettings
from .gaps import divide_at_gaps
from .masks import (
    SQUARE,
    Mask,
    below,
    components,
    dilated,
    flat_indices,
    labels,
    looked_up,
    positive,
    runs_of,
)


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of one drawing.

    Attributes:
        label: (H, W) int32, 0..R-1, the region of every pixel. Under ink and in specks it is the
            nearest region, so that paint reaches the middle of every line.
        paper: (H, W) uint8, 1 where the drawing is paper that formed a region, 0 under ink and
            in specks.
        area_px: (R,) int32, paper pixels of each region; 0 only in a drawing that is all ink.
        centre_px: (R, 2) float64, mean x and y of the paper of each region.
        size_px: (R, 2) int32, width and height of its bounding box.
        neck: (J, 2) int32, pairs of regions that were divided where the paper between them grows
            narrow, but does not look like a gap in a line: most likely they are one thing.

    """

    label: NDArray[np.int32]
    paper: Mask
    area_px: NDArray[np.int32]
    centre_px: NDArray[np.float64]
    size_px: NDArray[np.int32]
    neck: NDArray[np.int32]

    @property
    def count(self) -> int:
        """R, at least 1."""
        return len(self.area_px)


def find_regions(ink: NDArray[np.uint8], settings: FlatSettings) -> Regions:
    """Divide a drawing into regions.

    Paper is ink below `ink_threshold`; its 4-connected patches are the regions. A patch whose
    halves hang together only through a passage that a ball of more than `gap_px` cannot roll
    through is divided there (trapped-ball segmentation: Zhang et al., "Vectorizing Cartoon
    Animations", 2009), if the passage is as short as a gap in a line; a long, narrow channel is
    paper like any other. Corners and slivers that no ball fits stay with the part they touch.

    Args:
        ink: (H, W) uint8, coverage 0..255; any size from 1x1.
        settings: Gap width, speck area and ink threshold.

    """
    paper = below(ink, settings.ink_threshold)
    count, label = labels(paper)
    if count == 1:  # nothing but ink
        return _all_ink(ink.shape)
    found = components(label, count, runs_of(paper))
    if settings.gap_px > 0:
        found = divide_at_gaps(found, paper, settings.gap_px)

    kept = found.area > 0
    big = found.area >= settings.speck_px
    if big.any():  # a drawing of nothing but specks keeps them
        kept &= big
    compact = np.zeros(found.count, np.int32)
    compact[kept] = np.arange(1, np.count_nonzero(kept) + 1)
    if not kept[1:].all():
        looked_up(compact, label)
        paper = positive(label)
    _fill_from_nearest(label, paper)
    label -= 1
    neck = compact[found.neck] - 1
    return Regions(
        label=label,
        paper=paper,
        area_px=found.area[kept],
        centre_px=found.centre[kept],
        size_px=found.box[kept, 2:],
        neck=neck[(neck >= 0).all(axis=1)],
    )


def _all_ink(shape: tuple[int, ...]) -> Regions:
    height, width = shape
    return Regions(
        label=np.zeros(shape, np.int32),
        paper=np.zeros(shape, np.uint8),
        area_px=np.zeros(1, np.int32),
        centre_px=np.array([[(width - 1) / 2, (height - 1) / 2]]),
        size_px=np.array([[width, height]], np.int32),
        neck=np.zeros((0, 2), np.int32),
    )


def _fill_from_nearest(label: NDArray[np.int32], paper: Mask) -> None:
    """Give every pixel that is not paper the label of the nearest paper, in place."""
    hole: Mask = 1 - paper
    _, nearest = cv2.distanceTransformWithLabels(
        hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # The nearest paper of a hole always borders on a hole, so only the shore has to be looked up.
    shore = flat_indices(dilated(hole, SQUARE) & paper)
    if not len(shore):
        return
    flat_label, flat_nearest = label.ravel(), nearest.ravel()
    # Every pixel of paper has a number of its own, from 1.
    label_of_nearest = np.empty(cv2.countNonZero(paper) + 1, np.int32)
    label_of_nearest[flat_nearest[shore]] = flat_label[shore]
    holes = flat_indices(hole)
    flat_label[holes] = label_of_nearest[flat_nearest[holes]]
