from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from celtint.training.drawings.palette import (
    LEAST_CONTRAST,
    recolour,
    shade_of,
    to_lab,
    to_rgb,
)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # CSS Color 4's sample values of OKLab
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 128, 0), (0.51975, -0.1403, 0.10768)),
    ],
)
def test_oklab_has_the_published_values(rgb, lab):
    np.testing.assert_allclose(to_lab(rgb), lab, atol=2e-4)
    assert to_rgb(np.array(lab)) == rgb


def test_colours_outside_srgb_come_back_inside():
    assert all(0 <= v <= 255 for v in to_rgb(np.array([0.7, 0.4, -0.4])))


def test_the_colours_of_a_drawing_stay_apart_and_light_enough_to_be_paint():
    originals = [(250, 220, 180), (200, 40, 40), (40, 60, 200), (255, 255, 255), (90, 60, 30)]
    for seed in range(20):
        labs = [to_lab(c) for c in recolour(originals, np.random.default_rng(seed))]
        nearest = min(float(np.linalg.norm(a - b)) for a, b in combinations(labs, 2))
        assert nearest >= LEAST_CONTRAST - 1e-9
        assert min(lab[0] for lab in labs) > 0.3


def test_colours_change_with_the_seed_and_only_with_it():
    originals = [(250, 220, 180), (200, 40, 40)]
    drawn = [recolour(originals, np.random.default_rng(seed)) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len({tuple(d) for d in drawn[1:]}) == 3


def test_shade_is_darker_than_light():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        for base in ((250, 220, 180), (60, 140, 220), (120, 200, 90)):
            assert to_lab(shade_of(base, rng))[0] < to_lab(base)[0] - 0.03
