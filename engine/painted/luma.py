"""Greyscale frames: their luma, the edges in it, and colours that keep it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_WEIGHTS = (0.299, 0.587, 0.114)  # Rec. 601, as OpenCV's grey has them

_STEPS = 4096  # of one unit of luma, so that gradients are exact enough as 16-bit integers


def canny_edges(
    luma: NDArray[np.uint8], *, sigma_px: float, low: float, high: float
) -> NDArray[np.uint8]:
    """Canny edges, one pixel wide.

    Args:
        luma: (H, W) uint8.
        sigma_px: Gaussian blur before; 0 for none.
        low: Gradient at which an edge goes on, of the Sobel operator with weights 1 2 1 on luma
            0..1: a step from black to white has 4 without blur.
        high: Gradient at which an edge starts.

    Returns:
        (H, W) uint8, 0 or 255.

    """
    grey: NDArray[Any] = luma.astype(np.float32) * np.float32(_STEPS / 255)
    if sigma_px > 0:
        # Four sigma on either side: what is left out is below the steps.
        side = 2 * int(4 * sigma_px + 0.5) + 1
        grey = np.asarray(
            cv2.GaussianBlur(grey, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)
        )
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT)
    across, down = (np.rint(gradient).astype(np.int16) for gradient in (dx, dy))
    return np.asarray(cv2.Canny(across, down, low * _STEPS, high * _STEPS, L2gradient=True))


def with_luma(colour: Tensor, luma: Tensor) -> Tensor:
    """Colours made lighter or darker until they have the luma that is known.

    All three channels move alike, so hue stays where nothing is clipped; where something is, luma
    may be missed by a little.

    Args:
        colour: (N, 3, H, W) sRGB-encoded in [0, 1].
        luma: (N, 1, H, W) of encoded values, Rec. 601, in [0, 1].

    Returns:
        (N, 3, H, W) in [0, 1].

    """
    red, green, blue = (weight * colour[:, i : i + 1] for i, weight in enumerate(_WEIGHTS))
    found = red + green + blue
    return (colour + (luma - found)).clamp(0.0, 1.0)
