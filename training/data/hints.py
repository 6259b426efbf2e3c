"""Hints for training: the paper's patches, and dabs as an artist sets them.

The paper (section 4.2): "we convert the ground truth image into a set of 4x4 patches of the
averaged color in the region. One percent of these patches from random locations are shown to the
network against a black background as the color hint." It is read here so: the frame is cut into
the grid of 4x4 cells that starts at its upper left corner (cells that the frame's edge cuts are no
cells); of N cells, round(0.01 N) different ones are drawn, all equally likely; each shows the mean
of the finished frame, lines included, at its own place. At 256x256 that is 41 of 4096 cells.

The paper's network sees three channels, in which a black hint is no hint. The mask beside them is
for networks that take a fourth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PAPER_SHARE = 0.01
PATCH_PX = 4

DAB_PX = (3, 9)
"""Smallest and largest diameter of a dab."""

ONE_COLOUR_WITHIN = 6
"""By how much a channel may vary, of 255, where a colour frame counts as of one colour: compressed
video is never exactly flat."""

PROBED_PX = 9
"""In frames without regions, a dab needs this many pixels of one colour, either way, around it."""


@dataclass(frozen=True)
class Hint:
    """Hints on one frame.

    Attributes:
        colour: (H, W, 3) uint8 sRGB, black where there is no hint.
        mask: (H, W) uint8, 255 where a hint lies.

    """

    colour: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def no_hint(height: int, width: int) -> Hint:
    """A frame without hints."""
    return Hint(np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8))


def patches(
    frame: NDArray[np.uint8],
    rng: np.random.Generator,
    *,
    share: float = PAPER_SHARE,
    only_one_colour: bool = False,
) -> Hint:
    """The paper's hint: some 4x4 cells of the frame's grid, each of its own mean colour.

    Args:
        frame: (H, W, 3) uint8 finished frame.
        rng: Where from.
        share: Share of the cells that are shown, 0..1; their number is rounded.
        only_one_colour: Draw among cells whose sixteen pixels are equal, because the mean across
            an edge is a colour that the frame does not have. As many are drawn, if there are.

    Returns:
        The hint, of the frame's size.

    Raises:
        ValueError: The share is not within 0..1.

    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, expected 0..1")
    rows, columns = frame.shape[0] // PATCH_PX, frame.shape[1] // PATCH_PX
    hint = no_hint(*frame.shape[:2])
    if rows == 0 or columns == 0:
        return hint
    whole = frame[: rows * PATCH_PX, : columns * PATCH_PX]
    cells = whole.reshape(rows, PATCH_PX, columns, PATCH_PX, 3).swapaxes(1, 2)
    cells = cells.reshape(rows * columns, PATCH_PX * PATCH_PX, 3)
    candidates = np.arange(len(cells))
    if only_one_colour:
        candidates = np.flatnonzero((cells == cells[:, :1]).all(axis=(1, 2)))
    count = min(int(np.floor(share * len(cells) + 0.5)), len(candidates))
    for cell in rng.choice(candidates, count, replace=False):
        top, left = (int(at) * PATCH_PX for at in divmod(int(cell), columns))
        colour = np.floor(cells[cell].mean(axis=0) + 0.5)
        hint.colour[top : top + PATCH_PX, left : left + PATCH_PX] = colour
        hint.mask[top : top + PATCH_PX, left : left + PATCH_PX] = 255
    return hint


def dabs_on_regions(
    paint: NDArray[np.uint8],
    ink: NDArray[np.uint8],
    regions: NDArray[np.uint16],
    rng: np.random.Generator,
    *,
    share: float = 1.0,
) -> Hint:
    """Dabs of exact colour, at most one for each region and paint.

    Args:
        paint: (H, W, 3) uint8 paint without ink: one exact colour for each region, or two with
            shade, which then get a dab each.
        ink: (H, W) coverage. Dabs are set on paper, as far as a region has any.
        regions: (H, W) identities. Identity 0 gets no dab.
        rng: Where from.
        share: Share of the regions that get a dab, 0..1; drawn at random, large ones sooner.

    Returns:
        Blobs of 3 to 9 pixels across, cut off where their region ends, so that every pixel of one
        has exactly the colour of the paint there.

    Raises:
        ValueError: The share is not within 0..1.

    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, expected 0..1")
    packed = paint.astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16], np.uint32)
    place = (regions.astype(np.uint64) << 24) | packed
    # The first pixel of each in a random order is one of its pixels at random.
    order = rng.permutation(np.flatnonzero((regions > 0) & (ink < 64)))
    _, first = np.unique(place.ravel()[order], return_index=True)
    # Those met first are large ones, mostly: artists begin with these too.
    chosen = np.sort(first)[: _rounded(share * len(first), rng)] if len(first) else first
    hint = no_hint(*regions.shape)
    for at in order[chosen]:
        row, column = divmod(int(at), regions.shape[1])
        _dab(hint, place == place[row, column], paint[row, column], (row, column), rng)
    return hint


def dabs_on_colour(frame: NDArray[np.uint8], rng: np.random.Generator, *, count: int) -> Hint:
    """Dabs on a frame without regions, where it is of one colour.

    Args:
        frame: (H, W, 3) uint8 finished frame.
        rng: Where from.
        count: Dabs at most; fewer where the frame has fewer places of one colour.

    Returns:
        Blobs of 3 to 9 pixels across, each of the colour of the pixel at its middle.

    """
    kernel = np.ones((PROBED_PX, PROBED_PX), np.uint8)
    spread = cv2.subtract(cv2.dilate(frame, kernel), cv2.erode(frame, kernel)).max(axis=2)
    places = np.flatnonzero(spread <= 2 * ONE_COLOUR_WITHIN)
    hint = no_hint(*frame.shape[:2])
    for at in rng.choice(places, min(count, len(places)), replace=False):
        row, column = divmod(int(at), frame.shape[1])
        _dab(hint, None, frame[row, column], (row, column), rng)
    return hint


def _dab(
    hint: Hint,
    within: NDArray[np.bool_] | None,
    colour: NDArray[np.uint8],
    middle: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    """Set one blob, a disc that is no larger than where it may lie."""
    radius = rng.integers(DAB_PX[0], DAB_PX[1] + 1) / 2
    reach = int(radius)
    top, left = (max(0, at - reach) for at in middle)
    window = np.s_[top : middle[0] + reach + 1, left : middle[1] + reach + 1]
    rows, columns = np.indices(hint.mask[window].shape)
    disc = np.hypot(rows + top - middle[0], columns + left - middle[1]) < radius
    if within is not None:
        disc &= within[window]
    hint.colour[window][disc] = colour
    hint.mask[window][disc] = 255


def _rounded(number: float, rng: np.random.Generator) -> int:
    """Round up or down by chance, so that small shares are right on average; never to nothing."""
    return max(1, int(number + rng.random())) if number > 0 else 0
