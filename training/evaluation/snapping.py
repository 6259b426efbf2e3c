"""Network paint made flat: every region of the drawing in the nearest colour of a palette.

What the network painted decides, but nothing comes out that is not on the palette. It shows how
much of an error is cloudiness and how much is the wrong colour.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from celtint.engine.flat.regions import Regions


def snapped(
    picture: NDArray[np.floating],
    regions: Regions,
    palette: NDArray[np.uint8],
    known: Collection[int],
) -> NDArray[np.int32]:
    """Give every region the palette colour nearest to the mean of what was painted there.

    Args:
        picture: (H, W, 3) in [0, 1], sRGB.
        regions: Of the drawing's ink, as the engine finds them; the truth has no say.
        palette: (P, 3) uint8, row 0 is *unpainted*.
        known: Which rows may be used; at least one.

    Returns:
        (H, W) int32 palette index.

    """
    rows = np.array(sorted(known), np.int32)
    inside = regions.paper > 0
    label = regions.label[inside]
    area = np.maximum(np.bincount(label, minlength=regions.count), 1)
    sums = [
        np.bincount(label, weights=picture[..., channel][inside], minlength=regions.count)
        for channel in range(3)
    ]
    mean = np.stack(sums, axis=1) / area[:, None]
    apart = np.square(mean[:, None] - palette[rows][None] / 255.0).sum(axis=2)  # (R, known)
    return np.take(rows[apart.argmin(axis=1)], regions.label)
