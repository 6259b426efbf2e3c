from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import PyOpenColorIO
import pytest

from celtint.plugin.colour import PINNED_CONFIG
from celtint.plugin.errors import JobError
from celtint.plugin.header import read_header
from celtint.plugin.job import Job, Output
from celtint.plugin.problems import Problems
from celtint.plugin.run import run_job
from celtint.plugin.seen import Seen, look
from celtint.plugin.spaces import Spaces, choose_spaces, open_colour


def chosen(shot: Any, job: Job) -> tuple[Spaces, list[str]]:
    problems, notes = Problems(), []
    colour = open_colour(job, problems)
    problems.raise_any()
    assert colour is not None
    lines = tuple(look(frame, shot.line(frame), None, "line") for frame in range(1001, 1007))
    hints = {0: look(1001, shot.hint(1001), None, "hint")}
    spaces = choose_spaces(job, colour, lines, hints, problems=problems, notes=notes)
    problems.raise_any()
    assert spaces is not None
    return spaces, notes


def test_a_space_that_is_assumed_is_noted_once(shot: Any) -> None:
    spaces, notes = chosen(shot, shot.job())

    assert (spaces.line, spaces.hints, spaces.out) == ("ACEScg", {0: "ACEScg"}, "ACEScg")
    assert len(notes) == 2
    assert "line.1001.exr" in notes[0]
    assert "hint.1001.exr" in notes[1]


def test_what_a_file_says_needs_no_note(shot: Any) -> None:
    for frame in range(1001, 1007):
        shot.write(shot.line(frame), shot.drawing(0), **{"oiio:ColorSpace": "lin_rec709_scene"})
    spaces, notes = chosen(shot, shot.job())

    assert spaces.line == spaces.out == "Linear Rec.709 (sRGB)"
    assert len(notes) == 1  # the hints still say nothing


def test_every_unknown_space_is_a_problem(shot: Any) -> None:
    values = shot.job().to_dict()
    for name in ("line", "hint", "out"):
        values[name]["colorspace"] = f"no {name}"

    with pytest.raises(JobError) as caught:
        chosen(shot, Job.from_dict(values))
    assert len(caught.value.problems) == 3


def test_a_config_is_known_by_its_text_not_its_place(
    shot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PyOpenColorIO.Config.CreateFromFile(PINNED_CONFIG).serialize()
    digests = []
    for name in ("a.ocio", "b.ocio"):
        (tmp_path / name).write_text(text)
        monkeypatch.setenv("OCIO", str(tmp_path / name))
        digests.append(chosen(shot, shot.job())[0].config_digest)
    (tmp_path / "b.ocio").write_text(text + "# changed\n")
    digests.append(chosen(shot, shot.job())[0].config_digest)

    assert digests[0] == digests[1] != digests[2]
    monkeypatch.delenv("OCIO")
    assert chosen(shot, shot.job())[0].config_digest == PINNED_CONFIG


def test_paint_in_another_space_says_so_and_is_the_same_colour(shot: Any) -> None:
    out = Output(shot.job().out.path, colorspace="Linear Rec.709 (sRGB)")
    run_job(shot.job(out=out), lambda _: None, threading.Event())
    header = read_header(shot.paint(1001))

    assert header.colour_name == "lin_rec709_scene"
    red = [float(shot.read(shot.paint(1001))[f"paint.{c}"][20, 14]) for c in "RGB"]
    # AP1 to BT.709 with Bradford adaptation: rows (1.70505, -0.62179, -0.08326),
    # (-0.13026, 1.14080, -0.01055), (-0.02400, -0.12897, 1.15297).
    assert red == pytest.approx([1.2977, 0.0093, 0.0256], abs=1e-3)


def test_a_file_is_known_to_have_changed(shot: Any) -> None:
    seen: Seen = look(1002, shot.line(1002), None, "line")
    assert seen.is_unchanged()

    shot.write(shot.line(1002), shot.drawing(5))
    assert not seen.is_unchanged()
    shot.line(1002).unlink()
    assert not seen.is_unchanged()
