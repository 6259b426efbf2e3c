"""Shots on one workstation."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

from celtint.plugin.errors import FileError
from celtint.plugin.events import FrameDone, Hello
from celtint.plugin.farm import local, records
from celtint.plugin.farm.shots import Shot, save


class Shown:
    """Keeps what it is told."""

    def __init__(self, on_event=lambda _shot, _event: None):
        self.events, self.ended, self._on_event = [], [], on_event

    def event(self, shot, event):
        self.events.append((shot.name, event))
        self._on_event(shot, event)

    def record(self, shot, record):
        self.ended.append((shot.name, record.state))


def run(shots, folder, *, jobs=1, shown=None, stop=None):
    return local.run_local(
        shots, folder, jobs=jobs, shown=shown or Shown(), stop=stop or threading.Event()
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_shot_stops_no_other_and_a_second_run_does_the_remainder(episode, tmp_path, jobs):
    whole = episode.damage("sh020", 1004)
    shown = Shown()
    run(episode.shots(), tmp_path, jobs=jobs, shown=shown)
    assert sorted(shown.ended) == [("sh010", "done"), ("sh020", "failed"), ("sh030", "done")]
    assert "line.1004.exr" in records.read(tmp_path, "sh020").problems[0]
    episode.line("sh020", 1004).write_bytes(whole)
    again = {record.shot: record for record in run(episode.shots(), tmp_path, jobs=jobs)}
    assert {name: record.kept for name, record in again.items()} == {
        "sh010": 6,
        "sh020": 0,
        "sh030": 6,
    }
    assert again["sh020"].painted == 6
    painted = episode.painted()
    episode.add("peace")
    run([shot for shot in episode.shots() if shot.name == "peace"], tmp_path)
    peace = [data for _, data in sorted(episode.painted(["peace"]).items())]
    for name in ("sh010", "sh020", "sh030"):
        assert [painted[key] for key in sorted(painted) if key.startswith(name)] == peace


def test_one_worker_paints_all_that_one_job_takes(episode, tmp_path):
    shown = Shown()
    run(episode.shots(), tmp_path, shown=shown)
    assert len({event.pid for _, event in shown.events if isinstance(event, Hello)}) == 1


def test_a_stop_leaves_whole_frames_and_begins_no_other(episode, big, tmp_path):
    stop = threading.Event()

    def stop_at_work(_shot, event):
        if isinstance(event, FrameDone):
            stop.set()

    shots = [Shot("big", big.job, big.frames), *episode.shots()]
    shown = Shown(stop_at_work)
    run(shots, tmp_path, shown=shown, stop=stop)
    assert shown.ended == [("big", "cancelled")]
    assert 0 < len(list(big.out.glob("*.exr"))) < big.frames
    assert not list(big.out.glob(".*.exr"))
    assert episode.painted() == {}


def test_records_that_cannot_be_written_end_the_run_with_an_error(episode, tmp_path):
    (tmp_path / "records").touch()
    with pytest.raises(FileError, match="records"):
        run(episode.shots(), tmp_path / "records", jobs=2)


def test_json_lines_name_the_shot(episode, tmp_path, capsys):
    with local.shown(episode.shots(), as_json=True) as shown:
        run(episode.shots()[:1], tmp_path, shown=shown)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["shot"] for line in lines} == {"sh010"}
    assert [line["event"] for line in lines[:8]] == ["hello", *["looked"] * 6, "checked"]
    assert lines[-1] == {**lines[-1], "event": "shot", "state": "done"}


def test_a_log_tells_a_line_a_shot(episode, tmp_path, capsys):
    with local.shown(episode.shots(), as_json=False) as shown:
        run(episode.shots()[:1], tmp_path, shown=shown)
    begun, ended = capsys.readouterr().out.splitlines()
    assert begun == "sh010: begun, 6 frames"
    assert ended.startswith("sh010: done, 6 frames painted, 0 kept")


def test_ctrl_c_ends_the_command_with_a_report_and_whole_frames(big, tmp_path):
    save(tmp_path / "list.json", [Shot("big", big.job, big.frames)])
    command = [sys.executable, "-m", "celtint.plugin.cli", "farm", "run-local"]
    command += [str(tmp_path / "list.json"), "--to", str(tmp_path / "job"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "frame":
                process.send_signal(signal.SIGINT)
                break
        process.stdout.read()
        assert process.wait() == 130
    report = json.loads((tmp_path / "job" / "report.json").read_text())
    assert report["states"] == {"cancelled": 1}
    assert report["figures"]["frames_on_disk"] == len(list(big.out.glob("*.exr"))) < big.frames
