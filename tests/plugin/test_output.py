from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from celtint.plugin.output import (
    fingerprints,
    free_bytes,
    label,
    remove_leftovers,
    why_not_writable,
)
from celtint.plugin.run import run_job
from celtint.plugin.shot import FramePattern


@pytest.mark.parametrize(
    "text", ["/a/paint.####.exr", "/b/paint.%04d.exr", "paint.$F4.exr", "paint.1001.exr"]
)
def test_an_output_is_known_by_one_label_however_it_is_written(text: str) -> None:
    assert label(FramePattern.parse(text)) == "paint.#.exr"


def test_a_still_is_its_own_label() -> None:
    assert label(FramePattern.parse("/a/paint.exr")) == "paint.exr"


def test_what_stands_in_the_outputs_place_is_told_apart(shot: Any) -> None:
    run_job(shot.job(), lambda _: None, threading.Event())
    shot.paint(1002).unlink()
    shot.paint(1003).write_bytes(shot.paint(1003).read_bytes()[:-10])
    shot.paint(1004).write_bytes(shot.line(1004).read_bytes())
    shot.paint(1005).write_bytes(b"")
    pattern = FramePattern.parse(shot.job().out.path)

    standing = fingerprints(pattern, range(1001, 1007))

    assert len(standing.pop(1001) or "") == 64
    assert len(standing.pop(1006) or "") == 64
    assert standing == {1003: "", 1004: None, 1005: None}


def test_only_leftovers_of_this_output_are_removed(tmp_path: Path) -> None:
    ours = [".paint.1001.77.tmp.exr", ".paint.-001.77.tmp.exr"]
    others = [".paint.1001.exr", "paint.1001.77.tmp.exr", ".paint_v2.1001.77.tmp.exr"]
    for name in [*ours, *others]:
        (tmp_path / name).write_bytes(b"")

    assert remove_leftovers(FramePattern.parse(str(tmp_path / "paint.####.exr"))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_folder_that_does_not_exist_yet_is_judged_by_the_one_it_will_be_in(
    tmp_path: Path,
) -> None:
    assert why_not_writable(tmp_path / "a" / "b") is None
    assert free_bytes(tmp_path / "a" / "b") > 0
    (tmp_path / "file").write_text("")
    assert "is a file" in (why_not_writable(tmp_path / "file" / "b") or "")


def test_the_leftovers_of_a_still_are_removed(tmp_path: Path) -> None:
    for name in (".paint.77.tmp.exr", ".paint.1001.77.tmp.exr", ".other.77.tmp.exr"):
        (tmp_path / name).write_bytes(b"")

    assert remove_leftovers(FramePattern.parse(str(tmp_path / "paint.exr"))) == 1
    assert not (tmp_path / ".paint.77.tmp.exr").exists()


def test_leftovers_keep_the_case_of_their_ending(tmp_path: Path) -> None:
    (tmp_path / ".paint.1001.77.tmp.EXR").write_bytes(b"")

    assert remove_leftovers(FramePattern.parse(str(tmp_path / "paint.####.EXR"))) == 1
