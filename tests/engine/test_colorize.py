import subprocess
import sys
import tracemalloc
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pytest

from celtint.engine import (
    FlatSettings,
    FrameError,
    SettingsError,
    colorize_sequence,
    flow_order,
)

SKY, BALL, LATE = (0.2, 0.4, 0.8), (1.5, -0.25, 0.1), (0.9, 0.9, 0.1)


def ball(index, size=(121, 203)):
    ink = np.zeros(size, np.uint8)
    cv2.circle(ink, (50 + 6 * index, 60), 25, 255, 2, cv2.LINE_AA)
    return ink


def dabs(*places, size=(121, 203)):
    """A hint with dabs of 3x3 pixels: (x, y, colour)."""
    hint = np.zeros((*size, 4), np.float32)
    for x, y, colour in places:
        hint[y - 1 : y + 2, x - 1 : x + 2] = (*colour, 1)
    return hint


def hints_at(index):
    return {index: dabs((5, 5, SKY), (50 + 6 * index, 60, BALL))}


def same(a, b):
    return (
        a.index == b.index
        and np.array_equal(a.region, b.region)
        and np.array_equal(a.region_palette_index, b.region_palette_index)
        and np.array_equal(a.region_confidence, b.region_confidence)
        and np.array_equal(a.palette, b.palette)
    )


class Lazy(Sequence):
    """Frames made on demand; remembers which were asked for."""

    def __init__(self, count, make=ball):
        self.count, self.make, self.asked = count, make, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.asked.append(index)
        return self.make(index)


def test_flow_runs_from_the_first_hint_to_the_end_and_back_to_the_start():
    assert flow_order(5, [2, 4]) == [(2, None), (3, 2), (4, 3), (1, 2), (0, 1)]
    assert flow_order(3, [0]) == [(0, None), (1, 0), (2, 1)]
    assert flow_order(3, [2]) == [(2, None), (1, 2), (0, 1)]
    assert flow_order(2, []) == [(0, None), (1, 0)]
    assert flow_order(0, []) == []


@pytest.mark.parametrize("key", [0, 3, 7])
def test_every_frame_is_painted_exactly_whichever_frame_has_the_hint(key):
    line_art = Lazy(8)
    painted = list(colorize_sequence(line_art, hints_at(key)))
    assert [frame.index for frame in painted] == list(range(8))
    assert line_art.asked == [*range(8), *range(8)]  # to look, then to paint
    for frame in painted:
        inside = np.float32([*BALL, 1])
        outside = np.float32([*SKY, 1])
        assert frame.paint[60, 50 + 6 * frame.index].tobytes() == inside.tobytes()
        assert frame.paint[3, 3].tobytes() == outside.tobytes()
        assert (frame.palette_index > 0).all()  # under the ink too
        assert np.array_equal(frame.ink, ball(frame.index))
        assert frame.contradictions == ()


def test_key_frames_that_disagree_hold_for_what_is_near_them():
    hints = hints_at(0) | {5: dabs((80, 60, LATE))}
    painted = list(colorize_sequence(Lazy(8), hints))
    for frame in (*painted[:2], *painted[4:]):  # where they meet is not asked
        colour = BALL if frame.index <= 1 else LATE
        assert frame.paint[60, 50 + 6 * frame.index, :3].tolist() == np.float32(colour).tolist()
    assert painted[5].confidence[60, 80] == 1
    assert all(len(frame.palette) == 4 for frame in painted)


def test_what_nobody_dabbed_stays_unpainted_with_confidence_0():
    painted = list(colorize_sequence(Lazy(4), {0: dabs((5, 5, SKY))}))
    for frame in painted:
        at = (60, 50 + 6 * frame.index)
        assert frame.palette_index[at] == 0
        assert frame.confidence[at] == 0
        assert frame.paint[at][3] == 0


def test_without_dabs_all_stays_unpainted():
    for hints in ({}, {1: np.zeros((121, 203, 4), np.float32)}):
        painted = list(colorize_sequence(Lazy(3), hints))
        assert [frame.index for frame in painted] == [0, 1, 2]
        assert not any(frame.palette_index.any() or frame.confidence.any() for frame in painted)


def test_a_hint_without_dabs_is_none():
    empty = {0: np.zeros((121, 203, 4), np.float32)} | hints_at(2)
    pairs = zip(
        colorize_sequence(Lazy(4), empty), colorize_sequence(Lazy(4), hints_at(2)), strict=True
    )
    assert all(same(*pair) for pair in pairs)


@pytest.mark.parametrize("wanted", [{0}, {2, 6}, {8}, set()])
def test_wanted_frames_are_as_in_the_whole_and_alone_are_painted(wanted):
    whole = {frame.index: frame for frame in colorize_sequence(Lazy(9), hints_at(3))}
    line_art = Lazy(9)
    part = list(colorize_sequence(line_art, hints_at(3), wanted=wanted))
    assert {frame.index for frame in part} == wanted
    assert all(same(frame, whole[frame.index]) for frame in part)
    assert line_art.asked == [*range(9), *sorted(wanted)]


