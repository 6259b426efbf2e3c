from __future__ import annotations

import shutil
import threading

import pytest

from celtint.plugin.errors import FileError, JobError
from celtint.plugin.events import Finished
from celtint.plugin.hold import hold
from celtint.plugin.job import Output
from celtint.plugin.publish.gather import find, gather, shot_name
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import Options
from celtint.plugin.run import run_job
from celtint.plugin.shot import FramePattern


def wrong(shot):
    described = gather(str(shot.folder / "paint"), Options())
    return {
        one.rule: [str(text) for text in one.findings] for one in judge(described) if one.findings
    }


def test_a_folder_of_two_shots_asks_which(painted) -> None:
    job = painted.job(out=Output(str(painted.folder / "paint" / "other.####.exr")))
    run_job(job, lambda event: None, threading.Event())
    with pytest.raises(FileError, match=r"several painted shots, name one: .*other\.####\.exr"):
        find(str(painted.folder / "paint"))
    pattern, found = find(str(painted.folder / "paint" / "other.####.exr"))
    assert (pattern.base, found.out.path) == ("other.", job.out.path)


def test_a_folder_without_a_record_is_taken_by_its_only_sequence(painted) -> None:
    folder = painted.folder / "paint"
    shutil.rmtree(folder / ".celtint")
    pattern, job = find(str(folder))
    assert (pattern.base, pattern.width, job) == ("paint.", 4, None)
    shutil.copy(painted.paint(1001), folder / "matte.1001.exr")
    with pytest.raises(FileError, match="several sequences"):
        find(str(folder))


def test_a_job_that_cannot_be_read_is_named(tmp_path) -> None:
    path = tmp_path / "job.json"
    with pytest.raises(FileError, match=r"job\.json cannot be read"):
        find(str(path))
    path.write_text("{}")
    with pytest.raises(JobError, match=r"job\.json: This is a job of version null"):
        find(str(path))


def test_a_shot_is_called_by_the_folder_that_says_something(tmp_path) -> None:
    assert shot_name(FramePattern.parse("/show/sh010/paint/paint.####.exr")) == "sh010"
    assert shot_name(FramePattern.parse("/show/sh020/paint.####.exr")) == "sh020"


def test_a_run_at_work_is_told_and_its_holder_is_no_leftover(painted) -> None:
    with hold(painted.folder / "paint", "paint.#.exr"):
        (text,) = wrong(painted)["leftovers"]
    assert "being painted right now" in text
    assert wrong(painted) == {}


def test_line_art_that_is_gone_is_told_by_the_rule_of_truth_alone(painted) -> None:
    painted.line(1003).unlink()
    told = wrong(painted)
    assert set(told) == {"truth"}
    assert "1003" in told["truth"][0]


def test_a_changed_hint_is_told_with_all_that_it_changes(painted) -> None:
    hint = painted.dabs()
    red = (hint == hint[19, 13]).all(-1)
    hint[red] = (0.1, 0.8, 0.2, 1)
    painted.write(painted.hint(1001), hint)
    told = wrong(painted)
    assert set(told) == {"truth", "hints", "palette"}
    assert "frame 1001" in told["truth"][0]
    assert "1002-1006" in told["truth"][0]


def test_a_hint_that_changes_no_paint_is_no_untruth(painted) -> None:
    hint = painted.dabs()
    hint[2, 2] = 0
    painted.write(painted.hint(1001), hint)
    assert wrong(painted) == {}


def test_palette_layers_are_promised_where_the_job_asks_for_them(shot) -> None:
    out = Output(str(shot.folder / "paint" / "paint.####.exr"), layers="all,index,cryptomatte")
    assert isinstance(run_job(shot.job(out=out), lambda _: None, threading.Event()), Finished)
    assert wrong(shot) == {}


def test_another_version_of_celtint_can_be_checked_all_the_same(painted, monkeypatch) -> None:
    monkeypatch.setattr("celtint.plugin.identity.version", lambda name: "9.9.9")
    assert wrong(painted) == {}, "what was painted is judged by the version that painted it"


def test_frames_of_another_program_are_told(painted) -> None:
    painted.write(painted.paint(1003), painted.drawing(0))
    told = wrong(painted)
    assert any("It was not painted by celtint" in text for text in told["provenance"])
    assert "channels" in told


def test_a_renamed_frame_is_told(painted) -> None:
    shutil.copy(painted.paint(1001), painted.paint(1002))
    assert "the file was renamed" in str(wrong(painted)["provenance"])
