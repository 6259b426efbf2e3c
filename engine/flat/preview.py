"""What was found in a drawing, to look at: the gaps that were closed, and colours for regions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..settings import FlatSettings
from .masks import below
from .regions import Regions

_GOLDEN = 0.618034  # turns of hue that come nearest to a hue of before as late as can be


@dataclass(frozen=True)
class ClosedGap:
    """A place where two regions meet on bare paper.

    Attributes:
        x, y: Its middle, in pixels.
        width_px: From lip to lip.
        regions: The two regions, the lower number first.
        is_neck: True where it does not look like a gap in a line: most likely one thing.

    """

    x: int
    y: int
    width_px: float
    regions: tuple[int, int]
    is_neck: bool


def closed_gaps(regions: Regions) -> tuple[ClosedGap, ...]:
    """Every gap that was closed, from the top."""
    label, paper = regions.label, regions.paper > 0
    meets: dict[tuple[int, int], list[NDArray[np.intp]]] = {}
    for step, axis in ((1, 1), (label.shape[1], 0)):
        first = label[:, :-1] if axis == 1 else label[:-1]
        second = label[:, 1:] if axis == 1 else label[1:]
        both = (paper[:, :-1] & paper[:, 1:]) if axis == 1 else (paper[:-1] & paper[1:])
        y, x = np.nonzero((first != second) & both)
        at = y * label.shape[1] + x
        one, other = label.reshape(-1)[at], label.reshape(-1)[at + step]
        sides = np.column_stack([np.minimum(one, other), np.maximum(one, other)])
        pairs, of_pair = np.unique(sides, axis=0, return_inverse=True)
        for number, (low, high) in enumerate(pairs.tolist()):
            meets.setdefault((low, high), []).append(at[of_pair.reshape(-1) == number])
    necks = set(map(tuple, regions.neck.tolist()))
    gaps = [
        ClosedGap(x, y, width, pair, pair in necks)
        for pair, found in meets.items()
        for x, y, width in _places(np.unique(np.concatenate(found)), label.shape[1])
    ]
    return tuple(sorted(gaps, key=lambda gap: (gap.y, gap.x, gap.regions)))


def _places(at: NDArray[np.intp], stride: int) -> list[tuple[int, int, float]]:
    """Middle and length of every line of pixels that hang together, flat indices."""
    y, x = np.divmod(at, stride)
    top, left = int(y.min()), int(x.min())
    mask = np.zeros((int(y.max()) - top + 1, int(x.max()) - left + 1), np.uint8)
    mask[y - top, x - left] = 1
    count, label = cv2.connectedComponents(mask, connectivity=8)
    number = label[y - top, x - left]
    found = []
    for one in range(1, count):
        here = number == one
        xs, ys = x[here], y[here]
        middle = int(np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2))
        width = float(np.hypot(np.ptp(xs) + 1, np.ptp(ys) + 1)) if len(xs) > 1 else 1.0
        if np.ptp(xs) == 0 or np.ptp(ys) == 0:
            width = float(len(xs))
        found.append((int(xs[middle]), int(ys[middle]), width))
    return found


def specks(ink: NDArray[np.uint8], regions: Regions, settings: FlatSettings) -> NDArray[np.bool_]:
    """(H, W) bool, paper that was too little for a region and joined its neighbour."""
    joined: NDArray[np.bool_] = (below(ink, settings.ink_threshold) > 0) & (regions.paper == 0)
    return joined


class RegionColours:
    """Colours for the regions of drawing after drawing; a region that stays keeps its colour.

    A region is the same one where it and a region of the drawing before cover most of each other,
    among all that they overlap. That is enough to look at, and no more.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.int32] | None = None
        self._name_before = np.zeros(0, np.intp)
        self._names = 0

    def of(self, regions: Regions) -> NDArray[np.uint8]:
        """(R, 3) uint8 sRGB of the next drawing's regions."""
        name = np.full(regions.count, -1, np.intp)
        if self._before is not None and self._before.shape == regions.label.shape:
            overlap = np.zeros((regions.count, len(self._name_before)), np.int64)
            step = np.s_[::2, ::2]
            np.add.at(overlap, (regions.label[step].ravel(), self._before[step].ravel()), 1)
            best, back = overlap.argmax(axis=1), overlap.argmax(axis=0)
            row = np.arange(regions.count)
            stays = (back[best] == row) & (overlap[row, best] > 0)
            name[stays] = self._name_before[best[stays]]
        new = name < 0
        name[new] = self._names + np.arange(int(new.sum()))
        self._names += int(new.sum())
        self._before, self._name_before = regions.label, name
        return colour_of(name)


def colour_of(name: NDArray[np.intp]) -> NDArray[np.uint8]:
    """(N, 3) uint8 sRGB of numbers: light colours, none of which is magenta."""
    turn = name * _GOLDEN % 1
    hue = (turn * 230 + 345) % 360 / 2  # OpenCV's hues go from 0 to 180; 215..345 are kept free
    hsv = np.column_stack([hue, 70 + name % 3 * 45, 255 - name // 3 % 2 * 45]).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB))[0]
