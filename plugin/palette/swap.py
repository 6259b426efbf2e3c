"""Which colour each entry of a shot gets from another palette."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from celtint.engine.palette import is_same_but_rounding

from ..colour import Colour, as_half
from ..errors import JobError
from .book import Book, Entry, Rgb
from .naming import code_of


@dataclass(frozen=True, eq=False)
class Swap:
    """New colours for a shot's entries.

    Attributes:
        book: The shot's palette with its new colours.
        scene: (N + 1, 3) float16, the new colour of entry 1..N as files store it.
        changed: Names of the entries that got another colour.
        kept: Names that the other palette does not have, whose colours stay.
        unknown: Names that only the other palette has.

    """

    book: Book
    scene: NDArray[np.float16]
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    unknown: tuple[str, ...]


def scene_table(book: Book) -> NDArray[np.float16]:
    """(N + 1, 3) colours of a shot's own palette by number, as its painted files store them.

    Raises:
        JobError: An entry says no scene colour, as no palette of celtint's does.

    """
    without = [entry.name for entry in book.entries if entry.scene is None]
    if without:
        raise JobError([f"The palette says no `scene` colour of {', '.join(without)}."])
    rows = np.zeros((max((entry.index for entry in book.entries), default=0) + 1, 3), np.float32)
    for entry in book.entries:
        rows[entry.index] = entry.scene
    return as_half(rows)


def swap(book: Book, other: Book, colour: Colour) -> Swap:
    """Give the entries of a shot the colours that another palette has under the same names.

    Where the other palette says a colour twice, in the working and in the scene space, and one of
    them is still the shot's own, the other one counts: it is the one that somebody edited. A colour
    of a GIMP palette that is the shot's own, rounded and clipped, leaves that as it is, to the bit.

    Args:
        book: The shot's own palette.
        other: The palette to swap to.
        colour: The shot's colour config.

    Raises:
        JobError: The two palettes have no name in common.
        ColourError: A space that one of them names is unknown to the config.

    """
    by_name = {entry.name: entry for entry in other.entries}
    table = scene_table(book).astype(np.float32)
    entries: list[Entry] = []
    changed: list[str] = []
    for entry in book.entries:
        new = by_name.get(entry.name)
        if new is not None:
            made = _swapped(entry, new, book, other, colour)
            if made.scene != entry.scene:
                changed.append(entry.name)
            entries.append(made)
            table[entry.index] = made.scene
        else:
            entries.append(entry)
    own = {entry.name for entry in book.entries}
    if not own & set(by_name):
        raise JobError(
            [
                f"The two palettes have no name in common: the shot has {_listed(own)}, and the "
                f"other has {_listed(set(by_name))}. Give the colours the same names first "
                "(celtint palette --name)."
            ]
        )
    return Swap(
        book=replace(book, entries=tuple(entries)),
        scene=as_half(table),
        changed=tuple(changed),
        kept=tuple(entry.name for entry in book.entries if entry.name not in by_name),
        unknown=tuple(name for name in by_name if name not in own),
    )


def _swapped(entry: Entry, new: Entry, book: Book, other: Book, colour: Colour) -> Entry:
    """The shot's entry with the new one's colour."""
    working, out_space = colour.working_space, colour.check(book.scene_space)
    scene = None
    if new.scene is not None:
        space = colour.check(other.scene_space or book.scene_space)
        scene = _converted(new.scene, space, out_space, colour)
    is_other_scene = scene is not None and scene != entry.scene
    is_other_working = new.working not in (None, entry.working) and not _is_rounding(new, entry)
    if not is_other_scene:
        if not is_other_working or new.working is None:
            return entry
        stored = _converted(new.working, working, out_space, colour)
        return replace(entry, working=new.working, scene=stored)
    assert scene is not None and new.scene is not None  # noqa: S101, PT018 - as just found
    from_scene = _triple(colour.convert(_row(scene), out_space, working)[0])
    if is_other_working and new.working is not None:
        rows = np.array([from_scene, new.working], np.float32)
        if not is_same_but_rounding(rows[0], rows[1]):
            raise JobError(
                [
                    f"The palette says two colours of {new.name!r}: `working` is "
                    f"{code_of(new.working)} and `scene` is {code_of(from_scene)}. Remove the one "
                    "that does not count."
                ]
            )
    return replace(entry, working=from_scene, scene=scene)


def _is_rounding(new: Entry, own: Entry) -> bool:
    """Whether the new entry is one of a GIMP palette, and says no more than the shot's own."""
    if new.scene is not None or new.working is None or own.working is None:
        return False
    return _is_code(new.working) and code_of(new.working) == code_of(own.working)


def _converted(rgb: Rgb, space: str, out_space: str, colour: Colour) -> Rgb:
    return _triple(as_half(colour.convert(_row(rgb), space, out_space))[0])


def _is_code(rgb: Rgb) -> bool:
    """Whether a colour is 8-bit sRGB, as GIMP palettes have them."""
    return all(0 <= v <= 1 and abs(255 * v - round(255 * v)) < 1e-4 for v in rgb)


def _row(rgb: Rgb) -> NDArray[np.float32]:
    return np.array([rgb], np.float32)


def _triple(row: NDArray[np.floating]) -> Rgb:
    red, green, blue = (float(value) for value in row.tolist())
    return red, green, blue


def _listed(names: set[str]) -> str:
    shown = sorted(names)[:8]
    return ", ".join(shown) + (" and more" if len(names) > len(shown) else "") or "none"
