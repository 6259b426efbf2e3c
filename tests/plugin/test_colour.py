"""Known values: the sRGB curve (IEC 61966-2-1) and the ACEScg to Rec.709 matrix (ACES 1.0.3)."""

from pathlib import Path

import numpy as np
import pytest

from celtint.plugin.colour import PINNED_CONFIG, Colour, as_half, straight_rgba
from celtint.plugin.errors import ColourError
from celtint.plugin.header import Attribute, ImageHeader, Window
from celtint.plugin.layers import Part

# Bradford-adapted AP1 to Rec.709, as published with ACES and printed by colour-science.
AP1_TO_REC709 = np.array(
    [
        [1.705050993, -0.621792121, -0.083258872],
        [-0.130256418, 1.140804737, -0.010548319],
        [-0.024003357, -0.128968976, 1.152972333],
    ]
)


@pytest.fixture(scope="module")
def colour():
    return Colour(PINNED_CONFIG)


def header(name="", chromaticities=None, stored="half"):
    window = Window(0, 0, 1, 1)
    return ImageHeader(
        Path("shot/a.exr"), "openexr", (Part(0, "", ("R",)),),
        (window,), window, 1.0, {}, name, chromaticities, stored,
    )  # fmt: skip


def srgb_curve(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


class TestConfig:
    def test_without_a_wish_the_pinned_config_is_used(self, monkeypatch):
        monkeypatch.delenv("OCIO", raising=False)
        assert Colour().config_name == PINNED_CONFIG
        monkeypatch.setenv("OCIO", "")
        assert Colour().config_name == PINNED_CONFIG

    def test_the_environment_goes_before_the_pinned_config(self, monkeypatch):
        monkeypatch.setenv("OCIO", "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3")
        assert "studio" in Colour().config_name

    def test_the_argument_goes_before_the_environment(self, monkeypatch):
        monkeypatch.setenv("OCIO", "/nowhere.ocio")
        assert Colour(PINNED_CONFIG).config_name == PINNED_CONFIG

    def test_a_bad_environment_is_an_error_not_a_fallback(self, monkeypatch):
        monkeypatch.setenv("OCIO", "/nowhere.ocio")
        with pytest.raises(ColourError, match=r"'/nowhere\.ocio' \(from \$OCIO\) cannot be used"):
            Colour()

    def test_a_file_that_is_no_config_is_refused(self, tmp_path):
        (tmp_path / "bad.ocio").write_text("ocio_profile_version: 99\n")
        with pytest.raises(ColourError, match=r"bad\.ocio"):
            Colour(str(tmp_path / "bad.ocio"))

    def test_a_config_without_srgb_is_refused(self, tmp_path):
        (tmp_path / "bare.ocio").write_text(
            "ocio_profile_version: 1\nroles:\n  default: lin\n"
            "displays:\n  d:\n    - !<View> {name: v, colorspace: lin}\n"
            "colorspaces:\n  - !<ColorSpace>\n    name: lin\n"
        )
        with pytest.raises(ColourError, match="no sRGB texture space"):
            Colour(str(tmp_path / "bare.ocio"))


class TestNames:
    def test_names_aliases_and_roles_are_known(self, colour):
        assert colour.check("ACEScg") == colour.check("lin_ap1") == "ACEScg"
        assert colour.check("scene_linear") == "ACEScg"
        assert {"ACEScg", "Linear Rec.709 (sRGB)", "sRGB - Texture"} <= set(colour.spaces())

    def test_an_unknown_name_is_answered_with_near_ones(self, colour):
        with pytest.raises(ColourError, match=r"no colour space 'ACESgc'; did you mean ACEScg"):
            colour.check("ACESgc")

    def test_a_name_like_no_other_is_answered_with_all(self, colour):
        with pytest.raises(ColourError, match="it has ACES2065-1, ACEScc"):
            colour.check("qqqqqq")


class TestSpaceOfAFile:
    def test_the_request_goes_first(self, colour):
        said = header("lin_ap1_scene")
        assert colour.space_of(said, "lin_rec709") == ("Linear Rec.709 (sRGB)", "")

    @pytest.mark.parametrize(
        ("said", "space"),
        [
            ("lin_ap1_scene", "ACEScg"),
            ("lin_ap0_scene", "ACES2065-1"),
            ("lin_rec709_scene", "Linear Rec.709 (sRGB)"),
            ("srgb_rec709_scene", "sRGB - Texture"),
            ("ACEScg", "ACEScg"),
        ],
    )
    def test_then_what_the_file_says(self, colour, said, space):
        assert colour.space_of(header(said)) == (space, "")

    def test_then_its_chromaticities(self, colour):
        ap1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
        rec709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.329)
        assert colour.space_of(header(chromaticities=ap1)).space == "ACEScg"
        assert colour.space_of(header(chromaticities=rec709)).space == "Linear Rec.709 (sRGB)"

    @pytest.mark.parametrize(
        ("stored", "space"),
        [("half", "ACEScg"), ("float", "ACEScg"), ("uint8", "sRGB - Texture")],
    )
    def test_an_assumption_is_never_silent(self, colour, stored, space):
        found = colour.space_of(header(stored=stored))
        assert found.space == space
        assert found.note == f"a.exr does not say its colour space; taken as {space}"

    def test_an_unknown_name_is_an_assumption_too(self, colour):
        found = colour.space_of(header("studio_log"))
        assert found.space == "ACEScg"
        assert "names colour space 'studio_log', unknown to the config" in found.note


