"""Judging by groups of pixels is judging by pixels."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from celtint.training.metrics import RegionScore, score_regions
from celtint.training.metrics.time import colours_of_things


@pytest.fixture
def judging() -> ModuleType:
    return importlib.import_module("judging")


@pytest.fixture
def shot(moving_set: Path):
    held_out = importlib.import_module("held_out")
    _, encoded = next(held_out.encoded_shots(moving_set))
    return held_out.shot_of(encoded, "clean", 0, 6)


def noise_map(shot) -> np.ndarray:
    """Found regions that follow nothing: blocks of 8 px."""
    rows, columns = np.indices(shot.ink[0].shape)
    return (rows // 8 * 16 + columns // 8).astype(np.int32)


def test_groups_score_as_their_pixels_do(judging: ModuleType, shot) -> None:
    label = noise_map(shot)
    cells = judging.Cells.of(shot, 1, label)
    colour = np.random.default_rng(1).integers(0, 4, cells.found_regions)
    score = cells.score(colour[cells.found], {1, 2})
    assert score == score_regions(colour[label], shot.truth[1], shot.drawn[1], hinted={1, 2})
    assert score.unreachable == 1
    things = cells.things(colour[cells.found])
    assert things == colours_of_things(colour[label], shot.shape[1], shot.drawn[1])


def test_paper_of_unknown_colour_does_not_count(judging: ModuleType, shot) -> None:
    shot.truth[1][shot.shape[1] == 2] = 0
    cells = judging.Cells.of(shot, 1, noise_map(shot))
    score = cells.score(np.zeros(len(cells.pixels), int), {1, 2, 3})
    assert (score.regions, score.regions_right) == (2, 0)


def test_the_ceiling_is_the_truth_where_every_region_is_found(judging: ModuleType, shot) -> None:
    cells = judging.Cells.of(shot, 0, shot.region[0])
    assert cells.score(cells.ceiling[cells.found], {1, 2, 3}).acc == 1


def test_some_regions_are_scored_by_themselves(judging: ModuleType, shot) -> None:
    left = np.zeros(shot.ink[1].shape, bool)
    left[:, : shot.ink[1].shape[1] // 2] = True
    shares = judging.shares_in(shot, 1, left)
    paper = [shot.region[1] == number for number in np.unique(shot.region[1])[1:].tolist()]
    by_hand = [left[one & (shot.drawn[1] <= judging.PAPER_INK)].mean() for one in paper]
    assert shares == pytest.approx(by_hand)
    cells = judging.Cells.of(shot, 1, noise_map(shot))
    colour = np.random.default_rng(1).integers(0, 4, cells.found_regions)
    halves = [
        part.score(colour[part.found], {1, 2})
        for part in (cells.part(shares >= 0.5), cells.part(shares < 0.5))
    ]
    assert all(half.large for half in halves)
    assert halves[0] + halves[1] == cells.score(colour[cells.found], {1, 2})


def test_calibration_asks_for_the_wrong_among_the_least_sure_tenth(judging: ModuleType) -> None:
    sure = judging.Verdict(sure={100: (6, 4), 500: (14, 1), 900: (80, 5)})
    # Of 100, ten: all six of the least sure, and four of the fourteen next ones.
    assert sure.calibration() == pytest.approx((4 + 4 / 14) / 10)
    assert np.isnan(judging.Verdict(sure={900: (80, 0)}).calibration())


def test_a_frame_is_counted_by_hand(judging: ModuleType, shot) -> None:
    cells = judging.Cells.of(shot, 1, shot.region[1])
    colour = cells.ceiling.copy()
    wrong = int(cells.found[cells.truth == 1][0])
    colour[wrong] = 2
    sure = np.full(len(colour), 0.9, np.float32)
    sure[wrong] = 0.1
    sure[int(cells.found[cells.truth == 2][0])] = 0.2
    verdict = judging.Verdict()
    verdict.count(cells, judging.Painting(colour, sure), {1, 2}, ["mean", "t+5"])
    score = verdict.scores["mean"]
    assert (score.reachable, score.reachable_right, score.unreachable) == (2, 1, 1)
    assert (verdict.flagged, verdict.needless) == (0, 1)
    assert verdict.sure == {100: (1, 1), 200: (1, 0)}
    assert verdict.scores["t+5"] == score


def test_flips_are_told_apart(judging: ModuleType, shot) -> None:
    cells = {at: judging.Cells.of(shot, at, region) for at, region in enumerate(shot.region)}

    def painted(frame: int, colour: np.ndarray | None = None):
        colour = cells[shot.holds[frame]].ceiling if colour is None else colour
        return judging.Painting(colour, np.ones(len(colour), np.float32))

    right = {frame: painted(frame) for frame in range(6)}
    hints = {0: np.zeros((*shot.ink[0].shape, 4), np.float32)}
    hints[0][..., 3] = 1
    verdict = judging.judge(shot, cells, right, hints)
    assert (verdict.flips.tracked, verdict.flips.flipped) == (15, 0)
    assert verdict.scores["mean"].reachable_acc_thres == 1
    assert verdict.scores["mean"].large == 5 * 3  # the hinted frame is not scored

    flicker = right | {3: painted(3, np.zeros_like(cells[1].ceiling))}
    verdict = judging.judge(shot, cells, flicker, hints)
    assert (verdict.flips.flipped, verdict.held, verdict.own) == (6, 3, 6)
    hints[3] = hints[0]
    verdict = judging.judge(shot, cells, flicker, hints)
    assert (verdict.flips.tracked, verdict.flips.flipped) == (12, 3)


def test_verdicts_add_up_and_come_back_from_json(judging: ModuleType) -> None:
    one = judging.Verdict(
        {"mean": RegionScore(large=3)}, 1, 2, judging.Flips(5, 1), 1, 1, {9: (4, 2)}, {2: (7, 5)}
    )
    both = judging.Verdict.from_json((one + one).to_json())
    assert both == one + one
    assert (both.scores["mean"].large, both.flips.tracked, both.sure) == (6, 10, {9: (8, 4)})
    assert both.curve == {2: (14, 10)}


def test_a_flip_that_no_filling_could_avoid_is_not_our_own(judging: ModuleType, shot) -> None:
    labels = [shot.region[0], np.zeros_like(shot.region[1]), shot.region[2]]  # all in one, once
    cells = {at: judging.Cells.of(shot, at, label) for at, label in enumerate(labels)}
    best = {
        frame: judging.Painting(cells[at].ceiling, np.ones(cells[at].found_regions, np.float32))
        for frame, at in enumerate(shot.holds)
    }
    verdict = judging.judge(shot, cells, best, {})
    assert (verdict.flips.flipped, verdict.own) == (4, 0)
