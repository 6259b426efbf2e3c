"""Halves of what is most likely one thing share their colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..palette import UNPAINTED

NECK_CONFIDENCE = 0.5
"""What is left of the confidence of a colour that came through a neck."""


def through_necks(
    neck: NDArray[np.int32],
    palette_index: NDArray[np.int32],
    confidence: NDArray[np.float32],
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Paint the unpainted parts of what was divided where it is hardly a gap.

    A part takes the colour of those it hangs together with, if they have but one.

    Args:
        neck: (J, 2) pairs, see `Regions.neck`.
        palette_index: (R,) colours, 0 where unpainted.
        confidence: (R,) of them, 0..1.

    """
    if not len(neck) or (palette_index[neck] != UNPAINTED).all():
        return palette_index, confidence
    palette_index, confidence = palette_index.copy(), confidence.copy()
    neighbours: dict[int, set[int]] = {}
    for one, other in neck.tolist():
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    while True:
        found = {}
        for part, around in neighbours.items():
            painted = sorted(other for other in around if palette_index[other] != UNPAINTED)
            if palette_index[part] == UNPAINTED and len(set(palette_index[painted])) == 1:
                found[part] = max(painted, key=lambda other: confidence[other])
        if not found:
            return palette_index, confidence
        for part, source in found.items():
            palette_index[part] = palette_index[source]
            confidence[part] = NECK_CONFIDENCE * confidence[source]
