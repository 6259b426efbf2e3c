"""What is refused before anything is written, and what is only told. Real files throughout."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from celtint.engine import FlatSettings
from celtint.engine.embedding.shipped import ShippedWeights, shipped_embedder
from celtint.plugin.check import Plan, check
from celtint.plugin.errors import JobError
from celtint.plugin.header import Window
from celtint.plugin.job import Output, Source
from celtint.plugin.stream import Stopped


def plan_of(shot: Any, **changes: Any) -> Plan:
    return check(shot.job(**changes), threading.Event())


def problems_of(shot: Any, **changes: Any) -> list[str]:
    with pytest.raises(JobError) as caught:
        plan_of(shot, **changes)
    assert not (shot.folder / "paint").exists(), "nothing may be written"
    return list(caught.value.problems)


def the_problem_of(shot: Any, **changes: Any) -> str:
    problems = problems_of(shot, **changes)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_good_shot_is_planned_and_nothing_is_written(shot: Any) -> None:
    plan = plan_of(shot, settings={"gap_px": 3})

    assert plan.frames == tuple(range(1001, 1007))
    assert list(plan.hints) == [0]
    assert plan.paper == Window(0, 0, 64, 48)
    assert plan.settings == FlatSettings(gap_px=3.0, trace="off")  # no line of it is coloured
    assert plan.warnings == ()
    assert (plan.spaces.line, plan.spaces.out, plan.spaces.hints) == (
        "ACEScg",
        "ACEScg",
        {0: "ACEScg"},
    )
    assert len(plan.notes) == 2  # neither file says its colour space
    assert not (shot.folder / "paint").exists()


def test_everything_that_is_wrong_is_told_at_once(shot: Any) -> None:
    shot.line(1003).write_bytes(b"not an image")
    problems = problems_of(
        shot,
        line=Source(str(shot.folder / "line" / "line.####.exr"), colorspace="ACESgc"),
        hint=Source(str(shot.folder / "hint" / "hint.<UDIM>.exr")),
        out=Output(str(shot.folder / "paint" / "paint.####.png"), colorspace="nope"),
        settings={"gap_px": 999, "blur": 2},
        model="paper2019",
    )

    for word in ("1003", "ACESgc", "hint.<UDIM>", ".exr", "nope", "gap_px", "blur", "model"):
        assert any(word in problem for problem in problems), word


# Line art


def test_missing_frames_are_listed_as_ranges(shot: Any) -> None:
    for frame in (1002, 1003, 1005):
        shot.line(frame).unlink()

    assert "1002-1003,1005 are missing" in the_problem_of(shot)
    assert "1005,1007-1008 are missing" in the_problem_of(shot, frames="1004-1008,1004")


def test_frames_may_be_chosen_around_a_gap(shot: Any) -> None:
    shot.line(1002).unlink()

    assert plan_of(shot, frames="1001,1003-1006").frames == (1001, 1003, 1004, 1005, 1006)


def test_a_shot_on_twos_is_a_shot_and_is_noted(shot: Any) -> None:
    for frame in (1002, 1004, 1006):
        shot.line(frame).unlink()
    plan = plan_of(shot)

    assert plan.frames == (1001, 1003, 1005)
    assert any("in steps of 2 frames" in note for note in plan.notes)


def test_a_pattern_that_fits_no_file_names_what_is_there(shot: Any) -> None:
    line = Source(str(shot.folder / "line" / "line.######.exr"))

    assert "line.1001.exr" in the_problem_of(shot, line=line)
    assert "line.1001.exr" in the_problem_of(shot, line=line, frames="1001-1003")


def test_frames_of_another_size_are_named(shot: Any) -> None:
    shot.write(shot.line(1002), shot.drawing(1, 80, 48))
    shot.write(shot.line(1005), shot.drawing(4, 80, 48))

    problem = the_problem_of(shot)

    assert "1002,1005" in problem
    assert "80x48" in problem
    assert "64x48" in problem


def test_frames_of_another_pixel_aspect_are_named(shot: Any) -> None:
    shot.write(shot.line(1004), shot.drawing(3), PixelAspectRatio=2.0)

    assert "1004 have another pixel aspect: 2" in the_problem_of(shot)


def test_data_windows_may_differ_and_are_painted_together(shot: Any) -> None:
    display = (0, 0, 64, 48)
    shot.write(shot.line(1001), shot.drawing(0)[8:40, 4:60], origin=(4, 8), display=display)
    shot.write(shot.line(1002), shot.drawing(1, 80, 60), origin=(-8, -6), display=display)

    assert plan_of(shot).paper == Window(-8, -6, 80, 60)


def test_data_windows_that_lie_absurdly_far_apart_are_refused(shot: Any) -> None:
    display = (0, 0, 64, 48)
    shot.write(shot.line(1001), shot.drawing(0), origin=(-60_000, 0), display=display)

    assert "far apart" in the_problem_of(shot)


def test_a_hostile_header_is_refused_before_it_is_believed(shot: Any) -> None:
    data = bytearray(shot.line(1002).read_bytes())
    at = data.index(b"dataWindow\0box2i\0") + len(b"dataWindow\0box2i\0") + 4
    data[at + 8 : at + 16] = np.array([2_000_000_000, 2_000_000_000], "<i4").tobytes()
    shot.line(1002).write_bytes(data)

    assert "Frame 1002" in the_problem_of(shot)


def test_a_file_that_is_cut_off_in_its_header_is_named(shot: Any) -> None:
    shot.line(1004).write_bytes(shot.line(1004).read_bytes()[:120])

    assert "Frame 1004" in the_problem_of(shot)


def test_many_bad_frames_make_a_short_message(shot: Any) -> None:
    for frame in range(1001, 1007):
        shot.line(frame).write_bytes(b"")
    problems = problems_of(shot)

    assert len(problems) == 5
    assert "1005-1006" in problems[-1]


def test_a_wrong_layer_name_is_answered_with_the_layers_there_are(shot: Any) -> None:
    line = Source(str(shot.folder / "line" / "line.####.exr"), layer="ink")
    hint = Source(str(shot.folder / "hint" / "hint.####.exr"), layer="dots")
    problems = problems_of(shot, line=line, hint=hint)

    assert any("'ink'" in problem and "rgba (top level)" in problem for problem in problems)
    assert any("'dots'" in problem for problem in problems)


def test_one_image_is_not_a_range_of_frames(shot: Any) -> None:
    still = shot.folder / "line" / "still.exr"
    shutil.copy(shot.line(1001), still)

    assert "give a pattern" in the_problem_of(shot, line=Source(str(still)), frames="1001-1002")


def test_line_art_in_two_colour_spaces_is_refused(shot: Any) -> None:
    shot.write(shot.line(1003), shot.drawing(2), **{"oiio:ColorSpace": "lin_rec709_scene"})

    assert "1003" in the_problem_of(shot)
    named = Source(str(shot.folder / "line" / "line.####.exr"), colorspace="ACEScg")
    assert plan_of(shot, line=named).spaces.line == "ACEScg"


# Hints


def test_a_missing_hint_file_is_a_frame_without_hints(shot: Any) -> None:
    shot.write(shot.hint(1004), shot.dabs())

    assert list(plan_of(shot).hints) == [0, 3]


def test_alpha_of_zero_is_no_hint(shot: Any) -> None:
    invisible = shot.dabs()
    invisible[..., 3] = 0
    shot.write(shot.hint(1003), invisible)

    assert list(plan_of(shot).hints) == [0]


@pytest.mark.parametrize(("alpha", "counts"), [(0.4995, False), (0.5, True)])
def test_a_hint_counts_from_an_alpha_of_one_half(shot: Any, alpha: float, counts: bool) -> None:
    shot.write(shot.hint(1003), shot.dabs() * alpha)

    assert (2 in plan_of(shot).hints) is counts


def test_without_any_hint_there_is_nothing_to_paint_flat_from(shot: Any) -> None:
    shot.write(shot.hint(1001), np.zeros((48, 64, 4), np.float32))
    assert "alpha of one half" in the_problem_of(shot)

    shot.hint(1001).unlink()
    assert "no frame of the shot has a hint file" in the_problem_of(shot)
    assert "no layer `hint`" in the_problem_of(shot, hint=None)


def test_the_painted_finish_needs_no_hint_but_says_so(shot: Any, weights: Path) -> None:
    shot.hint(1001).unlink()
    plan = plan_of(shot, finish="painted", model=str(weights))

    assert any("without hints" in warning for warning in plan.warnings)


def test_hints_are_found_in_a_layer_of_the_line_art(shot: Any) -> None:
    names = ("R", "G", "B", "A", "hint.R", "hint.G", "hint.B", "hint.A")
    for step, frame in enumerate(range(1001, 1007)):
        hint = shot.dabs() if step == 1 else np.zeros((48, 64, 4), np.float32)
        shot.write(shot.line(frame), np.concatenate([shot.drawing(step), hint], axis=2), names)

    assert list(plan_of(shot, hint=None).hints) == [1]


def test_hints_beside_the_paper_are_left_out_and_told_with_their_place(shot: Any) -> None:
    hint = np.zeros((60, 90, 4), np.float32)
    hint[10:14, 20:24] = 1.0  # on the paper at (10, 5)
    hint[57:59, 85:88] = 1.0  # beside it
    shot.write(shot.hint(1001), hint, origin=(-10, -5), display=(0, 0, 64, 48))
    plan = plan_of(shot)

    assert list(plan.hints) == [0]
    (warning,) = plan.warnings
    assert "Frame 1001" in warning
    assert "3x2 pixels at (75, 52)" in warning


def test_a_frame_whose_hints_all_lie_beside_the_paper_has_none(shot: Any) -> None:
    beside = np.ones((4, 4, 4), np.float32)
    shot.write(shot.hint(1003), beside, origin=(100, 100), display=(0, 0, 64, 48))
    plan = plan_of(shot)

    assert list(plan.hints) == [0]
    assert any("Frame 1003" in warning for warning in plan.warnings)


def test_hints_without_alpha_are_refused(shot: Any) -> None:
    shot.write(shot.hint(1001), shot.dabs()[..., :3], ("R", "G", "B"))

    assert "no alpha" in the_problem_of(shot)


def test_hints_that_cover_everything_are_doubted(shot: Any) -> None:
    shot.write(shot.hint(1002), np.full((48, 64, 4), 1.0, np.float32))

    assert any("Frame 1002: every pixel" in warning for warning in plan_of(shot).warnings)


def test_hints_of_another_size_are_refused(shot: Any) -> None:
    shot.write(shot.hint(1001), shot.dabs(128, 96))

    problem = the_problem_of(shot)
    assert "128x96" in problem
    assert "64x48" in problem


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_hints_that_are_no_numbers_are_refused(shot: Any, value: float) -> None:
    hint = shot.dabs()
    hint[19, 13, 1] = value
    shot.write(shot.hint(1001), hint)

    problem = the_problem_of(shot)
    assert "Frame 1001" in problem
    assert "(13, 19)" in problem


# Output


def test_files_of_others_are_not_painted_over_unless_allowed(shot: Any) -> None:
    (shot.folder / "paint").mkdir()
    shutil.copy(shot.line(1001), shot.paint(1002))
    shot.paint(1004).write_bytes(b"")

    with pytest.raises(JobError, match=r"1002,1004 are there and were not painted by celtint"):
        plan_of(shot)
    assert plan_of(shot, overwrite=True).standing == {1002: None, 1004: None}


@pytest.mark.parametrize("kind", ["line", "hint"])
def test_nothing_is_painted_over_what_is_read(shot: Any, kind: str) -> None:
    link = shot.folder / "alias"
    link.symlink_to(shot.folder / kind, target_is_directory=True)
    out = Output(str(link / f"{kind}.####.exr"))

    with pytest.raises(JobError) as caught:
        plan_of(shot, out=out, overwrite=True)
    assert any("would replace the line art or the hints" in one for one in caught.value.problems)


def test_many_frames_do_not_fit_one_file(shot: Any) -> None:
    out = Output(str(shot.folder / "paint" / "paint.exr"))

    assert "names one file for 6 frames" in the_problem_of(shot, out=out)


def test_a_folder_that_cannot_be_written_is_named(
    shot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = shot.folder / "closed"
    closed.mkdir(mode=0o555)
    if os.geteuid() == 0:  # root may write everywhere, so the system's answer is made up
        monkeypatch.setattr(os, "access", lambda path, _: Path(path) != closed)
    out = Output(str(closed / "new" / "paint.####.exr"))

    assert str(closed) in the_problem_of(shot, out=out)


def test_a_file_in_the_way_of_the_folder_is_named(shot: Any) -> None:
    out = Output(str(shot.line(1001) / "paint" / "paint.####.exr"))

    assert "is a file, not a folder" in the_problem_of(shot, out=out)


def test_a_disk_without_room_is_told_before(shot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celtint.plugin.check.free_bytes", lambda _: 100)

    assert "the disk has 0 MB left" in the_problem_of(shot)


# Everything else


def test_the_paint_of_eight_bit_line_art_is_scene_linear(shot: Any, tmp_path: Path) -> None:
    for frame in range(1001, 1003):
        pixels = np.rint(shot.drawing(frame - 1001) * 255).astype(np.uint8)
        output = OpenImageIO.ImageOutput.create("x.png")
        path = tmp_path / f"line.{frame}.png"
        assert output.open(str(path), OpenImageIO.ImageSpec(64, 48, 4, "uint8"))
        assert output.write_image(pixels)
        assert output.close()
    plan = plan_of(shot, line=Source(str(tmp_path / "line.####.png")))

    assert plan.spaces.line == "sRGB - Texture"
    assert plan.spaces.out == "ACEScg"
    assert any("written in ACEScg" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("settings", "word"),
    [({"gap": 3}, "gap_px"), ({"gap_px": "3"}, "float"), ({"speck_px": 2.5}, "int")],
)
def test_settings_are_checked_by_name_and_kind(
    shot: Any, settings: dict[str, Any], word: str
) -> None:
    assert word in the_problem_of(shot, settings=settings)


def test_a_network_that_is_not_there_is_told(shot: Any, tmp_path: Path) -> None:
    assert "nothing.safetensors" in the_problem_of(
        shot, finish="painted", model=str(tmp_path / "nothing.safetensors")
    )
    problem = the_problem_of(shot, finish="painted", model="nothing")
    assert "no weights named 'nothing'" in problem
    assert "FILE.safetensors" in problem


def test_a_device_that_is_not_there_is_told(shot: Any, weights: Path) -> None:
    problem = the_problem_of(shot, finish="painted", model=str(weights), device="cuda:9")

    assert "CUDA device 9" in problem


def test_a_damaged_matching_network_is_told(
    shot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "matching.safetensors"
    damaged.write_bytes(b"nothing")
    weights = ShippedWeights(damaged, "matching", "0" * 64)
    monkeypatch.setattr(ShippedWeights, "described", lambda: weights)
    shipped_embedder.cache_clear()
    try:
        assert "install celtint again" in the_problem_of(shot)
    finally:
        shipped_embedder.cache_clear()


def test_checking_can_be_stopped(shot: Any) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(Stopped):
        check(shot.job(), stop)


def test_hints_that_all_lie_beside_the_paper_are_told(shot: Any) -> None:
    shot.write(shot.hint(1001), np.ones((3, 3, 4)), origin=(200, 10), display=(0, 0, 64, 48))
    assert "lies outside the paper, in frames 1001" in the_problem_of(shot)
