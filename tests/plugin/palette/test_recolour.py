"""Whole runs: paint with palette layers, then swap colours without the engine."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from celtint.plugin.errors import BusyError, FileError, JobError
from celtint.plugin.events import BAD_INPUT, Failed, Finished, Warned
from celtint.plugin.hold import hold
from celtint.plugin.job import Output
from celtint.plugin.palette import cryptomatte
from celtint.plugin.palette.book import Book, Entry
from celtint.plugin.palette.files import read_palette, write_palette
from celtint.plugin.palette.recolour import plan_recolouring, recolour
from celtint.plugin.run import run_job
from celtint.plugin.stream import Stopped

RED, BLUE, SAND = (0.8, 0.1, 0.05), (0.1, 0.3, 0.7), (0.9, 0.85, 0.7)
GREEN = (0.05, 0.5, 0.1)


def painted(shot: Any, layers: str = "all", **changes: Any) -> list[str]:
    """Paint; what was warned of."""
    events: list[Any] = []
    out = Output(str(shot.folder / "paint" / "paint.####.exr"), layers=layers)
    last = run_job(shot.job(out=out, **changes), events.append, threading.Event())
    assert isinstance(last, Finished), last
    return [event.message for event in events if isinstance(event, Warned)]


def own_palette(shot: Any) -> Book:
    return read_palette(shot.folder / "paint" / "paint.palette.json")


def full(path: Path, name: str) -> NDArray[np.float32]:
    image = OpenImageIO.ImageInput.open(str(path))
    assert image is not None, OpenImageIO.geterror()
    spec = image.spec()
    at = list(spec.channelnames).index(name)
    kind = str(spec.channelformats[at]) if spec.channelformats else str(spec.format)
    pixels = image.read_image(0, 0, at, at + 1, "float")
    image.close()
    assert kind == ("float" if "Cel" in name else "half")
    found: NDArray[np.float32] = pixels[..., 0]
    return found


def swap(shot: Any, palette: Path, **changes: Any) -> Path:
    """Run a swap; the folder of the frames in their new colours."""
    source = str(shot.folder / "paint" / "paint.####.exr")
    out = shot.folder / "night"
    plan = plan_recolouring(source, palette, str(out / "paint.####.exr"), **changes)
    recolour(plan, lambda _: None, threading.Event())
    return Path(out)


@pytest.fixture
def red_to_green(shot: Any) -> Path:
    """The shot's palette with another scene colour for its red."""
    painted(shot)
    book = own_palette(shot)
    entries = tuple(
        replace(entry, scene=GREEN, working=None) if entry.name == red_name(book) else entry
        for entry in book.entries
    )
    path = Path(shot.folder / "night.json")
    write_palette(path, replace(book, entries=entries))
    return path


def red_name(book: Book) -> str:
    red = tuple(float(np.float16(value)) for value in RED)
    return next(entry.name for entry in book.entries if entry.scene == red)


def test_the_palette_says_each_colour_exactly_and_where_it_was_dabbed_first(shot: Any) -> None:
    painted(shot)
    book = own_palette(shot)
    halves = {tuple(float(np.float16(value)) for value in rgb) for rgb in (RED, BLUE, SAND)}
    assert {entry.scene for entry in book.entries} == halves
    red = next(entry for entry in book.entries if entry.name == red_name(book))
    assert red.first_dab is not None
    assert (red.first_dab.frame, red.first_dab.x, red.first_dab.y) == (1001, 12, 18)
    assert book.shot == {
        "output": "paint.####.exr",
        "line": "line.####.exr",
        "frames": "1001-1006",
    }
    assert book.scene_space == "ACEScg"


def test_the_index_layer_leads_to_the_colour_of_every_pixel_under_the_line_too(shot: Any) -> None:
    painted(shot, "all,index")
    table = np.zeros((4, 3), np.float16)
    for entry in own_palette(shot).entries:
        table[entry.index] = entry.scene
    for frame in (1001, 1006):
        channels = shot.read(shot.paint(frame))
        index = full(shot.paint(frame), "palette.index").astype(int)
        paint = np.stack([channels[f"paint.{name}"] for name in "RGB"], axis=-1)
        assert np.array_equal(table[index].view(np.uint16), paint.view(np.uint16))
        assert set(np.unique(index)) == {1, 2, 3}


