"""The Frechet distance between two sets of pictures, by the features a network sees in them.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"
(2017): both sets are taken as Gaussians in feature space. Only with the features of its Inception
network is it *FID*; over any other network it is another figure and carries that network's name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class FeatureStatistics:
    """Mean and covariance of feature vectors that arrive in batches, summed in float64.

    Args:
        dimensions: D, length of a feature vector.

    """

    def __init__(self, dimensions: int) -> None:
        self.count = 0
        self._sum = np.zeros(dimensions)
        self._products = np.zeros((dimensions, dimensions))

    def add(self, features: NDArray[np.floating]) -> None:
        """Take in (N, D) features."""
        batch = features.astype(np.float64)
        self.count += len(batch)
        self._sum += batch.sum(axis=0)
        self._products += batch.T @ batch

    @property
    def mean(self) -> NDArray[np.float64]:
        """(D,); of at least one vector."""
        return self._sum / self.count

    @property
    def covariance(self) -> NDArray[np.float64]:
        """(D, D), with N - 1 below the line; of at least two vectors."""
        centre = self.count * np.outer(self.mean, self.mean)
        return (self._products - centre) / (self.count - 1)


def frechet_distance(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """|mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2)); nan with fewer than two vectors a side.

    The trace of the root is taken from the eigenvalues of the symmetric A^(1/2) B A^(1/2), which
    are those of A B, real and not negative: no root of a matrix that is nearly singular is needed.
    """
    if min(a.count, b.count) < 2:
        return float("nan")
    cov_a, cov_b = a.covariance, b.covariance
    values, vectors = np.linalg.eigh(cov_a)
    root_a = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = root_a @ cov_b @ root_a
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh((product + product.T) / 2), 0.0))
    apart = np.square(a.mean - b.mean).sum()
    distance = apart + np.trace(cov_a) + np.trace(cov_b) - 2.0 * roots.sum()
    return max(float(distance), 0.0)
