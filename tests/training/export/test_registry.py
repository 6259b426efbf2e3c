from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from celtint.engine.painted.weights import load_weights, registered_weights
from celtint.training.errors import CheckpointError
from celtint.training.export import registry as module
from celtint.training.export.registry import register
from celtint.training.export.weights import Exported, export_weights


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "weights" / "registry.toml"
    path.parent.mkdir()
    path.write_text("# none yet\n")
    return path


@pytest.fixture
def exported(trained: Callable[..., Path], tmp_path: Path) -> Callable[..., Exported]:
    def make(**network: Any) -> Exported:
        return export_weights(trained(**network), tmp_path / "out.safetensors")

    return make


def told(registry: Path, **changes: Any) -> dict[str, Any]:
    settings = {
        "training_data": 'drawings "by people",\nsplit train',
        "licence": "Apache-2.0",
        "scores": {"PSNR, held out": 21.5},
        "registry": registry,
    }
    return settings | changes


def test_registered_weights_are_the_default_and_can_be_loaded(
    exported: Callable[..., Exported], registry: Path
) -> None:
    weights = exported()
    shipped = register(weights, "first", **told(registry))
    assert shipped.parent == registry.parent
    assert load_weights(registry=registry).sha256 == weights.weights.sha256
    (entry,) = registered_weights(registry)
    assert entry.training_data == 'drawings "by people",\nsplit train'
    assert entry.scores == {"PSNR, held out": 21.5}


def test_the_latest_comes_first_and_a_name_is_there_once(
    exported: Callable[..., Exported], registry: Path
) -> None:
    register(exported(), "first", **told(registry))
    register(exported(preset="guided"), "second", **told(registry, scores={}))
    assert [entry.name for entry in registered_weights(registry)] == ["second", "first"]
    assert load_weights("first", registry=registry).preset.name == "paper2019"
    register(exported(width=6), "first", **told(registry))
    assert [entry.name for entry in registered_weights(registry)] == ["first", "second"]
    assert load_weights(registry=registry).generator.width == 6


def test_weights_too_large_to_ship_are_refused(
    exported: Callable[..., Exported], registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = exported()
    monkeypatch.setattr(module, "MOST_BYTES", weights.size_bytes - 1)
    with pytest.raises(CheckpointError, match="train a narrower network"):
        register(weights, "large", **told(registry))
    assert registered_weights(registry) == ()


@pytest.mark.parametrize("name", ["", "Large", "a/b", "../up", "-x"])
def test_names_that_cannot_be_files_are_refused(
    name: str, exported: Callable[..., Exported], registry: Path
) -> None:
    with pytest.raises(CheckpointError, match="cannot be called"):
        register(exported(), name, **told(registry))
    assert [path.name for path in registry.parent.iterdir()] == ["registry.toml"]
