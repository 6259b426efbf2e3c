from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Shot
from celtint.training.errors import DataError
from celtint.training.evaluation.clips import (
    Clip,
    as_float,
    name_of,
    optical_motion,
    read_clips,
)


def test_a_frame_knows_its_paint_its_film_and_its_things(clip: Clip) -> None:
    true = clip.frame(0)
    assert true.ink is not None
    assert true.thing is not None
    assert true.colour is not None
    assert tuple(true.paint[20, 18]) == (200, 40, 30)
    assert tuple(true.finished[0, 0]) == (30, 90, 210)
    assert not true.finished[true.ink == 255].any()
    assert (clip.palette[true.colour] == true.paint).all()
    assert set(np.unique(true.colour)) == {2, 1}
    # Colours in ascending order behind *unpainted*, so blue is 1 and red 2; paper is the third.
    assert clip.palette.tolist() == [[0, 0, 0], [30, 90, 210], [200, 40, 30], [255, 255, 255]]


def test_colours_that_the_shot_does_not_have_are_one_past_the_palette(clip: Clip) -> None:
    rgb = np.array([[[200, 40, 30], [200, 40, 31], [0, 0, 0]]], np.uint8)
    assert clip.index_of(rgb).tolist() == [[2, 4, 4]]


def test_background_colours_are_those_that_nothing_else_has(
    clip: Clip, drawn_shot: Callable[..., Shot]
) -> None:
    assert clip.background_colours == {1}
    shot = drawn_shot()
    everything = Clip(
        shot.info,
        lambda number: shot.drawings[number],
        first=0,
        frames=1,
        background=frozenset(),
        digest="",
    )
    assert everything.background_colours == set()


def test_held_frames_stand_still_and_drawings_follow_their_flow(clip: Clip) -> None:
    held = clip.motion(0)
    assert held is not None
    assert held.is_exact
    assert not held.flow.any()
    moved = clip.motion(1)
    assert moved is not None
    assert moved.flow[20, 18].tolist() == [2, 0]
    assert clip.motion(3) is None


def test_flow_leads_to_the_next_drawing_alone(
    clip_of: Callable[[Shot], Clip], drawn_shot: Callable[..., Shot]
) -> None:
    clip = clip_of(drawn_shot(holds=(0, 1, 0, 2)))
    assert [clip.motion(index) is None for index in range(4)] == [False, True, True, True]


def test_where_nobody_knows_the_motion_it_is_estimated() -> None:
    rng = np.random.default_rng(2)
    noise = (rng.random((64, 64, 3)) * 255).astype(np.uint8)
    now = cv2.GaussianBlur(noise, (0, 0), 3)
    motion = optical_motion(now, np.roll(now, 2, axis=1))
    assert not motion.is_exact
    inner = motion.flow[16:48, 16:48][motion.valid[16:48, 16:48]]
    assert motion.valid[16:48, 16:48].mean() > 0.8
    assert np.abs(inner.mean(axis=0) - [2, 0]).max() < 0.3


def test_colour_alone_gives_no_regions(video_clip: Clip) -> None:
    clip = video_clip
    true = clip.frame(2)
    assert true.ink is None
    assert true.colour is None
    assert (true.finished == true.paint).all()
    assert len(clip.palette) == 1
    assert not clip.has_regions
    motion = clip.motion(1)
    assert motion is not None
    assert not motion.is_exact


def test_long_shots_are_cut_and_a_short_rest_is_left_out(
    tmp_path: Path, drawn_shot: Callable[..., Shot]
) -> None:
    with ShotWriter(tmp_path, "s") as writer:
        writer.add(drawn_shot("long", holds=(0, 0, 1, 1, 2, 2, 3)))
        writer.add(drawn_shot("short", holds=(0,)))
    cut = [(clip.name, clip.frames) for clip in read_clips(tmp_path, frames=3)]
    assert cut == [("long", 3), ("long@3", 3), ("short", 1)]
    assert [clip.frames for clip in read_clips(tmp_path, frames=0)] == [7, 1]
    assert [clip.name for clip in read_clips(tmp_path, frames=0, most_shots=1)] == ["long"]
    second = list(read_clips(tmp_path, frames=3))[1]
    assert second.drawing_number(0) == 1  # its first frame is the fourth of the film
    digests = {clip.digest for clip in read_clips(tmp_path, frames=3)}
    assert len(digests) == 3


def test_what_is_neither_a_set_nor_a_shot_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither a finished set .* nor a shot"):
        list(read_clips(tmp_path))
    with pytest.raises(DataError, match="missing"):
        list(read_clips(str(tmp_path / "missing")))


def test_names_of_splits_carry_the_set() -> None:
    assert name_of(Path("a/drawings/held_out")) == "drawings/held_out"


def test_bytes_become_unit_floats() -> None:
    np.testing.assert_allclose(as_float(np.array([0, 51, 255], np.uint8)), [0, 0.2, 1])
