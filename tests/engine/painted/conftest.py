import cv2
import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.painted.generator import PRESETS, Generator
from celtint.engine.painted.painter import NetworkPainter
from celtint.engine.painted.weights import LoadedWeights


@pytest.fixture
def drawing():
    """(height, width) -> uint8 line art: anti-aliased outlines and a solid black on white paper."""

    def draw(height, width):
        rng = np.random.default_rng(3)
        grey = np.full((height, width), 255, np.uint8)
        for _ in range(9):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            axes = tuple(int(v) for v in rng.integers(2, max(height // 3, 3), 2))
            cv2.ellipse(grey, centre, axes, float(rng.integers(180)), 0, 360, 0, 2, cv2.LINE_AA)
        cv2.circle(grey, (width // 2, height // 2), max(height // 12, 1), 0, -1, cv2.LINE_AA)
        return grey

    return draw


@pytest.fixture
def hints():
    """(height, width) -> float32 RGBA: a few dabs of colour on nothing."""

    def dab(height, width):
        rng = np.random.default_rng(4)
        hint = np.zeros((height, width, 4), np.float32)
        for _ in range(6):
            y, x = int(rng.integers(height)), int(rng.integers(width))
            hint[y : y + 4, x : x + 4] = (*rng.random(3), 1.0)
        return hint

    return dab


@pytest.fixture
def weights():
    """(preset, width, blocks) -> weights as the paper initialises them, always the same."""

    def make(preset="paper2019", width=8, blocks=2):
        torch.manual_seed(1)
        generator = Generator(inputs=PRESETS[preset].inputs, width=width, blocks=blocks)
        return LoadedWeights(generator.eval(), PRESETS[preset], "initial", "0" * 64)

    return make


@pytest.fixture
def painter(weights):
    """(preset, precision, ...) -> a small painter on the CPU."""

    def make(preset="paper2019", precision="fp32", settings=None, **network):
        device = choose_device("cpu", precision=precision)
        return NetworkPainter(weights(preset, **network), device, settings)

    return make
