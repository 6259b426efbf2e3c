"""`celtint farm` on the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app


def celtint(*arguments):
    return CliRunner().invoke(app, ["farm", *map(str, arguments)])


@pytest.mark.parametrize("command", ["run-local", "openjd", "slurm"])
def test_a_bad_list_is_told_in_full_and_nothing_is_written(episode, command):
    episode.line("sh020", 1003).unlink()
    before = episode.tree()
    options = [*episode.options, "--set", "settings.gap=3"]
    ran = celtint(command, *options, "--to", episode.folder / "job")
    assert ran.exit_code == 3
    assert ran.stderr.count("has no setting `gap`") == 3
    assert "frames 1003 are missing" in ran.stderr
    assert episode.tree() == before


@pytest.mark.parametrize("said", ["colour=red", "finish", "line=x", "settings.=3"])
def test_what_holds_for_all_shots_is_checked(episode, said):
    ran = celtint("openjd", *episode.options, "--set", said, "--to", episode.folder / "job")
    assert ran.exit_code == 3
    assert f"--set {said}: write KEY=VALUE" in ran.stderr


def test_local_runs_then_reports(episode):
    job = episode.folder / "job"
    ran = celtint("run-local", *episode.options, "--to", job, "--jobs", "2")
    assert ran.exit_code == 0, ran.output
    assert "3 done" in ran.output
    episode.damage("sh020", 1004)
    ran = celtint("run-local", *episode.options, "--to", job)
    assert ran.exit_code == 4
    assert "2 done, 1 failed" in ran.output
    ran = celtint("report", job, "--json", episode.folder / "r.json")
    assert ran.exit_code == 4
    assert json.loads((episode.folder / "r.json").read_text())["states"] == {"done": 2, "failed": 1}


def test_a_task_names_shots_that_there_are(episode):
    celtint("openjd", *episode.options, "--to", episode.folder / "job")
    ran = celtint("task", episode.folder / "job" / "shots.json", "--index", "2-3")
    assert ran.exit_code == 3
    assert "has shots 0 to 2" in ran.stderr
    assert not (episode.folder / "job" / "records").exists()


def test_a_report_needs_a_list(tmp_path):
    ran = celtint("report", tmp_path)
    assert ran.exit_code == 3
    assert "cannot be read as a list of shots" in ran.stderr


def test_stopping_a_session_that_is_gone_is_no_failure(tmp_path):
    ran = celtint("session", "stop", tmp_path / "none.json")
    assert ran.exit_code == 0
    assert "gone already" in ran.output
