from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from celtint.engine.errors import WeightsError
from celtint.training.evaluation.clips import Clip, as_float
from celtint.training.evaluation.protocols import PROTOCOLS
from celtint.training.evaluation.subjects import load_subject, paint_clip


def paint(subject: Any, clip: Clip, protocol: str, **settings: Any) -> list[Any]:
    return list(paint_clip(subject, clip, PROTOCOLS[protocol], seed=0, **settings))


def shades(index: int) -> Any:
    return np.full((40, 48, 3), 0.1 * (index + 1), np.float32)


def test_each_frame_follows_its_own_last_output(
    clip: Clip, knowing_painter: Any, subject: Any
) -> None:
    painter = knowing_painter(shades)
    painted = paint(subject(painter), clip, "patches")
    previous = [shown[0] for shown in painter.shown]
    assert previous[0] is None  # a blank frame
    for index in (1, 2, 3):
        np.testing.assert_array_equal(previous[index], shades(index - 1))
        # so that what is remembered can be moved as the lines were
        np.testing.assert_array_equal(painter.drawings_before[index], painter.shown[index - 1][1])
    assert [frame.index for frame in painted] == [0, 1, 2, 3]


def test_or_the_true_frame_before_it(clip: Clip, knowing_painter: Any, subject: Any) -> None:
    painter = knowing_painter(shades)
    paint(subject(painter), clip, "patches", is_previous_true=True)
    assert painter.shown[0][0] is None
    for index in (1, 2, 3):
        truth = as_float(clip.frame(index - 1).finished)
        np.testing.assert_array_equal(painter.shown[index][0], truth)


def test_hints_are_shown_where_the_protocol_has_them(
    clip: Clip, knowing_painter: Any, subject: Any
) -> None:
    painter = knowing_painter(shades)
    painted = paint(subject(painter), clip, "dabs-first")
    assert [shown[2] is not None for shown in painter.shown] == [True, False, False, False]
    assert painter.shown[0][2].shape == (40, 48, 4)
    assert painted[0].hint is not None


def test_the_baseline_is_shown_none_but_the_hints_are_known(
    clip: Clip, knowing_painter: Any, subject: Any
) -> None:
    painter = knowing_painter(shades)
    painted = paint(subject(painter, takes_hints=False), clip, "patches")
    assert all(shown[2] is None for shown in painter.shown)
    assert all(frame.hint is not None for frame in painted)


def test_what_is_seen_is_ink_edges_or_luma(clip: Clip, knowing_painter: Any, subject: Any) -> None:
    true = clip.frame(0)
    assert true.ink is not None
    seen = {}
    for name, fields in {
        "ink": {},
        "canny": {"lines": "canny"},
        "grey": {"is_greyscale": True},
    }.items():
        painter = knowing_painter(shades)
        paint(subject(painter, **fields), clip, "none")
        seen[name] = painter.shown[0][1]
    np.testing.assert_array_equal(seen["ink"], 255 - true.ink)
    assert set(np.unique(seen["canny"])) == {0, 255}
    # Rec. 601: .299 R + .587 G + .114 B of the wall, (30, 90, 210)
    assert seen["grey"][0, 0] == round(0.299 * 30 + 0.587 * 90 + 0.114 * 210)


def test_lines_are_laid_over_paint_that_leaves_them_out(
    clip: Clip, knowing_painter: Any, subject: Any
) -> None:
    painter = knowing_painter(lambda _: np.ones((40, 48, 3), np.float32))
    painted = paint(subject(painter, leaves_lines_out=True), clip, "none", is_previous_true=True)
    true = clip.frame(0)
    assert true.ink is not None
    np.testing.assert_allclose(painted[0].picture[..., 0], 1 - true.ink / 255, atol=1e-6)
    np.testing.assert_array_equal(painter.shown[1][0], as_float(true.paint))


def test_colour_alone_is_seen_as_edges(
    video_clip: Clip, knowing_painter: Any, subject: Any
) -> None:
    painter = knowing_painter(shades)
    paint(subject(painter), video_clip, "patches")
    assert set(np.unique(painter.shown[0][1])) == {0, 255}


def test_a_file_says_what_it_expects(weights: Callable[..., Path]) -> None:
    plain = load_subject(weights(), device="cpu")
    assert (plain.label, plain.sees, plain.takes_hints) == ("tiny", "line art (ink)", True)
    config = '[data]\nmode = "greyscale"\nhints = { none = 1.0 }\n[batch]\ntarget = "paint"\n'
    baseline = load_subject(weights("b", config=config, steps="9"), label="x", device="cpu")
    assert (baseline.label, baseline.sees, baseline.takes_hints) == ("x", "greyscale", False)
    assert baseline.leaves_lines_out
    told = load_subject(weights("b"), is_greyscale=False, lines="canny", device="cpu")
    assert told.sees == "line art (canny)"


def test_the_folder_of_a_run_stands_for_its_weights(
    weights: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(weights(), run / "weights.safetensors")
    assert load_subject(run, device="cpu").sha256
    with pytest.raises(WeightsError, match="no-such-weights"):
        load_subject("no-such-weights", device="cpu")
