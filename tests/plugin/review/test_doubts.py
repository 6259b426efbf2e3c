from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celtint.plugin.palette.register import Register
from celtint.plugin.review.doubts import contradictions_told, count_doubts, find_doubts


def test_a_shot_whose_every_region_is_dabbed_is_in_no_doubt(shot: Any, solve: Any) -> None:
    _, solved = solve(shot)
    assert find_doubts(solved) == []
    assert count_doubts(solved).things == 0


def test_one_thing_is_told_once_through_all_its_frames(doubtful: Any, solve: Any) -> None:
    _, solved = solve(doubtful)
    unpainted = [doubt for doubt in find_doubts(solved) if doubt.is_unpainted]
    assert len(unpainted) == 1, "the paper is one thing"
    (paper,) = unpainted
    assert paper.indices == (0, 1, 2, 3, 4, 5)
    assert paper.palette_index == 0
    assert paper.confidence == 0
    areas = [
        int(solved.drawing(index).area_px.max()) for index in range(6)
    ]  # the paper is the largest
    assert paper.harm == pytest.approx(sum(areas))
    assert paper.clear_px == max(areas)
    assert areas[paper.clear_index] == max(areas)


def test_what_has_a_colour_stands_before_what_has_none(doubtful: Any, solve: Any) -> None:
    _, solved = solve(doubtful)
    found = find_doubts(solved, below=0.9)
    assert [doubt.is_unpainted for doubt in found] == sorted(doubt.is_unpainted for doubt in found)
    painted = [doubt for doubt in found if not doubt.is_unpainted]
    assert painted, "the disc has two colours"
    assert [doubt.harm for doubt in painted] == sorted(
        (doubt.harm for doubt in painted), reverse=True
    )
    disc = painted[0]
    assert disc.runner_up not in (0, disc.palette_index)
    low = [solved.solution.confidence[index] for index in disc.indices]
    assert min(float(np.min(one[one > 0])) for one in low) == pytest.approx(disc.confidence)


def test_specks_and_what_is_sure_enough_are_left_out(doubtful: Any, solve: Any) -> None:
    _, solved = solve(doubtful)
    assert find_doubts(solved, below=0.0, least_px=10_000) == []
    assert all(doubt.is_unpainted for doubt in find_doubts(solved, below=0.0))


def test_too_unsure_to_be_painted_names_the_colour_it_would_be(doubtful: Any, solve: Any) -> None:
    _, solved = solve(doubtful, settings={"min_confidence": 0.999})
    seconds = {doubt.runner_up for doubt in find_doubts(solved) if doubt.is_unpainted}
    assert seconds - {0}


def test_dabs_that_disagree_are_told_with_their_names(doubtful: Any, solve: Any) -> None:
    plan, solved = solve(doubtful)
    numbered = Register(plan, solved.colours).numbered(solved.solution.palette)
    told = contradictions_told(plan, solved, numbered)
    assert len(told) == len(solved.solution.disputes)
    assert all("is honoured, and the other key frames say #" in text for text in told)


def test_a_dab_that_is_not_honoured_is_told(shot: Any, solve: Any) -> None:
    hint = shot.dabs()
    hint[14:17, 12:15] = (0.0, 0.5, 0.0, 1.0)
    shot.write(shot.hint(1001), hint)
    plan, solved = solve(shot)
    numbered = Register(plan, solved.colours).numbered(solved.solution.palette)
    (text,) = contradictions_told(plan, solved, numbered)
    assert text.startswith("Frame 1001: the hint at (13, 15) is not honoured")
