from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from celtint.training.data.shots import Shot
from celtint.training.evaluation.clips import Clip, as_float
from celtint.training.evaluation.protocols import PROTOCOLS
from celtint.training.evaluation.scoring import MOST_PSNR_DB, FrameScore, Scorer
from celtint.training.evaluation.subjects import paint_clip


@pytest.fixture
def scores(knowing_painter: Any, subject: Any) -> Callable[..., list[tuple[Any, Any]]]:
    """(clip, paints, protocol) -> (score as painted, score snapped) of every frame."""

    def make(clip: Clip, paints: Any, protocol: str = "dabs-first") -> list[tuple[Any, Any]]:
        scorer = Scorer(clip)
        who = subject(knowing_painter(paints))
        frames = paint_clip(who, clip, PROTOCOLS[protocol], seed=0)
        return [scorer.score(frame)[:2] for frame in frames]

    return make


def truth_of(clip: Clip) -> Any:
    return lambda index: as_float(clip.frame(index).finished)


def test_the_truth_scores_perfectly_on_every_count(clip: Clip, scores: Any) -> None:
    for plain, flat in scores(clip, truth_of(clip)):
        for score in (plain, flat):
            assert score.psnr == score.psnr_paper == MOST_PSNR_DB
            assert score.ssim == pytest.approx(1)
            assert score.within == 1
            assert score.regions.acc == score.regions.reachable_acc_thres == 1
            assert score.regions.pix_acc == score.regions.pix_b_miou == 1
            assert score.chroma == score.true_chroma
            assert score.warp == score.true_warp


def test_regions_count_exactly_and_snapping_forgives_cloudiness(clip: Clip, scores: Any) -> None:
    rng = np.random.default_rng(4)

    def cloudy(index: int) -> Any:
        noise = rng.normal(0, 0.04, (40, 48, 3))
        return np.clip(truth_of(clip)(index) + noise, 0, 1).astype(np.float32)

    for plain, flat in scores(clip, cloudy):
        assert plain.regions.regions == flat.regions.regions >= 2
        assert plain.regions.pix_acc < 0.1
        assert (flat.regions.acc, flat.psnr) == (1, MOST_PSNR_DB)


def test_without_a_hint_there_is_no_palette_to_snap_to(clip: Clip, scores: Any) -> None:
    for plain, flat in scores(clip, truth_of(clip), "none"):
        assert flat is None
        # No colour was shown, so none could be known.
        assert math.isnan(plain.regions.reachable_acc_thres)


def test_flips_are_counted_on_snapped_paint_alone(clip: Clip, scores: Any) -> None:
    red, blue = (np.array(rgb, np.float32) / 255 for rgb in ((200, 40, 30), (30, 90, 210)))

    def turned_on_the_last(index: int) -> Any:
        picture = truth_of(clip)(index).copy()
        if index == 3:
            was_red = (np.abs(picture - red) < 0.01).all(axis=2)
            picture[was_red] = blue
        return picture

    found = scores(clip, turned_on_the_last)
    assert [flat.flips.flipped for _, flat in found] == [0, 0, 0, 1]
    assert [flat.flips.tracked for _, flat in found] == [0, 2, 2, 2]
    assert all(plain.flips.tracked == 0 for plain, _ in found)


def test_a_hint_may_change_what_it_lies_on(clip: Clip, scores: Any) -> None:
    truth = truth_of(clip)
    everywhere = scores(clip, truth, "patches")[1:]
    once = scores(clip, truth, "patches-first")[1:]
    # One patch a frame: what it lies on is not tracked, the other thing is.
    tracked = [flat.flips.tracked for _, flat in everywhere if flat is not None]
    assert tracked
    assert set(tracked) == {1}
    assert {flat.flips.tracked for _, flat in once if flat is not None} == {2}


def test_flicker_shows_where_the_truth_stands_still(clip: Clip, scores: Any) -> None:
    def flickering(index: int) -> Any:
        return np.clip(truth_of(clip)(index) + 0.1 * (index % 2), 0, 1).astype(np.float32)

    found = scores(clip, flickering, "none")
    assert found[1][0].true_warp.total == 0  # held
    assert found[1][0].warp.mean > 0.004
    assert found[0][0].warp.pixels == 0


def test_film_alone_gets_pictures_scores_and_no_regions(video_clip: Clip, scores: Any) -> None:
    for plain, flat in scores(video_clip, truth_of(video_clip)):
        assert flat is None
        assert plain.psnr == MOST_PSNR_DB
        assert plain.regions.regions == 0


def test_shade_within_a_region_is_a_colour_of_its_own(
    clip_of: Any, drawn_shot: Callable[..., Shot], scores: Any
) -> None:
    shot = drawn_shot()
    clip = clip_of(shot)
    for plain, _ in scores(clip, lambda index: as_float(clip.frame(index).paint) * 0.5):
        assert plain.regions.pix_acc == 0
        assert plain.psnr < 15


def test_scores_survive_json(clip: Clip, scores: Any) -> None:
    plain, _ = scores(clip, truth_of(clip), "none")[1]
    text = json.dumps(plain.to_json(), allow_nan=False)
    assert FrameScore.from_json(json.loads(text)) == plain
