from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from celtint.training.errors import DataError
from celtint.training.evaluation import features
from celtint.training.evaluation.features import (
    LOOKED_AT_PX,
    ColourGrid,
    PerceptualFeatures,
    choose_features,
)
from celtint.training.perceptual import LITE0_PACKAGE, PerceptualNetwork


class Sees(PerceptualNetwork):
    """Gives the picture back as its coarsest activation, and remembers its size."""

    name = "sees"

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, ...]] = []

    def normalised(self, x: Tensor) -> Tensor:
        return x

    def activations(self, x: Tensor) -> list[Tensor]:
        self.sizes.append(tuple(x.shape[-2:]))
        return [torch.zeros(1), x * 2]


def test_a_perceptual_network_gives_its_name_and_its_coarsest_activation() -> None:
    network = Sees()
    look = PerceptualFeatures(network)
    assert (look.name, look.dimensions) == ("FD(sees)", 3)
    frame = np.zeros((40, 50, 3), np.float32)
    frame[:20, :, 0] = 1
    np.testing.assert_allclose(look(frame), [1, 0, 0])
    look(np.zeros((2 * LOOKED_AT_PX, 3 * LOOKED_AT_PX, 3), np.float32))
    assert network.sizes[1:] == [(40, 50), (LOOKED_AT_PX, round(1.5 * LOOKED_AT_PX))]


def test_the_grid_holds_mean_colours_of_its_cells() -> None:
    frame = np.zeros((16, 24, 3), np.float32)
    frame[:2, :3] = (0.1, 0.2, 0.3)  # the first of 8 x 8 cells
    found = ColourGrid()(frame)
    assert found.shape == (ColourGrid.dimensions,)
    np.testing.assert_allclose(found[:3], [0.1, 0.2, 0.3], atol=1e-6)
    assert not found[3:].any()


def test_without_any_network_the_grid_is_taken_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(features.importlib.util, "find_spec", lambda name: None)
    assert choose_features().name == "FD(colours of 8x8 cells)"


@pytest.mark.skipif(
    importlib.util.find_spec(LITE0_PACKAGE) is None, reason=f"{LITE0_PACKAGE} is not installed"
)
def test_an_installed_network_is_taken() -> None:
    look = choose_features()
    assert look.name == "FD(efficientnet-lite0)"
    assert look(np.zeros((32, 32, 3), np.float32)).shape == (320,)


def test_a_file_that_is_not_the_right_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fetch https"):
        choose_features(tmp_path / "no.pth")