def test_a_held_drawing_keeps_everything():
    painted = list(colorize_sequence(Lazy(6, lambda index: ball(index // 3)), hints_at(0)))
    for index in (1, 2, 4, 5):
        assert painted[index].region is painted[index - 1].region
        assert np.array_equal(
            painted[index].region_confidence, painted[index - 1].region_confidence
        )
    assert painted[3].region is not painted[2].region


def test_a_gap_in_the_ball_is_closed_or_leaks_as_gap_px_says():
    def broken(index):
        ink = ball(index)
        ink[59:62, 50 + 6 * index : 50 + 6 * index + 40] = 0
        return ink

    for gap_px, colours in ((4, 2), (0, 1)):
        settings = FlatSettings(gap_px=gap_px)
        for frame in colorize_sequence(Lazy(4, broken), hints_at(0), settings=settings):
            inside = frame.palette_index[60, 50 + 6 * frame.index]
            assert len({int(inside), int(frame.palette_index[3, 3])}) == colours
            assert len(frame.contradictions) == (1 if colours == 1 and frame.index == 0 else 0)


def test_what_appears_behind_the_key_frame_is_doubted():
    def late(index):
        ink = ball(index)
        if index > 0:
            cv2.circle(ink, (180, 100), 12, 255, 2)
        return ink

    last = list(colorize_sequence(Lazy(2, late), hints_at(0)))[-1]
    assert last.confidence[100, 180] < 0.7
    assert last.confidence[60, 56] > 0.95


def test_doubtful_regions_stay_unpainted_if_asked():
    for least, painted in ((0.0, True), (1.0, False)):
        settings = FlatSettings(min_confidence=least)
        last = list(colorize_sequence(Lazy(6), hints_at(0), settings=settings))[-1]
        assert 0 < last.confidence[60, 80] < 1
        assert bool(last.palette_index[60, 80] > 0) == painted


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (33, 47)])
def test_odd_sizes_come_back(size):
    hint = np.ones((*size, 4), np.float32)
    painted = list(colorize_sequence([np.zeros(size, np.uint8)] * 3, {1: hint}))
    assert [frame.index for frame in painted] == [0, 1, 2]
    for frame in painted:
        assert frame.paint.shape == (*size, 4)
        assert (frame.paint == 1).all()


def test_an_all_ink_frame_passes():
    frames = [ball(0), np.full((121, 203), 255, np.uint8), ball(2)]
    painted = list(colorize_sequence(frames, hints_at(0)))
    assert len(painted) == 3
    assert painted[1].composite[0, 0].tolist() == [0, 0, 0, 1]


def test_of_a_frame_passed_its_regions_stay_and_never_its_pixels():
    class Hints(Mapping):
        def __len__(self):
            return 400

        def __iter__(self):
            return iter(range(400))

        def __getitem__(self, index):
            return hints_at(index % 12)[index % 12]

    def peak(frames):
        line_art = Lazy(frames, lambda index: ball(index % 12))
        tracemalloc.start()
        stream = colorize_sequence(line_art, Hints() if frames == 400 else hints_at(0))
        for frame in stream:
            del frame
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(2)
    one_layer = ball(0).nbytes  # one byte a pixel, the least that a kept picture would cost
    assert (peak(400) - peak(24)) / (400 - 24) < one_layer / 4


def test_the_flat_finish_does_not_import_torch():
    code = (
        "import sys, numpy as np\n"
        "from celtint.engine import colorize_sequence\n"
        "frames = [np.zeros((20, 20), np.uint8)] * 2\n"
        "list(colorize_sequence(frames, {0: np.ones((20, 20, 4), np.float32)}))\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_hint_outside_of_the_shot_is_refused_at_once():
    with pytest.raises(FrameError, match=r"hints\[8\]: expected an index in 0\.\.7, got 8"):
        colorize_sequence(Lazy(8), {8: dabs()})


def test_unknown_finishes_and_foreign_settings_are_refused_at_once():
    with pytest.raises(SettingsError, match="expected 'flat' or 'painted', got 'matte'"):
        colorize_sequence(Lazy(2), {}, finish="matte")
    with pytest.raises(SettingsError, match="expected FlatSettings, got dict"):
        colorize_sequence(Lazy(2), {}, settings={"gap_px": 4})


@pytest.mark.parametrize(
    "values",
    [
        {"gap_px": -1},
        {"gap_px": float("nan")},
        {"speck_px": -1},
        {"ink_threshold": 0},
        {"unreached": "black"},
    ],
)
def test_settings_out_of_range_are_refused(values):
    (name,) = values
    with pytest.raises(SettingsError, match=f"{name}: expected"):
        FlatSettings(**values)


def test_all_problems_of_the_settings_are_told_at_once():
    with pytest.raises(SettingsError, match=r"gap_px: .*speck_px: .*min_confidence: "):
        FlatSettings(gap_px=99, speck_px=-3, min_confidence=2)


def test_a_frame_of_another_size_is_refused_by_name():
    frames = [ball(0), ball(1), np.zeros((10, 10), np.uint8)]
    stream = colorize_sequence(frames, hints_at(0))
    with pytest.raises(FrameError, match=r"line_art\[2\]: expected \(121, 203\) .* got \(10, 10\)"):
        list(stream)


def test_a_hint_of_another_size_is_refused_by_name():
    hints = hints_at(0) | {1: np.ones((5, 5, 4), np.float32)}
    with pytest.raises(FrameError, match=r"hints\[1\]: expected shape \(121, 203, 4\), got"):
        list(colorize_sequence(Lazy(3), hints))
