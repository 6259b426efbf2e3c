import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.belief import Belief, Context, Surroundings, context
from celtint.engine.graph.cues import Candidates
from celtint.engine.graph.measure import analyse

MOVED_PX = 5
AHEAD, BEHIND, ALONG, ALONG_BACK = 2, 3, 7, 8
OUTSIDE, OUTSIDE_BACK = 12, 18
"""Columns of `Context.pair`."""


@pytest.fixture
def drawings(boxes):
    """A paper and three boxes in a row, which move to the right; each region is beside another."""
    places = [(20, 20, 60, 60), (80, 20, 60, 60), (140, 20, 60, 60)]
    moved = [(x + MOVED_PX, *rest) for x, *rest in places]
    return [analyse(boxes(*all_of_them), FlatSettings()) for all_of_them in (places, moved)]


def every_pair(count: int) -> Candidates:
    source, target = (part.reshape(-1) for part in np.indices((count, count)))
    none = np.zeros((count, 0), np.float32)
    return Candidates(source, target, np.zeros((count * count, 0), np.float32), none, none)


def sure_of(found: Candidates, count: int, *, but: int | None = None) -> Belief:
    """Every region is believed to be itself, all but one, of which nothing is known."""
    right = (found.source == found.target).astype(np.float32)
    if but is not None:
        right[found.source == but] = 0
    none = np.zeros(count, np.float32)
    return Belief(right, right, none, none)


def said(drawings, but: int | None = None) -> tuple[Candidates, Context]:
    source, target = drawings
    found = every_pair(source.count)
    belief = sure_of(found, source.count, but=but)
    return found, context(found, belief, source, target)


def test_neighbours_that_match_speak_for_a_pair(drawings) -> None:
    middle = int(np.argsort(drawings[0].centre_px[:, 0])[1])
    found, around = said(drawings, but=middle)
    right = (found.source == middle) & (found.target == middle)
    np.testing.assert_allclose(around.pair[right][:, [AHEAD, BEHIND]], 1, atol=1e-6)
    wrong = (found.source == middle) & (found.target != middle)
    assert (around.pair[wrong][:, AHEAD] < 1).all()


def test_where_nothing_is_believed_nobody_speaks_for_anything(drawings) -> None:
    source, target = drawings
    found = every_pair(source.count)
    none = np.zeros(len(found.source), np.float32)
    each = np.ones(source.count, np.float32)
    around = context(found, Belief(none, none, each, each), source, target)
    assert not around.pair[:, [AHEAD, BEHIND, ALONG, ALONG_BACK]].any()


def test_a_region_that_moves_as_its_neighbours_do_is_told_from_one_that_does_not(drawings) -> None:
    first, last = np.argsort(drawings[0].centre_px[:, 0])[[0, -1]]
    found, around = said(drawings)
    along = around.pair[:, ALONG]
    right = (found.source == first) & (found.target == first)
    astray = (found.source == first) & (found.target == last)
    assert along[right] > 0.4
    assert along[astray] < 0.01


def test_what_is_laid_out_once_serves_every_round(drawings) -> None:
    source, target = drawings
    found = every_pair(source.count)
    surroundings = Surroundings(found, source, target)
    for but in (None, 1, 2):
        belief = sure_of(found, source.count, but=but)
        fresh = context(found, belief, source, target)
        again = surroundings.context(belief)
        for part in ("pair", "source", "target"):
            np.testing.assert_array_equal(getattr(again, part), getattr(fresh, part))


def test_regions_are_expected_where_they_move_to_and_where_they_come_from(boxes) -> None:
    places = [(x, y, 8, 8) for y in (40, 100) for x in (30, 80, 130)]
    moved = [(x + 2 * MOVED_PX, *rest) for x, *rest in places]
    drawings = [analyse(boxes(*all_of_them), FlatSettings()) for all_of_them in (places, moved)]
    found, around = said(drawings)
    right = found.source == found.target
    assert not around.pair[right][:, [OUTSIDE, OUTSIDE_BACK]].any()
    small = drawings[0].area_px < drawings[0].area_px.max()
    wrong = ~right & small[found.source] & small[found.target]
    assert (around.pair[wrong][:, [OUTSIDE, OUTSIDE_BACK]] > 0).all()
