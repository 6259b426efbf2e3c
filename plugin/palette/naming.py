"""Numbers and names for the colours of a shot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from celtint.engine.palette import is_same_but_rounding

from .book import Book, Entry, FirstDab, Rgb, name_problem
from .gpl import unlike

ToScene = Callable[[NDArray[np.float32]], NDArray[np.float16]]
"""(N, 3) float32 working colours as painted files store them."""

_GIVEN_BY_US = re.compile(r"#[0-9a-f]{6}( \d+)?")


@dataclass(frozen=True, eq=False)
class Numbered:
    """The colours of a shot with their numbers and names.

    Attributes:
        book: Every entry: those of the reference, then the shot's own.
        index: (P,) int32, number of each colour of the engine's palette; 0 for unpainted.
        strangers: Entries that the reference does not have; empty without one.

    """

    book: Book
    index: NDArray[np.int32]
    strangers: tuple[Entry, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers 1, 2, ...; "" where a number has no entry."""
        return names_by_number(self.book)


def names_by_number(book: Book) -> tuple[str, ...]:
    """Names of the numbers 1, 2, ...; "" where a number has no entry."""
    names = [""] * max((entry.index for entry in book.entries), default=0)
    for entry in book.entries:
        names[entry.index - 1] = entry.name
    return tuple(names)


def code_of(working: Rgb) -> str:
    """A colour as artists write it, `#c8553d`: rounded and clipped to 8-bit sRGB."""
    return "#" + "".join(f"{round(255 * min(max(value, 0.0), 1.0)):02x}" for value in working)


def is_given_by_an_artist(name: str) -> bool:
    """False for the names that colours get by themselves."""
    return _GIVEN_BY_US.fullmatch(name) is None


def number(
    working: NDArray[np.float32],
    scene: NDArray[np.float16],
    to_scene: ToScene,
    *,
    reference: Book | None = None,
    before: Book | None = None,
    dabs: Mapping[int, FirstDab] | None = None,
) -> Numbered:
    """Give every colour its number and its name.

    A colour that the reference has, up to rounding, gets its number and name there, so that both
    hold for a whole show; each entry once, the first colour in order takes it. All others follow
    in order, by the name that the artist gave them before, else by their code. The first colours
    of a palette get the same numbers and names whatever is added to its end.

    Args:
        working: (P, 3) the engine's palette; row 0 is unpainted.
        scene: (P, 3) the same as painted files store it.
        to_scene: For what the reference has beside.
        reference: A palette whose names and numbers count; with working colours.
        before: This shot's palette from an earlier run.
        dabs: Row of `working` to where it was first dabbed.

    """
    own_names = {
        entry.working: entry.name
        for entry in (*(before.unused if before else ()), *(before.entries if before else ()))
        if entry.working is not None and is_given_by_an_artist(entry.name)
    }
    entries = _reference_entries(reference, to_scene)
    taken = {entry.name for entry in entries}
    rows = np.array([entry.working for entry in entries], np.float32).reshape(-1, 3)
    is_free = np.ones(len(entries), bool)
    index = np.zeros(len(working), np.int32)
    used: set[Rgb] = set()
    for row in range(1, len(working)):
        colour, stored = _triple(working[row]), _triple(scene[row])
        used.add(colour)
        dab = (dabs or {}).get(row)
        place = _match(rows, is_free, working[row])
        if place is not None:
            is_free[place] = False
            entries[place] = replace(entries[place], working=colour, scene=stored, first_dab=dab)
        else:
            name = unlike(own_names.get(colour) or code_of(colour), taken)
            taken.add(name)
            place = len(entries)
            after = max((entry.index for entry in entries), default=0) + 1
            entries.append(Entry(after, name, colour, stored, dab))
        index[row] = entries[place].index
    strangers = () if reference is None else tuple(entries[len(rows) :])
    unused = [
        Entry(place + 1, name, colour)
        for place, (colour, name) in enumerate(own_names.items())
        if colour not in used
    ]
    book = Book(tuple(sorted(entries, key=lambda entry: entry.index)), unused=tuple(unused))
    return Numbered(book, index, strangers)


