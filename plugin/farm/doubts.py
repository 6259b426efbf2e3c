"""Where the paint of a shot is doubtful, read from the confidence of the painted frames."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..header import Window
from ..images import read_layer
from ..publish.measure import spots
from ..publish.options import Limits
from ..shot import FramePattern
from ..stream import Clock, ReadAhead

DOUBTFUL_BELOW = Limits.doubtful_below
"""Paint less sure than this is worth a look, here as when it is published."""

_LEAST_PX = 64
"""Smaller patches are specks between lines, which nobody sees in a list of a whole episode."""

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
        confidence: 0..1; 0 where no evidence reached it.

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

    A patch whose box lies over that of a patch of the frame before is the same patch, told once.

    Raises:
        FileError: A frame cannot be read, or has no confidence.

    """
    found: list[Doubt] = []
    current: dict[int, Doubt] = {}  # the patches of the frame before, by their place in `found`
    with ReadAhead(
        lambda frame: _patches(pattern.path(frame), frame),
        order := sorted(frames),
        ahead=_READERS,
        threads=_READERS,
        stop=threading.Event(),
        clock=Clock(),
    ) as ahead:
        for frame in order:
            following: dict[int, Doubt] = {}
            for patch in ahead.take(frame):
                at = _same(current, patch)
                if at is None:
                    at = len(found)
                    found.append(patch)
                else:
                    del current[at]  # nobody else can be the same
                    found[at] = _together(found[at], patch)
                following[at] = patch
            current = following
    return sorted(found, key=_worst_first)


def worst(doubts: list[Doubt]) -> tuple[Doubt, ...]:
    """As many as a report has room for."""
    return tuple(doubts[:_MOST_TOLD])


def _patches(path: Path, frame: int) -> list[Doubt]:
    """The doubtful patches of a frame, largest first; parts of unequal confidence are apart."""
    layer = read_layer(path, "confidence", role="confidence")
    confidence = layer.pixels[..., 0].astype(np.float16, copy=False)
    low = confidence < DOUBTFUL_BELOW
    if not low.any():
        return []
    apart = np.zeros_like(low)
    apart[:, :-1] = low[:, 1:] & (confidence[:, 1:] != confidence[:, :-1])
    apart[:-1] |= low[1:] & (confidence[1:] != confidence[:-1])
    low &= ~apart
    # Boxes as an artist counts pixels: from the corner of the display window.
    display = layer.display_window
    x, y = layer.window.x - display.x, layer.window.y - display.y
    window = Window(x, y, layer.window.width, layer.window.height)
    return [
        Doubt(frame, frame, frame, *spot.box, spot.area_px, round(spot.value, 4))
        for spot in spots(low.view(np.uint8), window, confidence)
        if spot.area_px >= _LEAST_PX
    ]


def _same(current: dict[int, Doubt], patch: Doubt) -> int | None:
    """The place of the patch whose box shares most with this one's; None where none does."""
    shares = {place: _shared(earlier, patch) for place, earlier in current.items()}
    most = max(shares, key=lambda place: shares[place], default=None)
    return most if most is not None and shares[most] > 0 else None


def _shared(earlier: Doubt, later: Doubt) -> float:
    """How much of their boxes two patches share, 0..1."""
    width = min(earlier.x + earlier.width, later.x + later.width) - max(earlier.x, later.x)
    height = min(earlier.y + earlier.height, later.y + later.height) - max(earlier.y, later.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (earlier.width * earlier.height + later.width * later.height - shared)


def _together(earlier: Doubt, later: Doubt) -> Doubt:
    """One patch through two frames, told of the one where it is less sure."""
    worse = min(earlier, later, key=_worst_first)
    return replace(worse, first_frame=earlier.first_frame, last_frame=later.last_frame)


def _worst_first(doubt: Doubt) -> tuple[float, int]:
    return (doubt.confidence, -doubt.pixels)
