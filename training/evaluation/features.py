"""Networks that look at pictures for the Frechet distance; each gives the figure its name."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..metrics.inception import load_inception
from ..perceptual import LITE0_PACKAGE, PerceptualNetwork, load_perceptual

GRID = 8
"""Cells of `ColourGrid` on each side."""

LOOKED_AT_PX = 256
"""Larger frames are shrunk until their shorter side has as many: networks know things by size."""

_LEAST_PX = 32  # the least that perceptual networks take


class Features(Protocol):
    """Looks at pictures.

    Attributes:
        name: Of the figure, as tables call it.
        dimensions: D, length of what it returns.

    """

    name: str
    dimensions: int

    def __call__(self, frame: NDArray[np.floating]) -> NDArray[np.float32]:
        """(H, W, 3) in [0, 1], sRGB, to (D,)."""


class PerceptualFeatures:
    """The coarsest activations of a perceptual network, averaged over the picture."""

    def __init__(self, network: PerceptualNetwork) -> None:
        self._network = network
        self.name = f"FD({network.name})"
        self.dimensions = len(self(np.zeros((_LEAST_PX, _LEAST_PX, 3), np.float32)))

    def __call__(self, frame: NDArray[np.floating]) -> NDArray[np.float32]:
        """(H, W, 3) in [0, 1], sRGB, to (D,)."""
        pixels = np.clip(frame, 0, 1).astype(np.float32)
        height, width = frame.shape[:2]
        if min(height, width) > LOOKED_AT_PX:
            scale = LOOKED_AT_PX / min(height, width)
            size = (round(width * scale), round(height * scale))
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None]
        with torch.inference_mode():
            coarsest = self._network(x)[-1]
        return coarsest.mean(dim=(2, 3))[0].numpy()


class ColourGrid:
    """No network: mean colours of a grid of cells. It is there where nothing else is installed."""

    name = f"FD(colours of {GRID}x{GRID} cells)"
    dimensions = GRID * GRID * 3

    def __call__(self, frame: NDArray[np.floating]) -> NDArray[np.float32]:
        """(H, W, 3) in [0, 1], sRGB, to (D,)."""
        cells = cv2.resize(frame.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
        return np.asarray(cells.ravel(), np.float32)


def choose_features(inception: Path | None = None) -> Features:
    """FID's network where its file is given; else the best that is installed.

    Raises:
        DataError: The file is missing or is another one.

    """
    if inception is not None:
        return load_inception(inception)
    if importlib.util.find_spec(LITE0_PACKAGE) is not None:
        return PerceptualFeatures(load_perceptual("efficientnet-lite0"))
    return ColourGrid()
