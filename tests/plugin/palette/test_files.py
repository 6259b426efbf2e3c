from __future__ import annotations

from pathlib import Path

import pytest

from celtint.plugin.colour import Colour
from celtint.plugin.errors import ColourError, FileError, JobError
from celtint.plugin.palette.book import Book, Entry
from celtint.plugin.palette.files import (
    palette_of,
    palette_path,
    read_palette,
    read_palette_if_any,
    with_working,
    write_palette,
)
from celtint.plugin.shot import FramePattern

BOOK = Book((Entry(1, "skin", (1.0, 0.5, 0.25)),), shot={"output": "paint.####.exr"})


@pytest.mark.parametrize(
    ("out", "wanted"),
    [
        ("p/paint.####.exr", "p/paint.palette.json"),
        ("p/paint_####.exr", "p/paint_palette.json"),
        ("p/####.exr", "p/palette.json"),
        ("p/paint.exr", "p/paint.exr.palette.json"),
    ],
)
def test_every_output_has_a_palette_of_its_own(out: str, wanted: str) -> None:
    assert palette_path(FramePattern.parse(out)) == Path(wanted)


def test_the_same_palette_is_not_written_twice(tmp_path: Path) -> None:
    assert write_palette(tmp_path / "a.json", BOOK)
    assert not write_palette(tmp_path / "a.json", BOOK)
    assert read_palette(tmp_path / "a.json") == BOOK
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_is_no_palette_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(JobError, match=r"a\.json: This is no palette"):
        read_palette(tmp_path / "a.json")
    (tmp_path / "b.gpl").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="no UTF-8"):
        read_palette(tmp_path / "b.gpl")
    with pytest.raises(FileError, match=r"a \.json of celtint's or a \.gpl"):
        read_palette(tmp_path / "c.ase")
    with pytest.raises(FileError, match="cannot be read"):
        read_palette(tmp_path / "none.json")
    assert read_palette_if_any(tmp_path / "none.json") is None


def test_a_folder_leads_to_its_frames(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds no palette"):
        palette_of(str(tmp_path))
    write_palette(tmp_path / "paint.palette.json", BOOK)
    out, path = palette_of(str(tmp_path))
    assert (str(out), path) == (str(tmp_path / "paint.####.exr"), tmp_path / "paint.palette.json")
    assert palette_of(str(tmp_path / "other.####.exr"))[1] == tmp_path / "other.palette.json"
    write_palette(tmp_path / "other.palette.json", BOOK)
    with pytest.raises(FileError, match="several palettes"):
        palette_of(str(tmp_path))


def test_scene_colours_are_enough(tmp_path: Path) -> None:
    colour = Colour()
    book = Book((Entry(1, "skin", None, (1.0, 1.0, 1.0)),), scene_space="ACEScg")
    found = with_working(book, colour).entries[0].working
    assert found == pytest.approx((1, 1, 1), abs=1e-5)
    with pytest.raises(ColourError):
        with_working(Book(book.entries, scene_space="Technicolor"), colour)
