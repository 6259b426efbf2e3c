from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celtint.plugin.blender.strips import (
    Drawing,
    StripSequence,
    frame_range,
    hints_by_timeline,
    padded,
    painted_sequence,
)
from celtint.plugin.errors import JobError
from celtint.plugin.shot import FramePattern, parse_frames


def sequence(*names: str) -> StripSequence:
    return StripSequence.of("girl", "/shot", names)


@pytest.mark.parametrize(
    ("names", "pattern", "frames"),
    [
        (["line.1001.exr", "line.1002.exr"], "/shot/line.####.exr", (1001, 1002)),
        (["a_v002_0007.png", "a_v002_0003.png"], "/shot/a_v002_####.png", (3, 7)),
        (["line.999.exr", "line.1000.exr"], "/shot/line.###.exr", (999, 1000)),
        (["0001.exr"], "/shot/####.exr", (1,)),
        (["line0001.exr"], "/shot/line####.exr", (1,)),
        (["line.-0002.exr", "line.0001.exr"], "/shot/line.####.exr", (-2, 1)),
        (["line-0001.exr"], "/shot/line-####.exr", (1,)),
        (["line.1.exr", "line.1.exr"], "/shot/line.#.exr", (1,)),
        (["girl.exr", "girl.exr"], "/shot/girl.exr", ()),
    ],
)
def test_names_are_a_pattern_and_numbers(
    names: list[str], pattern: str, frames: tuple[int, ...]
) -> None:
    found = sequence(*names)

    assert (found.pattern, found.frames) == (pattern, frames)
    assert [one.name for one in found.shown] == names


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "shows no image"),
        (["a.0001.exr", "b.0002.exr"], "several sequences, a.####.exr, b.####.exr"),
        (["a.0001.exr", "a.0002.png"], "several sequences"),
        (["girl.exr", "boy.exr"], "no numbered sequence"),
        (["girl.exr", "girl.0001.exr"], "no numbered sequence"),
        (["a.0001.exr", "a.001.exr"], "pads its frame numbers in several ways"),
        (["line#.0001.exr"], "reads as a frame pattern"),
    ],
)
def test_what_is_no_sequence_is_told_with_the_strips_name(names: list[str], words: str) -> None:
    with pytest.raises(JobError, match=words) as caught:
        sequence(*names)
    assert "'girl'" in str(caught.value)


@given(st.lists(st.integers(-20_000, 20_000), min_size=1, max_size=30), st.integers(1, 6))
def test_the_engine_finds_every_file_by_the_pattern(frames: list[int], width: int) -> None:
    names = [f"line.{padded(frame, width)}.exr" for frame in frames]
    found = sequence(*names)

    pattern = FramePattern.parse(found.pattern)
    # A negative number is looked for in two spellings on disk, the other tests have files.
    named = {pattern.path(frame).name for frame in found.frames if frame >= 0}
    assert named == {name for name, frame in zip(names, frames, strict=True) if frame >= 0}


@given(st.sets(st.integers(-300, 300), min_size=1))
def test_a_range_stands_for_its_frames(frames: set[int]) -> None:
    assert set(parse_frames(frame_range(frames))) == frames


def test_paint_has_the_numbers_and_the_order_of_the_line_art() -> None:
    line = sequence("line.1003.exr", "line.1003.exr", "line.1001.exr")

    paint = painted_sequence(line, "/paint")

    assert paint.pattern == "/paint/line.paint.####.exr"
    assert [one.name for one in paint.shown] == [
        "line.paint.1003.exr",
        "line.paint.1003.exr",
        "line.paint.1001.exr",
    ]


def test_paint_of_a_png_is_an_exr_and_of_a_still_a_still() -> None:
    assert painted_sequence(sequence("a.01.png"), "/p").pattern == "/p/a.paint.##.exr"
    still = painted_sequence(sequence("girl.png", "girl.png"), "/p")
    assert still.pattern == "/p/girl.paint.exr"
    assert [one.name for one in still.shown] == ["girl.paint.exr"] * 2


def test_a_held_drawing_takes_the_hint_over_its_first_timeline_frame() -> None:
    line = {10: Drawing("l.1.exr", 1), 11: Drawing("l.1.exr", 1), 12: Drawing("l.2.exr", 2)}
    hint = {11: Drawing("h.7.exr", 7), 12: Drawing("h.8.exr", 8), 13: Drawing("h.9.exr", 9)}

    assert hints_by_timeline(line, hint) == {1: "h.7.exr", 2: "h.8.exr"}
