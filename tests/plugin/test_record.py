from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from celtint.plugin.errors import FileError, JobError
from celtint.plugin.events import Finished
from celtint.plugin.record import read_record, record_path, records_in
from celtint.plugin.run import run_job
from celtint.plugin.shot import FramePattern


def paint(shot, **changes):
    job = shot.job(**changes)
    last = run_job(job, lambda event: None, threading.Event())
    assert isinstance(last, Finished)
    return job


def the_record(shot) -> Path:
    (found,) = records_in(shot.folder / "paint")
    return found


def test_a_run_leaves_its_job_with_the_frames_it_found(shot) -> None:
    job = paint(shot)
    found = read_record(the_record(shot))
    assert (found.line, found.hint) == (job.line, job.hint)
    assert found.out == job.out
    assert found.frames == "1001-1006"
    assert found.ocio is not None
    assert the_record(shot) == record_path(FramePattern.parse(job.out.path))


def test_the_record_moves_with_the_shot(shot, tmp_path: Path) -> None:
    paint(shot)
    before = the_record(shot).read_bytes()
    assert str(shot.folder).encode() not in before
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("line", "hint", "paint"):
        shutil.move(shot.folder / name, moved / name)
    found = read_record(records_in(moved / "paint")[0])
    assert found.line.path == str(moved / "line" / "line.####.exr")


def test_the_same_job_leaves_the_same_bytes_and_a_new_one_its_own(shot) -> None:
    paint(shot)
    first = the_record(shot).read_bytes()
    changed = the_record(shot).stat().st_mtime_ns
    paint(shot)
    assert the_record(shot).read_bytes() == first
    assert the_record(shot).stat().st_mtime_ns == changed
    paint(shot, settings={"gap_px": 2.0})
    assert read_record(the_record(shot)).settings == {"gap_px": 2.0}


def test_what_is_no_record_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / ".celtint"
    folder.mkdir()
    path = folder / "paint.#.exr.job.json"
    with pytest.raises(FileError, match=r"job\.json cannot be read"):
        read_record(path)
    path.write_text('{"celtint_job": 1}')
    with pytest.raises(JobError, match=r"paint\.#\.exr\.job\.json: `line` is missing"):
        read_record(path)


def test_paths_that_no_relative_path_joins_stay_whole(shot, monkeypatch) -> None:
    """As on Windows, where line art and paint may lie on two drives."""

    def refuse(path: str, start: object) -> str:
        raise ValueError(f"path is on mount 'X:', start on mount 'Y:': {path} {start}")

    monkeypatch.setattr("celtint.plugin.record.os.path.relpath", refuse)
    job = paint(shot)
    assert read_record(the_record(shot)).line.path == job.line.path
