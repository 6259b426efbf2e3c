"""What masks are asked for."""

import numpy as np
import pytest

from celtint.engine.flat.masks import places


@pytest.mark.parametrize("shape", [(1,), (8,), (61,), (7, 9), (40, 33)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_places_are_those_that_numpy_finds(shape, share):
    mask = np.random.default_rng(3).random(shape) < share
    found = places(mask)
    assert found.dtype == np.intp
    assert np.array_equal(found, np.flatnonzero(mask))


def test_a_mask_that_lies_in_memory_otherwise_is_read_in_order():
    mask = np.random.default_rng(4).random((30, 50)) < 0.1
    assert np.array_equal(places(mask.T), np.flatnonzero(mask.T))
    assert np.array_equal(places(mask[3:20, 5:31]), np.flatnonzero(mask[3:20, 5:31]))
