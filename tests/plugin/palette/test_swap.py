from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from celtint.plugin.colour import Colour
from celtint.plugin.errors import JobError
from celtint.plugin.palette.book import Book, Entry
from celtint.plugin.palette.swap import scene_table, swap

COLOUR = Colour()
WORKING, SCENE = COLOUR.working_space, COLOUR.check("ACEScg")


def entry(index: int, name: str, working: tuple[float, float, float]) -> Entry:
    stored = COLOUR.to_file(np.array([working], np.float32), SCENE)[0].tolist()
    return Entry(index, name, working, (stored[0], stored[1], stored[2]))


OWN = Book(
    (entry(1, "skin", (0.9, 0.5, 0.25)), entry(3, "sky", (0.25, 0.5, 1.0))),
    working_space=WORKING,
    scene_space=SCENE,
)


def test_an_edit_of_one_of_two_colours_is_the_edit() -> None:
    skin, sky = OWN.entries
    edited = replace(OWN, entries=(replace(skin, working=(0.5, 0.5, 0.5)), sky))
    found = swap(OWN, edited, COLOUR)
    assert found.changed == ("skin",)
    assert found.book.entries[0].scene == entry(1, "skin", (0.5, 0.5, 0.5)).scene
    edited = replace(OWN, entries=(skin, replace(sky, scene=(2.0, 4.0, 8.0))))
    found = swap(OWN, edited, COLOUR)
    assert found.changed == ("sky",)
    assert found.scene[3].tolist() == [2.0, 4.0, 8.0]
    back = COLOUR.convert(np.array([[2, 4, 8]], np.float32), SCENE, WORKING)[0].tolist()
    assert found.book.entries[1].working == tuple(back)


def test_two_edits_that_disagree_are_told() -> None:
    skin, sky = OWN.entries
    both = replace(skin, working=(0.5, 0.5, 0.5), scene=(2.0, 4.0, 8.0))
    with pytest.raises(JobError, match="two colours of 'skin'"):
        swap(OWN, replace(OWN, entries=(both, sky)), COLOUR)


def test_colours_of_another_scene_space_are_converted() -> None:
    other = Book((Entry(1, "sky", None, (0.25, 0.5, 1.0)),), scene_space="Linear Rec.709 (sRGB)")
    found = swap(OWN, other, COLOUR)
    source = COLOUR.check("Linear Rec.709 (sRGB)")
    wanted = COLOUR.convert(np.array([[0.25, 0.5, 1.0]], np.float32), source, SCENE)
    assert np.array_equal(found.scene[3], wanted[0].astype(np.float16))
    assert (found.kept, found.unknown) == (("skin",), ())


def test_codes_that_round_to_the_own_colour_leave_it_exact() -> None:
    codes = Book((Entry(1, "skin", (230 / 255, 128 / 255, 64 / 255)),))
    assert swap(OWN, codes, COLOUR).changed == ()
    codes = Book((Entry(1, "skin", (230 / 255, 128 / 255, 65 / 255)),))
    assert swap(OWN, codes, COLOUR).changed == ("skin",)


def test_names_of_one_palette_alone_are_told() -> None:
    other = Book((entry(1, "sky", (0, 0, 0)), entry(2, "moon", (1, 1, 1))))
    found = swap(OWN, replace(other, scene_space=SCENE), COLOUR)
    assert (found.changed, found.kept, found.unknown) == (("sky",), ("skin",), ("moon",))


def test_numbers_without_an_entry_are_black_and_hold_no_place() -> None:
    assert scene_table(OWN).shape == (4, 3)
    assert scene_table(OWN)[[0, 2]].tolist() == [[0, 0, 0]] * 2
