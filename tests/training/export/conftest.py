from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.weights import build_generator, save_weights

CONFIG = '[data]\nmode = "line_art"\nhints = { none = 1.0 }\n\n[batch]\nclips = 4\n'


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Path]:
    """(preset, width, blocks) -> the folder of a run with its weights."""

    def make(preset: str = "paper2019", width: int = 4, blocks: int = 1) -> Path:
        torch.manual_seed(5)
        folder = tmp_path / f"run-{preset}-{width}"
        folder.mkdir(exist_ok=True)
        generator = build_generator(PRESETS[preset], width=width, blocks=blocks)
        told = {"steps": "40", "config": CONFIG}
        save_weights(generator, folder / "weights.safetensors", description=told)
        return folder

    return make
