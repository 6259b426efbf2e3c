"""Where the paint of a shot is doubtful, read from the confidence of the painted frames."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..header import Window
from ..images import read_layer
from ..shot import FramePattern
from ..stream import Clock, ReadAhead

DOUBTFUL_BELOW = 0.5
"""Paint less sure than this is worth a look."""

_LEAST_PX = 64
"""Smaller patches are specks between lines, which nobody sees."""

_MOST_TOLD = 50
_READERS = 2


@dataclass(frozen=True)
class Doubt:
    """A patch of doubtful paint, through all the frames in which it is there.

    Attributes:
        first_frame, last_frame: From when to when, both included.
        frame: Where it is least sure; the rest is told of this frame.
        x, y, width, height: The box around it, pixels of the display window.
        pixels: Its area.
        confidence: Of its least sure part, 0..1; 0 stays unpainted unless a hint reaches it.

    """

    first_frame: int
    last_frame: int
    frame: int
    x: int
    y: int
    width: int
    height: int
    pixels: int
    confidence: float


def find_doubts(pattern: FramePattern, frames: Iterable[int]) -> list[Doubt]:
    """Doubtful patches of painted frames, worst first: least sure, then largest.

    A patch that lies over one of the frame before is the same patch, told once.

    Raises:
        FileError: A frame cannot be read, or has no confidence.

    """
    found: list[Doubt] = []
    before: NDArray[np.int32] | None = None
    whose: dict[int, int] = {}  # label in the frame before, to its place in `found`
    with ReadAhead(
        lambda frame: _patches(pattern.path(frame)),
        order := sorted(frames),
        ahead=_READERS,
        threads=_READERS,
        stop=threading.Event(),
        clock=Clock(),
    ) as ahead:
        for frame in order:
            label, patches = ahead.take(frame)
            still: dict[int, int] = {}
            for number, patch in patches.items():
                told = replace(patch.told, first_frame=frame, last_frame=frame, frame=frame)
                at = _same(before, patch.box, label[patch.box] == number, whose)
                if at is None or at in still.values():
                    at = len(found)
                    found.append(told)
                else:
                    found[at] = _together(found[at], told)
                still[number] = at
            before, whose = label, still
    return sorted(found, key=lambda doubt: (doubt.confidence, -doubt.pixels))


def worst(doubts: list[Doubt]) -> tuple[Doubt, ...]:
    """As many as a report has room for."""
    return tuple(doubts[:_MOST_TOLD])


@dataclass(frozen=True)
class _Patch:
    """A patch in one frame: what is to tell of it, and where it lies in the arrays."""

    told: Doubt
    box: tuple[slice, slice]


def _patches(path: Path) -> tuple[NDArray[np.int32], dict[int, _Patch]]:
    """Labels (H, W) of the doubtful patches of a frame, and the patches by label."""
    layer = read_layer(path, "confidence", role="confidence")
    confidence = layer.pixels[..., 0].astype(np.float32)
    mask = (confidence < DOUBTFUL_BELOW).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    left, top = _corner(layer.window, layer.display_window)
    patches = {}
    for number in range(1, count):
        x, y, width, height, pixels = (int(value) for value in stats[number])
        if pixels < _LEAST_PX:
            continue
        box = (slice(y, y + height), slice(x, x + width))
        least = round(float(confidence[box][label[box] == number].min()), 4)
        told = Doubt(0, 0, 0, x + left, y + top, width, height, pixels, least)
        patches[number] = _Patch(told, box)
    return np.asarray(label, np.int32), patches


def _corner(window: Window, display: Window) -> tuple[int, int]:
    return window.x - display.x, window.y - display.y


def _same(
    before: NDArray[np.int32] | None,
    box: tuple[slice, slice],
    here: NDArray[np.bool_],
    whose: dict[int, int],
) -> int | None:
    """Which patch of the frame before this one lies over, if any."""
    if before is None or not whose:
        return None
    under = np.bincount(before[box][here])
    known = [number for number in whose if number < len(under) and under[number] > 0]
    return whose[max(known, key=lambda number: int(under[number]))] if known else None


def _together(earlier: Doubt, later: Doubt) -> Doubt:
    """One patch through two frames, told of the one where it is less sure."""
    worse = min(earlier, later, key=lambda doubt: (doubt.confidence, -doubt.pixels))
    return replace(worse, first_frame=earlier.first_frame, last_frame=later.last_frame)
