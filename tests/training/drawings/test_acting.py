from __future__ import annotations

import numpy as np
import pytest

from celtint.training.drawings.acting import Event, constant, eased, posed, steady, swinging


def test_an_eased_move_starts_and_ends_at_rest():
    curve = eased(1.0, 3.0, 4.0, 12.0)
    assert curve.at(0) == curve.at(4) == 1.0
    assert curve.at(12) == curve.at(99) == 3.0
    assert curve.at(8) == pytest.approx(2.0)
    assert curve.at(5) - curve.at(4) < curve.at(8) - curve.at(7)


def test_a_steady_move_has_nearly_even_steps():
    steps = np.diff([steady(0.0, 24.0, 24.0).at(f) for f in range(0, 25, 2)])
    np.testing.assert_allclose(steps, 2.0, atol=1e-6)


def test_poses_rest_between_moves():
    curve = posed(0.0, 1.0, 48.0, np.random.default_rng(3))
    values = np.array([curve.at(f) for f in range(48)])
    assert (np.diff(values) == 0).sum() >= 10
    assert len(np.unique(values)) > 4


def test_a_swing_returns_after_a_turn():
    curve = swinging(2.0, 0.5, np.random.default_rng(1))
    assert curve.at(3.0) == pytest.approx(curve.at(3.0 + 24.0 / curve.rate))
    assert abs(curve.at(7.0) - 2.0) <= 0.5
    assert constant(5.0).at(123) == 5.0


def test_an_event_lasts_from_its_first_frame_to_before_its_last():
    event = Event(3, 6)
    assert [f for f in range(9) if event.is_on(f)] == [3, 4, 5]
