"""Where the hints of a shot are, and which of them count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celtint.engine import DAB_ALPHA

from .header import Window
from .images import Layer


@dataclass(frozen=True)
class Dabs:
    """What the hints of one frame cover.

    Attributes:
        inside: Pixels that count and lie on the paper.
        outside: The box around those that count and lie beside it, None where there are none.
        covers_all: Every pixel of the paper counts, which is rarely what was meant.

    """

    inside: int
    outside: Window | None
    covers_all: bool


def dabs_of(layer: Layer, paper: Window) -> Dabs:
    """Look at the alpha of a hint layer; `paper` is the window that is painted."""
    alpha = layer.pixels[..., 3]
    is_float = alpha.dtype.kind == "f"
    least = DAB_ALPHA if is_float else math.ceil(DAB_ALPHA * np.iinfo(alpha.dtype).max)
    counts: NDArray[np.bool_] = alpha >= alpha.dtype.type(least)
    own = layer.window
    left, top = max(own.x, paper.x), max(own.y, paper.y)
    right = min(own.x + own.width, paper.x + paper.width)
    bottom = min(own.y + own.height, paper.y + paper.height)
    inside = 0
    if right > left and bottom > top:
        rows = slice(top - own.y, bottom - own.y)
        columns = slice(left - own.x, right - own.x)
        inside = int(np.count_nonzero(counts[rows, columns]))
    outside = None
    if inside < np.count_nonzero(counts):
        beside = counts.copy()
        if right > left and bottom > top:
            beside[rows, columns] = False
        ys, xs = np.flatnonzero(beside.any(axis=1)), np.flatnonzero(beside.any(axis=0))
        outside = Window(
            int(xs[0]) + own.x,
            int(ys[0]) + own.y,
            int(xs[-1] - xs[0]) + 1,
            int(ys[-1] - ys[0]) + 1,
        )
    return Dabs(inside, outside, covers_all=inside == paper.width * paper.height)
