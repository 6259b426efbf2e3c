from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from celtint.training.drawings.warps import Affine, Chain, Twist, Wave, similarity

PLANE = np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 13), np.linspace(-0.6, 0.6, 13)), -1)
POINTS = PLANE.reshape(-1, 2).astype(np.float32)


@given(
    angle=st.floats(-1.5, 1.5),
    radius=st.floats(0.1, 0.4),
    amplitude=st.floats(-0.1, 0.1),
    stretch=st.floats(0.2, 1.5),
    skew=st.floats(-0.4, 0.4),
)
def test_a_chain_of_all_movements_is_undone_exactly(angle, radius, amplitude, stretch, skew):
    chain = Chain(
        (
            Twist((0.1, -0.2), radius, angle),
            Wave(0, amplitude, 5.0, 0.3),
            Wave(1, -amplitude, 3.0, 1.0),
            similarity(0.7, 25.0, 0.4, 0.6, stretch=stretch, skew=skew),
        )
    )
    back = chain.inverse(chain.forward(POINTS))
    np.testing.assert_allclose(back, POINTS, atol=1e-5)


def test_a_twist_turns_what_is_near_its_pivot_and_leaves_what_is_far():
    twist = Twist((0.0, 0.0), 0.1, math.pi / 2)
    near, far = np.array([[1e-3, 0.0]], np.float32), np.array([[0.6, 0.0]], np.float32)
    np.testing.assert_allclose(twist.forward(near), [[0.0, 1e-3]], atol=1e-6)
    np.testing.assert_allclose(twist.forward(far), far, atol=1e-6)


def test_then_applies_the_second_map_to_the_result_of_the_first():
    first, second = similarity(2.0, 90.0, 1.0, 0.0), Affine(a=3.0, e=0.5)
    both = first.then(second).forward(POINTS)
    np.testing.assert_allclose(both, second.forward(first.forward(POINTS)), atol=1e-5)
    # (1, 0) doubled and turned is (0, 2), moved (1, 2), widened (3.5, 2).
    one = first.then(second).forward(np.array([[1.0, 0.0]], np.float32))
    np.testing.assert_allclose(one, [[3.5, 2.0]], atol=1e-6)


def test_a_map_without_area_cannot_be_undone():
    with pytest.raises(ZeroDivisionError):
        Affine(a=0.0).inverted()
