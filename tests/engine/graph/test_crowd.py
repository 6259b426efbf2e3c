import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.crowd import CLOSE, Crowd, closest
from celtint.engine.graph.measure import analyse

MEAN, MOST, STRAY, OUTSIDE, SAME = range(5)
MOVED_PX = 6


@pytest.fixture
def dots(boxes):
    """Eight boxes far from each other on one paper, of which the last one is left behind."""
    places = [(x, y, 12, 12) for y in (30, 90) for x in (30, 70, 110, 150)]
    moved = [(x + MOVED_PX, *rest) for x, *rest in places[:-1]] + places[-1:]
    return [analyse(boxes(*all_of_them), FlatSettings()) for all_of_them in (places, moved)]


def crowd_of(drawings) -> tuple[Crowd, np.ndarray, np.ndarray]:
    """Of every pair there can be; and the regions of these."""
    here, there = drawings
    region, partner = (part.reshape(-1) for part in np.indices((here.count, there.count)))
    diagonal = np.hypot(*here.shape)
    away = (there.centre_px[partner] - here.centre_px[region]) / diagonal
    strict = np.full(len(region), -0.5 / 0.01**2)
    return Crowd((region, partner), here, there, (away, strict)), region, partner


def boxes_of(drawing) -> np.ndarray:
    """The boxes by row, then column, in both drawings alike."""
    small = np.flatnonzero(drawing.area_px < 400)
    return small[np.lexsort(np.rint(drawing.centre_px[small] / 20).T)]


def test_the_closest_regions_speak_for_what_moves_as_they_do(dots) -> None:
    crowd, region, partner = crowd_of(dots)
    one, other = boxes_of(dots[0]), boxes_of(dots[1])
    belief = np.zeros(len(region), np.float32)
    for a, b in zip(one[1:], other[1:], strict=True):
        belief[(region == a) & (partner == b)] = 1
    said = crowd.says(belief)
    right = (region == one[0]) & (partner == other[0])
    wrong = (region == one[0]) & (partner == other[1])
    assert said[MEAN][right] > 0.5
    assert said[MEAN][wrong] < 0.01
    assert said[MOST][right] > 0.9
    assert said[STRAY][right] < said[STRAY][wrong]
    assert said[OUTSIDE][right] == 0
    assert said[OUTSIDE][wrong] > 1


def test_regions_of_one_partner_speak_for_it(dots) -> None:
    crowd, region, partner = crowd_of(dots)
    one, other = boxes_of(dots[0]), boxes_of(dots[1])
    belief = ((partner == other[3]) & np.isin(region, one)).astype(np.float32)
    said = crowd.says(belief)[SAME]
    pairs = (region == one[0]) & (partner == other[3])
    assert said[pairs] >= (CLOSE - 1) / CLOSE
    assert not said[(region == one[0]) & (partner == other[2])].any()


def test_nobody_speaks_where_nothing_is_believed(dots) -> None:
    crowd, region, _ = crowd_of(dots)
    said = crowd.says(np.zeros(len(region), np.float32))
    assert not any(said[column].any() for column in (MEAN, MOST, SAME))
    assert all(np.isfinite(column).all() for column in said)


def test_the_closest_are_found_without_the_region_itself() -> None:
    centre = np.array([[0, 0], [3, 0], [0, 1], [9, 9]], np.float64)
    found, away = closest(centre, 2)
    np.testing.assert_array_equal(found, [[1, 2], [0, 2], [0, 1], [1, 2]])
    np.testing.assert_allclose(away[0], [3, 1])


@pytest.mark.parametrize("regions", [0, 1])
def test_who_is_alone_has_nobody_close(regions: int) -> None:
    found, away = closest(np.zeros((regions, 2)), CLOSE)
    assert found.shape == away.shape == (regions, 0)


def test_without_candidates_there_is_nothing_to_say(dots) -> None:
    none = np.zeros(0, np.intp)
    crowd = Crowd((none, none), *dots, (np.zeros((0, 2)), np.zeros(0)))
    assert [len(column) for column in crowd.says(np.zeros(0, np.float32))] == [0] * 5
