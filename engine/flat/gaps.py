"""Division of patches of paper that only a closed gap holds together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .masks import Mask, disc, eroded
from .runs import Indices, Patches, Runs, patches, runs_of

_LEAST_GAP_PX = 2.0  # half of a gap is closed too, unless it is less than this


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

    Large parts first: they must hold a ball that no gap of `gap_px` lets through. Where no such
    ball fits at all, there may be a smaller part behind a smaller gap.

    Args:
        found: The 4-connected patches of the paper.
        paper: The paper.
        gap_px: Widest gap that is closed, in pixels; above 0.

    """
    levels = [_Level.of(found, paper, gap_px)]
    if gap_px >= 2 * _LEAST_GAP_PX:
        levels.append(_Level.of(found, paper, gap_px / 2).beside(levels[0]))
    parts_of_patch = np.zeros(found.count, np.intp)
    for level in levels:
        parts_of_patch += np.bincount(level.patch[level.is_part], minlength=found.count)
    divided = parts_of_patch >= 2
    if not divided.any():
        return Division.of_nothing(found)
    levels = [level.within(divided) for level in levels]
    return _divided(found, paper, divided, levels)


@dataclass(frozen=True, eq=False)
class _Level:
    """Where balls of one size fit.

    Attributes:
        gap_px: Width of the gaps that the ball does not pass.
        cores: The patches that the middle of the ball can be in.
        patch: (C,) intp, the patch of paper that each core lies in.
        is_part: (C,) bool, whether a core stands for a part.

    """

    gap_px: float
    cores: Patches
    patch: Indices
    is_part: NDArray[np.bool_]

    @classmethod
    def of(cls, found: Patches, paper: Mask, gap_px: float) -> _Level:
        """The cores of a gap's width."""
        radius = _radius(gap_px)
        runs = runs_of(eroded(paper, disc(radius)))
        cores = patches(runs, connectivity=8)
        patch = np.zeros(cores.count, np.intp)
        patch[cores.of_run] = found.of_run[runs.within(found.runs)]
        # A swelling in a corridor is no region: a part holds a ball that clearly exceeds the gap.
        is_part = np.zeros(cores.count, np.bool_)
        is_part[cores.of_run[runs_of(eroded(paper, disc(radius + 1))).within(runs)]] = True
        return cls(gap_px, cores, patch, is_part)

    def beside(self, coarser: _Level) -> _Level:
        """Only parts where none of a coarser level is."""
        is_part = self.is_part.copy()
        is_part[self.cores.of_run[coarser.runs.within(self.cores.runs)]] = False
        return _Level(self.gap_px, self.cores, self.patch, is_part)

    def within(self, divided: NDArray[np.bool_]) -> _Level:
        """Only parts of patches that are divided, (N,) bool."""
        return _Level(self.gap_px, self.cores, self.patch, self.is_part & divided[self.patch])

    @property
    def runs(self) -> Runs:
        """The runs of the parts' cores."""
        return self.cores.runs.chosen(self.is_part[self.cores.of_run])


def _radius(gap_px: float) -> float:
    """Of the ball: in the middle of a gap g wide, the nearest ink is at most (g + 1) / 2 away."""
    return (gap_px + 1) / 2


