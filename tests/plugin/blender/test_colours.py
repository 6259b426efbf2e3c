from __future__ import annotations

import pytest

from celtint.plugin.blender.colours import (
    blender_space,
    interop_name,
    interop_of_primaries,
    job_space,
)
from celtint.plugin.colour import PINNED_CONFIG, Colour

# From the wheels 4.2.23, 4.5.15 and 5.0.1: names that all three have.
BLENDER = [
    "ACES2065-1", "ACEScg", "Display P3", "Linear CIE-XYZ D65", "Linear DCI-P3 D65",
    "Linear Rec.2020", "Linear Rec.709", "Non-Color", "Rec.1886", "Rec.2020", "sRGB",
]  # fmt: skip


@pytest.mark.parametrize("space", ["ACES2065-1", "ACEScg", "Linear DCI-P3 D65", "Linear Rec.2020",
                                   "Linear Rec.709", "Non-Color", "sRGB"])  # fmt: skip
def test_a_job_names_what_the_pinned_config_knows_and_blender_knows_it_again(space: str) -> None:
    named = job_space(space, custom_config=False)

    assert named is not None
    assert Colour(PINNED_CONFIG).check(named) == named
    assert blender_space(named, BLENDER) == space


def test_a_space_that_the_config_lacks_is_left_to_the_engine() -> None:
    assert job_space("Rec.1886", custom_config=False) is None


def test_with_a_config_of_the_studio_names_are_the_same_on_both_sides() -> None:
    assert job_space("Studio Linear", custom_config=True) == "Studio Linear"
    assert blender_space("Studio Linear", ["Studio Linear"]) == "Studio Linear"
    assert blender_space("lin_rec709_scene", ["Linear Rec.709 (sRGB)"]) == "Linear Rec.709 (sRGB)"


def test_a_space_that_blender_lacks_is_not_guessed() -> None:
    assert blender_space("Studio Linear", BLENDER) is None
    assert interop_name("Studio Linear") is None


def test_primaries_of_aces_s_2014_004_are_acescg() -> None:
    acescg = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)

    assert interop_of_primaries(acescg) == "lin_ap1_scene"
    assert interop_of_primaries((*acescg[:7], 0.4)) is None
