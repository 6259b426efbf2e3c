import numpy as np

from celtint.training.graph.answers import ALIKE, SMALL_WEIGHT, Answers


def answers(same, alike, *, shape=(1,), area_px=(100,)):
    return Answers.of(
        np.zeros(len(same), np.intp),
        np.array(same, bool),
        np.array(alike, bool),
        np.array(shape),
        np.array(area_px),
    )


def test_the_shape_itself_is_right_and_a_sibling_of_its_colour_half_as_good():
    found = answers([True, False, False], [True, True, False])
    assert found.right.tolist() == [1, ALIKE, 0]
    assert found.alone.tolist() == [0]


def test_what_is_new_may_look_at_what_is_painted_alike_or_at_nothing():
    found = answers([False, False], [True, False])
    assert found.right.tolist() == [1, 0]
    assert found.alone.tolist() == [ALIKE]


def test_what_has_no_like_has_no_match():
    found = answers([False], [False])
    assert (found.right.tolist(), found.alone.tolist()) == ([0], [1])


def test_specks_count_little_and_unknown_regions_nothing():
    found = answers([True], [True], shape=(1, 2, 0), area_px=(11, 10, 500))
    assert found.weight.tolist() == [1, np.float32(SMALL_WEIGHT), 0]


def test_a_region_to_which_nothing_is_right_any_more_does_not_count():
    region = np.array([0, 0, 1, 2])
    found = Answers.of(
        region,
        same=np.array([True, False, True, False]),
        alike=np.array([True, False, True, False]),
        shape=np.array([1, 2, 3]),
        area_px=np.array([100, 100, 100]),
    )
    some = found.only(region, np.array([True, False, False, False]))
    assert some.right.tolist() == [1]
    assert some.alone.tolist() == [0, 0, 1]
    assert some.weight.tolist() == [1, 0, 1]
