"""Pairs of drawings of one shot with true region identities: what the embedding learns from.

A pair is seen as line art alone. Both drawings share a style and a mirroring; their identities
follow, so that the same number is the same drawn shape in both.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError
from .line_art import boundary_lines, true_ink
from .line_styles import LineStyle, draw_style, line_width_px, styled
from .shards import read_shots
from .shots import Drawing, EncodedShot


@dataclass(frozen=True)
class PairConfig:
    """Which pairs are drawn and how they look.

    Attributes:
        stride: Largest distance between the two, in drawings; short ones are drawn more often.
        pairs_per_shot: Pairs from a shot each time it is met.
        styled: Share of pairs whose lines get a random style.
        boundaries: Share of pairs whose lines are the regions' boundaries instead of the ink.
        flipped: Share of pairs that are mirrored, left to right.
        reversed: Share of pairs in which the later drawing comes first.
        seed: Where all chance comes from.

    """

    stride: int = 8
    pairs_per_shot: int = 4
    styled: float = 0.7
    boundaries: float = 0.05
    flipped: float = 0.5
    reversed: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name)}, expected at least {least}"
            for name, least in (("stride", 1), ("pairs_per_shot", 1), ("seed", 0))
            if not getattr(self, name) >= least
        ]
        problems += [
            f"{name} is {getattr(self, name)}, expected a share, 0..1"
            for name in ("styled", "boundaries", "flipped", "reversed")
            if not 0 <= getattr(self, name) <= 1
        ]
        if problems:
            raise ConfigError(problems)


@dataclass(frozen=True)
class View:
    """One drawing of a pair.

    Attributes:
        ink: (H, W) uint8 coverage, trace lines among it: 0 paper, 255 solid ink.
        regions: (H, W) uint16 true identity at each pixel, under the ink too; 0 is none.

    """

    ink: NDArray[np.uint8]
    regions: NDArray[np.uint16]


@dataclass(frozen=True)
class Pair:
    """Two drawings of one shot, at its full size.

    Attributes:
        source: The one.
        target: The other.
        distance: Drawings between them: positive where `target` is the later.
        shot: Name of the shot.

    """

    source: View
    target: View
    distance: int
    shot: str


def read_pairs(
    folder: str | Path,
    config: PairConfig,
    *,
    rank: int = 0,
    world: int = 1,
    worker: int = 0,
    workers: int = 1,
    epoch: int = 0,
    start: int = 0,
) -> Iterator[Pair]:
    """One reader's pairs of one epoch, in an order that the seed and the epoch fix.

    Shots of one drawing have no pairs. A shot gives the same pairs in an epoch whoever reads it.

    Args:
        folder: A set of shots with regions, as `read_shots` takes it.
        config: Which pairs.
        rank: As for `read_shots`, as are the next four.
        world: Processes that share the set.
        worker: Which worker of this process.
        workers: Workers of every process.
        epoch: Counts the times the set is read.
        start: Shots to skip, not pairs.

    Raises:
        DataError: As `read_shots`; or a shot has no regions, as those made from video.

    """
    shots = read_shots(
        folder,
        shuffle_seed=config.seed,
        rank=rank,
        world=world,
        worker=worker,
        workers=workers,
        epoch=epoch,
        start=start,
    )
    for shot in shots:
        yield from pairs_of(shot, config, epoch)


def pairs_of(shot: EncodedShot, config: PairConfig, epoch: int = 0) -> Iterator[Pair]:
    """The pairs of one shot in an epoch."""
    info = shot.info
    if info.regions is None:
        raise DataError(
            f"{shot.place}: shot {info.name} is from video and has no regions to pair. "
            "Name a set made by `celtint-train prepare drawings`"
        )
    if info.drawings == 1:
        return
    rng = np.random.default_rng((config.seed, epoch, zlib.crc32(info.name.encode())))
    decoded: dict[int, Drawing] = {}
    for _ in range(config.pairs_per_shot):
        # Short distances are what a shot is mostly matched over.
        distance = min(
            int(np.exp(rng.uniform(0, np.log(config.stride + 1)))),
            info.drawings - 1,
        )
        first = int(rng.integers(info.drawings - distance))
        numbers = [first, first + distance]
        if rng.random() < config.reversed:
            numbers.reverse()
        for number in numbers:
            if number not in decoded:
                decoded[number] = shot.drawing(number, planes=("ink", "regions", "shade", "trace"))
        style = draw_style(rng) if rng.random() < config.styled else LineStyle()
        from_boundaries = bool(rng.random() < config.boundaries)
        inks = [
            boundary_lines(regions_of(decoded[number]))
            if from_boundaries
            else true_ink(decoded[number], info.trace_rgb)
            for number in numbers
        ]
        width_px = line_width_px(inks[0])
        step = -1 if rng.random() < config.flipped else 1
        source, target = (
            View(
                np.ascontiguousarray(styled(ink, style, rng, width_px=width_px)[:, ::step]),
                np.ascontiguousarray(regions_of(decoded[number])[:, ::step]),
            )
            for number, ink in zip(numbers, inks, strict=True)
        )
        yield Pair(source, target, numbers[1] - numbers[0], info.name)


def regions_of(drawing: Drawing) -> NDArray[np.uint16]:
    """The drawing's identities.

    Raises:
        ValueError: It has colour alone.

    """
    if drawing.regions is None:
        raise ValueError("the drawing has colour alone, and no regions")
    return drawing.regions
