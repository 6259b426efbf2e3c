"""Division of patches of paper that only a closed gap holds together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from .masks import Mask, disc, eroded
from .runs import Indices, Patches, Runs, patches, runs_of


@dataclass(frozen=True, eq=False)
class Division:
    """Patches that are divided, and the parts that they come to.

    Attributes:
        divided: (N,) bool, of every patch.
        core, of_core: The runs of the parts' cores, and (K,) intp, the part of each.
        pixel, of_pixel: (P,) intp, flat indices with the margin of all other pixels of the divided
            patches, and the part of each.
        area: (M,) int32, pixels of each part; 0 for one that was joined to another.
        centre: (M, 2) float64, mean x and y.
        box: (M, 4) int32, left, top, width, height.
        neck: (J, 2) int32, pairs of parts that do not meet in a gap.

    """

    divided: NDArray[np.bool_]
    core: Runs
    of_core: Indices
    pixel: Indices
    of_pixel: Indices
    area: NDArray[np.int32]
    centre: NDArray[np.float64]
    box: NDArray[np.int32]
    neck: NDArray[np.int32]

    @classmethod
    def of_nothing(cls, found: Patches) -> Division:
        """No patch is divided."""
        none = np.zeros(0, np.intp)
        return cls(
            divided=np.zeros(found.count, np.bool_),
            core=Runs(none, none, found.runs.shape),
            of_core=none,
            pixel=none,
            of_pixel=none,
            area=np.zeros(0, np.int32),
            centre=np.zeros((0, 2)),
            box=np.zeros((0, 4), np.int32),
            neck=np.zeros((0, 2), np.int32),
        )


def divide_at_gaps(found: Patches, paper: Mask, gap_px: float) -> Division:
    """Divide patches of paper that only a closed gap holds together.

    Args:
        found: The 4-connected patches of the paper.
        paper: The paper.
        gap_px: Widest gap that is closed, in pixels; above 0.

    """
    # In the middle of a gap g pixels wide, the nearest ink is at most (g + 1) / 2 away.
    radius = (gap_px + 1) / 2
    runs = runs_of(eroded(paper, disc(radius)))
    cores = patches(runs, connectivity=8)
    patch_of_core = np.zeros(cores.count, np.intp)
    patch_of_core[cores.of_run] = found.of_run[runs.within(found.runs)]
    # A swelling in a corridor is no region: a part must hold a ball that clearly exceeds the gap.
    is_part = np.zeros(cores.count, np.bool_)
    is_part[cores.of_run[runs_of(eroded(paper, disc(radius + 1))).within(runs)]] = True
    divided = np.bincount(patch_of_core[is_part], minlength=found.count) >= 2
    is_part &= divided[patch_of_core]
    if not is_part.any():
        return Division.of_nothing(found)

    # Where parts reach a pixel at once the highest number takes it: the largest part, however the
    # drawing is turned.
    order = np.flatnonzero(is_part)
    order = order[np.argsort(cores.area[order], kind="stable")]
    part_of_core = np.full(cores.count, -1, np.int32)
    part_of_core[order] = np.arange(len(order))
    has_part = is_part[cores.of_run]
    core = runs.chosen(has_part)
    of_core = part_of_core[cores.of_run[has_part]]
    pixel = found.runs.chosen(divided[found.of_run]).without(core).pixels()
    part = core.painted(of_core + 1)
    left = _grow(part, pixel, steps=math.ceil(1.5 * gap_px) + 2)
    root = np.arange(len(order))
    if len(left):
        root = _join_through_channels(part, left, len(order))
    flat = part.reshape(-1)
    grown = np.bincount(flat[pixel], minlength=len(order) + 1)[1:]
    of_pixel = root[flat[pixel] - 1]
    neck = _necks(part, pixel, root, paper, 2 * radius, reach=math.ceil(2 * gap_px))
    area, centre, box = _measured(cores, order, grown, root, rim=math.floor(radius))
    return Division(
        divided=divided,
        core=core,
        of_core=root[of_core],
        pixel=pixel,
        of_pixel=of_pixel,
        area=area,
        centre=centre,
        box=box,
        neck=neck,
    )


def _grow(part: NDArray[np.int32], todo: Indices, steps: int) -> Indices:
    """Grow the parts into the pixels to do, one 4-connected step at a time; those left over."""
    flat, stride = part.reshape(-1), part.shape[1]
    for _ in range(steps):
        if not len(todo):
            break
        reached = np.maximum(flat[todo - 1], flat[todo + 1])
        np.maximum(reached, flat[todo - stride], out=reached)
        np.maximum(reached, flat[todo + stride], out=reached)
        flat[todo] = reached
        todo = todo[reached == 0]
    return todo


def _join_through_channels(part: NDArray[np.int32], left: Indices, count: int) -> Indices:
    """Give what lies deep in a channel to the part it opens to; a channel with two ends joins them.

    Gaps are short: growing from both ends has met in the middle of every one of them. What is
    still open is a blind alley or a corridor. Returns (count,) the part that each becomes.
    """
    flat, stride = part.reshape(-1), part.shape[1]
    left = np.sort(left)
    alley = _patches(left, stride)
    ends = []
    for step in (-1, 1, -stride, stride):
        neighbour = flat[left + step]
        touches = neighbour > 0
        ends.append(np.column_stack([alley[touches], neighbour[touches]]))

    parent = list(range(count))

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
            parent[find(touched - 1)] = find(first - 1)
    flat[left] = part_of_alley[alley]
    return np.array([find(item) for item in range(count)])


def _patches(pixel: Indices, stride: int) -> Indices:
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
    part: NDArray[np.int32],
    pixel: Indices,
    root: Indices,
    paper: Mask,
    radius: float,
    *,
    reach: int,
) -> NDArray[np.int32]:
    """Pairs of parts that do not meet in a gap; `root` is what a part on the map was joined to.

    Behind a gap in a line the paper opens at once on both sides: a ball of twice the size fits
    within `reach` pixels. Where a strand of hair tapers or an arm meets a hip, it does not.
    """
    flat, stride = part.reshape(-1), part.shape[1]
    here = flat[pixel]
    rows = []
    for step in (-1, 1, -stride, stride):
        there = flat[pixel + step]
        meets = np.flatnonzero((there > 0) & (there != here))
        one, other = root[here[meets] - 1], root[there[meets] - 1]
        rows.append(np.column_stack([np.minimum(one, other), np.maximum(one, other), pixel[meets]]))
    met = np.concatenate(rows)
    met = np.unique(met[met[:, 0] != met[:, 1]], axis=0)
    if not len(met):
        return np.zeros((0, 2), np.int32)
    sides, at = met[:, :2], met[:, 2]
    opens = _opens(part, root, paper, at, sides, radius=radius, reach=reach)
    gaps = set(map(tuple, sides[opens].tolist()))
    necks = sorted(set(map(tuple, sides.tolist())) - gaps)
    return np.array(necks, np.int32).reshape(-1, 2)


def _opens(
    part: NDArray[np.int32],
    root: Indices,
    paper: Mask,
    at: Indices,
    sides: NDArray[np.intp],
    *,
    radius: float,
    reach: int,
) -> NDArray[np.bool_]:
    """(L,) whether a ball fits into both of the parts that meet at a place, within `reach` of it.

    Args:
        part: (H + 2, W + 2), the parts from 1 on, as they were grown.
        root: (M,), the part that each of them was joined to.
        paper: (H, W), what balls fit into.
        at: (L,) flat indices with the margin, the places.
        sides: (L, 2), the two parts that meet there.
        radius: Of the ball, in pixels.
        reach: In pixels.

    """
    y, x = np.divmod(at, part.shape[1])
    # Only around the places, and as wide again as the ball, which the cut must not help to fit.
    rim = reach + math.floor(radius) + 1
    top, left = max(int(y.min()) - 1 - rim, 0), max(int(x.min()) - 1 - rim, 0)
    box = np.s_[top : int(y.max()) + rim, left : int(x.max()) + rim]
    deep = np.zeros(part.shape, np.uint8)
    deep[1:-1, 1:-1][box] = eroded(paper[box], disc(radius))
    dy, dx = np.nonzero(disc(float(reach)))
    dy, dx = dy - reach, dx - reach
    ys, xs = y[:, None] + dy, x[:, None] + dx
    inside = (ys > 0) & (ys < part.shape[0] - 1) & (xs > 0) & (xs < part.shape[1] - 1)
    place, other = np.nonzero(inside)
    around = ys[place, other] * part.shape[1] + xs[place, other]
    fits = deep.reshape(-1)[around] > 0
    owner = part.reshape(-1)[around[fits]]
    place, owner = place[fits][owner > 0], root[owner[owner > 0] - 1]
    found = np.zeros((len(at), 2), np.bool_)
    for side in (0, 1):
        found[place[owner == sides[place, side]], side] = True
    return cast(NDArray[np.bool_], found.all(axis=1))


def _measured(
    cores: Patches,
    order: Indices,
    grown: NDArray[np.intp],
    target: Indices,
    *,
    rim: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Area, centre and box of the parts.

    A part is one core or several, `target` says which, and what they grew into. Only the cores
    are measured exactly: their rims are as wide as the ball.
    """
    count = len(order)
    area, centre = np.zeros(count, np.int32), np.zeros((count, 2))
    low, high = np.full((count, 2), np.iinfo(np.int32).max), np.zeros((count, 2), np.int32)
    core_area, box = cores.area[order], cores.box[order]
    np.add.at(area, target, core_area)
    np.add.at(centre, target, cores.centre[order] * core_area[:, None])
    np.minimum.at(low, target, box[:, :2] - rim)
    np.maximum.at(high, target, box[:, :2] + box[:, 2:] + rim)
    centre /= np.maximum(area, 1)[:, None]
    np.add.at(area, target, grown.astype(np.int32))
    size = np.where(area[:, None] > 0, high - low, 0)
    return area, centre, np.column_stack([low, size]).astype(np.int32)
