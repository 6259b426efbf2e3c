from __future__ import annotations

import pytest
from typer.testing import CliRunner

from celtint.training.data.commands import prepare
from celtint.training.data.shards import read_set


@pytest.fixture
def run():
    def invoke(*arguments):
        return CliRunner().invoke(prepare, ["drawings", *map(str, arguments)])

    return invoke


def test_sets_are_made_and_the_speed_is_told(tmp_path, heads, run):
    result = run(
        "--drawings", heads, "--out", tmp_path, "--shots", 2, "--frames", 2, "--size", "64x48"
    )
    assert result.exit_code == 0, result.output
    assert "4 drawings" in result.output
    assert "frames/s" in result.output
    assert read_set(tmp_path / "train").drawings == 2
    assert read_set(tmp_path / "held_out").drawings == 2


def test_bad_input_is_told_and_nothing_is_written(tmp_path, heads, run):
    out = tmp_path / "out"
    wrong_size = run("--drawings", heads, "--out", out, "--shots", 2, "--size", "512")
    mistakes = run("--drawings", heads, "--out", out, "--shots", 0, "--frames", 0)
    missing = run("--drawings", tmp_path / "none", "--out", out, "--shots", 2)
    assert {r.exit_code for r in (wrong_size, mistakes, missing)} == {3}
    assert "WIDTHxHEIGHT" in wrong_size.output
    assert mistakes.output.count("error:") == 2
    assert "no such folder" in missing.output
    assert not out.exists()


def test_help_has_an_example(run):
    assert "--drawings openclipart" in run("--help").output
