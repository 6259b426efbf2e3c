import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.gaps import _patches
from celtint.engine.flat.regions import find_regions


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


@pytest.mark.parametrize("seed", range(4))
def test_no_paper_is_lost_where_patches_are_divided(seed):
    random = np.random.default_rng(seed)
    ink = np.zeros((240, 320), np.uint8)
    for _ in range(40):  # arcs with gaps, and slivers and swellings where they cross
        middle, axes = random.integers(0, 300, 2).tolist(), random.integers(5, 80, 2).tolist()
        cv2.ellipse(ink, middle, axes, 30, 10, int(random.integers(200, 358)), 255, 2)
    regions = find_regions(ink, FlatSettings(gap_px=4, speck_px=0))
    assert regions.count > find_regions(ink, FlatSettings(gap_px=0, speck_px=0)).count
    assert np.array_equal(regions.paper, ink == 0)
    on_paper = np.bincount(regions.label[ink == 0], minlength=regions.count)
    assert np.array_equal(on_paper, regions.area_px)


def test_a_small_part_behind_a_small_gap_is_closed_beside_large_ones():
    ink = np.zeros((120, 160), np.uint8)
    cv2.circle(ink, (80, 60), 8, 255, 2)  # no ball of the widest gap fits into it
    ink[58:61, 86:92] = 0
    regions = find_regions(ink, FlatSettings(gap_px=8))
    assert regions.count == 2
    assert regions.label[60, 80] != regions.label[0, 0]
    # The two meet in the gap, not beyond it.
    meeting = np.flatnonzero(np.diff(regions.label[59, 80:100]))
    assert len(meeting) == 1
    assert 5 <= meeting[0] <= 10
