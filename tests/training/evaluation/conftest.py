from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.weights import save_weights
from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo, encode_flow
from celtint.training.described import Description
from celtint.training.evaluation.clips import Clip
from celtint.training.evaluation.subjects import Subject

HEIGHT, WIDTH = 40, 48
MOVES_PX = 2  # to the right, from drawing to drawing
COLOURS = {1: (200, 40, 30), 2: (30, 90, 210)}  # a ball, and the wall behind it


def drawn_shot(name: str = "ball", holds: tuple[int, ...] = (0, 0, 1, 2)) -> Shot:
    """A ball with an outline that moves in front of a wall, with its exact flow."""
    drawings = []
    for number in range(max(holds) + 1):
        centre = (18 + MOVES_PX * number, 20)
        ball = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.circle(ball, centre, 9, 1, cv2.FILLED)
        ink = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.circle(ink, centre, 9, 255, 2)
        regions = np.where(ball > 0, 1, 2).astype(np.uint16)
        flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
        flow[(ball > 0) | (ink > 0), 0] = MOVES_PX
        is_last = number == max(holds)
        drawings.append(
            Drawing(
                ink=ink,
                regions=regions,
                flow=None if is_last else encode_flow(flow, np.ones((HEIGHT, WIDTH), bool)),
            )
        )
    info = ShotInfo(
        name=name,
        sources=("ball",),
        width=WIDTH,
        height=HEIGHT,
        holds=holds,
        regions={
            number: RegionColour(colour, colour, number) for number, colour in COLOURS.items()
        },
    )
    return Shot(info, drawings)


def video_shot(name: str = "film") -> Shot:
    """The same as a video would show it: colour alone."""
    drawn = drawn_shot()
    frames = []
    for drawing in drawn.drawings:
        assert drawing.regions is not None
        assert drawing.ink is not None
        frame = np.array([(0, 0, 0), *COLOURS.values()], np.uint8)[drawing.regions]
        frame[drawing.ink > 0] = 0
        frames.append(Drawing(colour=frame))
    info = ShotInfo(name=name, sources=("f",), width=WIDTH, height=HEIGHT, holds=(0, 0, 1, 2))
    return Shot(info, frames)


def clip_of(shot: Shot) -> Clip:
    return Clip(
        shot.info,
        lambda number: shot.drawings[number],
        first=0,
        frames=len(shot.info.holds),
        background=frozenset({2}),
        digest="0",
    )


@pytest.fixture(name="drawn_shot")
def _drawn_shot() -> Callable[..., Shot]:
    return drawn_shot


@pytest.fixture(name="clip_of")
def _clip_of() -> Callable[[Shot], Clip]:
    return clip_of


@pytest.fixture
def clip() -> Clip:
    """Four frames of a red ball before a blue wall; 1 is the wall's blue, 2 the ball's red."""
    return clip_of(drawn_shot())


@pytest.fixture
def video_clip() -> Clip:
    return clip_of(video_shot())


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of two shots; nobody may change it."""
    folder = tmp_path_factory.mktemp("sets") / "balls" / "held_out"
    with ShotWriter(folder, "balls") as writer:
        writer.add(drawn_shot("ball-0"))
        writer.add(drawn_shot("ball-1", holds=(0, 1, 2)))
    return folder


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """(name, **description) -> a tiny network with its first weights, always the same."""
    folder = tmp_path_factory.mktemp("weights")

    def make(name: str = "tiny", **description: str) -> Path:
        torch.manual_seed(3)
        path = folder / f"{name}.safetensors"
        generator = Generator(inputs=7, width=2, blocks=1)
        save_weights(generator, path, description=description or None)
        return path

    return make


@dataclass
class _Said:
    sha256: str = "f" * 64
    description: str = "no device"
    name: str = "knows"


@dataclass
class KnowingPainter:
    """Stands in for a network: paints what it is told, and remembers what it was shown."""

    paints: Callable[[int], NDArray[np.float32]]
    shown: list[tuple[Any, ...]] = field(default_factory=list)
    drawings_before: list[Any] = field(default_factory=list)
    weights: _Said = field(default_factory=_Said)
    device: _Said = field(default_factory=_Said)
    preset: _Said = field(default_factory=_Said)

    def step(
        self, previous: Any, grey: Any, hint: Any = None, grey_before: Any = None
    ) -> NDArray[np.float32]:
        self.shown.append((previous, grey, hint))
        self.drawings_before.append(grey_before)
        return self.paints(len(self.shown) - 1)


@pytest.fixture
def knowing_painter() -> type[KnowingPainter]:
    return KnowingPainter


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """(painter, **fields) -> what is evaluated."""

    def make(painter: KnowingPainter, **fields: Any) -> Subject:
        settings: dict[str, Any] = {
            "label": "knows",
            "is_greyscale": False,
            "takes_hints": True,
            "lines": "ink",
            "leaves_lines_out": False,
            "description": Description({}, {}),
        }
        return Subject(painter=painter, **(settings | fields))  # type: ignore[arg-type]

    return make
