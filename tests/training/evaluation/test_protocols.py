from __future__ import annotations

import numpy as np
import pytest

from celtint.training.data.hints import Hint
from celtint.training.evaluation.clips import Clip
from celtint.training.evaluation.protocols import PROTOCOLS, as_rgba


def hinted(name: str, frames: int = 26) -> list[int]:
    return [index for index in range(frames) if PROTOCOLS[name].is_hinted(index)]


def test_protocols_hint_on_the_frames_that_they_say() -> None:
    assert hinted("patches") == list(range(26))
    assert hinted("patches-first") == hinted("dabs-first") == [0]
    assert hinted("dabs") == [0, 12, 24]
    assert hinted("none") == []
    first_only = {name for name, protocol in PROTOCOLS.items() if protocol.is_first_only}
    assert first_only == {"patches-first", "dabs-first"}


@pytest.mark.parametrize("name", ["patches", "dabs"])
def test_hints_depend_on_clip_frame_and_seed_alone(name: str, clip: Clip) -> None:
    protocol, true = PROTOCOLS[name], clip.frame(0)
    first = protocol.hint(true, "a", 0, 1)
    again = protocol.hint(true, "a", 0, 1)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first.colour, again.colour)
    for other in (("b", 0, 1), ("a", 12, 1), ("a", 0, 2)):
        changed = protocol.hint(true, *other)
        assert changed is not None
        assert (changed.mask != first.mask).any()


def test_every_region_gets_a_dab_of_its_exact_colour(clip: Clip) -> None:
    true = clip.frame(0)
    hint = PROTOCOLS["dabs-first"].hint(true, "a", 0, 0)
    assert hint is not None
    assert true.thing is not None
    is_hinted = hint.mask > 0
    assert set(true.thing[is_hinted]) == {1, 2}
    np.testing.assert_array_equal(hint.colour[is_hinted], true.paint[is_hinted])


def test_frames_of_colour_alone_get_dabs_too(video_clip: Clip) -> None:
    hint = PROTOCOLS["dabs-first"].hint(video_clip.frame(0), "a", 0, 0)
    assert hint is not None
    assert hint.mask.any()


def test_hints_become_straight_rgba() -> None:
    hint = Hint(np.array([[[255, 51, 0]]], np.uint8), np.array([[255]], np.uint8))
    assert as_rgba(hint).tolist() == [[[1, pytest.approx(0.2), 0, 1]]]
