"""Palette files: where a shot's own lies, and reading and writing any of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..colour import Colour
from ..errors import FileError, JobError
from ..shot import FramePattern
from .book import Book, Entry
from .gpl import from_gpl, to_gpl

_ENDINGS = (".json", ".gpl")
_MOST_BYTES = 1 << 24


def palette_path(out: FramePattern) -> Path:
    """Where the palette of painted frames lies: `paint.palette.json` beside `paint.####.exr`."""
    start = f"{out.base}." if out.is_still else out.base
    return out.folder / f"{start}palette.json"


def why_no_palette(path: Path) -> str | None:
    """Why a file cannot be a palette by its name; None if it can."""
    if path.suffix.casefold() in _ENDINGS:
        return None
    return f"{path}: a palette is a .json of celtint's or a .gpl (GIMP palette)"


def read_palette(path: Path) -> Book:
    """Read a palette, celtint's own or GIMP's.

    Raises:
        FileError: It cannot be read.
        JobError: It is no palette; every message names the file.

    """
    reason = why_no_palette(path)
    if reason is not None:
        raise FileError(reason + ".")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileError(f"{path} is too large for a palette")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path} cannot be read: it is no UTF-8 text") from error
    try:
        return from_gpl(text) if path.suffix.casefold() == ".gpl" else Book.from_json(text)
    except JobError as error:
        raise JobError([f"{path}: {problem}" for problem in error.problems]) from error


def read_palette_if_any(path: Path) -> Book | None:
    """The palette of an earlier run; None where there is none yet.

    Raises:
        FileError: It cannot be read.
        JobError: It is no palette any more: an artist's slip, whose names must not be lost.

    """
    return read_palette(path) if path.exists() else None


def write_palette(path: Path, book: Book) -> bool:
    """Write a palette whole or not at all; False where the very same is there already.

    Raises:
        FileError: The system refuses, or the name ends neither in .json nor in .gpl.

    """
    reason = why_no_palette(path)
    if reason is not None:
        raise FileError(reason + ".")
    is_gpl = path.suffix.casefold() == ".gpl"
    text = to_gpl(book, path.stem) if is_gpl else book.to_json()
    if path.is_file() and path.read_bytes() == text.encode():
        return False
    with replacing(path, Path.is_file) as temporary:
        temporary.write_bytes(text.encode())
    return True


def with_working(book: Book, colour: Colour) -> Book:
    """The palette with a working colour for every entry.

    Raises:
        ColourError: It says scene colours alone, of a space that the colour config does not have.

    """
    if all(entry.working is not None for entry in book.entries):
        return book
    space = colour.check(book.scene_space or "scene_linear")

    def made(entry: Entry) -> Entry:
        if entry.working is not None:
            return entry
        rgb = np.array([entry.scene], np.float32)
        red, green, blue = colour.convert(rgb, space, colour.working_space)[0].tolist()
        return replace(entry, working=(red, green, blue))

    return replace(book, entries=tuple(made(entry) for entry in book.entries))


def palette_of(text: str) -> tuple[FramePattern, Path]:
    """The painted frames that a folder, a pattern or a job names, and where their palette is.

    Raises:
        FileError: The folder holds no palette, or several; the message lists them.
        FramesError: The text is no frame pattern.

    """
    path = Path(text)
    if not path.is_dir():
        out = FramePattern.parse(text)
        return out, palette_path(out)
    found = sorted(path.glob("*palette.json"))
    if len(found) == 1:
        out = FramePattern.parse(str(path / Path(_output_of(found[0])).name))
        return out, found[0]
    if not found:
        raise FileError(
            f"{path} holds no palette (paint.palette.json): paint the shot with this celtint once."
        )
    listed = ", ".join(one.name for one in found)
    raise FileError(f"{path} holds several palettes: {listed}. Name the painted frames instead.")


def _output_of(palette: Path) -> str:
    """The pattern that a shot's palette says it belongs to."""
    name = read_palette(palette).shot.get("output", "")
    if not name:
        raise FileError(f"{palette} does not say which painted frames it belongs to (`shot`)")
    return name
