"""Job bundles: as OpenJD's own program checks and runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from celtint.plugin.farm import records
from celtint.plugin.farm.bundle import Needs, asset_references, template, write_bundle
from celtint.plugin.farm.shots import Shot

CELTINT = Path(sys.executable).parent / "celtint"


@pytest.fixture
def openjd():
    """Runs OpenJD's command line."""
    pytest.importorskip("openjd.cli", reason="openjd-cli is an extra: celtint[farm]")

    def run(*arguments):
        command = [str(Path(sys.executable).parent / "openjd"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def bundle_of(episode, *, keeps_going=False, needs=None):
    return write_bundle(
        episode.folder / "job",
        episode.shots(),
        name="ep01",
        needs=needs or Needs(),
        celtint=str(CELTINT),
        keeps_going=keeps_going,
    )


@pytest.mark.parametrize("needs", [Needs(), Needs(gpus=1, gpu_memory_mib=8192)])
def test_openjd_finds_no_fault_in_a_bundle(episode, openjd, needs):
    ran = openjd("check", bundle_of(episode, needs=needs))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_openjd_refuses_a_bundle_with_a_fault(episode, openjd):
    file = bundle_of(episode)
    file.write_text(file.read_text().replace('"onRun"', '"onrun"'))
    assert openjd("check", file).returncode != 0


def test_openjd_paints_every_shot_and_the_report_is_its_last_step(episode, openjd):
    ran = openjd("run", bundle_of(episode), "--step", "Report", "--run-dependencies")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(episode.painted()) == 18
    assert "openjd_progress: 100" in ran.stdout
    folder = episode.folder / "job" / "records"
    assert json.loads((folder / "report.json").read_text())["states"] == {"done": 3}


def test_where_it_keeps_going_a_failing_shot_stops_no_other_and_the_report_fails(episode, openjd):
    episode.damage("sh010", 1003)
    file = bundle_of(episode, keeps_going=True)
    ran = openjd("run", file, "--step", "Report", "--run-dependencies")
    assert ran.returncode != 0
    folder = episode.folder / "job" / "records"
    states = {name: records.read(folder, name).state for name in episode.names}
    assert states == {"sh010": "failed", "sh020": "done", "sh030": "done"}
    assert "line.1003.exr" in (folder / "report.html").read_text()


def test_else_its_task_fails_and_the_farm_can_try_it_again(episode, openjd):
    whole = episode.damage("sh010", 1003)
    file = bundle_of(episode)
    ran = openjd("run", file, "--step", "Paint")
    assert ran.returncode != 0
    assert "openjd_fail: sh010: failed" in ran.stdout
    episode.line("sh010", 1003).write_bytes(whole)
    again = openjd("run", file, "--step", "Paint", "--task-param", "Shot=0")
    assert again.returncode == 0, again.stdout + again.stderr
    record = records.read(episode.folder / "job" / "records", "sh010")
    assert (record.state, record.attempt) == ("done", 2)
    assert (record.painted, record.kept) == (6, 0)  # the broken one was told before the others


def test_openjds_own_cancel_leaves_whole_frames(big, openjd, tmp_path):
    file = write_bundle(
        tmp_path / "job",
        [Shot("big", big.job, big.frames)],
        name="ep01",
        needs=Needs(),
        celtint=str(CELTINT),
        keeps_going=False,
    )
    command = [str(Path(sys.executable).parent / "openjd"), "run", str(file), "--step", "Paint"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        for line in session.stdout:
            if "openjd_progress" in line:
                session.send_signal(signal.SIGINT)
                break
        rest = session.stdout.read()
        assert session.wait() != 0
    painted = list(big.out.glob("*.exr"))
    record = records.read(tmp_path / "job" / "records", "big")
    assert record.state == records.CANCELLED, rest
    assert record.painted == len(painted) < big.frames
    assert not [path for path in painted if path.name.startswith(".")]
    assert "the session has ended" in rest


def test_paths_are_mapped_on_the_farm(episode, openjd, tmp_path):
    file = bundle_of(episode)
    here = tmp_path / "here"
    episode.folder.rename(here)
    rules = {
        "version": "pathmapping-1.0",
        "path_mapping_rules": [
            {
                "source_path_format": "POSIX",
                "source_path": str(episode.folder),
                "destination_path": str(here),
            }
        ],
    }
    moved = here / file.relative_to(episode.folder)
    ran = openjd(
        "run", moved, "--step", "Paint", "--task-param", "Shot=0",
        "--path-mapping-rules", json.dumps(rules),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list((here / "show" / "sh010" / "paint").glob("*.exr"))) == 6
    assert not episode.folder.exists()


def test_one_task_a_shot_however_many(episode):
    shots = episode.shots() * 1000
    made = template(shots, name="e" * 200, needs=Needs(), celtint="celtint", keeps_going=False)
    indices = next(one for one in made["parameterDefinitions"] if one["name"] == "ShotIndices")
    assert indices["default"] == "0-2999"
    assert len(made["name"]) == 128


def test_a_graphics_card_is_asked_for_only_where_it_is_needed(episode):
    def amounts(needs):
        made = template(episode.shots(), name="e", needs=needs, celtint="c", keeps_going=False)
        return {one["name"]: one["min"] for one in made["steps"][0]["hostRequirements"]["amounts"]}

    assert amounts(Needs(cores=8, memory_mib=512)) == {
        "amount.worker.vcpu": 8,
        "amount.worker.memory": 512,
    }
    assert amounts(Needs(gpus=1))["amount.worker.gpu"] == 1


def test_attachments_carry_what_is_read_and_bring_back_what_is_painted(episode):
    carried = asset_references(episode.shots())["assetReferences"]
    folders = {role: [str(episode.show / name / role) for name in episode.names]
               for role in ("line", "hint", "paint")}  # fmt: skip
    assert carried["inputs"]["directories"] == sorted(folders["line"] + folders["hint"])
    assert carried["outputs"]["directories"] == folders["paint"]
    assert carried["inputs"]["filenames"] == []
