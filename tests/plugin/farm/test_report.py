"""The report over all shots."""

from __future__ import annotations

import json

from celtint.plugin.farm import records
from celtint.plugin.farm.doubts import Doubt
from celtint.plugin.farm.records import Record
from celtint.plugin.farm.report import make_report

DOUBT = Doubt(1001, 1006, 1003, 1, 2, 30, 40, 900, 0.125)


def write_frames(episode, name, count):
    folder = episode.show / name / "paint"
    folder.mkdir()
    for frame in range(1001, 1001 + count):
        (folder / f"paint.{frame}.exr").touch()


def test_every_state_is_told_and_frames_on_disk_are_counted(episode, tmp_path):
    episode.add("sh040", "sh050", "sh060")
    done = {"frames": 6, "painted": 6, "seconds": 3.0, "seconds_in_all": 4.5}
    records.write(tmp_path, Record("sh010", records.DONE, **done, peak_memory_mb=300.0))
    records.write(tmp_path, Record("sh020", records.DONE, **done, doubts=(DOUBT,), doubtful=7))
    records.write(tmp_path, Record("sh030", records.FAILED, problems=("why",), seconds_in_all=1.0))
    records.write(tmp_path, Record("sh040", records.CANCELLED))
    records.write(tmp_path, Record("sh050", records.BEGUN))
    write_frames(episode, "sh010", 6)
    write_frames(episode, "sh020", 4)
    report = make_report(episode.shots(), tmp_path)
    assert {line.record.shot: line.state for line in report.lines} == {
        "sh010": "done",
        "sh020": "incomplete",
        "sh030": "failed",
        "sh040": "cancelled",
        "sh050": "begun",
        "sh060": "waiting",
    }
    assert not report.is_done
    assert report.figures() == {
        "shots": 6,
        "frames": 36,
        "frames_on_disk": 10,
        "worker_seconds": 10.0,
        "seconds_per_frame": 0.5,
        "peak_memory_mb": 300.0,
        "doubtful_places": 7,
    }
    document = json.loads(json.dumps(report.to_dict()))
    assert document["states"]["incomplete"] == 1
    assert document["shots"][1]["doubts"][0]["confidence"] == 0.125
    assert document["shots"][2]["problems"] == ["why"]


def test_it_is_done_when_every_shot_is(episode, tmp_path):
    for name in episode.names:
        records.write(tmp_path, Record(name, records.DONE, frames=6))
        write_frames(episode, name, 6)
    assert make_report(episode.shots(), tmp_path).is_done
