from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from celtint.plugin.blender.blank import blank_exr
from celtint.plugin.blender.orders import StripSource, Wishes, order, stage_hints
from celtint.plugin.blender.strips import StripSequence, painted_sequence
from celtint.plugin.errors import FileError, JobError

MEADOW = Path(__file__).resolve().parents[3] / "samples" / "meadow"


def source(
    folder: Path, *names: str, space: str = "Linear Rec.709", layer: str = ""
) -> StripSource:
    return StripSource(StripSequence.of("strip", str(folder), names), space, layer)


def ordered(line: StripSource, hint: StripSource | None, **how: Any) -> Any:
    wishes = how.pop("wishes", Wishes())
    return order(line, hint, painted_sequence(line.sequence, "/paint"), wishes, **how)


@pytest.fixture
def plain(tmp_path: Path) -> StripSource:
    """Line art that does not say its colour space."""
    (tmp_path / "line.0001.exr").write_bytes(blank_exr(4, 4))
    return source(tmp_path, "line.0001.exr", "line.0003.exr")


def test_a_file_that_tells_its_space_is_believed_and_a_strip_that_differs_is_told() -> None:
    line = source(MEADOW / "line", "line.1001.exr", space="Linear Rec.709")
    hint = source(MEADOW / "hint", "hint.1001.exr", space="ACEScg")

    made = ordered(line, hint)

    assert made.job.line.colorspace is None
    assert made.job.hint.colorspace is None
    (doubt,) = made.doubts
    assert "line.1001.exr says that its colours are lin_ap1_scene" in doubt


def test_a_file_that_tells_nothing_is_what_its_strip_shows(plain: StripSource) -> None:
    made = ordered(plain, plain)

    assert made.job.line.colorspace == "Linear Rec.709 (sRGB)"
    assert made.job.hint.colorspace == "Linear Rec.709 (sRGB)"
    assert made.doubts == ()


def test_only_the_frames_that_the_strip_shows_are_painted(plain: StripSource) -> None:
    assert ordered(plain, None).job.frames == "1,3"


def test_hints_are_a_layer_of_the_line_art_where_there_is_no_strip(plain: StripSource) -> None:
    assert ordered(plain, None).job.hint is None
    named = ordered(plain, None, hint_layer="dabs").job.hint
    assert (named.path, named.layer) == (plain.sequence.pattern, "dabs")


def test_settings_belong_to_their_finish(plain: StripSource) -> None:
    flat = ordered(plain, None, wishes=Wishes(gap_px=3.0, model="left over.safetensors")).job
    painted = ordered(plain, None, wishes=Wishes(finish="painted", model="a.safetensors")).job

    assert (dict(flat.settings), flat.model) == ({"gap_px": 3.0}, None)
    assert (dict(painted.settings), painted.model) == ({}, "a.safetensors")


def test_a_host_that_shows_no_layers_gets_none(plain: StripSource) -> None:
    assert ordered(plain, None, only_rgba=True).job.out.layers == "rgba"
    assert ordered(plain, None).job.out.layers == "all"


def test_hints_of_other_numbers_bring_advice(plain: StripSource, tmp_path: Path) -> None:
    (advice,) = ordered(plain, source(tmp_path, "hint.0007.exr")).advice

    assert "numbered 7 and the line art 1,3" in advice
    assert ordered(plain, source(tmp_path, "hint.0003.exr")).advice == ()


def test_hints_are_staged_under_the_numbers_of_the_drawings(
    plain: StripSource, tmp_path: Path
) -> None:
    (tmp_path / "dabs.7.exr").write_bytes(b"dabs")
    hint = StripSequence.of("hint", str(tmp_path), ["dabs.7.exr"])

    staged, folder = stage_hints(plain.sequence, hint, {3: "dabs.7.exr"})

    assert staged.pattern == f"{folder}/hint.####.exr"
    assert Path(folder, "hint.0003.exr").read_bytes() == b"dabs"
    assert staged.frames == (3,)


def test_no_hint_over_the_line_art_and_a_hint_that_is_gone_are_told(plain: StripSource) -> None:
    with pytest.raises(JobError, match="move the hint strip above it"):
        stage_hints(plain.sequence, plain.sequence, {})
    with pytest.raises(FileError, match="A hint cannot be read"):
        stage_hints(plain.sequence, plain.sequence, {1: "gone.exr"})
