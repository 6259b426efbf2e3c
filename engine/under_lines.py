"""The paint under the lines, of a picture that was painted with its lines in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FAINT_INK = 8
"""Coverage, 0..255, up to which a pixel is taken as it was painted: laid on it once more, such a
line darkens by 3 % at most, and the grain of a pencil or a scan does not count as line."""


def under_lines(painted: NDArray[np.float32], ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Paint where no line lies, carried on under the lines from the nearest such pixel.

    So the artist's own line can be laid over it, which would otherwise darken every soft edge
    twice: half-covered white would be 0.25 instead of 0.5.

    Args:
        painted: (H, W, 3) float32, finished, lines included.
        ink: (H, W) uint8, coverage of the line art, 0..255.

    Returns:
        (H, W, 3) float32; `painted` itself where there is no line, or nothing but line.

    """
    is_line = ink > FAINT_INK
    if not is_line.any() or is_line.all():
        return painted
    # Every pixel without line is the source of one label, which pixels near it take.
    _, label = cv2.distanceTransformWithLabels(
        is_line.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    clear = np.flatnonzero(~is_line)
    source = np.zeros(int(label.max()) + 1, np.intp)
    source[label.reshape(-1)[clear]] = clear
    paint = painted.copy()
    paint[is_line] = painted.reshape(-1, 3)[source[label[is_line]]]
    return paint
