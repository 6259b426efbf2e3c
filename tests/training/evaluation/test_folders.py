from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from numpy.typing import NDArray

from celtint.training.errors import DataError
from celtint.training.evaluation.clips import read_clips
from celtint.training.evaluation.folders import read_folder, read_ink

SAMPLE = Path(__file__).parents[3] / "samples" / "meadow"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two frames of a shot: a square, shape 0, before a background, shape 4."""
    shot = tmp_path / "My Shot"
    for name in ("line", "truth"):
        (shot / name).mkdir(parents=True)
    for frame in (1001, 1003):
        ink = np.zeros((12, 16), np.uint8)
        ink[3:9, 5] = 255
        shape = np.full((12, 16), 4, np.uint16)
        shape[3:9, 6:12] = 0
        cv2.imwrite(str(shot / "line" / f"line.{frame}.png"), 255 - ink)
        cv2.imwrite(str(shot / "truth" / f"shape.{frame}.png"), shape)
    palette = [
        {"index": 0, "name": "unpainted"},
        {"index": 1, "name": "wall", "srgb": [9, 8, 7]},
        {"index": 2, "name": "box", "srgb": [200, 100, 50]},
    ]
    shapes = [
        {"id": 0, "of": "box", "palette_index": 2},
        {"id": 4, "of": "background", "palette_index": 1},
    ]
    (shot / "palette.json").write_text(json.dumps(palette))
    (shot / "shapes.json").write_text(json.dumps(shapes))
    return shot


def test_a_folder_is_a_shot_of_as_many_drawings_as_frames(folder: Path) -> None:
    shot = read_folder(folder)
    assert (shot.info.name, shot.info.holds) == ("my-shot", (0, 1))
    assert shot.background == {5}
    (clip,) = read_clips(folder)
    true = clip.frame(1)
    assert true.ink is not None
    assert tuple(true.paint[5, 8]) == (200, 100, 50)
    assert tuple(true.paint[0, 0]) == (9, 8, 7)
    assert not true.finished[5, 5].any()
    assert clip.background_colours == {1}


def test_the_sample_shot_is_read_as_it_was_made() -> None:
    clip = next(read_clips(SAMPLE, frames=2))
    true = clip.frame(0)
    assert true.colour is not None
    assert clip.size == (720, 1280)
    index = cv2.imread(str(SAMPLE / "truth" / "palette.1001.png"), cv2.IMREAD_UNCHANGED)
    entries = json.loads((SAMPLE / "palette.json").read_text())
    srgb = np.array([entry.get("srgb", [0, 0, 0]) for entry in entries], np.uint8)
    np.testing.assert_array_equal(true.paint, srgb[index])
    assert true.ink is not None
    assert 0.01 < (true.ink > 127).mean() < 0.2


def test_a_cropped_exr_lies_where_its_window_says(tmp_path: Path) -> None:
    path = tmp_path / "line.1001.exr"
    spec = oiio.ImageSpec(3, 2, 4, oiio.HALF)
    spec.x, spec.y, spec.full_width, spec.full_height = 6, 4, 8, 7
    spec.channelnames = ("line.R", "line.G", "line.B", "line.A")
    pixels = np.zeros((2, 3, 4), np.float16)
    pixels[..., 3] = [[1, 0.5, 1], [0, 1, 1]]
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(pixels)
    assert output.close()
    ink: NDArray[np.uint8] = read_ink(path)
    assert ink.shape == (7, 8)
    assert ink[4:6, 6:].tolist() == [[255, 128], [0, 255]]  # the third column lies outside
    assert ink.sum() == 638


def test_everything_that_is_missing_is_told_at_once(folder: Path) -> None:
    (folder / "line" / "line.1003.png").unlink()
    (folder / "palette.json").write_text("[")
    with pytest.raises(DataError, match=r"missing of frames \[1003\]; .*palette.json or shapes"):
        read_folder(folder)


def test_a_damaged_or_odd_frame_is_told_with_its_name(folder: Path) -> None:
    cv2.imwrite(str(folder / "line" / "line.1003.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(DataError, match=r"line.1003.png is of 5x5, its shot of 16x12"):
        read_folder(folder).drawing(1)
    (folder / "truth" / "shape.1001.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"shape.1001.png cannot be read: it is no picture"):
        read_folder(folder)


def test_a_shape_without_a_name_is_told(folder: Path) -> None:
    rows = json.loads((folder / "shapes.json").read_text())
    (folder / "shapes.json").write_text(json.dumps(rows[:1]))
    with pytest.raises(DataError, match=r"shapes that shapes.json does not name: \[4\]"):
        read_folder(folder).drawing(0)
