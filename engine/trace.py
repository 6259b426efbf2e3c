"""Colour-trace lines: pure red, green or blue lines that bound shade and highlight.

They divide paint like any line, and then vanish in it: what lies under them belongs to the
neighbours. Which of a drawing's ink is trace, and what is left where trace and black ink meet, is
told by colour alone, as the drawing looks on white paper: there ink of a pure hue takes light from
one or two channels only, black takes it from all.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")
"""Names of hues, one every 60 degrees; each stands for what is nearest to it."""

USUAL_HUES = ("red", "green", "blue")
"""Hues that studios trace in, which `auto` looks for."""

_PURE = 0.5  # of the darkness of trace ink is colour; brown, navy and wine are less
_MIXED = 0.15  # the same of a pixel beside it, which may be mostly black
_LEAST_DARKNESS = 0.15  # fainter pixels have no hue that one could trust
_RIM_PX = 2  # how far the soft edge of a trace line reaches


@dataclass(frozen=True, eq=False)
class Trace:
    """Trace ink among some pixels.

    Attributes:
        member: (N,) bool, pixels that hold trace ink.
        black: (N,) float32, 0..1, coverage of the ink that stays there.
        covered: Trace ink in all, in pixels of full coverage.
        other: All other ink, likewise.

    """

    member: NDArray[np.bool_]
    black: NDArray[np.float32]
    covered: float
    other: float


def hues_of(setting: str) -> tuple[str, ...]:
    """The hues that a setting names, in the order of `HUES`: `auto`, `off`, or `red,blue`.

    >>> hues_of("blue, red")
    ('red', 'blue')

    """
    if setting.strip() == "off":
        return ()
    if setting.strip() == "auto":
        return USUAL_HUES
    named = {name.strip() for name in setting.split(",")}
    return tuple(hue for hue in HUES if hue in named)


def why_no_hues(setting: str) -> str | None:
    """What is wrong with a setting; None for a good one."""
    named = [name.strip() for name in setting.split(",")]
    if named in (["auto"], ["off"]) or (set(named) <= set(HUES) and len(set(named)) == len(named)):
        return None
    return f"expected auto, off, or some of {', '.join(HUES)}, got {setting!r}"


def find_trace(
    rgba: NDArray[np.float32],
    place: NDArray[np.intp],
    shape: tuple[int, int],
    hues: tuple[str, ...],
) -> Trace:
    """Find the trace ink of a drawing.

    Args:
        rgba: (N, 4) straight RGBA in the working space, of all pixels of the drawing that are not
            neutral; red, green and blue in 0..1 matter, what is beyond is clipped.
        place: (N,) flat indices of these pixels.
        shape: (H, W) of the drawing.
        hues: Names of hues, as from `hues_of`.

    """
    on_white = 1 - rgba[:, 3:] * (1 - np.clip(rgba[:, :3], 0, 1))
    least, most = on_white.min(axis=1), on_white.max(axis=1)
    darkness, chroma = 1 - least, most - least
    wanted = np.isin(_hue(on_white, most, chroma), [HUES.index(hue) for hue in hues])
    is_core = wanted & (darkness >= _LEAST_DARKNESS) & (chroma >= _PURE * darkness)
    near = np.zeros(shape, np.uint8)
    near.reshape(-1)[place[is_core]] = 1
    side = 2 * _RIM_PX + 1
    near = np.asarray(cv2.dilate(near, np.ones((side, side), np.uint8)))
    is_rim = (near.reshape(-1)[place] > 0) & (chroma >= _MIXED * darkness) & (darkness > 0)
    # A rim so faint that rounding makes its hue is rim all the same.
    member = is_core | (is_rim & (wanted | (darkness < _LEAST_DARKNESS)))
    black = np.where(member, 1 - most, darkness).astype(np.float32)
    covered = float(chroma[member].sum())
    return Trace(member, black, covered, float(darkness.sum()) - covered)


def _hue(
    rgb: NDArray[np.float32], most: NDArray[np.float32], chroma: NDArray[np.float32]
) -> NDArray[np.intp]:
    """(N,) place in `HUES` of the nearest; any of them for greys."""
    red, green, blue = rgb.T
    scale = np.maximum(chroma, 1e-6)
    sixth = np.where(
        most == red,
        (green - blue) / scale,
        np.where(most == green, 2 + (blue - red) / scale, 4 + (red - green) / scale),
    )
    return np.rint(sixth).astype(np.intp) % 6
