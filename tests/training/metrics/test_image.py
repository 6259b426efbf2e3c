from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from celtint.training.metrics import psnr, share_within, ssim

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture
def pictures() -> Pair:
    """A flat drawing and a blurred, noisy copy of it, (41, 60, 3)."""
    rng = np.random.default_rng(5)
    truth = np.full((41, 60, 3), 0.9, np.float32)
    for _ in range(8):
        centre = (int(rng.integers(60)), int(rng.integers(41)))
        cv2.circle(truth, centre, int(rng.integers(3, 12)), rng.random(3).tolist(), -1)
    noisy = cv2.GaussianBlur(truth, (5, 5), 1.2) + rng.normal(0, 0.03, truth.shape)
    return np.clip(noisy, 0, 1).astype(np.float32), truth


def test_psnr_is_that_of_scikit_image(pictures: Pair) -> None:
    painted, truth = pictures
    expected = peak_signal_noise_ratio(
        truth.astype(np.float64), painted.astype(np.float64), data_range=1
    )
    assert psnr(painted, truth) == pytest.approx(expected, abs=1e-9)


def test_ssim_is_that_of_scikit_image(pictures: Pair) -> None:
    painted, truth = (picture.astype(np.float64) for picture in pictures)
    expected = structural_similarity(
        painted,
        truth,
        gaussian_weights=True,
        use_sample_covariance=False,
        channel_axis=2,
        data_range=1,
    )
    assert 0.2 < expected < 0.95  # a value that says something
    assert ssim(*pictures) == pytest.approx(expected, abs=1e-9)


def test_what_equals_the_truth_is_perfect(pictures: Pair) -> None:
    _, truth = pictures
    assert psnr(truth, truth) == math.inf
    assert ssim(truth, truth) == pytest.approx(1, abs=1e-12)


def test_psnr_can_leave_pixels_out(pictures: Pair) -> None:
    painted, truth = pictures
    where = np.zeros(truth.shape[:2], bool)
    where[10:20, 5:50] = True
    assert psnr(painted, truth, where) == psnr(painted[10:20, 5:50], truth[10:20, 5:50])
    assert math.isnan(psnr(painted, truth, np.zeros_like(where)))


def test_pixels_within_two_steps_of_8_bits_are_counted() -> None:
    truth = np.full((1, 4, 3), 100 / 255)
    painted = truth.copy()
    painted[0, 1, 2] = 102.4 / 255  # rounds to 102
    painted[0, 2, 0] = 103 / 255
    painted[0, 3] = 0
    where = np.array([[True, True, True, False]])
    assert share_within(painted, truth, where) == pytest.approx(2 / 3)
    assert math.isnan(share_within(painted, truth, np.zeros_like(where)))


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(8, 9, 3\) and \(9, 8, 3\)"):
        psnr(np.zeros((8, 9, 3)), np.zeros((9, 8, 3)))
    with pytest.raises(ValueError, match="11x11"):
        ssim(np.zeros((10, 30, 3)), np.zeros((10, 30, 3)))
