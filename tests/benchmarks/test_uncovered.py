"""What stands on the drawing before is told from what comes to light, by the true motion."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest

from celtint.training.data.shots import (
    Drawing,
    EncodedShot,
    RegionColour,
    Shot,
    ShotInfo,
    encode_flow,
    encode_shot,
)

BOX, WALL = 2, 1


@pytest.fixture
def uncovered() -> ModuleType:
    return importlib.import_module("uncovered")


def box_that_moves_by_10(*, with_flow: bool = True) -> EncodedShot:
    """A box over a wall: columns 10 to 29, then 20 to 39; the flow is true and whole."""
    regions = []
    for left in (10, 20):
        regions.append(np.full((16, 64), WALL, np.uint16))
        regions[-1][:, left : left + 20] = BOX
    flow_px = np.zeros((16, 64, 2), np.float32)
    flow_px[regions[0] == BOX, 0] = 10
    flow = encode_flow(flow_px, np.ones((16, 64), bool))
    no_ink = np.zeros((16, 64), np.uint8)
    drawings = [
        Drawing(ink=no_ink, regions=regions[0], flow=flow if with_flow else None),
        Drawing(ink=no_ink, regions=regions[1]),
    ]
    colours = {number: RegionColour((number, 0, 0), (number, 0, 0), number) for number in (1, 2)}
    return encode_shot(Shot(ShotInfo("box", ("drawn here",), 64, 16, (0, 1), colours), drawings))


def test_what_was_hidden_behind_a_thing_is_uncovered(uncovered: ModuleType) -> None:
    seen = uncovered.seen_before(box_that_moves_by_10(), 1)
    expected = np.ones((16, 64), bool)
    expected[:, 10:20] = False  # the wall where the box stood; the box itself was seen
    assert np.array_equal(seen, expected)


def test_without_true_motion_nothing_is_known(uncovered: ModuleType) -> None:
    assert uncovered.seen_before(box_that_moves_by_10(), 0) is None
    assert uncovered.seen_before(box_that_moves_by_10(with_flow=False), 1) is None
