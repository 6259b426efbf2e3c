"""Ink to regions: patches of paper closed by ink or by a closed gap; every pixel in exactly one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..settings import FlatSettings

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


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

    """

    label: NDArray[np.int32]
    paper: NDArray[np.uint8]
    area_px: NDArray[np.int32]
    centre_px: NDArray[np.float64]
    size_px: NDArray[np.int32]

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
    paper = cv2.threshold(ink, settings.ink_threshold - 1, 1, cv2.THRESH_BINARY_INV)[1]
    found = _components(paper)
    if found.count == 1:  # nothing but ink
        return _all_ink(ink.shape)
    if settings.gap_px > 0:
        found = _split_at_gaps(found, paper, settings.gap_px)

    kept = found.area > 0
    big = found.area >= settings.speck_px
    if big.any():
        kept &= big
    label = found.label
    if not kept[1:].all():
        compact = np.zeros(found.count, np.int32)
        compact[kept] = np.arange(1, np.count_nonzero(kept) + 1)
        label = np.take(compact, label)
        paper = cv2.compare(label, 0, cv2.CMP_GT) & 1
    _fill_from_nearest(label, paper)
    label -= 1
    return Regions(label, paper, found.area[kept], found.centre[kept], found.box[kept, 2:])


@dataclass(eq=False)
class _Components:
    """Connected patches of a mask: label 0 is its outside, with an area of 0."""

    label: NDArray[np.int32]
    area: NDArray[np.int32]
    centre: NDArray[np.float64]
    box: NDArray[np.int32]  # left, top, width, height

    @property
    def count(self) -> int:
        return len(self.area)


def _components(mask: NDArray[np.uint8], connectivity: int = 4) -> _Components:
    _, label, stats, centre = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return _Components(label, area, centre, stats[:, :4].copy())


def _all_ink(shape: tuple[int, ...]) -> Regions:
    height, width = shape
    return Regions(
        label=np.zeros(shape, np.int32),
        paper=np.zeros(shape, np.uint8),
        area_px=np.zeros(1, np.int32),
        centre_px=np.array([[(width - 1) / 2, (height - 1) / 2]]),
        size_px=np.array([[width, height]], np.int32),
    )


