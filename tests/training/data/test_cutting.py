from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from celtint.training.data.clip_config import ClipConfig, HintKind, paper_clips
from celtint.training.data.cutting import Clip, cut_clip, decode_run
from celtint.training.data.line_art import canny_lines, luma, true_ink
from celtint.training.data.recolour import colours_of, finished_frame, flat_paint
from celtint.training.data.shots import Shot, encode_shot

MakeShot = Callable[..., Shot]
SIZE = 48
PLAIN = ClipConfig(
    crop_px=SIZE,
    frames=3,
    lines={"ink": 1},
    hints={"none": 1},
    styled=0,
    recoloured=0,
    flipped=0,
    zoom=1,
    whole=0,
)


def cut(shot: Shot, config: ClipConfig, seed: int = 0) -> Clip:
    run = decode_run(encode_shot(shot), config, np.random.default_rng(seed))
    return cut_clip(run, config, np.random.default_rng((seed, 1)))


def where(picture: np.ndarray, frames: Mapping[int, np.ndarray]) -> tuple[int, int, int]:
    """Frame, top and left of an unscaled crop."""
    side = picture.shape[0]
    for number, frame in frames.items():
        windows = np.lib.stride_tricks.sliding_window_view(frame, (side, side), axis=(0, 1))
        view = windows.transpose(0, 1, 3, 4, 2)
        found = np.argwhere((view == picture).all(axis=(2, 3, 4)))
        if len(found):
            return (number, *found[0])
    raise AssertionError("the crop is not in the shot")


def test_a_plain_clip_is_a_window_of_consecutive_drawings(make_shot: MakeShot) -> None:
    shot = make_shot(3)
    table = colours_of(shot.info)
    frames = {n: finished_frame(drawing, table) for n, drawing in enumerate(shot.drawings)}
    clip = cut(shot, PLAIN)
    places = [where(truth, frames) for truth in clip.truth]
    first, top, left = places[0]
    assert places == [(first + n, top, left) for n in range(3)]
    for n in range(3):
        drawing = shot.drawings[first + n]
        assert drawing.regions is not None
        window = np.s_[top : top + SIZE, left : left + SIZE]
        ink = true_ink(drawing, shot.info.trace_rgb)
        np.testing.assert_array_equal(clip.line[n], 255 - ink[window])
        paint = flat_paint(drawing.regions, drawing.shade, table)
        np.testing.assert_array_equal(clip.paint[n], paint[window])
    assert not clip.is_hold.any()
    assert clip.shot == "discs-003"


def test_strides_reach_as_far_as_they_may(make_shot: MakeShot) -> None:
    shot = make_shot(3, drawings=7)
    table = colours_of(shot.info)
    frames = {n: finished_frame(drawing, table) for n, drawing in enumerate(shot.drawings)}
    steps = set()
    for seed in range(12):
        clip = cut(shot, replace(PLAIN, stride=2, crop_px=72), seed)
        numbers = [where(truth, frames)[0] for truth in clip.truth]
        assert numbers[2] - numbers[1] == numbers[1] - numbers[0]
        steps.add(numbers[1] - numbers[0])
    assert steps == {1, 2}


def test_a_clip_of_film_marks_holds(make_shot: MakeShot) -> None:
    clip = cut(make_shot(3), replace(PLAIN, follows="film", frames=4))
    same = [np.array_equal(a, b) for a, b in zip(clip.line, clip.line[1:], strict=False)]
    assert clip.is_hold.tolist() == [False, *same]
    assert clip.is_hold.any()


def test_a_short_shot_holds_its_last_drawing(make_shot: MakeShot) -> None:
    clip = cut(make_shot(3, drawings=2), replace(PLAIN, frames=4))
    assert clip.is_hold.tolist() == [False, False, True, True]


def test_held_drawings_look_the_same_whatever_the_style(make_shot: MakeShot) -> None:
    config = replace(PLAIN, follows="film", frames=4, styled=1)
    for seed in range(6):
        clip = cut(make_shot(3), config, seed)
        for n in np.flatnonzero(clip.is_hold):
            np.testing.assert_array_equal(clip.line[n], clip.line[n - 1])


def test_mirrored_clips_are_mirrored_in_all_parts(make_shot: MakeShot) -> None:
    shot = make_shot(3)
    plain = cut(shot, replace(PLAIN, hints={"paper": 1}))
    turned = cut(shot, replace(PLAIN, hints={"paper": 1}, flipped=1))
    for name in ("line", "truth", "paint"):
        np.testing.assert_array_equal(getattr(turned, name), getattr(plain, name)[:, :, ::-1])


def test_new_colours_change_the_truth_and_leave_ink_alone(make_shot: MakeShot) -> None:
    """The lines that most clips have cannot tell a network any colour."""
    shot = make_shot(3)
    changed = 0
    for seed in range(12):
        plain, new = (cut(shot, replace(PLAIN, recoloured=share), seed) for share in (0, 1))
        np.testing.assert_array_equal(new.line, plain.line)
        changed += not np.array_equal(new.truth, plain.truth)
    assert changed >= 8  # one palette in seven is kept


