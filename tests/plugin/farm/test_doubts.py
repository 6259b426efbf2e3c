"""Doubtful places, read from the confidence of painted frames."""

from __future__ import annotations

import numpy as np
import pytest

from celtint.plugin.errors import FileError
from celtint.plugin.farm.doubts import DOUBTFUL_BELOW, find_doubts, worst
from celtint.plugin.shot import FramePattern


@pytest.fixture
def painted(shot, tmp_path):
    """Writes frames that are sure but for boxes: frame to (x, y, width, height, confidence)."""

    def write(boxes, **window):
        for frame, found in boxes.items():
            confidence = np.ones((48, 64, 1), np.float32)
            for x, y, width, height, value in found:
                confidence[y : y + height, x : x + width] = value
            shot.write(tmp_path / f"paint.{frame}.exr", confidence, ["confidence.Y"], **window)
        return FramePattern.parse(str(tmp_path / "paint.####.exr"))

    return write


def test_a_patch_that_stays_is_told_once_with_its_worst_frame(painted):
    pattern = painted(
        {
            1001: [(10, 10, 12, 10, 0.125)],
            1002: [(12, 10, 12, 10, 0.0625)],
            1003: [(14, 10, 12, 10, 0.1875)],
            1004: [],
            1005: [(14, 10, 12, 10, 0.125)],
        }
    )
    first, second = find_doubts(pattern, range(1001, 1006))
    assert (first.first_frame, first.last_frame, first.frame) == (1001, 1003, 1002)
    assert (first.x, first.y, first.width, first.height) == (12, 10, 12, 10)
    assert (first.pixels, first.confidence) == (120, 0.0625)
    assert (second.first_frame, second.last_frame) == (1005, 1005)


def test_patches_apart_are_told_apart_worst_first(painted):
    pattern = painted({1001: [(0, 0, 10, 10, 0.125), (30, 20, 20, 10, 0.125), (50, 40, 9, 8, 0.0)]})
    found = find_doubts(pattern, [1001])
    assert [(doubt.confidence, doubt.pixels) for doubt in found] == [
        (0, 72),
        (0.125, 200),
        (0.125, 100),
    ]
    assert worst(found) == tuple(found)


def test_two_patches_that_part_from_one_are_not_one(painted):
    pattern = painted(
        {1001: [(10, 10, 30, 10, 0.125)], 1002: [(10, 10, 12, 10, 0.125), (28, 10, 12, 10, 0.125)]}
    )
    frames = sorted((one.first_frame, one.last_frame) for one in find_doubts(pattern, [1001, 1002]))
    assert frames == [(1001, 1002), (1002, 1002)]


def test_what_is_sure_enough_and_specks_are_not_told(painted):
    pattern = painted({1001: [(0, 0, 20, 20, DOUBTFUL_BELOW), (30, 30, 7, 9, 0.0)]})
    assert find_doubts(pattern, [1001]) == []


def test_places_are_those_of_the_display_window(painted):
    pattern = painted({1001: [(10, 12, 10, 10, 0.0)]}, origin=(-4, 6), display=(0, 0, 60, 60))
    (found,) = find_doubts(pattern, [1001])
    assert (found.x, found.y) == (6, 18)


def test_frames_without_confidence_are_told(shot, tmp_path):
    shot.write(tmp_path / "paint.1001.exr", np.ones((48, 64, 4), np.float32))
    with pytest.raises(FileError, match="confidence"):
        find_doubts(FramePattern.parse(str(tmp_path / "paint.####.exr")), [1001])


def test_regions_that_touch_are_told_apart_by_their_confidence(painted):
    pattern = painted({1001: [(0, 0, 20, 20, 0.125), (20, 0, 20, 20, 0.0625)]})
    found = find_doubts(pattern, [1001])
    assert [(doubt.confidence, doubt.x) for doubt in found] == [(0.0625, 20), (0.125, 0)]
