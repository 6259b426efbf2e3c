from __future__ import annotations

import pytest

from celtint.training.data.clip_config import ClipConfig, paper_clips
from celtint.training.errors import ConfigError


def test_the_papers_clips_are_canny_or_luma_with_one_percent_of_patches() -> None:
    config = paper_clips()
    assert dict(config.lines) == {"canny": 1}
    assert dict(config.hints) == {"paper": 1}
    assert (config.mode, config.styled, config.recoloured) == ("line_art", 0, 0)
    grey = paper_clips("greyscale", crop_px=256, seed=4)
    assert (grey.mode, grey.crop_px, grey.seed) == ("greyscale", 256, 4)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as told:
        ClipConfig(
            crop_px=4,
            styled=1.5,
            zoom=float("nan"),
            mode="colour",  # type: ignore[arg-type]
            lines={"pen": 1},  # type: ignore[dict-item]
            hints={"paper": 0},
        )
    problems = "\n".join(told.value.problems)
    assert len(told.value.problems) == 6
    for part in (
        "crop_px is 4, expected at least 8",
        "styled is 1.5",
        "zoom is nan",
        "mode is 'colour', expected one of line_art, greyscale",
        "lines has no kind 'pen'",
        "hints needs a kind with a weight above 0",
    ):
        assert part in problems
