from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app


def call(*arguments):
    return CliRunner().invoke(app, ["publish", *map(str, arguments)])


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "publish.toml"
        path.write_text(text)
        return path

    return write


def test_a_good_shot_is_checked_and_nothing_is_written(painted) -> None:
    before = painted.tree()
    result = call(painted.folder / "paint")
    assert result.exit_code == 0, result.output
    assert "nothing is wrong" in result.output
    assert painted.tree() == before


@pytest.mark.parametrize(
    "named",
    [
        "paint",
        "paint/paint.####.exr",
        "paint/paint.1003.exr",
        "paint/.celtint/paint.#.exr.job.json",
    ],
)
def test_a_shot_is_named_by_folder_pattern_frame_or_job(painted, named) -> None:
    result = call(painted.folder / named, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["frames"] == list(range(1001, 1007))


def test_a_job_that_was_written_by_hand_names_the_shot(painted) -> None:
    path = painted.folder / "job.json"
    path.write_text(painted.job().to_json())
    assert call(path).exit_code == 0


def test_a_finding_names_shot_frame_and_what_to_do(painted) -> None:
    painted.paint(1004).unlink()
    result = call(painted.folder / "paint")
    assert result.exit_code == 1
    assert f"{painted.folder.name} frame 1004: It is missing" in result.output
    assert "Repair" in result.output
    assert "not fit to leave" in result.output
    assert "Missing frames can be painted" in call(painted.folder / "paint", "--explain").output


def test_json_has_every_finding_with_frame_and_place(painted, tamper) -> None:
    def change(planes):
        planes["R"][7, 9] = -1

    tamper(painted.paint(1004), change)
    result = call(painted.folder / "paint", "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert not report["is_good"]
    (verdict,) = [one for one in report["rules"] if one["findings"]]
    (finding,) = verdict["findings"]
    assert (verdict["rule"], finding["frame"]) == ("finite", 1004)
    assert finding["place"] == [9, 7, 1, 1]


def test_repair_paints_what_is_missing_and_publishes(painted, tmp_path) -> None:
    whole = painted.paint(1004).read_bytes()
    painted.paint(1004).unlink()
    result = call(painted.folder / "paint", "--repair", "--to", tmp_path / "out" / "{shot}")
    assert result.exit_code == 0, result.output
    assert "repair: painted frames 1004" in result.output
    version = tmp_path / "out" / painted.folder.name / "v001"
    assert f"published as {version}" in result.output
    assert (version / "paint.1004.exr").read_bytes() == whole


def test_what_cannot_be_repaired_is_said(painted) -> None:
    painted.paint(1004).unlink()
    painted.line(1002).unlink()
    result = call(painted.folder / "paint", "--repair")
    assert result.exit_code == 1
    assert "frame_range was not repaired" in result.output


def test_a_shot_with_findings_is_not_published(painted, tmp_path) -> None:
    painted.paint(1004).unlink()
    assert call(painted.folder / "paint", "--to", tmp_path / "out").exit_code == 1
    assert not (tmp_path / "out").exists()


def test_the_configuration_decides(painted, config) -> None:
    painted.paint(1006).unlink()
    path = config('[rules]\nframe_range = "warning"\n')
    assert call(painted.folder / "paint", "--config", path).exit_code == 0
    path = config("[shot]\nframeStart = 1001\nframeEnd = 1005\n")
    result = call(painted.folder / "paint", "--config", path)
    assert result.exit_code == 0, result.output
    path = config("[shot]\nframeStart = 1001\nframeEnd = 1004\nhandleEnd = 2\n")
    assert call(painted.folder / "paint", "--config", path).exit_code == 1


def test_wrong_configuration_and_wrong_names_leave_with_3(painted, config, tmp_path) -> None:
    path = config('[rules]\nflip = "off"\n[limit]\n[limits]\nflip_px = "many"\n')
    result = call(painted.folder / "paint", "--config", path)
    assert result.exit_code == 3
    for said in ("`rules.flip` is no rule", "`limit` is no table", "`limits.flip_px` is a int"):
        assert said in result.output
    (tmp_path / "empty").mkdir()
    result = call(tmp_path / "empty", "--json")
    assert result.exit_code == 3
    assert "holds no painted frames" in json.loads(result.output)["problems"][0]
    assert call(tmp_path / "none" / "x.####.exr").exit_code == 3
    assert call().exit_code == 2


def test_frames_of_nobody_are_told_to_have_no_record(painted) -> None:
    shutil.rmtree(painted.folder / "paint" / ".celtint")
    result = call(painted.folder / "paint", "--json")
    assert result.exit_code == 1
    told = {one["rule"]: one["findings"] for one in json.loads(result.output)["rules"]}
    (finding,) = told.pop("truth")
    assert "there is no record" in finding["what"]
    assert not any(told.values())


def test_one_rule_alone_can_be_repaired(painted) -> None:
    painted.paint(1004).unlink()
    left = painted.folder / "paint" / ".paint.1003.4711.tmp.exr"
    left.write_bytes(b"half a frame")
    result = call(painted.folder / "paint", "--repair", "--only", "leftovers")
    assert result.exit_code == 1
    assert not left.exists()
    assert not painted.paint(1004).exists()
    assert call(painted.folder / "paint", "--repair", "--only", "finite").exit_code == 3
    assert call(painted.folder / "paint", "--only", "leftovers").exit_code == 2


def test_tables_on_top_of_the_configuration_and_a_check_that_publishes_nothing(
    painted, tmp_path
) -> None:
    painted.paint(1006).unlink()
    tables = {"rules": {"frame_range": "warning"}, "publish": {"to": str(tmp_path / "out")}}
    arguments = (painted.folder / "paint", "--set", json.dumps(tables))
    assert call(*arguments, "--check").exit_code == 0
    assert not (tmp_path / "out").exists()
    assert call(*arguments).exit_code == 0
    assert (tmp_path / "out" / "v001").is_dir()
    assert call(painted.folder / "paint", "--set", "no").exit_code == 3
    assert call(painted.folder / "paint", "--set", "[]").exit_code == 3
