import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from celtint.engine.embedding.weights import save_embedder
from celtint.training.cli import app
from celtint.training.embedding import fit as loop
from celtint.training.embedding.settings import MatchingSettings
from celtint.training.embedding.task import MatchingTask


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    small = MatchingSettings(clips=1, drawings=2, frame_px=64, priors=1)
    new = loop.Run.new
    monkeypatch.setattr(loop.Run, "new", lambda _settings, device: new(small, device))


@pytest.mark.usefixtures("small_frames")
def test_a_run_is_made_and_goes_on(shapes_set: Path, tmp_path: Path) -> None:
    call = ["fit-matching", "--data", str(shapes_set), "--out", str(tmp_path / "run")]
    first = CliRunner().invoke(app, [*call, "--steps", "2", "--minutes", "0"])
    assert first.exit_code == 0, first.output
    assert "0 of 2 steps" in first.output
    assert "--resume" in first.output
    again = CliRunner().invoke(app, [*call, "--steps", "2", "--resume"])
    assert "2 of 2 steps" in again.output
    assert (tmp_path / "run" / "matching.safetensors").exists()


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    call = ["fit-matching", "--data", str(tmp_path / "no"), "--out", str(tmp_path / "run")]
    told = CliRunner().invoke(app, call)
    assert told.exit_code == 3
    assert "Prepare it again" in told.stderr


def test_scores_are_told_and_written(shapes_set: Path, tmp_path: Path) -> None:
    task = MatchingTask().eval()
    save_embedder(task.network, task.matcher, tmp_path / "fresh.safetensors")
    call = ["score-matching", "--data", str(shapes_set), "--shots", "1"]
    call += ["--weights", str(tmp_path / "fresh.safetensors")]
    told = CliRunner().invoke(app, [*call, "--report", str(tmp_path / "report.json")])
    assert told.exit_code == 0, told.output
    assert "matcher and flow" in told.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["weights"].startswith("fresh.safetensors")
    assert set(report["methods"]["flow"]) == {"1", "2"}  # of four drawings, none is five apart
