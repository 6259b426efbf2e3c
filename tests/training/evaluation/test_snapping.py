from __future__ import annotations

import numpy as np

from celtint.engine.flat.regions import find_regions
from celtint.engine.settings import FlatSettings
from celtint.training.evaluation.snapping import snapped

PALETTE = np.array([[0, 0, 0], [250, 0, 0], [0, 250, 0], [0, 0, 250]], np.uint8)


def test_each_region_takes_the_known_colour_nearest_to_its_mean() -> None:
    ink = np.zeros((20, 31), np.uint8)
    ink[:, 15] = 255
    regions = find_regions(ink, FlatSettings())
    rng = np.random.default_rng(0)
    picture = rng.normal(0.3, 0.05, (20, 31, 3)).astype(np.float32)
    picture[:, :15, 1] += 0.4  # cloudy green
    picture[:, 16:, 2] += 0.4  # cloudy blue
    index = snapped(picture, regions, PALETTE, {1, 2, 3})
    assert (index[:, :15] == 2).all()
    assert (index[:, 16:] == 3).all()
    assert set(np.unique(index)) == {2, 3}  # under the ink too
    # Blue was never shown: red is as near as green, and stands first.
    assert set(np.unique(snapped(picture, regions, PALETTE, {1, 2})[:, 16:])) <= {1, 2}


def test_what_lies_under_ink_has_no_say() -> None:
    ink = np.zeros((20, 20), np.uint8)
    ink[5:15, 5:15] = 255
    picture = np.zeros((20, 20, 3), np.float32)
    picture[..., 0] = 1
    picture[ink > 0] = (0, 0, 40)
    regions = find_regions(ink, FlatSettings())
    assert (snapped(picture, regions, PALETTE, {1, 3}) == 1).all()
