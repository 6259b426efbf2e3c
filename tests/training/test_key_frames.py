import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.training.errors import DataError
from celtint.training.key_frames import read_key_frames


def write(path, pixels, names=("R", "G", "B", "A"), window=None):
    """An EXR of (h, w, C) float; `window` is x, y, and the display window's width and height."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, oiio.FLOAT)
    spec.channelnames = names
    if window:
        spec.x, spec.y, spec.full_width, spec.full_height = window
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(np.ascontiguousarray(pixels, np.float32))
    out.close()


@pytest.fixture
def line(tmp_path):
    """A frame of 16x12 with a black line of alpha 1 in column 8, on nothing; frames 1 and 2."""
    pixels = np.zeros((12, 16, 4))
    pixels[:, 8, 3] = 1.0
    for frame in (1, 2):
        write(tmp_path / f"line.000{frame}.exr", pixels)
    return str(tmp_path / "line.####.exr")


def painted(tmp_path, pixels, **layout):
    write(tmp_path / "key.0002.exr", pixels, **layout)
    return str(tmp_path / "key.####.exr")


def flat(colour):
    pixels = np.ones((12, 16, 4))
    pixels[..., :3] = colour
    return pixels


def test_only_frames_that_are_painted_are_keys(line, tmp_path):
    keys = read_key_frames(line, painted(tmp_path, flat(0.5)))
    assert [key.frame for key in keys] == [2]
    expected = np.full((12, 16), 255)
    expected[:, 8] = 0
    assert np.array_equal(keys[0].line, expected)


def test_colours_are_converted_from_the_scene_to_srgb(line, tmp_path):
    """ACEScg of sRGB 166, 220, 239, as samples/meadow has it."""
    keys = read_key_frames(line, painted(tmp_path, flat((0.517578125, 0.6943359375, 0.8369140625))))
    assert np.abs(keys[0].paint[0, 0].astype(int) - (166, 220, 239)).max() <= 1


def test_premultiplied_colours_are_divided_first(line, tmp_path):
    half = flat((0.517578125, 0.6943359375, 0.8369140625)) * 0.5
    keys = read_key_frames(line, painted(tmp_path, half))
    assert np.abs(keys[0].paint[0, 0].astype(int) - (166, 220, 239)).max() <= 1


def test_under_a_line_lies_the_colour_of_the_nearest_paper(line, tmp_path):
    pixels = flat(0.2)
    pixels[:, :8, :3] = 0.8
    pixels[:, 8, :3] = 0.0  # the line, as it was painted over
    paint = read_key_frames(line, painted(tmp_path, pixels))[0].paint
    assert {tuple(colour) for colour in paint[:, 8]} <= {tuple(paint[0, 0]), tuple(paint[0, 15])}


def test_a_layer_without_lines_is_taken_as_it_is(line, tmp_path):
    names = ("R", "G", "B", "A", "paint.R", "paint.G", "paint.B", "paint.A")
    both = np.concatenate([flat(0.1), flat(0.8)], axis=2)
    both[:, 8, 4:7] = 0.3
    paint = read_key_frames(line, painted(tmp_path, both, names=names))[0].paint
    assert paint[0, 0, 0] == paint[11, 15, 0] > 200
    assert paint[0, 8, 0] < 200


def test_a_cropped_file_lies_where_its_window_says(line, tmp_path):
    pixels = flat(0.2)[:4, :4]
    paint = read_key_frames(line, painted(tmp_path, pixels, window=(2, 3, 16, 12)))[0].paint
    assert paint[3:7, 2:6].max() < 200
    assert paint[0].min() == 255


def test_what_is_unpainted_is_white_paper_and_not_black(line, tmp_path):
    pixels = flat(0.2)
    pixels[:, :4] = 0
    paint = read_key_frames(line, painted(tmp_path, pixels))[0].paint
    assert paint[:, :4].min() == 255
    assert paint[:, 4:].max() < 200


def test_png_is_srgb_already(line, tmp_path):
    cv2.imwrite(str(tmp_path / "key.0001.png"), np.full((12, 16, 3), (30, 20, 10), np.uint8))
    keys = read_key_frames(line, str(tmp_path / "key.####.png"))
    assert keys[0].paint[0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent.####.exr", r"no frame is there both as .*\(2 found\) and as .*\(0 found\)")],
)
def test_nothing_painted_is_told(line, tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        read_key_frames(line, str(tmp_path / name))


def test_other_sizes_spaces_and_broken_files_are_told(line, tmp_path):
    keys = painted(tmp_path, np.ones((4, 4, 4)))
    with pytest.raises(DataError, match=r"key\.0002\.exr is 4x4, its line art 16x12"):
        read_key_frames(line, keys)
    with pytest.raises(DataError, match="does not convert 'no such space' to sRGB"):
        read_key_frames(line, keys, colorspace="no such space")
    (tmp_path / "key.0002.exr").write_bytes(b"no EXR")
    with pytest.raises(DataError, match=r"key\.0002\.exr cannot be read"):
        read_key_frames(line, keys)
