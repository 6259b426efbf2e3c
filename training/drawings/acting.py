"""How things move in time: curves with the timing of animation, and what happens for a stretch.

Time is counted in frames of film, 24 a second.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from .warps import Affine

FPS = 24.0


@dataclass(frozen=True)
class Curve:
    """A value in time: poses that are held and eased into, and a swing on top.

    Attributes:
        frames: Frame of each pose, rising.
        values: Value of each pose.
        swing: Amplitude of a sine.
        rate: Its turns a second.
        phase: Its phase in radians.

    """

    frames: tuple[float, ...]
    values: tuple[float, ...]
    swing: float = 0.0
    rate: float = 0.0
    phase: float = 0.0

    def at(self, frame: float) -> float:
        """Value at a frame."""
        k = bisect_left(self.frames, frame)
        if k == 0:
            value = self.values[0]
        elif k == len(self.frames):
            value = self.values[-1]
        else:
            t = (frame - self.frames[k - 1]) / (self.frames[k] - self.frames[k - 1])
            ease = t * t * (3.0 - 2.0 * t)  # slow out, slow in
            value = self.values[k - 1] + (self.values[k] - self.values[k - 1]) * ease
        return value + self.swing * math.sin(2.0 * math.pi * self.rate * frame / FPS + self.phase)


def constant(value: float) -> Curve:
    """Always the same."""
    return Curve((0.0,), (value,))


def swinging(value: float, amount: float, rng: np.random.Generator) -> Curve:
    """To and fro around a value, 0.5 to 2 times a second."""
    return Curve(
        (0.0,), (value,), amount, float(rng.uniform(0.5, 2.0)), float(rng.uniform(0, 2 * math.pi))
    )


def posed(value: float, amount: float, length: float, rng: np.random.Generator) -> Curve:
    """Pose to pose: rests of 3 to 14 frames, moves of 3 to 8, over `length` frames."""
    frames, values = [0.0], [value + float(rng.normal(0, amount / 2))]
    at = float(rng.integers(0, 8))
    while at < length:
        frames.append(max(at, frames[-1] + 1e-3))
        values.append(values[-1])
        at += float(rng.integers(3, 9))
        frames.append(at)
        values.append(value + float(rng.normal(0, amount)))
        at += float(rng.integers(3, 15))
    return Curve(tuple(frames), tuple(values))


def eased(start: float, end: float, first: float, last: float) -> Curve:
    """One move from `start` at frame `first` to `end` at frame `last`."""
    return Curve((first, max(last, first + 1e-3)), (start, end))


def steady(start: float, end: float, length: float) -> Curve:
    """A move of even speed through the whole shot (made of poses close enough to be straight)."""
    steps = max(2, int(length / 2))
    t = np.linspace(0.0, 1.0, steps + 1)
    return Curve(tuple(t * length), tuple(start + (end - start) * t))


@dataclass(frozen=True)
class Event:
    """What is different with some parts of a character for a stretch of film.

    Attributes:
        first: First frame of film.
        last: The frame after the last one.
        shown: Parts that are seen only in such stretches.
        hidden: Parts that are left out.
        moved: Parts that are moved by `local`.
        local: In the character's own units.

    """

    first: float
    last: float
    shown: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()
    local: Affine = field(default_factory=Affine)

    def is_on(self, frame: float) -> bool:
        """Whether it applies at a frame."""
        return self.first <= frame < self.last