def test_cryptomatte_covers_each_colour_once_and_unpainted_not_at_all(shot: Any) -> None:
    hint = shot.dabs()
    hint[:8] = 0  # nobody dabs the paper
    shot.write(shot.hint(1001), hint)
    painted(shot, "rgba,cryptomatte,index")
    names = {entry.index: entry.name for entry in own_palette(shot).entries}
    said = shot.metadata(shot.paint(1003))
    manifest = json.loads(said["cryptomatte/1af7a62/manifest"])
    assert set(manifest) == set(names.values())
    index = full(shot.paint(1003), "palette.index")
    hashes = full(shot.paint(1003), "CelPaint00.R")
    for number, name in names.items():
        wanted = np.uint32(int(manifest[name], 16))
        assert np.array_equal(hashes.view(np.uint32) == wanted, index == number)
    assert np.array_equal(full(shot.paint(1003), "CelPaint00.G"), index > 0)
    assert (index == 0).any()
    assert not full(shot.paint(1003), "CelPaint00.B").any()


def test_a_name_by_an_artist_stays_and_goes_into_the_manifest(shot: Any) -> None:
    painted(shot, "all,cryptomatte")
    path = shot.folder / "paint" / "paint.palette.json"
    path.write_text(path.read_text().replace(red_name(own_palette(shot)), "kite"))
    before = shot.paint(1001).read_bytes()
    painted(shot, "all,cryptomatte")
    assert "kite" in [entry.name for entry in own_palette(shot).entries]
    assert "kite" in shot.metadata(shot.paint(1001))["cryptomatte/1af7a62/manifest"]
    assert shot.paint(1001).read_bytes() != before


def test_names_alone_repaint_nothing_where_no_layer_holds_them(shot: Any) -> None:
    painted(shot)
    path = shot.folder / "paint" / "paint.palette.json"
    path.write_text(path.read_text().replace(red_name(own_palette(shot)), "kite"))
    stamp = shot.paint(1001).stat().st_mtime_ns
    painted(shot)
    assert shot.paint(1001).stat().st_mtime_ns == stamp


def test_a_swap_gives_the_pixels_that_dabs_of_the_new_colours_would(
    shot: Any, red_to_green: Path
) -> None:
    night = swap(shot, red_to_green)
    hint = shot.dabs()
    is_red = (hint[..., :3] == np.float32(RED)).all(axis=-1)
    hint[is_red, :3] = GREEN
    shot.write(shot.hint(1001), hint)
    painted(shot)
    for frame in (1001, 1004, 1006):
        wanted = shot.read(shot.paint(frame))
        found = shot.read(night / f"paint.{frame}.exr")
        assert list(found) == list(wanted)
        for name, pixels in wanted.items():
            assert np.array_equal(pixels.view(np.uint16), found[name].view(np.uint16)), name


@pytest.mark.parametrize("layers", ["rgba,index", "all,index,cryptomatte"])
def test_a_swap_works_from_the_index_alone_and_keeps_every_layer(shot: Any, layers: str) -> None:
    painted(shot, layers)
    book = own_palette(shot)
    other = replace(book, entries=(Entry(1, red_name(book), None, GREEN),), scene_space="ACEScg")
    write_palette(shot.folder / "night.json", other)
    night = swap(shot, shot.folder / "night.json")
    before = shot.read(shot.paint(1002))
    after = shot.read(night / "paint.1002.exr")
    assert list(before) == list(after)
    for name in set(before) - {"R", "G", "B", "paint.R", "paint.G", "paint.B"}:
        assert np.array_equal(before[name], after[name], equal_nan=True), name
    assert not np.array_equal(before["R"], after["R"])


def test_a_swap_to_its_own_palette_changes_no_pixel(shot: Any) -> None:
    painted(shot)
    own = shot.folder / "paint" / "paint.palette.json"
    write_palette(shot.folder / "same.gpl", own_palette(shot))
    for palette in (own, shot.folder / "same.gpl"):
        night = swap(shot, palette)
        for name, pixels in shot.read(shot.paint(1003)).items():
            assert np.array_equal(pixels, shot.read(night / "paint.1003.exr")[name])


