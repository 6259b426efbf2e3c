import numpy as np
import pytest

from celtint.plugin.colour import PINNED_CONFIG, Colour
from celtint.plugin.hint_colours import HintColours

COLOUR = Colour(PINNED_CONFIG)
SPACES = ["ACEScg", "Linear Rec.709 (sRGB)", "sRGB - Texture", "ACES2065-1"]
EXTREME = np.array(
    [
        [0, 0, 0],
        [1, 1, 1],
        [65504, 65504, 65504],
        [60000, 0, 6e-8],  # the smallest half float beside a huge one
        [60000, 0, 0],
        [60000, 0, 1.2e-7],
        [0, 1, 0],  # outside sRGB in ACEScg
        [-0.3, 2.5, -0.001],
        [6e-8, 6e-8, 6e-8],
        [-65504, 65504, 0],
    ],
    np.float16,
)


def random_halves(count):
    rng = np.random.default_rng(11)
    bits = rng.integers(0, 1 << 16, (4 * count, 3)).astype(np.uint16)
    halves = bits.view(np.float16)
    return halves[np.isfinite(halves).all(axis=1)][:count]


def dabs(rgb):
    """An image of opaque dabs, one pixel each."""
    return np.column_stack([rgb, np.ones(len(rgb), rgb.dtype)])[None]


def steps(a, b):
    """Half-float steps between two arrays, across zero too."""
    a, b = (np.asarray(x, np.float16).view(np.int16).astype(int) for x in (a, b))
    a, b = (np.where(x < 0, -(x & 0x7FFF), x) for x in (a, b))
    return np.abs(a - b)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("colours", [EXTREME, random_halves(5000)], ids=["extreme", "random"])
def test_what_was_dabbed_comes_back_bit_for_bit(space, colours):
    hints = HintColours(COLOUR)
    working = hints.to_working(dabs(colours), space, is_premultiplied=True)[0]
    assert np.isfinite(working).all()
    back = hints.palette_to_file(working[:, :3].copy(), space)
    assert np.array_equal(back, colours)  # as numbers: -0 is 0
    nonzero = colours != 0
    assert np.array_equal(back.view(np.uint16)[nonzero], colours.view(np.uint16)[nonzero])


def test_different_colours_stay_different_in_the_working_space():
    # float32 alone cannot tell these apart after the matrix: 6e-8 is lost beside 60000.
    working = HintColours(COLOUR).to_working(dabs(EXTREME), "ACEScg", is_premultiplied=True)[0]
    assert len(np.unique(working[:, :3], axis=0)) == len(EXTREME)
    plain = COLOUR.convert(EXTREME.astype(np.float32), "ACEScg", "sRGB - Texture")
    assert len(np.unique(plain, axis=0)) < len(EXTREME)


def test_a_colour_means_the_same_in_every_frame():
    hints = HintColours(COLOUR)
    first = hints.to_working(dabs(EXTREME), "ACEScg", is_premultiplied=True)[0]
    second = hints.to_working(dabs(EXTREME[::-1]), "ACEScg", is_premultiplied=True)[0]
    assert np.array_equal(first, second[::-1])


def test_another_output_space_is_converted_to_directly():
    rgb = random_halves(5000)
    rgb = rgb[(np.abs(rgb) < 1000).all(axis=1)]
    hints = HintColours(COLOUR)
    working = hints.to_working(dabs(rgb), "ACEScg", is_premultiplied=True)[0, :, :3].copy()
    expected = COLOUR.convert(rgb.astype(np.float32), "ACEScg", "Linear Rec.709 (sRGB)")
    written = hints.palette_to_file(working, "Linear Rec.709 (sRGB)")
    assert steps(written, expected.astype(np.float16)).max() == 0


def test_acescg_through_rec709_files_returns_within_a_half_float_step():
    rng = np.random.default_rng(5)
    rgb = rng.uniform(0.05, 4, (5000, 3)).astype(np.float16)
    hints = HintColours(COLOUR)
    working = hints.to_working(dabs(rgb), "ACEScg", is_premultiplied=True)[0, :, :3].copy()
    written = hints.palette_to_file(working, "Linear Rec.709 (sRGB)").astype(np.float32)
    back = COLOUR.convert(written, "Linear Rec.709 (sRGB)", "ACEScg")
    # A step of the brightest channel: the matrix mixes the rounding of all three.
    step = np.spacing(np.float16(4.0)) * 2
    assert np.abs(back - rgb.astype(np.float32)).max() <= step


def test_every_8_bit_dab_of_a_png_comes_back_to_its_code():
    codes = np.random.default_rng(6).integers(0, 256, (20_000, 3)).astype(np.uint8)
    image = np.column_stack([codes, np.full(len(codes), 255, np.uint8)])[None]
    hints = HintColours(COLOUR)
    working = hints.to_working(image, "sRGB - Texture", is_premultiplied=False)[0, :, :3].copy()
    assert np.array_equal(working, codes.astype(np.float32) / np.float32(255))
    as_srgb = hints.palette_to_file(working, "sRGB - Texture").astype(np.float32)
    assert np.array_equal(np.rint(as_srgb * 255), codes)


def test_the_soft_edge_of_a_dab_has_the_dabs_colour():
    colour = np.array([0.7305, 0.1133, 0.0271], np.float16)
    alphas = np.linspace(0.5, 1, 200).astype(np.float16)[:, None]
    rgb = (colour.astype(np.float32) * alphas.astype(np.float32)).astype(np.float16)
    image = np.column_stack([rgb, alphas])[None]
    plain = COLOUR.to_working(image, "ACEScg", is_premultiplied=True)[0, :, :3]
    assert len(np.unique(plain, axis=0)) > 10  # rounding made many colours of one
    working = HintColours(COLOUR).to_working(image, "ACEScg", is_premultiplied=True)[0, :, :3]
    assert len(np.unique(working, axis=0)) == 1


def test_a_colour_of_its_own_under_low_alpha_is_not_snapped():
    image = np.array([[[0.5, 0.2, 0.1, 1.0], [0.26, 0.1, 0.05, 0.5]]], np.float16)
    working = HintColours(COLOUR).to_working(image, "ACEScg", is_premultiplied=True)[0, :, :3]
    assert not np.array_equal(working[0], working[1])


def test_alpha_of_zero_is_no_dab():
    image = np.array([[[5.0, 5.0, 5.0, 0.0], [0, 0, 0, 1]]], np.float16)
    hint = HintColours(COLOUR).to_working(image, "ACEScg", is_premultiplied=True)
    assert not hint[0, 0].any()
    assert hint[0, 1].tolist() == [0, 0, 0, 1]


def test_an_empty_hint_layer_is_empty():
    hints = HintColours(COLOUR)
    assert not hints.to_working(
        np.zeros((4, 5, 4), np.float16), "ACEScg", is_premultiplied=True
    ).any()


def test_colours_that_nobody_dabbed_are_converted():
    palette = np.array([[0.0, 0, 0], [0.5, 0.25, 0.75]], np.float32)
    written = HintColours(COLOUR).palette_to_file(palette, "ACEScg")
    assert np.array_equal(written, COLOUR.to_file(palette, "ACEScg"))
    assert written[0].tolist() == [0, 0, 0]
