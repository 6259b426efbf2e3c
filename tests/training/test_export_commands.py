from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from celtint.engine.painted import weights as engine_weights
from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.weights import build_generator, load_weights, save_weights
from celtint.training.cli import app
from celtint.training.export import registry as registry_module
from celtint.training.export_commands import BY_HAND


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """(preset) -> the folder of a run."""

    def make(preset: str = "paper2019") -> Path:
        torch.manual_seed(5)
        folder = tmp_path / preset
        folder.mkdir()
        generator = build_generator(PRESETS[preset], width=4, blocks=1)
        save_weights(generator, folder / "weights.safetensors")
        return folder

    return make


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    return result.exit_code, result.output


def test_weights_card_and_torchscript_are_written(run: Callable[..., Path], tmp_path: Path) -> None:
    out, script = tmp_path / "x" / "mine.safetensors", tmp_path / "x" / "mine.pt"
    code, said = call(run(), "--out", out, "--torchscript", script)
    assert code == 0, said
    assert load_weights(out).generator.width == 4
    assert "# Model card: mine" in out.with_suffix(".md").read_text()
    assert script.stat().st_size > 0
    assert all(str(path) in said.replace("\n", "") for path in (out, script))


def test_registered_weights_ship_with_the_checkout(
    run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    registry = checkout / "engine" / "weights" / "registry.toml"
    registry.parent.mkdir(parents=True)
    registry.write_text("")
    monkeypatch.setattr(engine_weights, "REGISTRY", registry)
    monkeypatch.setattr(registry_module, "REGISTRY", registry)
    monkeypatch.setattr(registry_module.register, "__kwdefaults__", {"registry": registry})
    folder, out = run(), tmp_path / "mine.safetensors"
    code, said = call(folder, "--out", out, "--register", "mine")
    assert code == 3
    assert "install the checkout itself" in said.replace("\n", " ")
    assert not out.exists()
    (checkout / "pyproject.toml").write_text("")
    code, said = call(folder, "--out", out, "--register", "mine")
    assert code == 0, said
    assert load_weights(registry=registry).name == "mine"
    page = checkout / "docs" / "model_card.md"
    written = page.read_text()
    assert "# Model card: mine" in written
    page.write_text(f"old\n{BY_HAND}\n\nDrawn by friends.\n")
    code, said = call(folder, "--out", out, "--register", "mine")
    assert code == 0, said
    assert page.read_text() == f"{written}\n{BY_HAND}\n\nDrawn by friends.\n"


def test_mistakes_are_told_in_plain_words(run: Callable[..., Path], tmp_path: Path) -> None:
    code, said = call(tmp_path, "--out", tmp_path / "a.safetensors")
    assert code == 3
    assert said.startswith("error: ")
    assert "holds no weights.safetensors" in said
    code, said = call(run("guided"), "--out", tmp_path / "a.safetensors", "--data", tmp_path)
    assert code == 3
    assert "set.json cannot be read" in said
    assert not (tmp_path / "a.safetensors").exists()
    code, said = call(tmp_path, "--out", tmp_path / "a.safetensors", "--register", "A b")
    assert code == 3
    assert "cannot be called 'A b'" in said
