import math

import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.embedding import sight
from celtint.engine.embedding.sight import GEOMETRY, POINTS, look_at, region_geometry
from celtint.engine.flat.regions import find_regions


def boxes(height: int, width: int, sides: list[tuple[int, int, int]]) -> np.ndarray:
    ink = np.zeros((height, width), np.uint8)
    for x, y, side in sides:
        cv2.rectangle(ink, (x, y), (x + side, y + side), 255, 2)
    return ink


def test_every_region_is_looked_at_on_its_own_paper() -> None:
    ink = boxes(300, 400, [(20, 20, 150), (40, 40, 8), (200, 100, 120), (390, 280, 8)])
    regions = find_regions(ink, FlatSettings())
    sight = look_at(ink, regions, picture_px=400)  # one to one, so that points are pixels
    x, y = np.rint(sight.points).astype(int).transpose(2, 0, 1)
    assert (regions.label[y, x] == np.arange(regions.count)[:, None]).all()
    assert regions.paper[y, x].all()


def test_a_region_that_vanishes_in_the_reduced_picture_keeps_its_points() -> None:
    ink = boxes(1080, 1920, [(101, 101, 6), (500, 500, 300)])
    regions = find_regions(ink, FlatSettings())
    tiny = int(regions.label[104, 104])
    assert regions.area_px[tiny] < 25
    sight = look_at(ink, regions)
    expected = (np.array([104.0, 104.0]) + 0.5) * 480 / 1920 - 0.5
    np.testing.assert_allclose(sight.points[tiny].mean(axis=0), expected, atol=0.2)
    assert len(np.unique(sight.points[tiny], axis=0)) > 4
    assert sight.points.shape == (regions.count, POINTS, 2)


def test_points_spread_over_a_whole_region() -> None:
    ink = np.zeros((200, 200), np.uint8)
    regions = find_regions(ink, FlatSettings())
    points = look_at(ink, regions, picture_px=200).points[0]
    assert points[:, 1].min() < 10
    assert points[:, 1].max() > 190
    assert len(np.unique(points[:, 1])) == POINTS


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (700, 3), (33, 65)])
def test_any_size_becomes_a_picture_of_multiples_of_32(shape: tuple[int, int]) -> None:
    ink = np.zeros(shape, np.uint8)
    sight = look_at(ink, find_regions(ink, FlatSettings()))
    assert sight.picture.shape[0] == 3
    assert all(side % 32 == 0 for side in sight.picture.shape[1:])
    assert sight.extent[0] <= sight.picture.shape[1]
    assert sight.extent[1] <= sight.picture.shape[2]


def test_ink_is_near_a_line_and_what_lies_beyond_the_drawing_is_not() -> None:
    ink = np.full((40, 40), 255, np.uint8)
    picture = look_at(ink, find_regions(ink, FlatSettings())).picture
    assert (picture[:, :40, :40] == 1).all()
    assert (picture[:, 40:] == 0).all()


def test_geometry_of_a_region_in_known_numbers() -> None:
    # 20 x 10 pixels in the middle of a 101 x 201 drawing, all of them paper.
    geometry = region_geometry(
        np.array([200], np.int32), np.array([[100.0, 50.0]]), np.array([[20, 10]]), (101, 201)
    )
    assert geometry.shape == (1, GEOMETRY)
    log = math.log
    expected = [0, 0, log(20 / 201) / 4, log(10 / 201) / 4, log(math.sqrt(200) / 201) / 4, 1]
    np.testing.assert_allclose(geometry[0], expected, rtol=1e-6)


def test_edges_that_a_region_reaches_are_told_apart() -> None:
    ink = np.zeros((60, 60), np.uint8)
    ink[:, 29:31] = ink[29:31, 31:] = 255
    regions = find_regions(ink, FlatSettings())
    touches = look_at(ink, regions).touches
    at = [int(regions.label[y, x]) for y, x in ((30, 5), (10, 50), (50, 50))]
    # Of the left half, and of the right half's upper and lower part: left, top, right, bottom.
    assert touches[at].tolist() == [[1, 1, 0, 1], [0, 1, 1, 0], [0, 0, 1, 1]]


def test_small_regions_are_seen_the_same_one_by_one_and_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ink = np.zeros((1080, 1920), np.uint8)
    rng = np.random.default_rng(3)
    for x, y in rng.integers((0, 0), (1920, 1080), (40, 2)).tolist():
        cv2.ellipse(ink, (x, y), (9, 6), x % 180, 0, 360, 255, 2)
    regions = find_regions(ink, FlatSettings())
    one_by_one = look_at(ink, regions).points
    monkeypatch.setattr(sight, "_FEW", -1)
    np.testing.assert_array_equal(look_at(ink, regions).points, one_by_one)
    assert regions.count > 30
