import cv2
import numpy as np
import pytest

from celtint.engine.flat.gaps import _patches


@pytest.mark.parametrize("share", [0.01, 0.3, 0.55, 0.6, 0.65, 0.9, 1.0])
def test_patches_of_few_pixels_are_those_of_the_whole_frame(share):
    mask = np.zeros((50, 60), np.uint8)
    mask[1:-1, 1:-1] = np.random.default_rng(5).random((48, 58)) < share  # with the usual margin
    pixel = np.flatnonzero(mask)
    patch = _patches(pixel, mask.shape[1])
    expected = cv2.connectedComponents(mask, connectivity=4)[1].reshape(-1)[pixel]
    _, first, which = np.unique(expected, return_index=True, return_inverse=True)
    assert np.array_equal(patch, first[which])


def test_a_patch_that_winds_to_and_fro_is_one():
    mask = np.zeros((40, 41), np.uint8)
    mask[1:-1:2, 1:-1] = 1
    mask[2:-2:4, -2] = 1
    mask[4:-2:4, 1] = 1
    patch = _patches(np.flatnonzero(mask), mask.shape[1])
    assert (patch == 0).all()
