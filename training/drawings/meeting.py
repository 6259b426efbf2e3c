"""Lines where two paints meet without one.

Clip art sets some colours side by side with no ink between them. Line art does not: an animator
draws a line wherever the painter is to change colour, because no one could tell otherwise.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_BARE = 24  # coverage of 255, up to which there is no line worth the name


def line_where_paints_meet(
    ink: NDArray[np.uint8],
    trace: NDArray[np.uint8],
    pot: NDArray[np.integer],
    *,
    width_px: float,
    left_open: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Ink with a line along every edge between two paints that has none.

    Args:
        ink: (H, W) coverage, 0..255.
        trace: (H, W) coverage of trace lines, 0..255; an edge under one has its line.
        pot: (H, W) number of the paint of each pixel.
        width_px: Width of the lines, in pixels; at least 2, so that both paints give way.
        left_open: (H, W) where lines are broken on purpose, and stay so.

    Returns:
        (H, W) the ink itself, where nothing was to be drawn.

    """
    bare = (ink < _BARE) & (trace < _BARE)
    edge = np.zeros(ink.shape, np.uint8)
    for one, other in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        meets = (pot[one] != pot[other]) & bare[one] & bare[other]
        edge[one] |= meets
        edge[other] |= meets
    if not edge.any():
        return ink
    more = round(width_px) - 2  # an edge marks the pixels on both of its sides
    if more > 0:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (1 + more, 1 + more))
        edge = np.asarray(cv2.dilate(edge, disc), np.uint8)
    line = edge * np.uint8(255)
    line = np.maximum(line, np.asarray(cv2.GaussianBlur(line, (0, 0), 0.6), np.uint8))
    if left_open is not None:
        line[left_open] = 0
    return np.maximum(ink, line)
