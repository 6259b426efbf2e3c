"""Line art from what a shot knows: edges of colour frames, true ink, or the boundaries of regions.

Lines are coverage: (H, W) uint8, 0 paper, 255 solid ink. Those made from colour frames are
binarised, because the strength of an edge tells the colours on either side, and a network finds
that out: it scores well in training and is blind on drawn lines. What the paper calls greyscale
mode shows the frame's luma instead, on purpose.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine.painted.luma import canny_edges

from .shots import Drawing, Rgb

CANNY_SIGMA_PX = 1.0
"""Blur before the edges are looked for, as the paper's baseline has it."""

CANNY_LOW = 0.1
CANNY_HIGH = 0.2
"""Gradients at which an edge may go on and at which it may start.

Of the Sobel operator with weights 1 2 1, on luma 0..1: a step from black to white has 4 without
blur. The paper names none; these are the defaults of scikit-image, which its baseline ran with.
"""


def luma(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) uint8 luma of an sRGB frame: Rec. 601 weights on encoded values, as OpenCV has it."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))


def canny_lines(
    frame: NDArray[np.uint8],
    *,
    sigma_px: float = CANNY_SIGMA_PX,
    low: float = CANNY_LOW,
    high: float = CANNY_HIGH,
) -> NDArray[np.uint8]:
    """The paper's line art: Canny edges of the frame's luma, one pixel wide.

    Args:
        frame: (H, W, 3) uint8 sRGB.
        sigma_px: Gaussian blur before; 0 for none.
        low: Gradient at which an edge goes on, see CANNY_LOW.
        high: Gradient at which an edge starts.

    Returns:
        (H, W) uint8, 0 or 255.

    """
    return canny_edges(luma(frame), sigma_px=sigma_px, low=low, high=high)


def xdog_lines(
    frame: NDArray[np.uint8],
    *,
    sigma_px: float = 0.8,
    ratio: float = 1.6,
    sharpness: float = 20.0,
    threshold: float = 0.75,
) -> NDArray[np.uint8]:
    """Lines with a width of their own: extended difference of Gaussians, binarised.

    Winnemoeller, Kyprianidis and Olsen, 2012: (1 + p) G(sigma) - p G(k sigma), cut at a threshold,
    which turns dark paint beside an edge, and drawn lines, to ink. Here it is taken relative to the
    wide blur, so that a dark area inside stays paper.

    Args:
        frame: (H, W, 3) uint8 sRGB.
        sigma_px: Width of the narrow Gaussian: about half the width of the lines.
        ratio: k, of the wide one to it.
        sharpness: p.
        threshold: Ink where the sharpened luma falls below this share of the blurred one.

    Returns:
        (H, W) uint8, 0 or 255.

    """
    grey = luma(frame).astype(np.float32) / np.float32(255)
    narrow = cv2.GaussianBlur(grey, (0, 0), sigma_px)
    wide = cv2.GaussianBlur(grey, (0, 0), sigma_px * ratio)
    sharpened = (1 + sharpness) * narrow - sharpness * wide
    # Below a twentieth, differences are noise and not lines.
    is_ink = sharpened - wide < (threshold - 1) * np.maximum(wide, 0.05)
    return np.where(is_ink, 255, 0).astype(np.uint8)


def true_ink(drawing: Drawing, trace_rgb: Rgb | None) -> NDArray[np.uint8]:
    """The ink as drawn, with the trace lines beside it as dark as their colour is.

    Raises:
        ValueError: The drawing has no ink.

    """
    if drawing.ink is None:
        raise ValueError("the drawing has colour alone, and no ink")
    if drawing.trace is None or trace_rgb is None:
        return drawing.ink
    tone = 1 - float(luma(np.array(trace_rgb, np.uint8).reshape(1, 1, 3))[0, 0]) / 255
    return np.maximum(drawing.ink, cv2.convertScaleAbs(drawing.trace, alpha=tone))


def boundary_lines(
    regions: NDArray[np.uint16], shade: NDArray[np.uint8] | None = None, *, width_px: float = 1.5
) -> NDArray[np.uint8]:
    """Lines where regions meet, and where shade begins if it is given: drawings without ink.

    Args:
        regions: (H, W) identities.
        shade: (H, W) mask of shade, or None.
        width_px: At least 1.

    Returns:
        (H, W) uint8 coverage, smooth at its edges.

    """
    places: NDArray[Any] = regions
    if shade is not None:
        places = regions.astype(np.int32) * 2 + (shade >= 128)
    border = np.zeros(regions.shape, np.uint8)
    border[:, :-1][places[:, :-1] != places[:, 1:]] = 255
    border[:-1][places[:-1] != places[1:]] = 255
    # The border lies half a pixel right of and below these pixels.
    distance = cv2.distanceTransform(255 - border, cv2.DIST_L2, 3)
    coverage = np.clip((width_px + 1) / 2 - distance, 0, 1)
    return np.rint(coverage * 255).astype(np.uint8)