def test_styles_change_lines_and_nothing_else(make_shot: MakeShot) -> None:
    changed = 0
    for seed in range(12):
        plain, drawn = (cut(make_shot(3), replace(PLAIN, styled=share), seed) for share in (0, 1))
        np.testing.assert_array_equal(drawn.truth, plain.truth)
        changed += not np.array_equal(drawn.line, plain.line)
    assert changed >= 7  # one style in five is clean


def test_larger_windows_are_scaled_and_stay_square(make_shot: MakeShot) -> None:
    shot = make_shot(3)
    whole = cut(shot, replace(PLAIN, whole=1, crop_px=36))
    assert whole.truth.shape == (3, 36, 36, 3)
    # 72 pixels of height become 36: the whole frame's mean stays.
    frame = finished_frame(shot.drawings[0], colours_of(shot.info)).astype(float)
    means = [frame[:, left : left + 72].mean() for left in range(25)]
    assert min(means) - 3 <= whole.truth[0].mean() <= max(means) + 3
    small = cut(shot, replace(PLAIN, crop_px=100))
    assert small.truth.shape == (3, 100, 100, 3)


def test_the_papers_clip_is_canny_of_the_truth_and_patches_of_it(make_shot: MakeShot) -> None:
    config = paper_clips(crop_px=SIZE, zoom=1.0, whole=0.0, flipped=0.0)
    clip = cut(make_shot(3), config)
    for n, truth in enumerate(clip.truth):
        np.testing.assert_array_equal(clip.line[n], 255 - canny_lines(truth))
        rows, columns = np.nonzero(clip.hint_mask[n])
        assert len(rows) == 16  # one of 144 cells
        place = np.s_[rows[0] : rows[0] + 4, columns[0] : columns[0] + 4]
        mean = truth[place].reshape(16, 3).mean(axis=0)
        assert np.abs(clip.hint[n][place] - mean).max() <= 0.5


def test_greyscale_is_luma_of_the_truth(make_shot: MakeShot) -> None:
    clip = cut(make_shot(3), replace(paper_clips("greyscale"), crop_px=SIZE))
    for line, truth in zip(clip.line, clip.truth, strict=True):
        np.testing.assert_array_equal(line, luma(truth))


@pytest.mark.parametrize("kind", get_args(HintKind))
def test_hints_come_on_the_frames_they_are_meant_for(make_shot: MakeShot, kind: HintKind) -> None:
    config = replace(PLAIN, hints={kind: 1}, recoloured=1)
    hinted = np.array(
        [cut(make_shot(3), config, seed).hint_mask.any(axis=(1, 2)) for seed in range(24)]
    )
    later = hinted[:, 1:]
    if kind == "none":
        assert not hinted.any()
    elif kind in {"clean_first", "dabs_first"}:
        assert hinted[:, 0].all()
        assert not later.any()
    elif kind == "dabs_some":
        assert hinted[:, 0].all()
        assert 0.05 < later.mean() < 0.7
    elif kind == "sparse":
        assert 0.1 < hinted.mean() < 1
    else:
        assert hinted.all()


@pytest.mark.parametrize("kind", ["clean", "dabs_all"])
def test_clean_hints_show_colours_of_the_truth(make_shot: MakeShot, kind: HintKind) -> None:
    config = replace(PLAIN, hints={kind: 1}, recoloured=1)
    clip = cut(make_shot(3), config)
    on = clip.hint_mask > 0
    # Beside ink, paint under an antialiased line is not what the truth shows.
    pure = on & (clip.line == 255) if kind == "dabs_all" else on
    np.testing.assert_array_equal(clip.hint[pure], clip.truth[pure])
    assert not clip.hint[~on].any()


def test_video_gets_edges_for_lines_and_one_turn_of_colours_a_clip(make_film: MakeShot) -> None:
    film = make_film(2)
    config = replace(PLAIN, frames=2, lines={"ink": 1, "boundaries": 1}, hints={"dabs_first": 1})
    clip = cut(film, config)
    np.testing.assert_array_equal(clip.line[0], 255 - canny_lines(clip.truth[0]))
    np.testing.assert_array_equal(clip.paint, clip.truth)
    assert clip.hint_mask[0].any()
    turned = cut(film, replace(config, recoloured=1))
    assert not np.array_equal(turned.truth, clip.truth)
    for old in np.unique(clip.truth.reshape(-1, 3), axis=0):
        new = turned.truth[(clip.truth == old).all(axis=-1)]
        assert (new == new[0]).all()


def test_the_same_seed_gives_the_same_clip(make_shot: MakeShot) -> None:
    config = ClipConfig(crop_px=SIZE)
    for seed in range(4):
        one, two = (cut(make_shot(5), config, seed) for _ in range(2))
        for name, part in vars(one).items():
            assert np.array_equal(part, getattr(two, name)), name
    assert not np.array_equal(cut(make_shot(5), config, 1).truth, cut(make_shot(5), config).truth)
