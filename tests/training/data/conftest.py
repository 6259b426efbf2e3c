"""Small shots: overlapping discs that move, with ink, identities, shade and a trace line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo, encode_flow

HEIGHT, WIDTH = 72, 96


def disc_shot(number: int, *, drawings: int = 4) -> Shot:
    """A ground (1) and three discs (2, 5, 700), each with a shade on its left."""
    rng = np.random.default_rng(number)
    identities = (2, 5, 700)
    middles = rng.uniform((20, 20), (WIDTH - 20, HEIGHT - 20), (3, 2))
    speeds = rng.uniform(-2, 2, (3, 2))
    made = []
    for at in range(drawings):
        regions = np.ones((HEIGHT, WIDTH), np.uint16)
        ink = np.zeros((HEIGHT, WIDTH), np.uint8)
        shade, trace = ink.copy(), ink.copy()
        for identity, middle, speed in zip(identities, middles, speeds, strict=True):
            x, y = (round(float(v)) for v in middle + at * speed)
            mask = cv2.circle(np.zeros_like(ink), (x, y), 14, 255, cv2.FILLED)
            regions[mask > 0], ink[mask > 0], shade[mask > 0] = identity, 0, 0
            shade[:, :x][mask[:, :x] > 0] = 255
            cv2.circle(ink, (x, y), 14, 255, 2, cv2.LINE_AA)
            cv2.line(trace, (x, y - 8), (x, y + 8), 255, 1)
        flow = np.ones((HEIGHT, WIDTH, 2)) * speeds[2]
        made.append(
            Drawing(
                ink,
                regions,
                shade,
                trace,
                flow=None if at == drawings - 1 else encode_flow(flow, regions == 700),
            )
        )
    colours = {
        1: RegionColour((200, 220, 240), (150, 170, 190), 1),
        2: RegionColour((250, 60, 40), (160, 40, 30), 2),
        5: RegionColour((250, 60, 40), (160, 40, 30), 2),
        700: RegionColour((90, 200, 90), (90, 200, 90), 3),
    }
    holds = tuple(at // 2 for at in range(2 * drawings))
    name = f"discs-{number:03d}"
    info = ShotInfo(name, (f"disc{number}",), WIDTH, HEIGHT, holds, colours, (200, 30, 30), number)
    return Shot(info, made)


def colour_shot(number: int) -> Shot:
    """The same as video has it: colour alone."""
    rng = np.random.default_rng(number)
    colour = np.full((HEIGHT, WIDTH, 3), rng.integers(0, 256, 3), np.uint8)
    cv2.circle(colour, (40, 30), 20, (250, 200, 10), cv2.FILLED)
    return Shot(
        ShotInfo(f"film-{number:03d}", ("film.mkv",), WIDTH, HEIGHT, (0, 0, 1)),
        [Drawing(colour=colour), Drawing(colour=np.roll(colour, 5, axis=1))],
    )


def write_set(folder: Path, shots: list[Shot], *, per_shard: int = 4) -> Path:
    with ShotWriter(folder, "train", per_shard, seed=7) as writer:
        for shot in shots:
            writer.add(shot)
    return folder


@pytest.fixture(scope="session")
def disc_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve shots in three shards. Tests must not change it."""
    return write_set(tmp_path_factory.mktemp("discs"), [disc_shot(n) for n in range(12)])


@pytest.fixture
def make_shot() -> Callable[..., Shot]:
    return disc_shot


@pytest.fixture
def make_film() -> Callable[[int], Shot]:
    return colour_shot


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., Path]:
    def make(shots: list[Shot], *, name: str = "set", per_shard: int = 4) -> Path:
        return write_set(tmp_path / name, shots, per_shard=per_shard)

    return make
