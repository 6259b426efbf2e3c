"""Colours of a shot's regions, as drawn or new ones from a seed, and frames painted with them.

Clip-art colours are predictable (grass is green), and a network that can guess a colour learns to
ignore the hint. New colours for every clip leave it nothing to remember. What has to survive is
what paint departments keep too: regions of one group share a colour, and shade stands to light as
it did.

The truth that painters are trained on is the *finished frame*, paint with the ink over it, because
that is what the paper's ground truth, a frame of film, is. Colour-trace lines are not part of it:
in a finished frame they have been painted over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .shots import Drawing, ShotInfo

PAPER_RGB = (255, 255, 255)
"""What is seen where no region is."""

KEEP, TURN, SHUFFLE, FRESH = range(4)
KIND_SHARES = (0.15, 0.25, 0.15, 0.45)
"""How often a new palette keeps the colours, turns all hues, deals them anew, or invents others."""


@dataclass(frozen=True)
class ColourTable:
    """Colours by region identity: row 0 is paper.

    Attributes:
        base: (N, 3) uint8 sRGB in light.
        shade: (N, 3) uint8 sRGB in shade.
        group: (N,) which rows are painted alike; 0 for identities that the shot does not have.

    """

    base: NDArray[np.uint8]
    shade: NDArray[np.uint8]
    group: NDArray[np.int64]


def colours_of(info: ShotInfo) -> ColourTable:
    """The colours a shot was drawn with.

    Raises:
        DataError: The shot is known by its colour frames alone.

    """
    if info.regions is None:
        raise DataError(f"shot {info.name} has colour frames alone, and no regions to colour")
    rows = max(info.regions, default=0) + 1
    base = np.tile(np.array(PAPER_RGB, np.uint8), (rows, 1))
    shade = base.copy()
    group = np.zeros(rows, np.int64)
    _, members = np.unique([c.group for c in info.regions.values()], return_inverse=True)
    for (number, colour), member in zip(info.regions.items(), members, strict=True):
        base[number], shade[number], group[number] = colour.base, colour.shade, member + 1
    return ColourTable(base, shade, group)


def new_colours(table: ColourTable, rng: np.random.Generator) -> ColourTable:
    """Other colours for the same regions, of one of four kinds (KIND_SHARES).

    Regions of a group stay alike, except where the drawing itself tells their colours apart. Shade
    keeps its ratio of lightness and of chroma to light, and its turn of hue, in CIELAB; where shade
    equals light it still does.
    """
    kind = rng.choice(len(KIND_SHARES), p=KIND_SHARES)
    if kind == KEEP:
        return table
    # One row for every pair of light and shade that a group has.
    keys = np.column_stack([table.group, table.base, table.shade])
    pairs, row_of = np.unique(keys, axis=0, return_inverse=True)
    base, shade = _lab(pairs[:, 1:4]), _lab(pairs[:, 4:7])
    if kind == TURN:
        new = _turned(base, rng.uniform(0, 2 * np.pi))
        new[:, 0] = np.clip(new[:, 0] * rng.uniform(0.8, 1.2) + rng.uniform(-8, 8), 2, 98)
    elif kind == SHUFFLE:
        new = base[rng.permutation(len(base))]
    else:
        new = _lab(_invented(len(base), rng))
    new_base = _rgb(new)
    new_shade = _rgb(_shaded_like(base, shade, _lab(new_base)))
    same = (pairs[:, 1:4] == pairs[:, 4:7]).all(axis=1)
    new_shade[same] = new_base[same]
    paper = pairs[:, 0] == 0
    new_base[paper], new_shade[paper] = PAPER_RGB, PAPER_RGB
    return ColourTable(new_base[row_of], new_shade[row_of], table.group)


def _invented(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Colours as cels have them: skins, near-whites, near-blacks and greys beside strong ones."""
    hue, value = rng.uniform(0, 360, count), rng.uniform(0.3, 1, count)
    saturation = rng.beta(1.6, 1.4, count)
    kind = rng.choice(5, count, p=(0.62, 0.14, 0.1, 0.06, 0.08))
    hue = np.where(kind == 1, rng.uniform(10, 40, count), hue)
    saturation = np.where(kind == 1, rng.uniform(0.1, 0.5, count), saturation)
    value = np.where(kind == 1, rng.uniform(0.6, 1, count), value)
    saturation = np.where(kind >= 2, rng.uniform(0, 0.08, count), saturation)
    value = np.where(kind == 2, rng.uniform(0.88, 1, count), value)
    value = np.where(kind == 3, rng.uniform(0.03, 0.2, count), value)
    hsv = np.stack([hue, saturation, value], axis=-1).astype(np.float32)[None]
    return np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0] * 255).astype(np.uint8)


