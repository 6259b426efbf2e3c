import subprocess
import sys

import pytest
from typer.testing import CliRunner

from celtint.training.cli import app

SMALLEST = {
    "run.steps": 2,
    "model.width": 4,
    "model.blocks": 1,
    "data.crop_px": 32,
    "data.frames": 2,
    "batch.clips": 2,
}


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_help_answers_without_importing_torch():
    """In a process of its own: this one has it already."""
    code = (
        "import sys; from typer.testing import CliRunner; from celtint.training.cli import app; "
        "print(CliRunner().invoke(app, ['fit', '--help']).output); "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Example: celtint-train fit" in done.stdout


@pytest.mark.parametrize("command", ["fit", "adapt", "toy"])
def test_every_command_has_an_example(command):
    assert f"Example: celtint-train {command}" in run(command, "--help").output


def test_fit_trains_and_tells_how_to_go_on(disc_set, tmp_path):
    changes = [part for key, value in SMALLEST.items() for part in ("--set", f"{key}={value}")]
    arguments = ("fit", "guided", "--data", disc_set, "--out", tmp_path / "run", *changes)
    done = run(*arguments, "--minutes", "0")
    assert done.exit_code == 0, done.output
    assert "1 of 2 steps" in done.output
    written = tmp_path / "run" / "config.toml"
    assert f"go on: celtint-train fit {written}" in done.output
    again = run("fit", written, "--data", disc_set, "--out", tmp_path / "run", "--resume")
    assert again.exit_code == 0, again.output
    assert "2 of 2 steps" in again.output


def test_all_mistakes_are_told_before_anything_is_made(disc_set, tmp_path):
    wrong = ("--set", "optimiser.lr=-1", "--set", "model.network=unet", "--set", "run.stepz=3")
    done = run("fit", "guided", "--data", disc_set, "--out", tmp_path / "run", *wrong)
    assert done.exit_code == 3
    assert done.output.count("error: ") == 3
    assert not (tmp_path / "run").exists()


def test_a_set_that_is_not_there_is_told(tmp_path):
    done = run("fit", "guided", "--data", tmp_path / "absent", "--out", tmp_path / "run")
    assert done.exit_code == 3
    assert "absent" in done.output


def test_a_wrong_weight_file_is_told(disc_set, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"no weights")
    done = run(
        "fit", "guided", "--data", disc_set, "--out", tmp_path / "run",
        "--init", tmp_path / "w.safetensors",
    )  # fmt: skip
    assert done.exit_code == 3
    assert "w.safetensors is not a safetensors file" in done.output
    assert not (tmp_path / "run").exists()


def test_adapt_without_key_frames_is_told(tmp_path):
    done = run(
        "adapt", "w.safetensors", "--line", tmp_path / "line.####.exr",
        "--painted", tmp_path / "key.####.exr", "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.exit_code == 3
    assert "no frame is there both as" in done.output
