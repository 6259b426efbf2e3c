"""Ink to regions: patches of paper closed by ink or by a closed gap; every pixel in exactly one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..settings import FlatSettings
from .fill import fill_from_nearest
from .gaps import Division, divide_at_gaps, necks_at
from .line_ends import bridge_line_ends
from .masks import Mask, below
from .runs import Patches, patches, runs_of


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
    Before that, broken lines are led on from end to end (`line_ends`): what they bound may be
    narrower than the gap. The paper under these bridges is that of the regions beside them, which,
    where few lines are broken, are most likely one thing if no ball fits close by.

    Args:
        ink: (H, W) uint8, coverage 0..255; any size from 1x1.
        settings: Gap width, speck area and ink threshold.

    """
    paper = below(ink, settings.ink_threshold)
    bridged, are_broken = np.zeros(0, np.intp), False
    if settings.gap_px > 0:
        bridged, are_broken = bridge_line_ends(paper, settings.gap_px)
        paper.reshape(-1)[bridged] = 0
    runs = runs_of(paper)
    if not runs.count:  # nothing but ink
        return _all_ink(ink.shape)
    found = patches(runs)
    division = divide_at_gaps(found, paper, settings.gap_px) if settings.gap_px > 0 else None
    if division is None:
        division = Division.of_nothing(found)

    area = np.concatenate([found.area, division.area])
    kept = np.concatenate([~division.divided, division.area > 0])
    big = kept & (area >= settings.speck_px)
    if big.any():  # a drawing of nothing but specks keeps them
        kept = big
    count = int(np.count_nonzero(kept))
    region = np.zeros(len(area), _narrowest(count))  # of every patch and part, from 1; 0 for none
    region[kept] = np.arange(1, count + 1)
    mapped = _map(found, division, region)
    has_specks = not kept[: found.count][~division.divided].all()
    if has_specks or not kept[found.count :][division.area > 0].all():
        paper = (mapped[1:-1, 1:-1] > 0).view(np.uint8)
    fill_from_nearest(mapped)
    label = (mapped[1:-1, 1:-1] - mapped.dtype.type(1)).astype(np.int32)
    paper.reshape(-1)[bridged] = 1
    area = area[kept]
    area += np.bincount(label.reshape(-1)[bridged], minlength=count).astype(np.int32)
    neck = region[division.neck + found.count].astype(np.int32) - 1
    neck = neck[(neck >= 0).all(axis=1)]
    if len(bridged) and not are_broken:
        doubtful = _divided_by_bridges(mapped, paper, bridged, settings.gap_px)
        neck = np.unique(np.concatenate([neck, doubtful]), axis=0)
    return Regions(
        label=label,
        paper=paper,
        area_px=area,
        centre_px=np.concatenate([found.centre, division.centre])[kept],
        size_px=np.concatenate([found.box, division.box])[kept, 2:],
        neck=neck,
    )


def _divided_by_bridges(
    mapped: NDArray[Any], paper: Mask, bridged: NDArray[np.intp], gap_px: float
) -> NDArray[np.int32]:
    """(J, 2) regions that bridges divide, but not where a gap in a line would be."""
    y, x = np.divmod(bridged, paper.shape[1])
    at, regions = (y + 1) * mapped.shape[1] + x + 1, int(mapped.max())
    return necks_at(mapped, at, np.arange(regions), paper, np.full(regions, float(gap_px)))


def _narrowest(count: int) -> type[Any]:
    """The type for a map of 0..count: all that is done with it costs by the byte.

    Whole numbers of more than 16 bits are none that OpenCV could grow.
    """
    if count < 1 << 16:
        return np.uint8 if count < 1 << 8 else np.uint16
    return np.float64


def _map(found: Patches, division: Division, region: NDArray[Any]) -> NDArray[Any]:
    """(H + 2, W + 2) map of the regions, 0 in the margin, under ink and in specks."""
    is_whole = ~division.divided[found.of_run]
    runs, order = found.runs.chosen(is_whole).merged(division.core)
    part = region[found.count :]
    value = np.concatenate([region[found.of_run[is_whole]], part[division.of_core]])
    mapped = runs.painted(value[order])
    mapped.reshape(-1)[division.pixel] = part[division.of_pixel]
    return mapped


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
