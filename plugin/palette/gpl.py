"""GIMP palettes, `.gpl`: what GIMP, Krita, Inkscape and Blender's add-ons exchange.

A colour is three whole numbers, 0..255 of sRGB, and a name. So what lies between two such codes, or
beyond white, is rounded; whoever reads a colour back keeps the exact one where it rounds to the
same code (`naming.is_same`).
"""

from __future__ import annotations

import re

from ..errors import JobError
from .book import MOST_ENTRIES, Book, Entry, name_problem

_COLOUR = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)(?:\s+(.*))?")
_HEADER = re.compile(r"(Name|Columns|Channels):\s*(.*)")


def to_gpl(book: Book, title: str) -> str:
    """The palette as text; an entry without a working colour is left out."""
    lines = ["GIMP Palette", f"Name: {title}", "#"]
    for entry in book.entries:
        if entry.working is not None:
            red, green, blue = (round(255 * min(max(v, 0.0), 1.0)) for v in entry.working)
            lines.append(f"{red:3} {green:3} {blue:3}\t{entry.name}")
    return "\n".join(lines) + "\n"


def from_gpl(text: str) -> Book:
    """The palette in a text; colours without a name of their own are called by their code.

    Raises:
        JobError: It is no GIMP palette; holds every problem, with its line.

    """
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != "GIMP Palette":
        raise JobError(["This is no GIMP palette: its first line is not `GIMP Palette`."])
    entries: list[Entry] = []
    problems: list[str] = []
    taken: set[str] = set()
    has_alpha = False
    for number, line in enumerate(lines[1:], 2):
        header = _HEADER.match(line)
        if header is not None:  # GIMP 3 writes `Channels: RGBA` where colours have alpha
            has_alpha |= header[1] == "Channels" and header[2].strip().upper() == "RGBA"
        if header is not None or not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _COLOUR.fullmatch(line)
        codes = [] if found is None else [int(code) for code in found.groups()[:3]]
        if found is None or max(codes) > 255:
            problems.append(f"Line {number} is no colour: three numbers, 0 to 255, and a name.")
            continue
        name = (found[4] or "").strip()
        if has_alpha:
            name = re.sub(r"^\d+\s*", "", name)
        if not name or name == "Untitled" or name_problem(name) is not None:
            name = "#" + "".join(f"{code:02x}" for code in codes)
        name = unlike(name, taken)
        taken.add(name)
        red, green, blue = (code / 255 for code in codes)
        entries.append(Entry(len(entries) + 1, name, (red, green, blue)))
    if len(entries) > MOST_ENTRIES:
        problems.append(f"It has {len(entries)} colours; {MOST_ENTRIES} are what a palette holds.")
    if problems:
        raise JobError(problems)
    return Book(tuple(entries))


def unlike(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
