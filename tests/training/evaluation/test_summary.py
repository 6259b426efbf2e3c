from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from celtint.training.evaluation.parts import Part
from celtint.training.evaluation.scoring import FrameScore
from celtint.training.evaluation.summary import AS_PAINTED, SNAPPED, Row, summarise
from celtint.training.metrics import Flips, RegionScore, WarpError

NAMES = {"set": "s", "weights": "w", "sees": "line art (ink)", "protocol": "p", "previous": "own"}
PLAIN = FrameScore(
    psnr=20,
    psnr_paper=18,
    ssim=0.5,
    within=0.25,
    regions=RegionScore(
        regions=4, regions_right=1, large=2, large_right=1, pixels=10, pixels_right=5
    ),
    flips=Flips(),
    warp=WarpError(3, 10),
    true_warp=WarpError(2, 10),
    chroma=0.1,
    true_chroma=0.2,
)
BETTER = replace(
    PLAIN,
    psnr=30,
    regions=RegionScore(
        regions=1, regions_right=1, large=1, large_right=1, pixels=30, pixels_right=30
    ),
    flips=Flips(4, 1),
    chroma=0.3,
)


def part(scores: list[FrameScore], snapped: list[FrameScore | None] | None = None) -> Part:
    features = np.random.default_rng(len(scores)).normal(size=(len(scores), 2))
    nothing: list[FrameScore | None] = [None] * len(scores)
    return Part(scores, snapped or nothing, features.astype(np.float32), {}, 0.5 * len(scores))


def row_of(*clips: Part, finish: str = AS_PAINTED, is_first_only: bool = True) -> Row | None:
    truth = part([PLAIN] * 2)
    parts = [(f"clip-{k}", clip, truth) for k, clip in enumerate(clips)]
    return summarise(parts, finish=finish, is_first_only=is_first_only, **NAMES)


def test_pictures_are_averaged_over_frames_and_regions_counted_together() -> None:
    row = row_of(part([PLAIN, PLAIN]), part([BETTER]))
    assert row is not None
    assert (row.clips, row.frames) == (2, 3)
    assert row.psnr == pytest.approx(70 / 3)
    assert row.acc == 3 / 9
    assert row.pix_acc == 40 / 50
    assert row.tc == pytest.approx(1.5)
    assert row.flips == 1 / 4
    assert row.chroma == pytest.approx(0.5 / 0.6)
    assert row.seconds == 0.5
    assert row.by_clip == {"clip-0": 20, "clip-1": 30}


def test_the_curve_is_by_frame_over_clips_that_have_it() -> None:
    row = row_of(part([PLAIN, BETTER]), part([BETTER]))
    assert row is not None
    assert row.curve.psnr == (25, 30)
    assert row.curve.pix_acc == (35 / 40, 1)
    assert row.curve.chroma == (pytest.approx(1.0), pytest.approx(1.5))
    assert row.propagated == {1: (1, 1)}  # the clips end before the fifth frame


def test_propagation_is_told_where_hints_are_on_the_first_frame_alone() -> None:
    clip = part([PLAIN] * 7)
    row = row_of(clip)
    assert row is not None
    assert list(row.propagated) == [1, 5]
    everywhere = row_of(clip, is_first_only=False)
    assert everywhere is not None
    assert everywhere.propagated == {}


def test_nothing_snapped_gives_no_row() -> None:
    assert row_of(part([PLAIN]), finish=SNAPPED) is None
    row = row_of(part([PLAIN, PLAIN], [None, BETTER]), finish=SNAPPED)
    assert row is not None
    assert (row.frames, row.psnr) == (1, 30)
    assert math.isnan(row.curve.psnr[0])
    assert math.isnan(row.frechet)


def test_the_frechet_distance_is_over_all_frames() -> None:
    clip = part([PLAIN] * 2)
    same = row_of(clip)
    assert same is not None
    assert same.frechet == pytest.approx(0, abs=1e-9)
    other = row_of(part([PLAIN] * 9))
    assert other is not None
    assert other.frechet > 0.01


def test_a_row_is_valid_json() -> None:
    row = row_of(part([PLAIN, PLAIN], [None, BETTER]), finish=SNAPPED)
    assert row is not None
    plain = json.loads(json.dumps(row.to_json(), allow_nan=False))
    assert plain["frechet"] is None
    assert plain["curve"]["psnr"] == [None, 30]
    assert plain["propagated"] == {"1": [1, 1]}
