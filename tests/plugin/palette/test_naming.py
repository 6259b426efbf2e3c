from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celtint.plugin.palette.book import Book, Entry
from celtint.plugin.palette.naming import (
    Numbered,
    code_of,
    is_given_by_an_artist,
    nearest,
    number,
    rename,
    with_names,
)

RED, GREEN, BLUE = (0.8, 0.1, 0.05), (0.1, 0.6, 0.2), (0.1, 0.3, 0.7)


def palette(*colours: tuple[float, float, float]) -> NDArray[np.float32]:
    return np.array([(0, 0, 0), *colours], np.float32)


def numbered(
    *colours: tuple[float, float, float], reference: Book | None = None, before: Book | None = None
) -> Numbered:
    working = palette(*colours)
    return number(
        working,
        working.astype(np.float16),
        lambda rows: rows.astype(np.float16),
        reference=reference,
        before=before,
    )


def book(**names: tuple[float, float, float]) -> Book:
    rows = palette(*names.values())[1:].tolist()
    return Book(
        tuple(
            Entry(place + 1, name, (row[0], row[1], row[2]))
            for place, (name, row) in enumerate(zip(names, rows, strict=True))
        )
    )


def test_a_colour_is_called_by_its_code_until_somebody_names_it() -> None:
    found = numbered(RED, GREEN)
    assert found.names == ("#cc1a0d", "#1a9933")
    assert found.index.tolist() == [0, 1, 2]
    assert not is_given_by_an_artist("#cc1a0d 2")
    assert is_given_by_an_artist("cc1a0d")


def test_two_colours_of_one_code_are_told_apart() -> None:
    assert numbered(RED, (0.8001, 0.1, 0.05)).names == ("#cc1a0d", "#cc1a0d 2")


def test_more_colours_change_no_number_and_no_name_of_the_first() -> None:
    few, many = numbered(RED, GREEN), numbered(RED, GREEN, BLUE, (0.8001, 0.1, 0.05))
    assert many.names[:2] == few.names
    assert many.index[:3].tolist() == few.index.tolist()


def test_names_stay_with_their_colours() -> None:
    assert numbered(GREEN, RED, before=book(rot=RED)).names == ("#1a9933", "rot")


def test_a_name_is_kept_for_a_colour_that_is_gone_for_a_while() -> None:
    without = numbered(GREEN, before=book(rot=RED)).book
    assert [entry.name for entry in without.unused] == ["rot"]
    assert numbered(RED, before=without).names == ("rot",)


def test_a_show_palette_gives_numbers_and_names() -> None:
    found = numbered(BLUE, RED, reference=book(gras=GREEN, blut=RED))
    assert found.index.tolist() == [0, 3, 2]
    assert found.names == ("gras", "blut", "#1a4db2")
    assert [entry.name for entry in found.strangers] == ["#1a4db2"]


def test_a_show_palette_of_codes_fits_exact_colours_which_stay_exact() -> None:
    codes = Book((Entry(1, "blut", (204 / 255, 26 / 255, 13 / 255)),))
    found = numbered(RED, reference=codes)
    assert found.names == ("blut",)
    assert found.book.entries[0].working == tuple(palette(RED)[1].tolist())


def test_an_entry_is_given_once() -> None:
    found = numbered(RED, (0.8001, 0.1, 0.05), reference=book(blut=RED))
    assert found.names == ("blut", "#cc1a0d")


def test_nearest_is_least_apart() -> None:
    near = nearest(book(blut=RED, see=BLUE), (0.2, 0.3, 0.7))
    assert near is not None
    assert near.name == "see"
    assert nearest(Book(()), RED) is None


def test_names_can_be_taken_from_another_palette() -> None:
    named, left = with_names(numbered(GREEN, RED).book, book(blut=RED, see=BLUE))
    assert [entry.name for entry in named.entries] == ["#1a9933", "blut"]
    assert left == ("see",)


def test_renaming_refuses_what_cannot_be_all_at_once() -> None:
    shot = numbered(GREEN, RED).book
    renamed, problems = rename(shot, ["2=blut"])
    assert [entry.name for entry in renamed.entries] == ["#1a9933", "blut"]
    assert not problems
    same, problems = rename(shot, ["9=a", "x", "1= ", "2=#1a9933"])
    assert same is shot
    assert len(problems) == 4


def test_codes_are_rounded_and_clipped() -> None:
    assert code_of((1.5, -0.1, 0.5)) == "#ff0080"
