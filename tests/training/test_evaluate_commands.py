from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.weights import save_weights
from celtint.training.cli import app


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    path = tmp_path / "tiny.safetensors"
    save_weights(Generator(inputs=7, width=2, blocks=0), path)
    return path


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_report_is_written_and_named(weights: Path, one_shot: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    code, said = call(
        f"mine={weights}",
        "--data",
        one_shot,
        "--out",
        out,
        "--hints",
        "dabs-first",
        "--device",
        "cpu",
    )
    assert code == 0, said
    assert "report.md" in said
    text = (out / "report.md").read_text()
    assert "| mine | its own | as painted |" in text
    assert "## one" in text


def test_all_mistakes_are_told_at_once(weights: Path, one_shot: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "tiny.safetensors").write_bytes(weights.read_bytes())
    code, said = call(
        weights,
        other / "tiny.safetensors",
        "gone=gone.safetensors",
        "--sees",
        "tiny=colour",
        "--no-hints",
        "baseline",
        "--data",
        one_shot,
        "--out",
        tmp_path / "report",
    )
    assert code == 3
    told = said.splitlines()
    assert len(told) == 4
    assert "two weights are called tiny" in told[0]
    assert "--sees tiny=colour: expected LABEL=ink|canny|greyscale" in told[1]
    assert "--no-hints baseline: no weights are called so" in told[2]
    assert "gone.safetensors cannot be read" in told[3]
    assert not (tmp_path / "report").exists()


def test_what_is_no_set_is_told(weights: Path, tmp_path: Path) -> None:
    code, said = call(weights, "--data", tmp_path, "--out", tmp_path / "r")
    assert code == 3
    assert "neither a finished set" in said


def test_a_wrong_inception_file_is_told_before_anything_is_painted(
    weights: Path, one_shot: Path, tmp_path: Path
) -> None:
    code, said = call(
        weights, "--data", one_shot, "--out", tmp_path / "r", "--inception", tmp_path / "no.pth"
    )
    assert code == 3
    assert "fetch https://" in said
    assert not (tmp_path / "r").exists()
