import numpy as np
import pytest

from celtint.plugin.pixels import first_non_finite, packed, survey

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("channel", range(4))
def test_every_half_float_is_judged_as_numpy_does(channel):
    bits = {
        *range(0, 1 << 16, 97),
        *range(0x3BFE, 0x3C03),
        *range(0x7BFC, 0x7C04),
        1,
        0x8000,
        0xFBFF,
    }
    for value in np.array(sorted(bits), np.uint16).view(np.float16):
        pixels = np.zeros((1, 1, 4), np.float16)
        pixels[0, 0, channel] = value
        found = survey(pixels)
        assert found.is_finite == bool(np.isfinite(value))
        if found.is_finite:
            assert found.is_black == (channel == 3 or value == 0)
            assert found.is_opaque == (channel == 3 and value == 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8, np.uint16])
def test_one_pixel_of_many_decides(dtype):
    one = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    pixels = np.zeros((300, 301, 4), dtype)
    pixels[..., 3] = one
    assert survey(pixels) == (True, True, True)
    pixels[299, 300, 0] = one
    assert survey(pixels) == (True, False, True)
    pixels[150, 7, 3] = 0
    assert survey(pixels) == (True, False, False)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4, 9])
@pytest.mark.parametrize("at", [(0, 0), (99, 100), (70, 3)])
def test_the_first_bad_pixel_is_found(dtype, channels, at):
    pixels = RNG.random((100, 101, channels)).astype(dtype)
    assert first_non_finite(pixels) is None
    pixels[at][channels - 1] = np.nan
    assert first_non_finite(pixels) == at
    pixels[99, 100, 0] = np.inf
    assert first_non_finite(pixels) == at


def test_whole_numbers_are_always_finite():
    assert first_non_finite(np.full((2, 2, 4), 0x7C00, np.uint16)) is None


def test_packing_puts_red_lowest_and_alpha_on_top():
    pixels = np.array([[[1, 2, 3, 4]]], np.uint16).view(np.float16)
    assert packed(pixels)[0, 0] == 0x0004_0003_0002_0001
