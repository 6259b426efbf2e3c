"""Shots with truth, line styles and hints."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def held_out() -> ModuleType:
    return importlib.import_module("held_out")


@pytest.fixture
def shot(held_out: ModuleType, moving_set: Path):
    _, encoded = next(held_out.encoded_shots(moving_set))
    return held_out.shot_of(encoded, "clean", 0, 5)


def test_a_shot_is_as_long_as_was_asked_for(shot) -> None:
    assert shot.holds == (0, 0, 1, 1, 2)
    assert len(shot.ink) == len(shot.truth) == 3
    frames = shot.frames()
    assert frames[0] is frames[1]
    assert [region.max() for region in shot.region] == [3, 3, 3]


def test_the_whole_truth_is_every_pixel_of_paper(held_out: ModuleType, shot) -> None:
    hint = held_out.hint_on(shot, 0, "full")
    paper = shot.region[0] > 0
    assert ((hint[..., 3] == 1) == paper).all()
    assert (hint[paper, :3] == shot.colours[shot.truth[0][paper]]).all()


def test_a_dab_lies_in_every_region_and_never_crosses_its_line(held_out: ModuleType, shot) -> None:
    hint = held_out.hint_on(shot, 0, "5px")
    dabbed = hint[..., 3] > 0
    assert np.bincount(shot.region[0][dabbed]).tolist() == [0, 25, 25, 25]
    assert (hint[dabbed, :3] == shot.colours[shot.truth[0][dabbed]]).all()


def test_few_dabs_go_to_the_largest_regions(held_out: ModuleType, shot) -> None:
    hint = held_out.hint_on(shot, 0, "1")
    (truth,) = np.unique(shot.truth[0][hint[..., 3] > 0])
    assert truth == np.bincount(shot.truth[0].ravel()).argmax()
    assert (held_out.hint_on(shot, 0, "2")[..., 3] > 0).sum() == 50


def test_boxes_are_the_least_that_hold_their_label(held_out: ModuleType) -> None:
    label = np.array([[0, 1, 1], [2, 2, 1], [2, 0, 0], [0, 0, 4]], np.int32)
    boxes = held_out.boxes_of(label)
    for one in (0, 1, 2, 4):
        rows, columns = np.nonzero(label == one)
        expected = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
        assert boxes[one].tolist() == expected


def test_the_deepest_pixel_is_furthest_from_the_outline(held_out: ModuleType) -> None:
    inside = np.zeros((9, 20), bool)
    inside[:, 0:9] = True
    inside[4, 9:20] = True
    assert held_out.deepest_in(inside) == (4, 4)


@pytest.mark.parametrize("style", ["width x2", "gaps 5-9", "grey pencil", "scan", "boil"])
def test_a_style_changes_the_lines_and_not_the_truth(
    held_out: ModuleType, moving_set: Path, style: str
) -> None:
    _, encoded = next(held_out.encoded_shots(moving_set))
    clean = held_out.shot_of(encoded, "clean", 0, 4)
    styled, again = (held_out.shot_of(encoded, style, 0, 4) for _ in range(2))
    assert not np.array_equal(styled.ink[0], clean.ink[0])
    assert np.array_equal(styled.ink[0], again.ink[0])
    assert np.array_equal(styled.truth[1], clean.truth[1])
    # What is paper as it was drawn and as it is styled is judged.
    paper = (clean.drawn[1] <= 20) & (styled.ink[1] <= 20)
    assert np.array_equal(styled.region[1] > 0, paper)


def test_a_dab_in_a_sliver_stays_in_it(held_out: ModuleType) -> None:
    hint, inside = np.zeros((9, 9, 4), np.float32), np.zeros((9, 9), bool)
    inside[:, 4] = True
    held_out.dab(hint, (4, 4), np.array([0.2, 0.4, 0.6], np.float32), inside)
    assert np.argwhere(hint[..., 3] > 0).tolist() == [[row, 4] for row in range(2, 7)]
