import numpy as np

from celtint.engine import FlatSettings
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.neighbours import Neighbours, spread


def test_all_entries_of_some_rows_are_found_in_their_order() -> None:
    start = np.array([0, 2, 2, 5])
    whose, place = spread(start, np.array([2, 0, 1, 2]))
    assert whose.tolist() == [0, 0, 0, 1, 1, 3, 3, 3]
    assert place.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]


def test_of_no_rows_there_are_no_entries() -> None:
    whose, place = spread(np.array([0, 2]), np.zeros(0, np.intp))
    assert len(whose) == len(place) == 0


def test_each_region_divides_its_border_among_its_neighbours(boxes) -> None:
    near = Neighbours.of(analyse(boxes((20, 20, 60, 60), (80, 20, 60, 60)), FlatSettings()))
    assert near.count == 3
    whose, place = near.all_of(np.arange(3))
    np.testing.assert_allclose(np.bincount(whose, near.share[place]), 1)
    assert sorted(near.other[near.start[0] : near.start[1]].tolist()) == [1, 2]


def test_a_mean_over_neighbours_is_by_border_and_without_the_region_itself(boxes) -> None:
    near = Neighbours.of(analyse(boxes((20, 20, 60, 60)), FlatSettings()))
    assert near.mean(np.array([3, 7], np.float32)).tolist() == [7, 3]
