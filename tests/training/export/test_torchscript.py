from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.painted.painter import NetworkPainter
from celtint.engine.painted.weights import load_weights
from celtint.training.errors import CheckpointError
from celtint.training.export.torchscript import CHANNELS, export_torchscript


@pytest.mark.parametrize("preset", ["paper2019", "masked2019"])
def test_the_file_paints_what_the_engine_paints_on_a_first_frame(
    preset: str, trained: Callable[..., Path], tmp_path: Path
) -> None:
    weights = load_weights(trained(preset) / "weights.safetensors")
    export_torchscript(weights, tmp_path / "nuke.pt")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.\w+. is deprecated")
        loaded = torch.jit.load(tmp_path / "nuke.pt")
    painter = NetworkPainter(weights, choose_device("cpu", precision="fp32"))
    rng = np.random.default_rng(8)
    for height, width in ((16, 24), (33, 50), (5, 7)):  # whole, padded, smaller than the least
        grey = rng.integers(0, 256, (height, width), np.uint8)
        hint = rng.random((height, width, 4)).astype(np.float32)
        x = torch.from_numpy(np.dstack([grey / 255, hint]).astype(np.float32))
        assert x.shape[2] == CHANNELS
        painted = loaded(x.permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
        np.testing.assert_allclose(painted, painter.step(None, grey, hint), atol=5e-6)


def test_a_network_that_is_shown_regions_is_refused(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    weights = load_weights(trained("guided") / "weights.safetensors")
    with pytest.raises(CheckpointError, match="no TorchScript finds them"):
        export_torchscript(weights, tmp_path / "nuke.pt")
    assert not (tmp_path / "nuke.pt").exists()
