import json
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app
from celtint.plugin.regions import GAP, check_preview, draw_preview
from celtint.plugin.stream import Stopped


def asked(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["regions", *arguments])


def picture(path: Path) -> Any:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def test_every_frame_is_drawn_and_every_region_told_apart(shot: Any) -> None:
    out = shot.folder / "preview" / "regions.####.png"
    said = asked("--line", str(shot.line(1001)), "--out", str(out), "--frames", "1001-1002")
    assert said.exit_code == 0, said.output
    assert "frame 1002: 2 of 2, 3 regions, 0 gaps closed" in said.output
    drawn = picture(shot.folder / "preview" / "regions.1001.png")
    assert drawn.shape == (48, 64, 3)
    assert len({tuple(drawn[at]) for at in ((2, 2), (20, 12), (24, 48))}) == 3
    again = picture(shot.folder / "preview" / "regions.1002.png")
    assert np.array_equal(drawn[24, 48], again[24, 48])
    assert not (shot.folder / "preview" / "regions.1003.png").exists()


def test_a_closed_gap_is_marked_loudly(shot: Any) -> None:
    line = shot.drawing(0)
    line[19:22, 4:9] = 0  # in the left side of the box
    shot.write(shot.line(1001), line)
    out = shot.folder / "r.png"
    said = asked("--line", str(shot.line(1001)), "--out", str(out), "--frames", "1001",
                 "--gap", "4", "--json")  # fmt: skip
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout.splitlines()[-1])
    assert (told["frame"], told["regions"], told["gaps"] + told["necks"]) == (1001, 3, 1)
    assert (picture(out)[18:23, 4:9] == GAP).all(axis=2).any()
    said = asked("--line", str(shot.line(1001)), "--out", str(out), "--frames", "1001",
                 "--gap", "0", "--overwrite", "--json")  # fmt: skip
    assert json.loads(said.stdout.splitlines()[-1])["regions"] == 2


def test_an_exr_holds_the_same_picture_in_the_space_of_the_line_art(shot: Any) -> None:
    for out in ("r.####.png", "r.####.exr"):
        said = asked("--line", str(shot.line(1001)), "--out", str(shot.folder / out),
                     "--frames", "1003", "--line-colorspace", "lin_rec709")  # fmt: skip
        assert said.exit_code == 0, said.output
    display = picture(shot.folder / "r.1003.png") / 255
    linear = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    stored = shot.read(shot.folder / "r.1003.exr")
    for at, name in enumerate("RGB"):
        np.testing.assert_allclose(stored[name], linear[..., at], atol=2e-3)


def test_a_job_says_which_line_art_and_options_beside_it_win(shot: Any) -> None:
    job = shot.folder / "job.json"
    job.write_text(shot.job(settings={"gap_px": 2}, frames="1001-1004").to_json())
    out = shot.folder / "r.####.png"
    said = asked("--job", str(job), "--out", str(out), "--frames", "1004")
    assert said.exit_code == 0, said.output
    assert [path.name for path in shot.folder.glob("r.*.png")] == ["r.1004.png"]


def test_all_mistakes_are_told_at_once_and_nothing_is_written(shot: Any) -> None:
    said = asked("--line", str(shot.line(1001)), "--out", str(shot.folder / "r.####.jpg"),
                 "--gap", "-1", "--trace", "pink")  # fmt: skip
    assert said.exit_code == 3
    for told in ("EXR or PNG", "gap_px", "trace: expected auto"):
        assert told in said.output
    assert not list(shot.folder.glob("r.*"))


def test_files_that_are_there_stay_unless_asked(shot: Any) -> None:
    kept = shot.folder / "r.1002.png"
    kept.write_bytes(b"an old picture")
    arguments = ("--line", str(shot.line(1001)), "--out", str(shot.folder / "r.####.png"))
    said = asked(*arguments)
    assert said.exit_code == 3
    assert "1002" in said.output
    assert kept.read_bytes() == b"an old picture"
    assert asked(*arguments, "--overwrite").exit_code == 0
    assert picture(kept).shape == (48, 64, 3)


def test_line_art_or_a_job_and_not_both(shot: Any) -> None:
    assert asked("--out", "r.png").exit_code == 2
    assert asked("--out", "r.png", "--line", "a.exr", "--job", "b.json").exit_code == 2


def test_stopped_in_the_middle_what_is_drawn_is_whole(shot: Any) -> None:
    stop = threading.Event()
    out = str(shot.folder / "r.####.png")
    job = shot.job(out=type(shot.job().out)(out))
    plan = check_preview(job, stop, overwrite=False)
    with pytest.raises(Stopped):
        draw_preview(plan, lambda one: stop.set() if one.done == 2 else None, stop)
    assert sorted(path.name for path in shot.folder.glob("r.*")) == ["r.1001.png", "r.1002.png"]


def test_a_painted_job_has_no_regions(shot: Any, weights: Path) -> None:
    job = shot.folder / "job.json"
    job.write_text(shot.job(finish="painted", model=str(weights)).to_json())
    said = asked("--job", str(job), "--out", str(shot.folder / "r.####.png"))
    assert said.exit_code == 3
    assert "no regions" in said.output
