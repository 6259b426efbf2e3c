"""Division of patches of paper that only a closed gap holds together."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .masks import (
    Components,
    Mask,
    components,
    eroded,
    flat_indices,
    labels,
    looked_up,
    padded,
    runs_of,
)


def divide_at_gaps(found: Components, paper: Mask, gap_px: float) -> Components:
    """Divide components that only a closed gap holds together; changes the labels in place.

    The parts get new labels at the end; the label of the component they were keeps an area of 0.
    """
    # In the middle of a gap g pixels wide, the nearest ink is at most (g + 1) / 2 away.
    radius = (gap_px + 1) / 2
    core = eroded(paper, _disc(radius))
    core_count, core_label = labels(core, connectivity=8)
    if core_count <= 2:
        return found
    runs = runs_of(core)
    flat_core, flat_found = core_label.reshape(-1), found.label.reshape(-1)
    core_of_run = flat_core[runs.first]
    component = np.zeros(core_count, np.intp)
    component[core_of_run] = flat_found[runs.first]
    # A swelling in a corridor is no region: a part must hold a ball that clearly exceeds the gap.
    is_part = np.zeros(core_count, bool)
    is_part[flat_core[runs_of(eroded(paper, _disc(radius + 1))).first]] = True
    divided = np.bincount(component[is_part], minlength=found.count) >= 2
    is_part &= divided[component]
    if not is_part.any():
        return found

    # Where parts reach a pixel at once the highest label takes it: the largest part, however the
    # drawing is turned.
    cores = components(core_label, core_count, runs)
    order = np.flatnonzero(is_part)
    order = order[np.argsort(cores.area[order], kind="stable")]
    label_of_core = np.zeros(core_count, np.int32)
    label_of_core[order] = np.arange(found.count, found.count + len(order))
    part = runs.painted(label_of_core[core_of_run])
    rim = flat_indices(paper - core)
    swelling = runs.pixels((divided[component] & ~is_part)[core_of_run])
    todo = np.concatenate([rim[divided[flat_found[rim]]], swelling])
    todo += todo // paper.shape[1] * 2 + paper.shape[1] + 3  # to flat indices with the margin
    left = _grow(part, todo, steps=math.ceil(1.5 * gap_px) + 2)
    root = np.arange(found.count + len(order), dtype=np.int32)
    if len(left):
        _join_through_channels(part, left, root)
    grown = np.bincount(part.reshape(-1)[todo], minlength=len(root))[found.count :]
    if (root != np.arange(len(root))).any():
        looked_up(root, part)
    deep = padded(eroded(paper, _disc(2 * radius)))
    found.neck = _necks(part, todo, deep, reach=math.ceil(2 * gap_px))
    np.maximum(found.label, part[1:-1, 1:-1], out=found.label)
    found.area[divided] = 0
    return _with_parts(
        found, cores, order, grown, target=root[found.count :] - found.count, radius=radius
    )


@lru_cache(maxsize=8)
def _disc(radius: float) -> Mask:
    """Pixels within a radius of the middle one: erosion by it is an exact distance threshold."""
    reach = math.floor(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


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
    left = np.sort(left)
    alley = _patches(left, stride)
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

    part_of_alley = np.zeros(len(left), np.int32)
    for which, touched in np.unique(np.concatenate(ends), axis=0).tolist():
        first = int(part_of_alley[which])
        if first == 0:
            part_of_alley[which] = touched
        else:
            parent[find(touched)] = find(first)
    flat[left] = part_of_alley[alley]
    root[:] = [find(item) for item in range(len(parent))]


def _patches(pixel: NDArray[np.intp], stride: int) -> NDArray[np.intp]:
    """Of each pixel, flat indices in order, the place of the first in its 4-connected patch.

    They are few, and a whole frame would have to be labelled to look for them there.
    """
    pairs = []
    for step in (1, stride):
        at = np.searchsorted(pixel, pixel + step)
        here = np.flatnonzero(pixel[np.minimum(at, len(pixel) - 1)] == pixel + step)
        pairs.append(np.stack([here, at[here]]))
    one, other = np.concatenate(pairs, axis=1)
    first = np.arange(len(pixel))
    while (apart := first[one] != first[other]).any():
        one, other = one[apart], other[apart]
        ends = np.sort(np.stack([first[one], first[other]]), axis=0)
        np.minimum.at(first, ends[1], ends[0])
        while (first != (further := first[first])).any():
            first = further
    return first


def _necks(
    part: NDArray[np.int32], todo: NDArray[np.intp], deep: Mask, reach: int
) -> NDArray[np.int32]:
    """Pairs of parts that do not meet in a gap.

    Behind a gap in a line the paper opens at once on both sides: a ball of twice the size fits
    within `reach` pixels. Where a strand of hair tapers or an arm meets a hip, it does not.
    """
    flat, stride = part.reshape(-1), part.shape[1]
    here = flat[todo]
    rows = []
    for step in (-1, 1, -stride, stride):
        there = flat[todo + step]
        meets = (there > 0) & (there != here)
        low = np.minimum(here[meets], there[meets])
        rows.append(np.column_stack([low, np.maximum(here[meets], there[meets]), todo[meets]]))
    pairs: set[tuple[int, int]] = set()
    gaps: set[tuple[int, int]] = set()
    for low, high, at in np.unique(np.concatenate(rows), axis=0).tolist():
        pairs.add((low, high))
        if (low, high) in gaps:
            continue
        y, x = divmod(at, stride)
        top, left = max(y - reach, 0), max(x - reach, 0)
        window = np.s_[top : y + reach + 1, left : x + reach + 1]
        if all(
            _is_within(deep[window] * (part[window] == side), x - left, y - top, reach)
            for side in (low, high)
        ):
            gaps.add((low, high))
    return np.array(sorted(pairs - gaps), np.int32).reshape(-1, 2)


def _is_within(mask: Mask, x: int, y: int, reach: int) -> bool:
    ys, xs = np.nonzero(mask)
    return bool(((ys - y) ** 2 + (xs - x) ** 2 <= reach * reach).any())


def _with_parts(
    found: Components,
    cores: Components,
    order: NDArray[np.intp],
    grown: NDArray[np.intp],
    *,
    target: NDArray[np.int32],
    radius: float,
) -> Components:
    """The components and their parts, measured.

    A part is one core or several, `target` says which, and what they grew into. Only the cores
    are measured exactly: their rims are as wide as the ball.
    """
    rim = math.floor(radius)
    count = len(order)
    area, middle = np.zeros(count, np.int32), np.zeros((count, 2))
    low, high = np.full((count, 2), np.iinfo(np.int32).max), np.zeros((count, 2), np.int32)
    core_area, box = cores.area[order], cores.box[order]
    np.add.at(area, target, core_area)
    np.add.at(middle, target, cores.centre[order] * core_area[:, None])
    np.minimum.at(low, target, box[:, :2] - rim)
    np.maximum.at(high, target, box[:, :2] + box[:, 2:] + rim)
    middle /= np.maximum(area, 1)[:, None]
    np.add.at(area, target, grown.astype(np.int32))
    size = np.where(area[:, None] > 0, high - low, 0)
    return Components(
        label=found.label,
        area=np.concatenate([found.area, area]),
        centre=np.concatenate([found.centre, middle]),
        box=np.concatenate([found.box, np.column_stack([low, size])]).astype(np.int32),
        neck=found.neck,
    )