def _shaded_like(
    base: NDArray[np.float32], shade: NDArray[np.float32], new: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give `new` the shade that `shade` is to `base`; all (N, 3) CIELAB."""
    lightness = np.clip(shade[:, 0] / np.maximum(base[:, 0], 5), 0.2, 1.5)
    chroma_base, chroma_shade = (np.hypot(lab[:, 1], lab[:, 2]) for lab in (base, shade))
    is_coloured = (chroma_base > 4) & (chroma_shade > 4)
    chroma = np.where(is_coloured, chroma_shade / np.maximum(chroma_base, 4), lightness)
    turn = np.arctan2(shade[:, 2], shade[:, 1]) - np.arctan2(base[:, 2], base[:, 1])
    shaded = _turned(new, np.where(is_coloured, turn, 0))
    shaded[:, 0] *= lightness
    shaded[:, 1:] *= np.clip(chroma, 0.3, 1.6)[:, None]
    return shaded


def _turned(lab: NDArray[np.float32], angle: NDArray[np.floating[Any]] | float) -> Any:
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = lab[:, 1], lab[:, 2]
    return np.stack([lab[:, 0], a * cos - b * sin, a * sin + b * cos], axis=-1).astype(np.float32)


def _lab(rgb: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(
        cv2.cvtColor(rgb[None].astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)[0]
    )


def _rgb(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    rgb = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def flat_paint(
    regions: NDArray[np.uint16], shade: NDArray[np.uint8] | None, table: ColourTable
) -> NDArray[np.uint8]:
    """Paint without ink: every pixel the exact colour of its region, in light or in shade.

    Args:
        regions: (H, W) identities, all of them rows of `table`.
        shade: (H, W) mask of untraced shade, or None: all is in light.
        table: The colours.

    Returns:
        (H, W, 3) uint8 sRGB.

    """
    rows = len(table.base)
    # A pixel as one number is looked up many times faster than as three.
    padded = np.zeros((2 * rows, 4), np.uint8)
    padded[:rows, :3], padded[rows:, :3] = table.base, table.shade
    places: NDArray[Any] = regions
    if shade is not None:
        places = regions + (shade >= 128) * np.int32(rows)
    pixels = np.take(padded.view(np.uint32)[:, 0], places)
    four = pixels.view(np.uint8).reshape(*regions.shape, 4)
    return np.asarray(cv2.cvtColor(four, cv2.COLOR_RGBA2RGB), np.uint8)


def inked(paint: NDArray[np.uint8], ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Black ink over paint: (H, W, 3) and (H, W) coverage to (H, W, 3), rounded."""
    clear = cv2.cvtColor(255 - ink, cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.multiply(paint, clear, scale=1 / 255))


def finished_frame(drawing: Drawing, table: ColourTable | None) -> NDArray[np.uint8]:
    """The truth: paint, shade and ink of a drawing, or its colour frame where that is what it has.

    Raises:
        ValueError: The drawing has regions and there is no table, or it has neither.

    """
    if drawing.colour is not None:
        return drawing.colour
    if drawing.regions is None or drawing.ink is None or table is None:
        raise ValueError("a drawing is painted from its regions and ink with a table of colours")
    return inked(flat_paint(drawing.regions, drawing.shade, table), drawing.ink)
