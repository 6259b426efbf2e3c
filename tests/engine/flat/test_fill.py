import cv2
import numpy as np
import pytest

from celtint.engine.flat.fill import fill_from_nearest
from celtint.engine.flat.runs import margined


def filled(label, dtype=np.uint16):
    grown = margined(label.astype(dtype))
    fill_from_nearest(grown)
    assert not grown[0].any()
    assert not grown[-1].any()
    assert not grown[:, 0].any()
    assert not grown[:, -1].any()
    return grown[1:-1, 1:-1]


def lines(thickness, count, size=(150, 190), seed=4):
    random = np.random.default_rng(seed)
    ink = np.zeros(size, np.uint8)
    for _ in range(count):
        a, b = random.integers(0, size[::-1], (2, 2)).tolist()
        cv2.line(ink, a, b, 255, thickness)
    return cv2.connectedComponents((ink == 0).view(np.uint8), connectivity=4)[1]


@pytest.mark.parametrize("thickness", [1, 3, 8, 30])
@pytest.mark.parametrize("count", [1, 12])
def test_every_pixel_gets_a_label_that_is_about_the_nearest(thickness, count):
    label = lines(thickness, count)
    grown = filled(label)
    assert np.array_equal(grown[label > 0], label[label > 0])
    nearest = cv2.distanceTransform((label == 0).view(np.uint8), cv2.DIST_L2, 0)
    for name in range(1, int(label.max()) + 1):
        away = cv2.distanceTransform((label != name).view(np.uint8), cv2.DIST_L2, 0)
        # Octagons are within 8 % of circles, and steps are whole.
        assert (away[grown == name] <= 1.09 * nearest[grown == name] + 1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_the_type_makes_no_difference(dtype):
    label = lines(5, 12)
    assert np.array_equal(filled(label, dtype), filled(label))


def test_small_frames_and_large_frames_with_the_same_drawing_are_filled_alike():
    """Whether whole frames, lists or a measure do the work depends on how much is left."""
    label = lines(7, 10)
    large = np.full((1500, 1900), 60000)
    large[300:450, 400:590] = label
    grown = filled(large)
    around = np.full((152, 192), 60000)
    around[1:-1, 1:-1] = label
    assert np.array_equal(grown[299:451, 399:591], filled(around))


def test_the_higher_label_wins_where_two_come_at_once():
    assert filled(np.array([[3, 0, 0, 0, 5]])).tolist() == [[3, 3, 5, 5, 5]]


def test_the_inside_of_a_large_black_is_filled_from_its_nearest_shore():
    label = np.zeros((400, 400))
    label[:, 0], label[:, -1] = 1, 2
    grown = filled(label)
    assert (grown[:, :198] == 1).all()
    assert (grown[:, 202:] == 2).all()
