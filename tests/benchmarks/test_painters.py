"""Ways to paint a shot."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from celtint.engine import colorize_sequence
from celtint.training.data.shots import EncodedShot


@pytest.fixture
def following() -> ModuleType:
    return importlib.import_module("following")


@pytest.fixture
def encoded(moving_set: Path) -> EncodedShot:
    _, encoded = next(importlib.import_module("held_out").encoded_shots(moving_set))
    return encoded


@pytest.fixture
def shot(encoded: EncodedShot):
    return importlib.import_module("held_out").shot_of(encoded, "clean", 0, 6)


@pytest.fixture
def painters() -> ModuleType:
    return importlib.import_module("painters")


def test_ours_is_what_a_user_gets(following: ModuleType, painters: ModuleType, shot) -> None:
    hints = following.hints_for(shot, "5px")
    ours = painters.Ours(shot, None)
    paintings = ours.paint(hints)
    for frame in colorize_sequence(shot.frames(), hints):
        number = painters.in_truth_numbers(frame.palette, shot.colours)
        assert (paintings[frame.index].colour == number[frame.region_palette_index]).all()
        assert (paintings[frame.index].sure == frame.region_confidence).all()


@pytest.mark.parametrize("method", ["ours", "flow voting", "ceiling"])
def test_a_step_comes_from_the_true_frame_before(
    following: ModuleType, painters: ModuleType, encoded: EncodedShot, shot, method
) -> None:
    painter = painters.PAINTERS[method](shot, None)
    score = following.one_step(shot, painter, encoded).scores["mean"]
    assert (score.reachable, score.reachable_right) == (6, 6)  # three regions on two new drawings


def test_numbers_of_the_truth_are_found_by_colour(painters: ModuleType) -> None:
    colours = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    palette = np.array([[0, 0, 0], [0, 0.999, 0], [1, 0, 0]], np.float32)
    assert painters.in_truth_numbers(palette, colours).tolist() == [0, 2, 1]
