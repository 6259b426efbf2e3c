"""Benchmarks import one another by their bare names, as scripts of one folder do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo, encode_flow

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RED, GREEN, BLUE = (200, 40, 30), (30, 160, 60), (20, 60, 190)


@pytest.fixture(autouse=True)
def siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def moving_shot(name: str, frames: int = 6, step_px: int = 3) -> Shot:
    """A red box and a green disc drift to the right before a blue wall; on twos."""
    drawings = []
    for number in range((frames + 1) // 2):
        x = 20 + step_px * number
        shape = np.ones((96, 128), np.uint16)
        ink = np.zeros((96, 128), np.uint8)
        cv2.rectangle(shape, (x, 20), (x + 25, 70), 2, cv2.FILLED)
        cv2.rectangle(ink, (x, 20), (x + 25, 70), 255, 2)
        cv2.circle(shape, (x + 60, 45), 18, 3, cv2.FILLED)
        cv2.circle(ink, (x + 60, 45), 18, 255, 2)
        drawings.append(Drawing(ink=ink, regions=shape))
    colours = {1: BLUE, 2: RED, 3: GREEN}
    regions = {number: RegionColour(rgb, rgb, number) for number, rgb in colours.items()}
    holds = tuple(frame // 2 for frame in range(frames))
    return Shot(ShotInfo(name, ("drawn here",), 128, 96, holds, regions), drawings)


@pytest.fixture
def moving_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    with ShotWriter(folder, "moving") as writer:
        writer.add(moving_shot("moving-one"))
        writer.add(moving_shot("moving-two", step_px=-2))
    return folder


def uncovering_shot(name: str) -> Shot:
    """A red box moves aside on a blue wall, and a window as red as it comes to light."""
    drawings = []
    for left in (20, 80):
        shape, ink = np.ones((96, 128), np.uint16), np.zeros((96, 128), np.uint8)
        for number, x, width in ((3, 24, 15), (2, left, 25)):
            cv2.rectangle(shape, (x, 20), (x + width, 70), number, cv2.FILLED)
            cv2.rectangle(ink, (x, 20), (x + width, 70), 0, cv2.FILLED)
            cv2.rectangle(ink, (x, 20), (x + width, 70), 255, 2)
        drawings.append(Drawing(ink=ink, regions=shape))
    flow_px = np.zeros((96, 128, 2), np.float32)
    flow_px[drawings[0].regions == 2, 0] = 60
    flow = encode_flow(flow_px, np.ones((96, 128), bool))
    drawings[0] = replace(drawings[0], flow=flow)
    regions = {
        number: RegionColour(rgb, rgb, number) for number, rgb in enumerate((BLUE, RED, RED), 1)
    }
    return Shot(ShotInfo(name, ("drawn here",), 128, 96, (0, 1), regions), drawings)


@pytest.fixture
def uncovering_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    with ShotWriter(folder, "uncovering") as writer:
        writer.add(uncovering_shot("uncovering"))
    return folder
