"""Small drawings whose regions are plain to see."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.shot import GraphBuilder, ShotGraph

SIZE = (160, 240)


def _blank() -> NDArray[np.uint8]:
    return np.zeros(SIZE, np.uint8)


def _boxes(*places: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Outlined boxes: left, top, width, height; later ones hide earlier ones."""
    ink = _blank()
    for x, y, width, height in places:
        cv2.rectangle(ink, (x, y), (x + width, y + height), 0, cv2.FILLED)
        cv2.rectangle(ink, (x, y), (x + width, y + height), 255, 2)
    return ink


def _hint(*dabs: tuple[int, int, tuple[float, float, float]]) -> NDArray[np.float32]:
    """Dabs of 3x3 pixels: x, y, colour."""
    image = np.zeros((*SIZE, 4), np.float32)
    for x, y, colour in dabs:
        image[y - 1 : y + 2, x - 1 : x + 2] = (*colour, 1)
    return image


@pytest.fixture
def blank() -> NDArray[np.uint8]:
    return _blank()


@pytest.fixture
def boxes() -> Callable[..., NDArray[np.uint8]]:
    return _boxes


@pytest.fixture
def hint() -> Callable[..., NDArray[np.float32]]:
    return _hint


@pytest.fixture
def graph_of() -> Callable[..., ShotGraph]:
    def build(*inks: NDArray[np.uint8]) -> ShotGraph:
        builder = GraphBuilder()
        for ink in inks:
            builder.add(analyse(ink, FlatSettings()))
        return builder.graph()

    return build
