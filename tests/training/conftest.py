"""A small set of shots, batches of clips, and configurations small enough for tests."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from celtint.training.config import (
    BatchConfig,
    Config,
    LossConfig,
    ModelConfig,
    OptimiserConfig,
    RolloutConfig,
    RunConfig,
)
from celtint.training.data.clip_config import ClipConfig
from celtint.training.data.clips import ClipBatch
from celtint.training.data.shards import ShotWriter
from celtint.training.data.shots import Drawing, RegionColour, Shot, ShotInfo

SIDE = 40


def moving_disc(number, drawings=4):
    """A shot of a disc that moves over a ground with a horizon: three regions."""
    rng = np.random.default_rng(number)
    x, y = rng.uniform(12, SIDE - 12, 2)
    right, down = rng.uniform(-2, 2, 2)
    colours = {region: tuple(int(v) for v in rng.integers(30, 256, 3)) for region in (1, 2, 3)}
    made = []
    for at in range(drawings):
        regions = np.full((SIDE, SIDE), 1, np.uint16)
        regions[SIDE // 2 :] = 3
        ink = np.zeros((SIDE, SIDE), np.uint8)
        ink[SIDE // 2] = 255
        centre = (round(x + at * right), round(y + at * down))
        disc = cv2.circle(np.zeros_like(ink), centre, 9, 255, cv2.FILLED) > 0
        regions[disc], ink[disc] = 2, 0
        cv2.circle(ink, centre, 9, 255, 2, cv2.LINE_AA)
        made.append(Drawing(ink=ink, regions=regions))
    info = ShotInfo(
        name=f"disc-{number}",
        sources=(f"disc-{number}",),
        width=SIDE,
        height=SIDE,
        holds=tuple(range(drawings)),
        regions={r: RegionColour(base=c, shade=c, group=r) for r, c in colours.items()},
        seed=number,
    )
    return Shot(info, made)


@pytest.fixture(scope="session")
def disc_set(tmp_path_factory):
    """A set of three shots."""
    folder = tmp_path_factory.mktemp("sets") / "train"
    with ShotWriter(folder, "train") as writer:
        for number in range(3):
            writer.add(moving_disc(number))
    return folder


@pytest.fixture(scope="session")
def one_shot(tmp_path_factory):
    """A set of one shot."""
    folder = tmp_path_factory.mktemp("sets") / "one"
    with ShotWriter(folder, "one") as writer:
        writer.add(moving_disc(5))
    return folder


@pytest.fixture
def clips():
    """(count, frames, seed) -> clips of nothing but noise, 32x32."""

    def make(count=2, frames=3, seed=0):
        generator = torch.Generator().manual_seed(seed)

        def noise(channels):
            return torch.rand(count, frames, channels, 32, 32, generator=generator)

        truth = noise(3)
        return ClipBatch(
            line=noise(1),
            hint=noise(3),
            hint_mask=(noise(1) > 0.9).float(),
            truth=truth,
            paint=truth,
            is_hold=torch.zeros(count, frames, dtype=torch.bool),
            shots=tuple("abcdefgh"[:count]),
        )

    return make


@pytest.fixture
def config():
    """(network, section=changes) -> a run of the smallest networks on crops of 32x32."""

    def make(network="paper2019", **sections):
        base = Config(
            model=ModelConfig(network=network, width=4, blocks=1, discriminator_width=4),
            data=ClipConfig(
                crop_px=32,
                frames=2,
                lines={"ink": 1.0},
                hints={"clean": 1.0},
                styled=0.0,
                zoom=1.0,
                lanes=2,
            ),
            batch=BatchConfig(clips=2),
            loss=LossConfig(content=0.0, style=0.0, perceptual="efficientnet-lite0"),
            rollout=RolloutConfig(),
            optimiser=OptimiserConfig(lr=1e-3, discriminator_lr=1e-3),
            run=RunConfig(steps=4, precision="fp32", log_steps=1, picture_steps=2),
        )
        changed = {
            name: dataclasses.replace(getattr(base, name), **changes)
            for name, changes in sections.items()
        }
        return dataclasses.replace(base, **changed)

    return make
