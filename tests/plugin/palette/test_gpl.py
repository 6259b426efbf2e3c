from __future__ import annotations

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.palette.book import Book, Entry
from celtint.plugin.palette.gpl import from_gpl, to_gpl


def test_a_palette_of_codes_comes_back() -> None:
    book = Book((Entry(1, "skin", (1.0, 128 / 255, 0.0)), Entry(2, "Haar 2", (0.0, 0.0, 1.0))))
    assert from_gpl(to_gpl(book, "show")) == book


def test_colours_beyond_white_are_clipped() -> None:
    assert "255   0 128\tsun" in to_gpl(Book((Entry(1, "sun", (4.0, -1.0, 0.5019)),)), "show")


def test_the_ways_in_which_programs_write_one_are_read() -> None:
    text = (
        "\ufeffGIMP Palette\nName: Show\nColumns: 4\n# made by hand\n"
        "255 0 0 red\n  0\t255   0\tUntitled\n0 0 255\n\n0 0 255 red\n"
    )
    assert [entry.name for entry in from_gpl(text).entries] == [
        "red",
        "#00ff00",
        "#0000ff",
        "red 2",
    ]


def test_alpha_of_gimp_3_is_no_part_of_the_name() -> None:
    text = "GIMP Palette\nChannels: RGBA\n255 0 0 255 red\n1 2 3 128\n"
    assert [entry.name for entry in from_gpl(text).entries] == ["red", "#010203"]


def test_what_is_no_colour_is_told_with_its_line() -> None:
    with pytest.raises(JobError) as caught:
        from_gpl("GIMP Palette\n1 2 3 a\n1 2 b\n300 0 0 c\n")
    assert [problem.split(" is")[0] for problem in caught.value.problems] == ["Line 3", "Line 4"]
    with pytest.raises(JobError, match="first line"):
        from_gpl("1 2 3 a\n")
