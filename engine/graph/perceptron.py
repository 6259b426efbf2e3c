"""A perceptron of one hidden layer in numpy: the small models that weigh cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Perceptron:
    """Standardised inputs, one hidden layer of rectified units, linear outputs.

    Attributes:
        mean, scale: (I,) float32; an input is (x - mean) / scale, clipped to -CLIP..CLIP.
        inner, inner_bias: (I, H) and (H,) float32.
        outer, outer_bias: (H, O) and (O,) float32.

    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    inner: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    outer_bias: NDArray[np.float32]

    CLIP = 5.0

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Perceptron:
        """The perceptron whose arrays are called `name.mean`, `name.scale` and so on."""
        parts = ("mean", "scale", "inner", "inner_bias", "outer", "outer_bias")
        return cls(*(arrays[f"{name}.{part}"] for part in parts))

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, O) outputs of (N, I) inputs."""
        x = inputs - self.mean
        x /= self.scale
        x = np.clip(x, -self.CLIP, self.CLIP, out=x)
        hidden = np.maximum(x @ self.inner + self.inner_bias, 0)
        return hidden @ self.outer + self.outer_bias


def columns(
    inputs: Sequence[NDArray[np.floating[Any]] | NDArray[np.bool_] | float], count: int
) -> NDArray[np.float32]:
    """(N, I) inputs side by side, each in one piece of memory, which is how they are read fastest.

    Args:
        inputs: (N,) each, or one number for all.
        count: N.

    """
    table = np.empty((len(inputs), count), np.float32)
    for row, one in zip(table, inputs, strict=True):
        row[:] = one
    return table.T
