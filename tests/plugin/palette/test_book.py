from __future__ import annotations

import json
from typing import Any

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.palette.book import Book, Entry, FirstDab, name_problem

SKIN = Entry(1, "skin", (0.1, 0.2, 0.30000001192092896), (0.5, 0.25, 2.0), FirstDab(1001, -4, 7))
BOOK = Book(
    entries=(SKIN, Entry(7, "Haar", (1.5, -0.25, 0.0))),
    shot={"output": "paint.####.exr"},
    working_space="sRGB - Texture",
    scene_space="ACEScg",
    unused=(Entry(1, "sky", (0.0, 0.0, 1.0)),),
)


def rounded(book: Book) -> Book:
    return Book.from_json(book.to_json())


def test_a_palette_comes_back_as_it_was() -> None:
    once = rounded(BOOK)
    assert rounded(once) == once
    assert once.entries[0].scene == SKIN.scene
    assert once.entries[0].first_dab == SKIN.first_dab
    assert once.shot == BOOK.shot
    assert [entry.name for entry in once.unused] == ["sky"]


def test_each_entry_is_a_line_that_a_person_can_edit() -> None:
    lines = BOOK.to_json().splitlines()
    assert sum('"name"' in line for line in lines) == 3
    assert all(
        line.startswith("  {") and line.rstrip(",").endswith("}")
        for line in lines
        if '"name"' in line
    )


def test_a_palette_written_by_hand_needs_names_and_colours_alone() -> None:
    text = '{"celtint_palette": 1, "entries": [{"name": "a", "working": [0, 0.5, 1]}]}'
    assert Book.from_json(text).entries == (Entry(1, "a", (0.0, 0.5, 1.0)),)


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(BOOK.to_json()) | changes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "not JSON"),
        ("[]", "a JSON object"),
        (changed(celtint_palette=2), "version 1"),
        (changed(colours=[]), "`colours` is not a key"),
        (changed(shot=[1]), "`shot`"),
        (changed(entries={}), "`entries` is a list"),
        (changed(entries=[{"name": "a", "working": [0, 0]}]), "three finite numbers"),
        (changed(entries=[{"name": "a", "working": [0, 0, 1e39]}]), "three finite numbers"),
        (changed(entries=[{"name": "a"}]), "a colour, is missing"),
        (changed(entries=[{"name": " a", "scene": [0, 0, 0]}]), "blanks"),
        (changed(entries=[{"index": 0, "name": "a", "scene": [0, 0, 0]}]), "1 to 2048"),
        (changed(entries=[{"name": "a", "scene": [0, 0, 0], "first_dab": 3}]), "`first_dab`"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    with pytest.raises(JobError, match=told):
        Book.from_json(text)


def test_every_problem_is_told_at_once() -> None:
    entries = [{"name": "a,b", "scene": [0, 0, 0]}, {"name": "c", "scene": [0, "x", 0]}]
    with pytest.raises(JobError) as caught:
        Book.from_json(changed(entries=entries, working_space=3))
    assert len(caught.value.problems) == 3


def test_numbers_and_names_stand_for_one_colour_each() -> None:
    colour = {"name": "a", "scene": [0, 0, 0], "index": 4}
    with pytest.raises(JobError, match=r"4, `a` stand there more than once"):
        Book.from_json(changed(entries=[colour, colour]))


@pytest.mark.parametrize("name", ["", "a\nb", 'a"b', "a,b", " a", "x" * 201])
def test_names_that_a_compositor_could_not_pick_are_none(name: str) -> None:
    assert name_problem(name) is not None


@pytest.mark.parametrize("name", ["skin", "Haut, ".strip(", "), "#c8553d 2", "肌"])
def test_names_in_any_script_are_fine(name: str) -> None:
    assert name_problem(name) is None
