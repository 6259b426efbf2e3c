"""The way through everything, on a sample made here; and what is no sample."""

import io
import json

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from rich.console import Console

from celtint.training.data.shards import read_set
from celtint.training.errors import DataError
from celtint.training.loop.strips import read_picture
from celtint.training.sample import read_sample, write_sample_set
from celtint.training.toy import in_terminal, train_toy

HEIGHT, WIDTH = 48, 64


def write_alpha(path, alpha, layer):
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 4, oiio.HALF)
    spec.channelnames = tuple(f"{layer}.{channel}" for channel in "RGBA")
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    pixels[..., 3] = alpha
    path.parent.mkdir(exist_ok=True)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(pixels)
    out.close()


@pytest.fixture
def sample(tmp_path):
    """Three frames: shape 30 left of a line that moves, shape 40 right of it, dabs on the first."""
    folder = tmp_path / "strip-field"
    (folder / "truth").mkdir(parents=True)
    for number in range(3):
        at = 30 + 2 * number
        line = np.zeros((HEIGHT, WIDTH))
        line[:, at : at + 2] = 1
        write_alpha(folder / "line" / f"line.100{number}.exr", line, "line")
        shape = np.full((HEIGHT, WIDTH), 30, np.uint16)
        shape[:, at + 1 :] = 40
        cv2.imwrite(str(folder / "truth" / f"shape.100{number}.png"), shape)
    dab = np.zeros((HEIGHT, WIDTH))
    dab[10:14, 10:14] = dab[10:14, 50:54] = 1
    write_alpha(folder / "hint" / "hint.1000.exr", dab, "hint")
    palette = [{"index": 0, "name": "unpainted"}]
    palette += [{"index": n, "srgb": colour} for n, colour in ((1, [200, 30, 40]), (2, [9, 8, 7]))]
    (folder / "palette.json").write_text(json.dumps(palette))
    shapes = [{"id": 30, "palette_index": 1}, {"id": 40, "palette_index": 2}]
    (folder / "shapes.json").write_text(json.dumps(shapes))
    return folder


def test_a_sample_is_read_with_its_exact_colours(sample):
    found = read_sample(sample)
    assert found.name == "strip-field"
    assert len(found.ink) == 3
    assert found.ink[1][0, 32] == 255
    assert found.ink[1][0, 0] == 0
    assert found.truth(0)[0, 0].tolist() == [200, 30, 40]
    assert found.truth(0)[0, 63].tolist() == [9, 8, 7]
    hint = found.hints()[0]
    assert np.allclose(hint[11, 11] * 255, [200, 30, 40, 255])
    assert np.allclose(hint[11, 51] * 255, [9, 8, 7, 255])
    assert not hint[0].any()


def test_a_large_sample_is_scaled_down(sample):
    found = read_sample(sample, height=24)
    assert found.ink[0].shape == found.shape[0].shape == (24, 32)


def test_a_sample_becomes_a_set_of_one_shot(sample, tmp_path):
    write_sample_set(read_sample(sample), tmp_path / "set")
    info = read_set(tmp_path / "set")
    assert (info.shots, info.drawings) == (1, 3)


def test_a_toy_is_trained_painted_and_shown_and_can_be_run_again(sample, tmp_path):
    done, strip = train_toy(sample, tmp_path / "toy", steps=2, console=Console(file=io.StringIO()))
    assert done.step == 2
    picture = read_picture(strip)
    assert picture.shape == (4 * HEIGHT, 3 * WIDTH, 3)
    truth = picture[3 * HEIGHT :, :WIDTH]
    assert truth[0, 0].tolist() == [200, 30, 40]
    painted = picture[2 * HEIGHT : 3 * HEIGHT, :WIDTH]
    assert np.abs(painted[4, 4].astype(int) - (200, 30, 40)).max() < 60  # from its dab
    again, _ = train_toy(sample, tmp_path / "toy", steps=2, console=Console(file=io.StringIO()))
    assert again.step == 2


def test_a_picture_in_the_terminal_has_two_pixels_a_character():
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:2] = (255, 0, 0)
    text = in_terminal(picture, 8)
    assert text.plain == ("\N{UPPER HALF BLOCK}" * 8 + "\n") * 2
    assert "rgb(255,0,0) on rgb(255,0,0)" in str(text.spans[0].style)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: (s / "shapes.json").unlink(), "is no sample: its palette cannot be read"),
        (lambda s: (s / "shapes.json").write_text("[]"), "shows the shape 30, which shapes.json"),
        (lambda s: (s / "truth" / "shape.1001.png").unlink(), r"shape\.1001\.png cannot be read"),
        (lambda s: (s / "line" / "line.1002.exr").write_bytes(b""), r"line\.1002\.exr cannot be r"),
    ],
)
def test_a_damaged_sample_is_told(sample, damage, message):
    damage(sample)
    with pytest.raises(DataError, match=message):
        read_sample(sample)


def test_a_folder_that_is_no_sample_is_told(tmp_path):
    with pytest.raises(DataError, match="is no sample: it has no line"):
        read_sample(tmp_path)
