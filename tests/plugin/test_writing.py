from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.weights import save_weights
from celtint.engine.under_lines import FAINT_INK
from celtint.plugin.composite import line_over
from celtint.plugin.run import run_job


@pytest.mark.parametrize("target", ["finished", "paint"])
def test_the_line_lies_once_on_what_a_network_painted(
    shot: Any, tmp_path: Path, target: str
) -> None:
    """A network of finished frames paints lines too; they are not in the layer `paint`."""
    torch.manual_seed(1)
    weights = tmp_path / f"{target}.safetensors"
    save_weights(Generator(inputs=8, width=4, blocks=1), weights, description={"target": target})
    settings = {"precision": "fp32"}
    job = shot.job(finish="painted", model=str(weights), settings=settings, frames="1001")
    run_job(job, lambda _event: None, threading.Event())
    file, line = shot.read(shot.paint(1001)), shot.read(shot.line(1001))

    paint = np.dstack([file[f"paint.{name}"] for name in "RGBA"]).astype(np.float32)
    composite = np.dstack([file[name] for name in "RGBA"]).astype(np.float32)
    ink = np.dstack([line[name] for name in "RGBA"]).astype(np.float32)
    expected = line_over(ink, paint, on_paper=False)
    np.testing.assert_allclose(composite, expected, rtol=2e-3, atol=1e-5)
    is_line = np.rint(ink[..., 3] * 255) > FAINT_INK
    beside = set(map(tuple, paint[~is_line].tolist()))
    under = set(map(tuple, paint[is_line].tolist()))
    assert (under <= beside) is (target == "finished")
