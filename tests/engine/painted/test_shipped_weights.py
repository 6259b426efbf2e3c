"""The weights that ship, on the sample shot reduced to a quarter of its height."""

from pathlib import Path

import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.guides import batch_labels, region_labels
from celtint.engine.painted.painter import NetworkPainter, load_painter
from celtint.engine.painted.weights import LoadedWeights, build_generator
from celtint.training.metrics import psnr
from celtint.training.sample import read_sample

MEADOW = Path(__file__).parents[3] / "samples" / "meadow"
FRAMES = 3


@pytest.fixture(scope="module")
def meadow():
    return read_sample(MEADOW, height=180)


@pytest.fixture(scope="module")
def shipped():
    return load_painter(None, "cpu")


def painted(painter, sample):
    """The first frames, each following the one before, from the hints of the first alone."""
    hint, before, frames = sample.hints()[0], None, []
    for index in range(FRAMES):
        before = painter.step(before, 255 - sample.ink[index], hint if index == 0 else None)
        frames.append(before)
    return frames


def score(frames, sample):
    """Mean PSNR of the frames where there is paper, dB."""
    return np.mean(
        [
            psnr(frame, sample.truth(index) / 255.0, where=sample.ink[index] < 128)
            for index, frame in enumerate(frames)
        ]
    )


def test_shipped_weights_paint_the_sample_better_than_untrained_ones(meadow, shipped):
    torch.manual_seed(1)
    preset = PRESETS[shipped.preset.name]
    network = shipped.weights.generator
    raw = build_generator(preset, width=network.width, blocks=len(network.blocks)).eval()
    untrained = NetworkPainter(LoadedWeights(raw, preset, "raw", ""), choose_device("cpu"))
    assert score(painted(shipped, meadow), meadow) > score(painted(untrained, meadow), meadow) + 2


def test_a_hinted_region_comes_out_in_the_colour_of_its_hint(meadow, shipped):
    first = painted(shipped, meadow)[0]
    label, count = batch_labels([region_labels(meadow.ink[0])])
    hint = meadow.hints()[0]
    dabbed = [r for r in range(count) if (hint[..., 3] * (label[0] == r).numpy()).sum() >= 4]
    assert len(dabbed) > 3
    off = []
    for region in dabbed:
        inside = (label[0] == region).numpy() & (meadow.ink[0] == 0)
        colour = np.median(hint[inside & (hint[..., 3] > 0), :3], axis=0)
        off.append(np.abs(np.median(first[inside], axis=0) - colour).max())
    assert np.median(off) < 2 / 255