class TestConversion:
    def test_acescg_becomes_srgb(self, colour):
        acescg = np.array([[0.18, 0.18, 0.18], [0.3, 0.4, 0.2], [0.02, 0.5, 0.1]], np.float32)
        expected = acescg @ AP1_TO_REC709.T
        expected = np.where(expected < 0, 12.92 * expected, srgb_curve(np.maximum(expected, 0)))
        inside = (acescg @ AP1_TO_REC709.T > 0).all(axis=1)
        converted = colour.convert(acescg, "ACEScg", "sRGB - Texture")
        np.testing.assert_allclose(converted[inside], expected[inside], atol=2e-5)

    def test_nothing_is_clipped(self, colour):
        wide = np.array([[0.0, 1.0, 0.0], [8.0, 8.0, 8.0]], np.float32)
        working = colour.convert(wide, "ACEScg", "sRGB - Texture")
        assert working[0].min() < 0
        assert working[1].min() > 1
        back = colour.convert(working, "sRGB - Texture", "ACEScg")
        np.testing.assert_allclose(back, wide, atol=2e-5)

    def test_the_input_is_left_alone(self, colour):
        rgb = np.full((4, 3), 0.5, np.float32)
        colour.convert(rgb, "ACEScg", "sRGB - Texture")
        assert (rgb == 0.5).all()

    def test_colours_a_screen_shows_return_within_a_half_float_step(self, colour):
        rng = np.random.default_rng(3)
        srgb = rng.random((20_000, 3)).astype(np.float32)
        half = colour.to_file(srgb, "ACEScg")
        working = colour.convert(half.astype(np.float32), "ACEScg", "sRGB - Texture")
        again = colour.to_file(working, "ACEScg")
        step = np.abs(again.view(np.int16).astype(int) - half.view(np.int16))
        assert step.max() <= 1

    def test_8_bit_colours_survive_acescg_half_floats_within_one_code(self, colour):
        rng = np.random.default_rng(4)
        codes = rng.integers(0, 256, (50_000, 3))
        half = colour.to_file((codes / 255).astype(np.float32), "ACEScg")
        back = colour.convert(half.astype(np.float32), "ACEScg", "sRGB - Texture")
        # A half float of a bright channel is coarser than the code of a dark one beside it.
        assert np.abs(np.rint(back * 255) - codes).max() <= 1

    def test_premultiplied_pixels_become_straight_in_the_working_space(self, colour):
        rgba = np.array([[[0.25, 0.25, 0.25, 0.5], [0.3, 0.2, 0.1, 0.0]]], np.float16)
        straight = colour.to_working(rgba, "lin_rec709", is_premultiplied=True)
        np.testing.assert_allclose(straight[0, 0], [0.735357, 0.735357, 0.735357, 0.5], atol=1e-5)
        assert not straight[0, 1].any()


def test_straight_colour_is_divided_only_below_full_alpha():
    rgba = np.array([[2.0, 1.0, 0.5, 2.0], [0.2, 0.1, 0.0, 0.4], [1, 1, 1, -1]], np.float32)
    straight = straight_rgba(rgba, is_premultiplied=True)
    expected = [[2.0, 1.0, 0.5, 1.0], [0.5, 0.25, 0.0, 0.4], [0, 0, 0, 0]]
    np.testing.assert_allclose(straight, expected, atol=1e-6)


def test_whole_numbers_are_scaled():
    assert straight_rgba(
        np.array([[255, 0, 51, 255]], np.uint8), is_premultiplied=False
    ).tolist() == [[1.0, 0.0, pytest.approx(0.2), 1.0]]


def test_half_floats_are_clamped():
    assert as_half(np.array([1e6, -1e6, 1.0], np.float32)).tolist() == [65504.0, -65504.0, 1.0]


class TestMetadata:
    def test_linear_spaces_carry_their_chromaticities(self, colour):
        metadata = colour.file_metadata("ACEScg")
        assert metadata["oiio:ColorSpace"] == "lin_ap1_scene"
        assert metadata["celtint:colorspace"] == "ACEScg"
        ap1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
        assert metadata["chromaticities"] == Attribute("float[8]", ap1)
        rec709 = colour.file_metadata("Linear Rec.709 (sRGB)")
        assert rec709["chromaticities"].value[:2] == (0.64, 0.33)

    def test_encoded_spaces_do_not_claim_to_be_linear(self, colour):
        metadata = colour.file_metadata("sRGB - Texture")
        assert metadata["oiio:ColorSpace"] == "srgb_rec709_scene"
        assert "chromaticities" not in metadata

    def test_other_spaces_are_named_by_the_config(self, colour):
        assert colour.file_metadata("ACEScct") == {"celtint:colorspace": "ACEScct"}
