from __future__ import annotations

import math

import numpy as np

from celtint.training.metrics import RegionScore, score_regions, truth_regions

# Two columns of ink part a 6 x 11 sheet: colour 1 on the left, 2 in the middle, 1 on the right.
TRUTH = np.tile(np.array([1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1]), (6, 1))
INK = np.zeros((6, 11), np.uint8)
INK[:, [3, 7]] = 255


def test_regions_are_paper_parted_by_ink() -> None:
    label = truth_regions(TRUTH, INK)
    assert label.max() == 3
    assert (label[INK > 0] == 0).all()
    assert sorted(np.bincount(label.ravel())[1:]) == [18, 18, 18]


def test_one_colour_that_touches_itself_only_at_a_corner_is_two_regions() -> None:
    truth = np.array([[1, 2], [2, 1]])
    assert truth_regions(truth, np.zeros((2, 2), np.uint8)).max() == 4


def test_a_perfect_frame_scores_one() -> None:
    score = score_regions(TRUTH, TRUTH, INK)
    assert (score.acc, score.acc_thres, score.reachable_acc_thres, score.pix_acc) == (1, 1, 1, 1)


def test_counts_are_those_counted_by_hand() -> None:
    painted = TRUTH.copy()
    painted[:, 4:7] = 1  # the middle is wrong
    painted[0, 0] = 2  # one stray pixel does not make a region wrong
    score = score_regions(painted, TRUTH, INK)
    assert (score.regions, score.regions_right) == (3, 2)
    assert (score.pixels, score.pixels_right) == (54, 35)


def test_pixels_of_a_colour_that_no_hint_shows_are_unreachable() -> None:
    painted = TRUTH.copy()
    painted[:, 4:7] = 1  # 18 pixels of a colour that is not hinted
    painted[0, 0] = 2  # one of 36 that are
    score = score_regions(painted, TRUTH, INK, hinted={1})
    assert (score.reachable_pixels, score.reachable_pixels_right) == (36, 35)
    assert score.reachable_pix_acc == 35 / 36


def test_ink_pixels_do_not_count() -> None:
    painted = TRUTH.copy()
    painted[INK > 0] = 9
    assert score_regions(painted, TRUTH, INK).pix_acc == 1


def test_small_regions_count_in_acc_and_not_in_acc_thres() -> None:
    truth = np.full((1, 12), 1)
    ink = np.zeros((1, 12), np.uint8)
    ink[0, 1] = 255  # parts one pixel from ten
    painted = truth.copy()
    painted[0, 0] = 2
    score = score_regions(painted, truth, ink)
    assert (score.acc, score.large) == (0.5, 0)
    assert math.isnan(score.acc_thres)


def test_what_nobody_dabbed_is_unreachable_and_counts_as_flagged_only_when_unpainted() -> None:
    painted = TRUTH.copy()
    painted[:, 4:7] = 0
    flagged = score_regions(painted, TRUTH, INK, hinted={1})
    assert (flagged.reachable, flagged.reachable_acc_thres) == (2, 1)
    assert (flagged.unreachable, flagged.unreachable_flagged) == (1, 1)
    guessed = score_regions(np.ones_like(TRUTH), TRUTH, INK, hinted={1})
    assert (guessed.unreachable, guessed.unreachable_flagged) == (1, 0)


def test_a_frame_of_ink_alone_has_nothing_to_score() -> None:
    score = score_regions(TRUTH, TRUTH, np.full_like(INK, 255))
    assert score == RegionScore()
    assert math.isnan(score.acc)


def test_scores_of_frames_add_up() -> None:
    one = score_regions(TRUTH, TRUTH, INK)
    assert (one + one).regions == 6
    assert sum([one, one, one], RegionScore()).pixels == 162


def test_foreground_and_background_are_those_counted_by_hand() -> None:
    painted = TRUTH.copy()
    painted[:, 4:7] = 1  # 18 pixels of foreground painted as background, which has 36
    score = score_regions(painted, TRUTH, INK, background={1})
    assert (score.foreground, score.foreground_right) == (18, 0)
    assert score.pix_b_miou == 36 / 54
    perfect = score_regions(TRUTH, TRUTH, INK, background={1})
    assert (perfect.pix_f_acc, perfect.pix_b_miou) == (1, 1)
    # The mean is over frames, not over pixels.
    assert math.isclose((score + perfect).pix_b_miou, (36 / 54 + 1) / 2)


def test_without_a_background_every_pixel_is_foreground() -> None:
    score = score_regions(TRUTH, TRUTH, INK)
    assert score.foreground == score.pixels
    assert math.isnan(score.pix_b_miou)


def test_pixels_that_are_alike_may_be_put_together() -> None:
    rng = np.random.default_rng(5)
    truth, painted = TRUTH, rng.integers(0, 3, TRUTH.shape)
    label = truth_regions(truth, INK)
    groups, pixels = np.unique(
        np.stack([label.ravel(), truth.ravel(), painted.ravel()]), axis=1, return_counts=True
    )
    together = score_regions(
        groups[2], groups[1], INK, hinted={1}, background={1}, label=groups[0], pixels=pixels
    )
    assert together == score_regions(painted, truth, INK, hinted={1}, background={1})
