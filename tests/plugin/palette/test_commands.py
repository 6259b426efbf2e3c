from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app
from celtint.plugin.events import BAD_INPUT, BUSY
from celtint.plugin.hold import hold
from celtint.plugin.palette.files import read_palette
from celtint.plugin.run import run_job

celtint = CliRunner()


@pytest.fixture
def paint(shot: Any) -> Path:
    run_job(shot.job(), lambda _: None, threading.Event())
    return Path(shot.folder / "paint")


def test_the_palette_is_listed_named_and_exchanged(paint: Path, tmp_path: Path) -> None:
    listed = celtint.invoke(app, ["palette", str(paint)])
    assert listed.exit_code == 0
    assert "first dabbed on 1001 at (12, 18)" in listed.output
    gpl = tmp_path / "show.gpl"
    named = celtint.invoke(app, ["palette", str(paint), "--name", "2=kite", "--export", str(gpl)])
    assert "2  kite" in named.output
    assert "\tkite\n" in gpl.read_text()
    gpl.write_text(gpl.read_text().replace("kite", "sail") + "1 2 3 mars\n")
    taken = celtint.invoke(app, ["palette", str(paint), "--import", str(gpl), "--json"])
    assert "no colour of the shot is mars" in taken.stderr
    assert json.loads(taken.stdout)["entries"][1]["name"] == "sail"
    assert read_palette(paint / "paint.palette.json").entries[1].name == "sail"


def test_a_job_and_a_palette_name_the_palette_too(shot: Any, paint: Path, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(shot.job().to_json())
    outputs = {
        celtint.invoke(app, ["palette", str(named)]).output
        for named in (
            tmp_path / "job.json",
            paint / "paint.palette.json",
            paint / "paint.####.exr",
            paint,
        )
    }
    assert len(outputs) == 1


def test_names_that_cannot_be_are_refused_and_nothing_is_written(paint: Path) -> None:
    before = (paint / "paint.palette.json").read_bytes()
    refused = celtint.invoke(app, ["palette", str(paint), "--name", "2=a,b", "--name", "7=c"])
    assert refused.exit_code == BAD_INPUT
    assert refused.stderr.count("error:") == 2
    assert (paint / "paint.palette.json").read_bytes() == before


def test_a_swap_says_what_changes_and_where_it_is(paint: Path, tmp_path: Path) -> None:
    gpl = tmp_path / "night.gpl"
    celtint.invoke(app, ["palette", str(paint), "--name", "1=dusk", "--export", str(gpl)])
    lines = gpl.read_text().splitlines()
    lines[3] = " 10  20  30\tdusk"
    gpl.write_text("\n".join(lines))
    arguments = ["recolour", str(paint), "--palette", str(gpl)]
    out = tmp_path / "night" / "paint.####.exr"
    swapped = celtint.invoke(app, [*arguments, "--out", str(out)])
    assert swapped.exit_code == 0, swapped.output
    assert "dusk changes" in swapped.output
    assert f"the result is in {out}" in swapped.output
    again = celtint.invoke(app, [*arguments, "--out", str(out)])
    assert "0 frames written, 6 were right already" in again.output
    with hold(out.parent, "paint.#.exr"):
        busy = celtint.invoke(app, [*arguments, "--out", str(out)])
    assert busy.exit_code == BUSY
    refused = celtint.invoke(app, [*arguments, "--out", str(paint / "paint.####.exr")])
    assert refused.exit_code == BAD_INPUT
    assert "would replace the painted frames" in refused.stderr