def _flat_indices(mask: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Flat indices of the pixels that are set; twice as fast as numpy's own."""
    points = cv2.findNonZero(mask)
    if points is None:
        return np.zeros(0, np.intp)
    points = points.reshape(-1, 2)  # OpenCV 4 answers (N, 1, 2), OpenCV 5 (N, 2)
    return points[:, 1].astype(np.intp) * mask.shape[1] + points[:, 0]


def _fill_from_nearest(label: NDArray[np.int32], paper: NDArray[np.uint8]) -> None:
    """Give every pixel that is not paper the label of the nearest paper, in place."""
    hole = 1 - paper
    _, nearest = cv2.distanceTransformWithLabels(
        hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # The nearest paper of a hole always borders on a hole, so only the shore has to be looked up.
    shore = _flat_indices(cv2.multiply(cv2.dilate(hole, np.ones((3, 3), np.uint8)), paper))
    if not len(shore):
        return
    flat_label, flat_nearest = label.ravel(), nearest.ravel()
    label_of_nearest = np.zeros(int(flat_nearest.max()) + 1, np.int32)
    label_of_nearest[flat_nearest[shore]] = flat_label[shore]
    holes = _flat_indices(hole)
    flat_label[holes] = label_of_nearest[flat_nearest[holes]]


@lru_cache(maxsize=8)
def _disc(radius: float) -> NDArray[np.uint8]:
    """Pixels within a radius of the middle one: erosion by it is an exact distance threshold."""
    reach = math.floor(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


def _edge_of(mask: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Flat indices of the pixels of a mask that border on its outside."""
    return _flat_indices(cv2.subtract(mask, cv2.erode(mask, _CROSS)))


def _split_at_gaps(found: _Components, paper: NDArray[np.uint8], gap_px: float) -> _Components:
    """Divide components that only a closed gap holds together; changes the labels in place.

    The parts get new labels at the end; the label of the component they were keeps an area of 0.
    """
    # In the middle of a gap g pixels wide, the nearest ink is at most (g + 1) / 2 away.
    radius = (gap_px + 1) / 2
    core = cv2.erode(paper, _disc(radius))
    core_count, core_label = cv2.connectedComponents(core, connectivity=8)
    if core_count <= 2:
        return found
    flat_core = core_label.reshape(-1)
    component = np.zeros(core_count, np.intp)
    edge = _edge_of(core)
    component[flat_core[edge]] = found.label.reshape(-1)[edge]
    # A swelling in a corridor is no region: a part must hold a ball that clearly exceeds the gap.
    is_part = np.zeros(core_count, bool)
    is_part[flat_core[_edge_of(cv2.erode(paper, _disc(radius + 1)))]] = True
    is_part[0] = False
    divided = np.bincount(component[is_part], minlength=found.count) >= 2
    is_part &= divided[component]
    if not is_part.any():
        return found

    # Where parts reach a pixel at once the highest label takes it: the largest part, however the
    # drawing is turned.
    cores = _components(core, connectivity=8)
    order = np.flatnonzero(is_part)
    order = order[np.argsort(cores.area[order], kind="stable")]
    label_of_core = np.zeros(core_count, np.int32)
    label_of_core[order] = np.arange(found.count, found.count + len(order))
    # A margin spares growing a special case at the edges of the frame.
    part = cv2.copyMakeBorder(
        np.take(label_of_core, cores.label), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0
    )
    todo = _flat_indices(paper & cv2.compare(part[1:-1, 1:-1], 0, cv2.CMP_EQ))
    todo = todo[divided[found.label.reshape(-1)[todo]]]
    todo += todo // paper.shape[1] * 2 + paper.shape[1] + 3  # to flat indices with the margin
    left = _grow(part, todo, steps=math.ceil(1.5 * gap_px) + 2)
    root = np.arange(found.count + len(order), dtype=np.int32)
    if len(left):
        _join_through_channels(part, left, root)
    grown = np.bincount(part.reshape(-1)[todo], minlength=len(root))[found.count :]
    if (root != np.arange(len(root))).any():
        part = np.take(root, part)
    np.maximum(found.label, part[1:-1, 1:-1], out=found.label)
    return _with_parts(found, np.flatnonzero(divided), root, cores, order, grown, radius)


def _grow(part: NDArray[np.int32], todo: NDArray[np.intp], steps: int) -> NDArray[np.intp]:
    """Grow the parts into the pixels to do, one 4-connected step at a time; those left over."""
    flat, stride = part.reshape(-1), part.shape[1]
    for _ in range(steps):
        if not len(todo):
            break
        reached = np.maximum(
            np.maximum(flat[todo - 1], flat[todo + 1]),
            np.maximum(flat[todo - stride], flat[todo + stride]),
        )
        flat[todo] = reached
        todo = todo[reached == 0]
    return todo


def _join_through_channels(
    part: NDArray[np.int32], left: NDArray[np.intp], root: NDArray[np.int32]
) -> None:
    """Give what lies deep in a channel to the part it opens to; a channel with two ends joins them.

    Gaps are short: growing from both ends has met in the middle of every one of them. What is
    still open is a blind alley or a corridor. `root` gets the label that each label becomes.
    """
    flat, stride = part.reshape(-1), part.shape[1]
    mask = np.zeros(part.shape, np.uint8)
    mask.reshape(-1)[left] = 1
    count, alley_map = cv2.connectedComponents(mask, connectivity=4)
    alley = alley_map.reshape(-1)[left]
    ends = []
    for step in (-1, 1, -stride, stride):
        neighbour = flat[left + step]
        touches = neighbour > 0
        ends.append(np.column_stack([alley[touches], neighbour[touches]]))

    parent = root.tolist()

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    part_of_alley = np.zeros(count, np.int32)
    for which, touched in np.unique(np.concatenate(ends), axis=0).tolist():
        first = int(part_of_alley[which])
        if first == 0:
            part_of_alley[which] = touched
        else:
            parent[find(touched)] = find(first)
    flat[left] = part_of_alley[alley]
    root[:] = [find(item) for item in range(len(parent))]


def _with_parts(
    found: _Components,
    divided: NDArray[np.intp],
    root: NDArray[np.int32],
    cores: _Components,
    order: NDArray[np.intp],
    grown: NDArray[np.intp],
    radius: float,
) -> _Components:
    """The components and their parts, measured: a part is its core and what it grew into."""
    area, centre, box = cores.area[order], cores.centre[order], cores.box[order]
    edges = np.column_stack([box[:, :2], box[:, :2] + box[:, 2:]])
    rim = math.floor(radius)  # only cores are measured exactly; their rims are as wide as the ball
    edges += np.array([-rim, -rim, rim, rim])
    target = root[found.count :] - found.count
    total = np.zeros(len(order), np.int32)
    core_total = np.zeros(len(order))
    middle = np.zeros((len(order), 2))
    low = np.full((len(order), 2), np.iinfo(np.int32).max)
    high = np.zeros((len(order), 2), np.int64)
    np.add.at(total, target, (area + grown).astype(np.int32))
    np.add.at(core_total, target, area)
    np.add.at(middle, target, centre * area[:, None])
    np.minimum.at(low, target, edges[:, :2])
    np.maximum.at(high, target, edges[:, 2:])
    middle /= np.maximum(core_total, 1)[:, None]
    low = np.where(total[:, None] > 0, low, 0)
    found.area[divided] = 0
    return _Components(
        label=found.label,
        area=np.concatenate([found.area, total]),
        centre=np.concatenate([found.centre, middle]),
        box=np.concatenate([found.box, np.column_stack([low, high - low])]).astype(np.int32),
    )