def test_a_stopped_swap_goes_on_and_ends_with_the_same_bytes(shot: Any, red_to_green: Path) -> None:
    source = str(shot.folder / "paint" / "paint.####.exr")
    out = str(shot.folder / "night" / "paint.####.exr")
    stop = threading.Event()
    with pytest.raises(Stopped):
        recolour(plan_recolouring(source, red_to_green, out), lambda _: stop.set(), stop)
    written = set((shot.folder / "night").glob("*.exr"))
    assert 1 <= len(written) < 6
    plan = plan_recolouring(source, red_to_green, out)
    assert len(plan.kept) == len(written)
    recolour(plan, lambda _: None, threading.Event())
    twice = {path.name: path.read_bytes() for path in (shot.folder / "night").glob("paint.*")}
    for path in (shot.folder / "night").glob("paint.*"):
        path.unlink()
    swap(shot, red_to_green)
    assert {p.name: p.read_bytes() for p in (shot.folder / "night").glob("paint.*")} == twice
    assert "paint.palette.json" in twice


def test_changed_line_art_is_noticed_before_it_is_mixed_with_old_paint(
    shot: Any, red_to_green: Path
) -> None:
    shot.write(shot.line(1003), shot.drawing(0), ("line.R", "line.G", "line.B", "line.A"))
    with pytest.raises(FileError, match="Frame 1003: its line art"):
        swap(shot, red_to_green)


def test_a_swap_is_refused_with_every_reason_at_once(shot: Any, red_to_green: Path) -> None:
    source = str(shot.folder / "paint" / "paint.####.exr")
    with pytest.raises(JobError) as caught:
        plan_recolouring(source, Path("no.such.json"), source, frames="1001-1009")
    assert len(caught.value.problems) == 2
    with pytest.raises(JobError, match="would replace the painted frames"):
        plan_recolouring(source, red_to_green, source)
    write_palette(shot.folder / "other.json", Book((Entry(1, "mars", (1.0, 0.0, 0.0)),)))
    with pytest.raises(JobError, match="no name in common"):
        plan_recolouring(source, shot.folder / "other.json", str(shot.folder / "n.####.exr"))
    (shot.folder / "paint" / ".celtint" / "paint.#.exr.job.json").unlink()
    with pytest.raises(JobError, match="no record of its job"):
        plan_recolouring(source, red_to_green, str(shot.folder / "n.####.exr"))


def test_foreign_files_are_not_replaced_unasked(shot: Any, red_to_green: Path) -> None:
    (shot.folder / "night").mkdir()
    foreign = shot.write(shot.folder / "night" / "paint.1002.exr", shot.drawing(0))
    with pytest.raises(JobError, match="not painted by celtint"):
        swap(shot, red_to_green)
    swap(shot, red_to_green, overwrite=True)
    assert "paint.R" in shot.read(foreign)


def test_a_swap_waits_for_nobody(shot: Any, red_to_green: Path) -> None:
    with hold(shot.folder / "night", "paint.#.exr"), pytest.raises(BusyError):
        swap(shot, red_to_green)


def test_dabs_that_are_not_in_the_palette_are_told_with_the_nearest(shot: Any) -> None:
    show = Book((Entry(5, "kite", None, RED), Entry(9, "sea", None, (0.1, 0.31, 0.7))))
    write_palette(shot.folder / "show.json", replace(show, scene_space="ACEScg"))
    told = painted(shot, "all,index", palette=str(shot.folder / "show.json"))
    assert len(told) == 2
    assert any(
        "nearest is sea" in text and "Frame 1001: the dab at (46, 22)" in text for text in told
    )
    names = {entry.index: entry.name for entry in own_palette(shot).entries}
    assert names[5] == "kite"
    assert names[9] == "sea"
    assert sorted(names) == [5, 9, 10, 11]
    assert set(np.unique(full(shot.paint(1001), "palette.index"))) == {5, 10, 11}


def test_a_palette_that_cannot_be_read_ends_the_run_before_anything_is_written(shot: Any) -> None:
    (shot.folder / "show.gpl").write_text("GIMP Palette\n1 2\n")
    job = shot.job(palette=str(shot.folder / "show.gpl"))
    last = run_job(job, lambda _: None, threading.Event())
    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert "Line 2 is no colour" in last.problems[0]
    assert not shot.painted


def test_the_manifest_names_what_a_frame_holds(shot: Any) -> None:
    painted(shot, "all,cryptomatte")
    said = shot.metadata(shot.paint(1001))
    assert said["cryptomatte/1af7a62/name"] == cryptomatte.LAYER
    assert len(json.loads(said["cryptomatte/1af7a62/manifest"])) == 3
