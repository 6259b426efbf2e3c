"""What a farm machine runs, and what it tells the farm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.events import FrameDone, Hello
from celtint.plugin.farm import records
from celtint.plugin.farm.records import Record
from celtint.plugin.farm.shots import Shot, save
from celtint.plugin.farm.task import Lines, Task, exit_code, map_paths, read_path_mapping, sentence


def record_of(state, code=0):
    return Record("sh010", state, exit_code=code)


def test_a_shot_that_fails_does_not_stop_the_rest(episode, tmp_path):
    episode.damage("sh010", 1003)
    done = Task(tmp_path, None, print).paint(episode.shots(), lambda *_: None)
    assert [(record.shot, record.state) for record in done] == [
        ("sh010", "failed"),
        ("sh020", "done"),
        ("sh030", "done"),
    ]


def test_one_worker_paints_all_the_shots_of_a_task(episode, tmp_path):
    workers = set()

    def tell(_shot, event):
        if isinstance(event, Hello):
            workers.add(event.pid)

    done = Task(tmp_path, None, print).paint(episode.shots(), tell)
    assert [record.state for record in done] == [records.DONE] * 3
    assert len(workers) == 1


def test_without_its_session_a_shot_gets_a_worker_of_its_own(episode, tmp_path):
    told = []
    task = Task(tmp_path, tmp_path / "none.json", told.append)
    (record,) = task.paint(episode.shots()[:1], lambda *_: None)
    assert record.state == records.DONE
    assert "a worker of its own" in told[0]


def test_after_a_cancel_no_other_shot_is_begun(episode, tmp_path):
    task = Task(tmp_path, None, print)
    done = task.paint(episode.shots(), lambda *_: task.cancel())
    assert [record.state for record in done] == [records.CANCELLED]
    assert records.read(tmp_path, "sh020").state == records.WAITING


def test_progress_counts_frames_that_stand_already(episode):
    shots = episode.shots()[:2]
    told = []
    lines = Lines(shots, told.append, for_openjd=True)
    lines.event(shots[0], FrameDone(1004, "", 1, 3, 1.0, 2.0))  # three stood already
    lines.event(shots[1], FrameDone(1006, "", 6, 6, 1.0, 0.0))
    assert told == [
        "openjd_status: sh010: frame 1004, 1 of 3",
        "openjd_progress: 33",
        "openjd_status: sh020: frame 1006, 6 of 6",
        "openjd_progress: 100",
    ]


def test_progress_is_told_once_a_percent(episode):
    shots = [replace(episode.shots()[0], frames=1000)]
    told = []
    lines = Lines(shots, told.append, for_openjd=True)
    for done in range(1, 1001):
        lines.event(shots[0], FrameDone(1000 + done, "", done, 1000, 1.0, 0.0))
    percents = [float(line.split()[1]) for line in told if line.startswith("openjd_progress")]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert len(percents) <= 101


def test_a_failure_is_told_in_one_line(episode):
    told = []
    failed = Record("sh010", records.FAILED, problems=("The disk\nis full.", "Mend it."))
    Lines(episode.shots(), told.append, for_openjd=True).record(failed)
    sentence_told = "sh010: failed: The disk is full. Mend it."
    assert told == [sentence_told, f"openjd_fail: {sentence_told}"]
    assert "12 doubtful places" in sentence(Record("sh010", records.DONE, doubtful=12))


@pytest.mark.parametrize(
    ("states", "wanted", "code"),
    [
        (["done", "done"], 2, 0),
        (["done", "failed"], 2, 3),
        (["cancelled"], 2, 130),
        (["done"], 2, 130),
        ([], 1, 130),
    ],
)
def test_the_exit_code_says_the_worst(states, wanted, code):
    done = [record_of(state, 3 if state == "failed" else 0) for state in states]
    assert exit_code(done, wanted, keeps_going=False) == code
    assert exit_code(done, wanted, keeps_going=True) == 0


def test_different_failures_are_a_failure_midway():
    assert exit_code([record_of("failed", 3), record_of("failed", 5)], 2, keeps_going=False) == 4


def test_paths_are_mapped_by_the_longest_rule_that_fits(episode, tmp_path):
    file = tmp_path / "rules.json"
    form = {"source_path_format": "POSIX"}
    rules = [
        {**form, "source_path": str(episode.folder), "destination_path": "/short"},
        {**form, "source_path": str(episode.show / "sh010"), "destination_path": "/mnt/show/sh010"},
    ]
    file.write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": rules}))
    read = read_path_mapping(file)
    mapped = {shot.name: map_paths(shot, read).job for shot in episode.shots()}
    assert mapped["sh010"].line.path == "/mnt/show/sh010/line/line.####.exr"
    assert mapped["sh010"].hint is not None
    assert mapped["sh010"].hint.path == "/mnt/show/sh010/hint/hint.####.exr"
    assert mapped["sh020"].out.path == "/short/show/sh020/paint/paint.####.exr"


def test_windows_paths_are_mapped_and_others_stay(episode):
    job = episode.shots()[0].job
    windows = replace(job, line=replace(job.line, path="P:\\show\\sh010\\line.####.exr"), hint=None)
    shot = map_paths(Shot("sh010", windows, 1), [("WINDOWS", "p:\\show", "/mnt/show")])
    assert shot.job.line.path == "/mnt/show/sh010/line.####.exr"
    assert shot.job.out == job.out


def test_an_empty_mapping_changes_nothing_and_a_bad_one_is_refused(episode, tmp_path):
    file = tmp_path / "rules.json"
    file.write_text("{}")
    shot = episode.shots()[0]
    assert map_paths(shot, read_path_mapping(file)) == shot
    file.write_text('{"path_mapping_rules": [{"source_path": "/a"}]}')
    with pytest.raises(JobError, match="no path mapping rules"):
        read_path_mapping(file)


def test_a_polite_kill_of_the_task_leaves_whole_frames_and_a_record(big, tmp_path):
    save(tmp_path / "shots.json", [Shot("big", big.job, big.frames)])
    command = [sys.executable, "-m", "celtint.plugin.cli", "farm", "task"]
    command += [str(tmp_path / "shots.json"), "--index", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as task:
        assert task.stdout is not None
        for line in task.stdout:
            if "frame 1002" in line:
                os.kill(task.pid, signal.SIGTERM)
                break
        task.stdout.read()
        assert task.wait() == 130
    record = records.read(tmp_path / "records", "big")
    painted = sorted(path.name for path in big.out.glob("*.exr"))
    assert record.state == records.CANCELLED
    assert record.painted == len(painted) < big.frames
    assert not [name for name in painted if name.startswith(".")]
