from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from celtint.plugin.errors import FileError
from celtint.plugin.job import Source
from celtint.plugin.run import run_job
from celtint.plugin.sheet import MOST_FRAMES, write_sheet

SCALE = 320 / 64  # a cell is 320 pixels wide


def read_png(path: Path) -> NDArray[np.uint8]:
    pixels = OpenImageIO.ImageBuf(str(path)).get_pixels("uint8")
    assert pixels is not None
    return pixels


@pytest.fixture
def painted(shot: Any) -> Any:
    run_job(shot.job(), lambda _: None, threading.Event())
    return shot


def paint_of(shot: Any) -> Source:
    return Source(str(shot.folder / "paint" / "paint.####.exr"))


def test_a_sheet_shows_the_paint_of_every_frame(painted: Any, tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    frames = write_sheet(path, paint_of(painted))
    pixels = read_png(path)

    assert frames == tuple(range(1001, 1007))
    assert pixels.shape == (8 + (20 + 240 + 8), 8 + 6 * 328, 3)
    for number in range(6):
        x = 8 + number * 328 + int((14 + 2 * number) * SCALE)
        y = 8 + 20 + int(20 * SCALE)
        assert pixels[y, x, 0] > 200
        assert pixels[y, x, 1] < 90


def test_key_frames_are_marked_and_their_dabs_are_ringed(painted: Any, tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.png"
    write_sheet(plain, paint_of(painted))
    write_sheet(marked, paint_of(painted), hint=painted.job().hint)
    differs = (read_png(plain) != read_png(marked)).any(axis=2)
    ys, xs = np.nonzero(differs)

    assert xs.max() < 8 + 328, "only the first frame has dabs"
    assert ys.min() < 8 + 20, "its number is marked"
    ring = differs[8 + 20 :, 8:]
    assert ring[int(20 * SCALE) - 15 : int(20 * SCALE) + 16, int(14 * SCALE) - 15 :].any()


def test_line_art_and_truth_stand_above_and_below(painted: Any, tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    write_sheet(path, paint_of(painted), line=painted.job().line, truth=paint_of(painted))
    pixels = read_png(path)

    assert pixels.shape[0] == 8 + 20 + 3 * 240 + 2 * 2 + 8
    y = 8 + 20 + int(20 * SCALE)
    x = 8 + int(14 * SCALE)
    assert pixels[y, x].tolist() == [255, 255, 255]
    assert pixels[y + 242, x].tolist() == pixels[y + 484, x].tolist() != [255, 255, 255]


def test_unpainted_places_show_a_checkerboard(painted: Any, tmp_path: Path) -> None:
    names = ("R", "G", "B", "A")
    painted.write(painted.paint(1001), np.zeros((48, 64, 4), np.float32), names)
    path = tmp_path / "sheet.png"
    write_sheet(path, paint_of(painted), frames="1001")
    cell = read_png(path)[28:-8, 8:-8]

    assert len(np.unique(cell.reshape(-1, 3), axis=0)) == 2


def test_a_long_shot_is_shown_by_24_frames_with_its_ends(shot: Any, tmp_path: Path) -> None:
    for frame in range(1001, 1101):
        shot.write(shot.line(frame), np.zeros((48, 64, 4), np.float32))
    line = Source(str(shot.folder / "line" / "line.####.exr"))
    frames = write_sheet(tmp_path / "sheet.png", line)

    assert len(frames) == MOST_FRAMES
    assert (frames[0], frames[-1]) == (1001, 1100)
    assert max(np.diff(frames)) - min(np.diff(frames)) <= 1


def test_a_sheet_is_a_png(painted: Any, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"end its name in \.png"):
        write_sheet(tmp_path / "sheet.jpg", paint_of(painted))


def test_a_frame_that_is_not_there_is_named(painted: Any, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"paint\.1009\.exr"):
        write_sheet(tmp_path / "sheet.png", paint_of(painted), frames="1009")


def test_a_still_of_hints_marks_the_first_frame_alone(painted: Any, tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.png"
    write_sheet(plain, paint_of(painted))
    still = painted.hint(1001).rename(tmp_path / "hint.exr")
    write_sheet(marked, paint_of(painted), hint=Source(str(still)))
    differs = (read_png(plain) != read_png(marked)).any(axis=(0, 2))

    assert differs.any()
    assert np.flatnonzero(differs).max() < 8 + 328


def test_a_tall_frame_makes_no_endless_sheet(shot: Any, tmp_path: Path) -> None:
    shot.write(tmp_path / "p.1.exr", np.ones((5000, 1, 4)))
    write_sheet(tmp_path / "sheet.png", Source(str(tmp_path / "p.#.exr")))

    assert max(read_png(tmp_path / "sheet.png").shape) < 600
