"""The script's colour management, as the engine's config names it."""

from __future__ import annotations

from typing import Any

import pytest

from celtint.plugin.colour import Colour
from celtint.plugin.nuke.request import working_space


class Knob:
    def __init__(self, value: str) -> None:
        self._value = value

    def value(self) -> str:
        return self._value

    evaluate = value


def root(management: str, config: str, space: str, custom: str = "") -> Any:
    return {
        "colorManagement": Knob(management),
        "OCIO_config": Knob(config),
        "workingSpaceLUT": Knob(space),
        "customOCIOConfigPath": Knob(custom),
    }


@pytest.mark.parametrize(
    ("knobs", "space"),
    [
        (("Nuke", "nuke-default", "linear"), "Linear Rec.709 (sRGB)"),
        (("OCIO", "aces_1.2", "scene_linear"), "ACEScg"),
        (("OCIO", "aces_1.2", "ACES - ACEScg"), "ACEScg"),
        (("OCIO", "fn-nuke_studio-config-v1.0.0", "ACES2065-1"), "ACES2065-1"),
    ],
)
def test_nukes_own_configs_are_known_by_their_public_twin(
    monkeypatch: pytest.MonkeyPatch, knobs: tuple[str, str, str], space: str
) -> None:
    monkeypatch.delenv("OCIO", raising=False)
    config, found = working_space(root(*knobs))

    assert found == space
    assert Colour(config).check(found) == space


def test_a_custom_config_and_its_names_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "/show/other.ocio")
    assert working_space(root("OCIO", "custom", "Show Linear", "/show/config.ocio")) == (
        "/show/config.ocio",
        "Show Linear",
    )


def test_the_environments_config_is_left_to_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "/show/config.ocio")

    assert working_space(root("OCIO", "aces_1.2", "Show Linear")) == (None, "Show Linear")
