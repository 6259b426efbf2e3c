from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from celtint.training.data.commands import prepare
from celtint.training.data.shards import read_set


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(prepare, ["video", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "[e01] 100%.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 24, (96, 64))
    for number in range(8):
        frame = np.full((64, 96, 3), 180, np.uint8)
        cv2.circle(frame, (20 + 6 * number, 30), 12, (20, 90, 200), cv2.FILLED)
        writer.write(frame)
    writer.release()
    return path


def test_a_film_becomes_a_set_and_the_command_says_so(film: Path, tmp_path: Path) -> None:
    code, told, progress = run(film, "--out", tmp_path / "sets", "--held-out-share", 0)
    assert code == 0
    folder = tmp_path / "sets" / "train"
    assert told.startswith(
        f"{folder}: 1 shots, 8 drawings, 8 frames from 1 files; left out: 0 dark"
    )
    assert progress == "reading [e01] 100%.mp4\n"
    assert read_set(folder).frames == 8


def test_bad_input_is_told_as_a_list_and_leaves_with_three(film: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.mkv"
    junk.write_bytes(b"junk")
    code, told, errors = run(film, junk, tmp_path / "none.mkv", "--out", tmp_path / "sets")
    assert (code, told) == (3, "")
    lines = errors.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"error: {junk} cannot be read as a video")
    assert lines[1].startswith(f"error: {tmp_path / 'none.mkv'} is not there")
    assert not (tmp_path / "sets").exists()
    code, _, errors = run(film, "--out", tmp_path / "sets", "--short-side", 2)
    assert (code, errors) == (3, "error: short_side_px is 2, expected at least 16 pixels\n")


def test_ctrl_c_leaves_nothing_and_says_so(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("celtint.training.data.video.prepare_video", stopped)
    code, told, errors = run(film, "--out", tmp_path / "sets", "--held-out-share", 0)
    assert (code, told, errors) == (130, "", "stopped: nothing was kept\n")


def test_help_has_an_example() -> None:
    code, told, _ = run("--help")
    assert code == 0
    assert "Example: celtint-train prepare video" in " ".join(told.split())