def _divided(
    found: Patches, paper: Mask, divided: NDArray[np.bool_], levels: list[_Level]
) -> Division:
    """The parts of the patches that are divided."""
    # Where parts reach a pixel at once the highest number takes it: the largest part, however the
    # drawing is turned.
    area = np.concatenate([level.cores.area[level.is_part] for level in levels])
    number = np.empty(len(area), np.int32)
    number[np.argsort(area, kind="stable")] = np.arange(len(area))
    parts_of_level = np.split(number, np.cumsum([level.is_part.sum() for level in levels])[:-1])
    core, of_core = levels[0].runs, _of_run(levels[0], parts_of_level[0])
    pixel = found.runs.chosen(divided[found.of_run]).without(core).pixels()
    # What grows is gathered pixel by pixel: that costs by how much of the map fits the cache.
    kind = np.min_scalar_type(len(number))
    part = core.painted((of_core + 1).astype(kind))
    flat = part.reshape(-1)
    left = pixel
    for before, level, parts in zip(levels, levels[1:], parts_of_level[1:], strict=False):
        # What larger balls cover is grown first, so that both sides of a gap start level.
        left = _grow(part, left, steps=round(_radius(before.gap_px) - _radius(level.gap_px)))
        inside = level.runs.pixels()
        value = np.repeat((_of_run(level, parts) + 1).astype(kind), level.runs.length)
        flat[inside] = np.where(flat[inside] == 0, value, flat[inside])
        left = left[flat[left] == 0]
    left = _grow(part, left, steps=math.ceil(1.5 * levels[0].gap_px) + 2)
    root = np.arange(len(number))
    if len(left):
        root = _join_through_channels(part, left, len(number))
    of_pixel, root_of_core = root[flat[pixel].astype(np.intp) - 1], root[of_core]
    gap_px = np.empty(len(number))
    for level, parts in zip(levels, parts_of_level, strict=True):
        gap_px[parts] = level.gap_px
    whole = np.bincount(root_of_core, core.length, len(number))
    whole += np.bincount(of_pixel, minlength=len(number))
    centre, box = _measured(levels, parts_of_level, root)
    return Division(
        divided=divided,
        core=core,
        of_core=root_of_core,
        pixel=pixel,
        of_pixel=of_pixel,
        area=whole.astype(np.int32),
        centre=centre,
        box=box,
        neck=necks_at(part, pixel, root, paper, gap_px),
    )


def _of_run(level: _Level, parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """The part of each of a level's runs."""
    part_of_core = np.full(level.cores.count, -1, np.int32)
    part_of_core[level.is_part] = parts
    of_run = part_of_core[level.cores.of_run]
    return of_run[of_run >= 0]


def _grow(part: NDArray[Any], todo: Indices, steps: int) -> Indices:
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


def _join_through_channels(part: NDArray[Any], left: Indices, count: int) -> Indices:
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


def necks_at(
    part: NDArray[Any],
    pixel: Indices,
    root: Indices,
    paper: Mask,
    gap_px: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Pairs of parts that do not meet in a gap.

    Behind a gap in a line the paper opens at once on both sides: a ball of twice the size fits
    within twice the gap's width. Where a strand of hair tapers or an arm meets a hip, it does not.

    Args:
        part: (H + 2, W + 2), the parts from 1 on, as they were grown.
        pixel: Flat indices, with the margin, of the pixels where parts can meet.
        root: (M,), the part that each of them was joined to.
        paper: (H, W).
        gap_px: (M,), the width of the gaps that divide each part from others.

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
    sides, at = met[:, :2], met[:, 2]
    width = gap_px[sides].min(axis=1)
    opens = np.zeros(len(met), np.bool_)
    for gap in np.unique(width).tolist():
        which = width == gap
        opens[which] = _opens(
            part,
            root,
            paper,
            at[which],
            sides[which],
            radius=2 * _radius(gap),
            reach=math.ceil(2 * gap),
        )
    gaps = set(map(tuple, sides[opens].tolist()))
    necks = sorted(set(map(tuple, sides.tolist())) - gaps)
    return np.array(necks, np.int32).reshape(-1, 2)


def _opens(
    part: NDArray[Any],
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
    levels: list[_Level], parts_of_level: list[NDArray[np.int32]], root: Indices
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Centre and box of the parts.

    A part is one core or several, `root` says which. Only cores are measured: what they grew into
    is hardly wider than the ball.
    """
    count = len(root)
    area, centre = np.zeros(count), np.zeros((count, 2))
    low, high = np.full((count, 2), np.iinfo(np.int32).max), np.zeros((count, 2), np.int32)
    for level, parts in zip(levels, parts_of_level, strict=True):
        of_core, cores, rim = root[parts], level.cores, math.floor(_radius(level.gap_px))
        core_area, box = cores.area[level.is_part], cores.box[level.is_part]
        np.add.at(area, of_core, core_area)
        np.add.at(centre, of_core, cores.centre[level.is_part] * core_area[:, None])
        np.minimum.at(low, of_core, box[:, :2] - rim)
        np.maximum.at(high, of_core, box[:, :2] + box[:, 2:] + rim)
    size = np.where(area[:, None] > 0, high - low, 0)
    box = np.column_stack([low, size]).astype(np.int32)
    return centre / np.maximum(area, 1)[:, None], box
