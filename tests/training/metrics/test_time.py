from __future__ import annotations

import math

import numpy as np
import pytest

from celtint.training.metrics import (
    Flips,
    WarpError,
    count_flips,
    temporal_consistency,
    warp_error,
)
from celtint.training.metrics.time import colours_of_things

THING = np.array([[7, 7, 7, 0], [7, 9, 9, 9]])
INK = np.zeros((2, 4), np.uint8)


def test_a_thing_has_the_colour_of_most_of_its_paper() -> None:
    painted = np.array([[2, 2, 5, 0], [5, 3, 3, 4]])
    ink = INK.copy()
    ink[0, 2] = 255  # takes one vote of 5 away, so 2 wins
    assert colours_of_things(painted, THING, ink) == {7: 2, 9: 3}
    assert colours_of_things(painted, np.zeros_like(THING), ink) == {}


def test_things_that_change_colour_flip_unless_a_hint_told_them_to() -> None:
    before, now = {1: 4, 2: 4, 3: 6, 5: 1}, {1: 4, 2: 5, 3: 7, 8: 2}
    assert count_flips(before, now) == Flips(tracked=3, flipped=2)
    assert count_flips(before, now, hinted=[3]) == Flips(tracked=2, flipped=1)
    assert (Flips(3, 2) + Flips(2, 1)).rate == 3 / 5
    assert math.isnan(Flips().rate)


def test_a_picture_that_moves_as_its_flow_says_has_no_warp_error() -> None:
    rng = np.random.default_rng(6)
    now = rng.random((8, 10, 3))
    following = np.roll(now, (1, 2), axis=(0, 1))
    flow = np.broadcast_to([2.0, 1.0], (8, 10, 2))
    error = warp_error(now, following, flow, np.ones((8, 10), bool))
    assert error.pixels == 7 * 8  # what stays in the picture
    assert error.total == pytest.approx(0, abs=1e-10)
    still = warp_error(now, following, np.zeros((8, 10, 2)), np.ones((8, 10), bool))
    assert still.mean == pytest.approx(np.square(now - following).mean(), rel=1e-5)


def test_between_pixels_the_following_frame_is_interpolated() -> None:
    following = np.zeros((1, 3, 3))
    following[0, 1] = 1
    flow = np.zeros((1, 3, 2))
    flow[..., 0] = 0.25
    error = warp_error(np.zeros((1, 3, 3)), following, flow, np.array([[True, True, False]]))
    assert error.total == pytest.approx(0.25**2 + 0.75**2)
    assert error.pixels == 2


def test_what_cannot_be_followed_does_not_count() -> None:
    nothing = warp_error(
        np.zeros((2, 2, 3)), np.ones((2, 2, 3)), np.zeros((2, 2, 2)), np.zeros((2, 2), bool)
    )
    assert nothing == WarpError()
    assert math.isnan(nothing.mean)


def test_tc_is_one_for_the_original_and_grows_with_flicker() -> None:
    truth, painted = WarpError(2.0, 100), WarpError(5.0, 100)
    assert temporal_consistency(truth, truth) == 1
    assert temporal_consistency(painted, truth) == 2.5
    assert math.isnan(temporal_consistency(painted, WarpError(0.0, 100)))


def test_a_thing_put_together_of_groups_has_the_colour_of_most_of_its_pixels() -> None:
    thing, painted = np.array([4, 4, 7]), np.array([1, 2, 2])
    paper = np.zeros(3, np.uint8)
    assert colours_of_things(painted, thing, paper, np.array([3, 5, 1])) == {4: 2, 7: 2}
    assert colours_of_things(painted, thing, paper, np.array([5, 3, 1])) == {4: 1, 7: 2}
