"""Pictures against pictures: PSNR, SSIM, and the share of pixels that are as good as right.

Neither the paper nor the public code of its baseline says over which channels and windows it
measured. Here both are taken over the three sRGB channels, because a grey picture does not show
what colouring gets wrong; SSIM has the window of the paper that defined it (Wang et al., "Image
Quality Assessment: From Error Visibility to Structural Similarity", 2004, section III.B).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

SSIM_WINDOW_PX = 11
"""Width of the Gaussian window; no side of a picture may be smaller."""

_SSIM_SIGMA_PX = 1.5
_C1, _C2 = 0.01**2, 0.03**2  # for values in [0, 1]


def psnr(
    painted: NDArray[np.floating],
    truth: NDArray[np.floating],
    where: NDArray[np.bool_] | None = None,
) -> float:
    """Peak signal to noise ratio over all channels, in dB; the peak is 1.

    Args:
        painted: (H, W, 3) in [0, 1], sRGB.
        truth: The same.
        where: (H, W), which pixels count; None for all.

    Returns:
        10 log10(1 / mean squared error); infinite where both are equal, nan where no pixel counts.

    Raises:
        ValueError: The shapes differ.

    >>> round(psnr(np.zeros((1, 1, 3)), np.full((1, 1, 3), 0.1)), 6)
    20.0

    """
    _require_alike(painted, truth)
    squared = np.square(painted.astype(np.float64) - truth)
    if where is not None:
        squared = squared[where]
    if not squared.size:
        return math.nan
    error = float(squared.mean())
    return -10.0 * math.log10(error) if error else math.inf


def ssim(painted: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """Structural similarity: the mean over channels and all windows that lie inside the picture.

    A Gaussian window of 11x11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, values in [0, 1],
    statistics of the window as of a population; scikit-image's `structural_similarity` with
    `gaussian_weights=True, use_sample_covariance=False, channel_axis=2, data_range=1`.

    Args:
        painted: (H, W, 3) in [0, 1], sRGB, H, W >= 11.
        truth: The same.

    Raises:
        ValueError: The shapes differ, or a side is smaller than the window.

    """
    _require_alike(painted, truth)
    if min(painted.shape[:2]) < SSIM_WINDOW_PX:
        raise ValueError(
            f"expected at least {SSIM_WINDOW_PX}x{SSIM_WINDOW_PX} pixels, got {painted.shape[:2]}"
        )
    # In float64: the difference of two large means is a small variance.
    a, b = painted.astype(np.float64), truth.astype(np.float64)
    mean_a, mean_b = _windowed(a), _windowed(b)
    variances = _windowed(a * a) + _windowed(b * b) - mean_a**2 - mean_b**2
    covariance = _windowed(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)) / (
        (mean_a**2 + mean_b**2 + _C1) * (variances + _C2)
    )
    return float(similarity.mean())


def share_within(
    painted: NDArray[np.floating],
    truth: NDArray[np.floating],
    where: NDArray[np.bool_],
    *,
    steps: int = 2,
) -> float:
    """Share of pixels that differ by at most `steps` of 255 in every channel; nan where none count.

    Args:
        painted: (H, W, 3) in [0, 1], sRGB; rounded to 8 bits before it is compared.
        truth: The same.
        where: (H, W), which pixels count.
        steps: Of 255.

    """
    _require_alike(painted, truth)
    if not where.any():
        return math.nan
    is_near = np.ones(where.shape, bool)
    for channel in range(painted.shape[2]):
        a, b = (np.rint(picture[..., channel] * 255) for picture in (painted, truth))
        is_near &= np.abs(a - b) <= steps
    return float(is_near[where].mean())


def _windowed(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted mean over every window that lies inside the picture."""
    size, half = SSIM_WINDOW_PX, SSIM_WINDOW_PX // 2
    height, width = x.shape[:2]
    mean = cv2.GaussianBlur(x, (size, size), _SSIM_SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    inside = mean[half : height - half, half : width - half]
    return np.asarray(inside, np.float64)


def _require_alike(painted: NDArray[np.floating], truth: NDArray[np.floating]) -> None:
    if painted.shape != truth.shape or painted.ndim != 3:
        raise ValueError(
            f"expected two pictures of one shape (H, W, 3), got {painted.shape} and {truth.shape}"
        )
