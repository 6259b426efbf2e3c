import numpy as np
import pytest

from celtint.plugin.colour import PINNED_CONFIG, Colour
from celtint.plugin.header import ImageHeader, Window
from celtint.plugin.images import Layer
from celtint.plugin.ink import LineArt
from celtint.plugin.pixels import survey

COLOUR = Colour(PINNED_CONFIG)
RNG = np.random.default_rng(9)


def layer(pixels, *, is_premultiplied=True):
    pixels = np.ascontiguousarray(pixels)
    window = Window(0, 0, pixels.shape[1], pixels.shape[0])
    header = ImageHeader("a", "openexr", (), (window,), window, 1.0, {}, "", None, "half")
    found = survey(pixels)
    return Layer(
        pixels, window, header, "", True, is_premultiplied, found.is_black, found.is_opaque
    )


def slow_ink(one, space):
    """The definition, pixel by pixel, in floats."""
    rgba = COLOUR.to_working(one.pixels, space, is_premultiplied=one.is_premultiplied)
    darkness = 1 - np.clip(rgba[..., :3].min(axis=-1), 0, 1)
    return np.rint(255 * darkness * rgba[..., 3]).astype(np.uint8)


def test_black_ink_is_its_alpha():
    alpha = np.linspace(0, 1, 256).astype(np.float16)
    pixels = np.zeros((1, 256, 4), np.float16)
    pixels[0, :, 3] = alpha
    ink = LineArt(COLOUR, "ACEScg").ink(layer(pixels))
    assert np.array_equal(ink[0], np.arange(256))


def test_black_on_white_paper_is_how_dark_it_looks():
    pixels = np.ones((1, 3, 4), np.float16)
    pixels[0, :, :3] = np.array([0.0, 0.2140, 1.0])[
        :, None
    ]  # 0.2140 looks like 0.5 (IEC 61966-2-1)
    for space in ("ACEScg", "Linear Rec.709 (sRGB)"):
        assert LineArt(COLOUR, space).ink(layer(pixels)).tolist() == [[255, 128, 0]]


def test_a_coloured_line_covers_and_white_does_not():
    red = np.array([[[0.5, 0, 0, 0.5], [1, 1, 1, 1], [0.5, 0.5, 0.5, 0.5]]], np.float16)
    assert LineArt(COLOUR, "lin_rec709").ink(layer(red)).tolist() == [[128, 0, 0]]


def test_alpha_beyond_its_range_is_clipped():
    pixels = np.zeros((1, 3, 4), np.float16)
    pixels[0, :, 3] = [1.5, -0.5, -0.0]
    assert LineArt(COLOUR, "ACEScg").ink(layer(pixels)).tolist() == [[255, 0, 0]]


def random_pixels(dtype):
    """Empty, black, grey, coloured and see-through pixels side by side."""
    rgba = RNG.random((40, 50, 4))
    rgba[:10, :, :3] = 0
    rgba[10:20, :, 1:3] = rgba[10:20, :, :1]
    rgba[15:25, :, 3] = 1
    rgba[25:28, :, 3] = 0
    if np.dtype(dtype).kind == "f":
        rgba[30:33] *= 3
        rgba[34, :, 0] = -0.0
        return rgba.astype(dtype)
    return np.rint(rgba * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8, np.uint16])
@pytest.mark.parametrize("space", ["ACEScg", "sRGB - Texture"])
@pytest.mark.parametrize("premultiplied", [True, False])
def test_tables_and_floats_agree(dtype, space, premultiplied):
    one = layer(random_pixels(dtype), is_premultiplied=premultiplied)
    fast, slow = LineArt(COLOUR, space).ink(one), slow_ink(one, space)
    assert np.abs(fast.astype(int) - slow).max() <= (0 if dtype == np.float32 else 1)
    assert (fast == slow).mean() > 0.99


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8, np.uint16])
@pytest.mark.parametrize("target", ["ACEScg", "Linear Rec.709 (sRGB)"])
def test_line_art_in_another_space_agrees_with_floats(dtype, target):
    one = layer(random_pixels(dtype), is_premultiplied=np.dtype(dtype).kind == "f")
    source = "sRGB - Texture" if np.dtype(dtype).kind == "u" else "ACEScg"
    fast = LineArt(COLOUR, source).in_space(one, target).astype(np.float32)
    rgba = COLOUR.to_working(one.pixels, source, is_premultiplied=one.is_premultiplied)
    rgb = COLOUR.convert(rgba[..., :3], "sRGB - Texture", target) * rgba[..., 3:]
    visible = one.pixels[..., 3] > 0
    np.testing.assert_allclose(fast[visible][:, :3], rgb[visible], rtol=2e-3, atol=2e-3)


def test_half_floats_in_their_own_space_are_the_same_array():
    one = layer(random_pixels(np.float16))
    assert LineArt(COLOUR, "ACEScg").in_space(one, "lin_ap1") is one.pixels


def test_black_ink_is_the_same_array_in_every_space():
    pixels = np.zeros((4, 4, 4), np.float16)
    pixels[..., 3] = RNG.random((4, 4))
    one = layer(pixels)
    assert LineArt(COLOUR, "ACEScg").in_space(one, "sRGB - Texture") is one.pixels


def test_white_8_bit_paper_is_exactly_one():
    white = layer(np.full((2, 2, 4), 255, np.uint8), is_premultiplied=False)
    assert (LineArt(COLOUR, "sRGB - Texture").in_space(white, "ACEScg") == 1).all()
