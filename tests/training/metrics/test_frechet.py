from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from celtint.training.metrics import FeatureStatistics, frechet_distance


def statistics(features: NDArray[np.float64]) -> FeatureStatistics:
    gathered = FeatureStatistics(features.shape[1])
    for batch in np.array_split(features, 3):
        gathered.add(batch)
    return gathered


def test_mean_and_covariance_are_those_of_numpy() -> None:
    features = np.random.default_rng(1).normal(3, 2, (50, 6))
    gathered = statistics(features)
    np.testing.assert_allclose(gathered.mean, features.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(gathered.covariance, np.cov(features.T), atol=1e-12)


def test_gaussians_on_a_line_have_the_closed_form() -> None:
    # Between N(m, s^2) and N(n, t^2) it is (m - n)^2 + (s - t)^2; both from two points each.
    a = statistics(np.array([[1.0], [5.0]]))  # mean 3, standard deviation 2 sqrt 2
    b = statistics(np.array([[7.0], [9.0]]))  # mean 8, standard deviation sqrt 2
    assert frechet_distance(a, b) == pytest.approx(5**2 + (math.sqrt(8) - math.sqrt(2)) ** 2)


def test_correlated_gaussians_have_the_value_of_scipy() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5))
    y = rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5)) + 0.5
    cov_x, cov_y = np.cov(x.T), np.cov(y.T)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(
        cov_x + cov_y - 2 * sqrtm(cov_x @ cov_y).real
    )
    assert frechet_distance(statistics(x), statistics(y)) == pytest.approx(expected, rel=1e-9)


def test_a_set_has_no_distance_to_itself_even_with_fewer_pictures_than_features() -> None:
    few = statistics(np.random.default_rng(3).normal(size=(6, 40)))
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)


def test_one_picture_is_no_set() -> None:
    one = FeatureStatistics(2)
    one.add(np.zeros((1, 2)))
    assert math.isnan(frechet_distance(one, one))
