"""What of a drawing stands on the one before it, and what comes to light only now.

From one drawing to the next, colours can be followed where things stay in sight. A piece of a wall
that an arm uncovers was nowhere to be seen: its colour may stand on the drawing before, on another
piece, but which one it is has to be guessed.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.training.data.shots import EncodedShot, decode_flow

SEEN_SHARE = 0.5
"""A region was seen if at least so much of its paper was."""


def seen_before(encoded: EncodedShot, number: int) -> NDArray[np.bool_] | None:
    """(H, W) where a drawing shows what the one before it shows too, by the true motion.

    Args:
        encoded: The shot.
        number: The drawing.

    Returns:
        None where the true motion is not known: of the first drawing, and in sets without it.

    """
    if number == 0 or not encoded.has(number - 1, "flow"):
        return None
    before = encoded.drawing(number - 1, planes=("regions", "flow"))
    now = encoded.drawing(number, planes=("regions",)).regions
    assert before.regions is not None
    assert before.flow is not None
    assert now is not None
    flow_px, is_known = decode_flow(before.flow)
    y, x = np.nonzero(is_known)
    to_x, to_y = (
        np.rint(at + flow_px[y, x, axis]).astype(np.intp) for axis, at in enumerate((x, y))
    )
    height, width = now.shape
    inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
    y, x, to_x, to_y = y[inside], x[inside], to_x[inside], to_y[inside]
    same = before.regions[y, x] == now[to_y, to_x]
    seen = np.zeros(now.shape, np.uint8)
    seen[to_y[same], to_x[same]] = 1
    # What grows leaves holes between pixels that went apart.
    return cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
