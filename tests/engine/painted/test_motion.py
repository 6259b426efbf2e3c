import numpy as np
import pytest

from celtint.engine.painted.motion import moved_along

RED, BLUE = (0.8, 0.1, 0.2), (0.1, 0.2, 0.9)


def scene(left):
    """A box of 30x30 outlined in 2 px of ink, its left edge at `left`: grey and paint."""
    grey = np.full((96, 128), 255, np.uint8)
    paint = np.empty((96, 128, 3), np.float32)
    paint[:] = BLUE
    grey[30:60, left : left + 30] = 0
    grey[32:58, left + 2 : left + 28] = 255
    paint[30:60, left : left + 30] = RED
    return grey, paint


def test_paint_goes_where_its_lines_go():
    (before, painted), (now, expected) = scene(30), scene(38)
    moved = moved_along(painted, before, now)
    wrong = np.abs(moved - expected).max(axis=2) > 0.01
    still = np.abs(painted - expected).max(axis=2) > 0.01
    assert wrong.sum() < 0.25 * still.sum()


def test_colours_are_not_mixed():
    (before, painted), (now, _) = scene(30), scene(35)
    moved = moved_along(painted, before, now).reshape(-1, 3)
    assert set(map(tuple, np.unique(moved, axis=0).tolist())) == {
        tuple(np.float32(RED).tolist()),
        tuple(np.float32(BLUE).tolist()),
    }


def test_a_held_drawing_keeps_its_paint_to_the_bit():
    grey, painted = scene(30)
    assert moved_along(painted, grey, grey.copy()) is painted


@pytest.mark.parametrize("size", [(1, 1), (31, 200), (32, 33), (65, 47)])
def test_any_size_is_taken(size):
    rng = np.random.default_rng(1)
    greys = [rng.integers(0, 256, size).astype(np.uint8) for _ in range(2)]
    painted = rng.random((*size, 3), np.float32)
    assert moved_along(painted, *greys).shape == (*size, 3)
