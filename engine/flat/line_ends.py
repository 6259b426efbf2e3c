"""Bridges across breaks in lines: from the end of a line to the one that goes on behind the break.

Balls close a gap where they fit on both sides of it (`gaps`). In a strip narrower than the gap, a
fold, an eyelid, a strand of hair, none fits; there the line itself tells where it went on. Ends
that face each other are joined wherever they are. An end by itself may be meant, as that of a nose
or a crease is: only in drawings whose lines are broken in many places it is led on to the line
ahead of it, and are wider breaks closed. What does not divide any paper is left as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .masks import Mask
from .runs import Indices, Patches, patches, runs_of

_Points = NDArray[np.intp]
_Flags = NDArray[np.bool_]

_FRAME_PX = 2  # a line that leaves the frame does not end there
_SLENDER = 0.7  # least length of a tip, in widths of it
_SMOOTH = 3  # points to each side of a tip that tell where it points
_TO_END = 1.5  # longest bridge from end to end, in gaps, where lines are broken; else about one
_AHEAD = 0.6  # least cosine between where an end points and where the other end is
_AGAINST = 0.5  # least cosine between where one points and where the other comes from
_BROKEN, _BREAKS = 0.2, 8  # share of ends that face another one, and pairs, in broken lines
_TO_LINE = 1.0  # longest bridge from an end to a line, in gaps
_TURNS = (0.0, 15.0, -15.0)  # degrees off its heading that an end is led on, best first
_LEAST_AREA = 0.5  # of what a bridge divides off, in squares of the gap


def bridge_line_ends(paper: Mask, gap_px: float) -> tuple[Indices, bool]:
    """The paper to close so that broken lines go on.

    Args:
        paper: (H, W).
        gap_px: Widest gap that is closed, in pixels; above 0. In drawings of broken lines, ends
            that face each other are bridged over one and a half times that.

    Returns:
        (N,) intp in order, flat indices of the paper under all bridges that divide it; and whether
        the drawing's lines are broken. If they are not, both ends of a bridge may have been meant.

    """
    ink = paper ^ np.uint8(1)
    outlines = _Outlines.of(ink)
    ends = outlines.ends(gap_px)
    one, other = _facing(ends, ink, gap_px)
    bridges = _Bridges(ends.tip[one], ends.tip[other])
    are_broken = len(one) >= max(_BREAKS, _BROKEN * len(ends.tip) / 2)
    if are_broken:
        taken = np.zeros(len(ends.tip), np.bool_)
        taken[one] = taken[other] = True
        at, _ = bridges.pixels(paper)
        ink.reshape(-1)[at] = 1
        bridges = bridges.and_those_of(_to_lines(ends.chosen(~taken), ink, gap_px))
    else:
        short = bridges.length <= gap_px + 1
        bridges, coast = bridges.chosen(short), outlines.coasts()[ends.outline]
        bridges = bridges.chosen(_in_circles(coast[one[short]], coast[other[short]]))
    if not bridges.count:
        return np.zeros(0, np.intp), are_broken
    divide = _divide(bridges, paper, _LEAST_AREA * gap_px * gap_px)
    return np.unique(bridges.chosen(divide).pixels(paper)[0]), are_broken


@dataclass(frozen=True, eq=False)
class _Ends:
    """Ends of lines.

    Attributes:
        tip: (N, 2) intp, x and y of a pixel of ink.
        heading: (N, 2) float64, unit vectors along the line and out of it.
        outline: (N,) intp, which outline each is a tip of.

    """

    tip: _Points
    heading: NDArray[np.float64]
    outline: Indices

    def chosen(self, which: _Flags) -> _Ends:
        """Some of them."""
        return _Ends(self.tip[which], self.heading[which], self.outline[which])


@dataclass(frozen=True, eq=False)
class _Bridges:
    """Straight lines from ink to ink: (B, 2) intp, x and y where each begins and where it ends."""

    begin: _Points
    end: _Points

    @property
    def count(self) -> int:
        """B."""
        return len(self.begin)

    @property
    def length(self) -> NDArray[np.float64]:
        """(B,) from middle to middle of the first pixel and the last one, both of ink."""
        lengths: NDArray[np.float64] = np.hypot(*(self.end - self.begin).T)
        return lengths

    def pixels(self, paper: Mask) -> tuple[Indices, Indices]:
        """Flat indices of the paper under them, and the bridge of each; 4-connected paper stops."""
        across = self.end - self.begin
        steps = np.abs(across).max(axis=1, initial=0)
        of_pixel = np.repeat(np.arange(self.count), steps + 1)
        step = np.arange(len(of_pixel)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
        share = step / np.maximum(steps, 1)[of_pixel]
        x, y = np.rint(self.begin[of_pixel] + across[of_pixel] * share[:, None]).astype(np.intp).T
        at = y * paper.shape[1] + x
        bare = paper.reshape(-1)[at] > 0
        return at[bare], of_pixel[bare]

    def chosen(self, which: _Flags) -> _Bridges:
        """Some of them."""
        return _Bridges(self.begin[which], self.end[which])

    def and_those_of(self, other: _Bridges) -> _Bridges:
        """Both."""
        return _Bridges(
            np.concatenate([self.begin, other.begin]), np.concatenate([self.end, other.end])
        )


@dataclass(frozen=True, eq=False)
class _Outlines:
    """The outlines of all ink, one after the other; the ink is always on the same hand.

    Attributes:
        point: (P, 2) int32, x and y.
        first: (C,) intp, where each outline begins.
        length: (C,) intp, its points.
        shape: (H, W) of the drawing.

    """

    point: NDArray[np.int32]
    first: Indices
    length: Indices
    shape: tuple[int, ...]

    @classmethod
    def of(cls, ink: Mask) -> _Outlines:
        """Of all lines of a drawing."""
        found = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
        length = np.array([len(one) for one in found], np.intp)
        point = np.concatenate(found)[:, 0] if found else np.zeros((0, 2), np.int32)
        return cls(np.asarray(point, np.int32), np.cumsum(length) - length, length, ink.shape)

    def ends(self, gap_px: float) -> _Ends:
        """Where an outline turns back: long tips, measured by how far apart their sides are."""
        reach = round(gap_px) + 2
        at = self._narrow(reach)
        outline = np.searchsorted(self.first, at, "right") - 1
        arc = np.minimum(reach, self.length[outline] // 4)
        out, across = self._tip(at, outline, arc)
        length, width = np.hypot(*out.T), np.hypot(*across.T)
        convex = across[:, 0] * out[:, 1] >= across[:, 1] * out[:, 0]
        is_end = convex & (length > 2 * _SLENDER * np.maximum(width, 1))
        sharp = np.full(len(self.point), -np.inf)
        sharp[at[is_end]] = (length - width)[is_end]
        at, outline, arc, heading = at[is_end], outline[is_end], arc[is_end], out[is_end]
        # Of the points of one tip the sharpest stands for it; the first of several.
        is_sharpest = np.ones(len(at), np.bool_)
        for step in range(1, reach + 1):
            before, behind = self._beyond(at, outline, -step), self._beyond(at, outline, step)
            sharpest = (sharp[at] > sharp[before]) & (sharp[at] >= sharp[behind])
            is_sharpest &= sharpest | (step > arc)
        highest = np.array(self.shape)[::-1] - 1 - _FRAME_PX
        is_sharpest &= ((self.point[at] >= _FRAME_PX) & (self.point[at] <= highest)).all(axis=1)
        at, outline, arc, heading = (one[is_sharpest] for one in (at, outline, arc, heading))
        for step in range(1, _SMOOTH + 1):
            for there in (self._beyond(at, outline, -step), self._beyond(at, outline, step)):
                heading = heading + self._tip(there, outline, arc)[0]
        heading = heading / np.maximum(np.hypot(*heading.T), 1e-9)[:, None]
        return _Ends(self.point[at].astype(np.intp), heading, outline)

    def coasts(self) -> Indices:
        """(C,) a number for each outline, but one for all that the frame's edge joins."""
        last = np.array(self.shape)[::-1] - 1
        at = np.flatnonzero(((self.point == 0) | (self.point == last)).any(axis=1))
        coast = np.arange(1, len(self.first) + 1)
        coast[np.searchsorted(self.first, at, "right") - 1] = 0
        return coast

    def _narrow(self, reach: int) -> Indices:
        """Points that may be tips: `reach` steps to each side of them, the sides are near.

        That leaves a tenth of them. Where outlines begin, and on short ones, it is not asked.
        """
        if len(self.point) <= 2 * reach:
            return np.arange(len(self.point))
        x, y = np.ascontiguousarray(self.point.T)
        across, down = x[2 * reach :] - x[: -2 * reach], y[2 * reach :] - y[: -2 * reach]
        may_be = np.ones(len(self.point), np.bool_)
        may_be[reach:-reach] = across * across + down * down <= reach * reach
        for step in range(reach):
            may_be[self.first + np.minimum(step, self.length - 1)] = True
            may_be[self.first + self.length - 1 - np.minimum(step, self.length - 1)] = True
        short = np.flatnonzero(self.length < 4 * reach)
        length = self.length[short]
        within = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        may_be[np.repeat(self.first[short], length) + within] = True
        return np.flatnonzero(may_be)

    def _tip(
        self, at: Indices, outline: Indices, arc: Indices
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N, 2) twice the way from the middle between the sides to the tip; from side to side."""
        before = self.point[self._beyond(at, outline, -arc)].astype(np.float64)
        behind = self.point[self._beyond(at, outline, arc)]
        return 2 * self.point[at] - before - behind, behind - before

    def _beyond(self, at: Indices, outline: Indices, steps: Indices | int) -> Indices:
        """The points so many steps further along the same outlines."""
        first = self.first[outline]
        moved: Indices = first + (at - first + steps) % self.length[outline]
        return moved


def _facing(ends: _Ends, ink: Mask, gap_px: float) -> tuple[Indices, Indices]:
    """Pairs of ends of which each lies ahead of the other, with nothing but paper between them."""
    one, other = _near(ends.tip, _TO_END * gap_px)
    way = (ends.tip[other] - ends.tip[one]).astype(np.float64)
    way /= np.hypot(*way.T)[:, None]
    ahead = np.minimum(
        (way * ends.heading[one]).sum(axis=1), -(way * ends.heading[other]).sum(axis=1)
    )
    against = -(ends.heading[one] * ends.heading[other]).sum(axis=1)
    fits = np.flatnonzero((ahead >= _AHEAD) & (against >= _AGAINST))
    fits = fits[_is_bare(ends.tip[one[fits]], ends.tip[other[fits]], ink)]
    return one[fits], other[fits]


def _near(tip: _Points, reach: float) -> tuple[Indices, Indices]:
    """All pairs of different points that are at most so far apart."""
    order = np.argsort(tip[:, 0], kind="stable")
    x = tip[order, 0]
    number = np.searchsorted(x, x + reach, "right") - np.arange(len(x)) - 1
    one = np.repeat(np.arange(len(x)), number)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(number) - number, number)
    one, other = order[one], order[other]
    square = ((tip[one] - tip[other]) ** 2).sum(axis=1)
    near = (square > 0) & (square <= reach * reach)
    return one[near], other[near]


def _is_bare(begin: _Points, end: _Points, ink: Mask) -> _Flags:
    """Whether there is paper between two tips, in one piece."""
    samples = 2 * int(np.abs(end - begin).max(initial=0)) + 1
    share = np.linspace(0, 1, samples)[:, None, None]
    x, y = np.rint(begin + (end - begin) * share).astype(np.intp).transpose(2, 0, 1)
    is_ink = ink[y, x] > 0
    bare: _Flags = np.count_nonzero(is_ink[1:] != is_ink[:-1], axis=0) == 2
    return bare


def _to_lines(ends: _Ends, ink: Mask, gap_px: float) -> _Bridges:
    """From each end to the nearest line ahead of it."""
    away = np.arange(1, max(_TO_LINE * gap_px, 1) + 0.01, 0.5)
    nearest, goal = np.full(len(ends.tip), np.inf), ends.tip.copy()
    for degrees in _TURNS:
        sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        turned = ends.heading @ np.array([[cosine, sine], [-sine, cosine]])
        at = np.rint(ends.tip[:, None] + turned[:, None] * away[:, None]).astype(np.intp)
        np.clip(at, 0, np.array(ink.shape)[::-1] - 1, out=at)
        is_ink = ink[at[..., 1], at[..., 0]] > 0
        hit = is_ink & np.logical_or.accumulate(~is_ink, axis=1)
        which = np.flatnonzero(hit.any(axis=1))
        first = hit[which].argmax(axis=1)
        closer = away[first] < nearest[which]
        which, first = which[closer], first[closer]
        nearest[which], goal[which] = away[first], at[which, first]
    found = np.isfinite(nearest)
    return _Bridges(ends.tip[found], goal[found])


def _in_circles(one: Indices, other: Indices) -> _Flags:
    """Bridges that may divide paper: coast, bridge, coast, and so on come round in a circle.

    A bridge to a coast that no other one touches never does. Nearly all bridges of whole lines
    are such, from stroke to stroke, and no paper need be looked at.
    """
    left: _Flags = np.ones(len(one), np.bool_)
    while True:
        here = np.concatenate([one[left], other[left]])
        touches = np.bincount(here, minlength=int(here.max(initial=-1)) + 1)
        is_loose = left & (one != other)
        is_loose[left] &= np.minimum(touches[one[left]], touches[other[left]]) == 1
        if not is_loose.any():
            return left
        left &= ~is_loose


def _divide(bridges: _Bridges, paper: Mask, least_area: float) -> _Flags:
    """(B,) whether two patches of that area meet at a bridge once all bridges are there."""
    at, of_pixel = bridges.pixels(paper)
    closed = paper.copy()
    closed.reshape(-1)[at] = 0
    found = patches(runs_of(closed))
    y, x = np.divmod(at, paper.shape[1])
    margined, stride = (y + 1) * found.runs.stride + x + 1, found.runs.stride
    beside = [_patch_at(margined + step, found) for step in (-1, 1, -stride, stride)]
    patch, bridge = np.concatenate(beside), np.tile(of_pixel, len(beside))
    bridge, patch = bridge[patch >= 0], patch[patch >= 0]
    large = found.area[patch] >= least_area
    meeting = np.unique(np.column_stack([bridge[large], patch[large]]), axis=0)
    divides: _Flags = np.bincount(meeting[:, 0], minlength=bridges.count) >= 2
    return divides


def _patch_at(pixel: Indices, found: Patches) -> Indices:
    """The patch of each pixel, flat indices with the margin; -1 where there is no paper."""
    if not found.runs.count:
        return np.full(len(pixel), -1)
    run = np.maximum(np.searchsorted(found.runs.begin, pixel, "right") - 1, 0)
    inside = (found.runs.begin[run] <= pixel) & (pixel < found.runs.end[run])
    return np.where(inside, found.of_run[run], -1)