def nearest(book: Book, working: Rgb) -> Entry | None:
    """The entry whose working colour is least apart; None for an empty palette."""
    known = [entry for entry in book.entries if entry.working is not None]
    if not known:
        return None
    rows = np.array([entry.working for entry in known], np.float32)
    return known[int(np.argmin(np.abs(rows - np.array(working, np.float32)).max(axis=1)))]


def with_names(book: Book, names: Book) -> tuple[Book, tuple[str, ...]]:
    """The palette with the names that another one has for its colours; and those it has not.

    Returns:
        The palette, and the names of `names` that stand for none of its colours.

    """
    rows = np.array(
        [entry.working or (np.nan,) * 3 for entry in names.entries], np.float32
    ).reshape(-1, 3)
    is_free = np.ones(len(rows), bool)
    found: dict[int, str] = {}
    for entry in book.entries:
        if entry.working is None:
            continue
        place = _match(rows, is_free, np.array(entry.working, np.float32))
        if place is not None:
            is_free[place] = False
            found[entry.index] = names.entries[place].name
    taken = set(found.values())
    renamed = []
    for entry in book.entries:
        name = found.get(entry.index)
        if name is None:
            name = unlike(entry.name, taken)
            taken.add(name)
        renamed.append(replace(entry, name=name))
    left = (entry.name for entry, free in zip(names.entries, is_free, strict=True) if free)
    return replace(book, entries=tuple(renamed)), tuple(left)


def rename(book: Book, said: Sequence[str]) -> tuple[Book, list[str]]:
    """The palette with new names, each said as `3=skin`; and every problem with them."""
    names = {entry.index: entry.name for entry in book.entries}
    problems = []
    for text in said:
        number_text, _, name = text.partition("=")
        index = int(number_text) if number_text.strip().isdecimal() else 0
        reason = name_problem(name.strip())
        if index not in names:
            problems.append(f"{text!r}: there is no colour {number_text.strip()!r}; write 3=skin.")
        elif reason is not None:
            problems.append(f"{text!r}: the name {reason}.")
        else:
            names[index] = name.strip()
    taken = list(names.values())
    problems += [
        f"Two colours would be called {name!r}."
        for name in sorted({name for name in taken if taken.count(name) > 1})
    ]
    if problems:
        return book, problems
    entries = tuple(replace(entry, name=names[entry.index]) for entry in book.entries)
    return replace(book, entries=entries), []


def _reference_entries(reference: Book | None, to_scene: ToScene) -> list[Entry]:
    if reference is None or not reference.entries:
        return []
    rows = np.array([entry.working for entry in reference.entries], np.float32)
    stored = to_scene(rows)
    return [
        replace(entry, working=_triple(row), scene=_triple(scene), first_dab=None)
        for entry, row, scene in zip(reference.entries, rows, stored, strict=True)
    ]


def _match(
    rows: NDArray[np.float32], is_free: NDArray[np.bool_], colour: NDArray[np.float32]
) -> int | None:
    """The free row that is the colour, or of which one is the rounding of the other.

    A GIMP palette holds nothing beyond white: there, the colour clipped is looked for next.
    """
    for wanted in (colour, np.clip(colour, 0, 1)):
        distance = np.abs(rows - wanted).max(axis=1, initial=0)
        distance = np.where(is_free & ~np.isnan(distance), distance, np.inf)
        place = int(np.argmin(distance)) if len(rows) else 0
        if len(rows) and np.isfinite(distance[place]) and is_same_but_rounding(rows[place], wanted):
            return place
    return None


def _triple(row: NDArray[np.floating]) -> Rgb:
    red, green, blue = (float(value) for value in row.tolist())
    return red, green, blue
