"""Movements of the plane that can be undone exactly, so that optical flow is exact.

A character is bent by twists about its joints and by waves through its body, then placed by an
affine map. Each of these has a closed inverse: a twist turns every circle about its pivot in
itself, and a wave shifts one coordinate by a function of the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


class Warp(Protocol):
    """A movement of points, (N, 2) float32 in and out."""

    def forward(self, points: Points) -> Points:
        """Move."""
        ...

    def inverse(self, points: Points) -> Points:
        """Move back."""
        ...


@dataclass(frozen=True)
class Twist:
    """Turns about a pivot by an angle (radians) that falls off with distance as a Gaussian."""

    pivot: tuple[float, float]
    radius: float
    angle: float

    def forward(self, points: Points) -> Points:
        """Turn by the angle."""
        return self._turned(points, self.angle)

    def inverse(self, points: Points) -> Points:
        """Turn back: the distance, on which the angle depends, has not changed."""
        return self._turned(points, -self.angle)

    def _turned(self, points: Points, angle: float) -> Points:
        away = points - np.array(self.pivot, np.float32)
        x, y = away[:, 0], away[:, 1]
        turn = np.float32(angle) * np.exp((x * x + y * y) * np.float32(-1 / self.radius**2))
        c, s = np.cos(turn), np.sin(turn)
        moved = np.stack([c * x - s * y, s * x + c * y], axis=1)
        return (moved + np.array(self.pivot, np.float32)).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Wave:
    """Shifts coordinate `axis` by `amplitude * sin(frequency * other + phase)`."""

    axis: int
    amplitude: float
    frequency: float
    phase: float

    def forward(self, points: Points) -> Points:
        """Shift."""
        return self._shifted(points, self.amplitude)

    def inverse(self, points: Points) -> Points:
        """Shift back."""
        return self._shifted(points, -self.amplitude)

    def _shifted(self, points: Points, amplitude: float) -> Points:
        moved = points.copy()
        other = points[:, 1 - self.axis]
        moved[:, self.axis] += np.float32(amplitude) * np.sin(
            np.float32(self.frequency) * other + np.float32(self.phase)
        )
        return moved


@dataclass(frozen=True)
class Affine:
    """`x' = a x + b y + e`, `y' = c x + d y + f`."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def forward(self, points: Points) -> Points:
        """Map."""
        matrix = np.array([[self.a, self.c], [self.b, self.d]], np.float32)
        return points @ matrix + np.array([self.e, self.f], np.float32)

    def inverse(self, points: Points) -> Points:
        """Map back."""
        return self.inverted().forward(points)

    def inverted(self) -> Affine:
        """The map back; a map of no area has none (ZeroDivisionError)."""
        k = 1.0 / (self.a * self.d - self.b * self.c)
        a, b, c, d = self.d * k, -self.b * k, -self.c * k, self.a * k
        return Affine(a, b, c, d, -a * self.e - b * self.f, -c * self.e - d * self.f)

    def then(self, after: Affine) -> Affine:
        """Do this, and `after` on its result."""
        return Affine(
            after.a * self.a + after.b * self.c,
            after.a * self.b + after.b * self.d,
            after.c * self.a + after.d * self.c,
            after.c * self.b + after.d * self.d,
            after.a * self.e + after.b * self.f + after.e,
            after.c * self.e + after.d * self.f + after.f,
        )

    @property
    def scale(self) -> float:
        """Square root of the area of a unit square's image."""
        return math.sqrt(abs(self.a * self.d - self.b * self.c))


def similarity(
    scale: float, degrees: float, x: float, y: float, *, stretch: float = 1.0, skew: float = 0.0
) -> Affine:
    """Stretch x, skew x by y, then scale, turn and move to (x, y)."""
    angle = math.radians(degrees)
    c, s = math.cos(angle) * scale, math.sin(angle) * scale
    return Affine(stretch, skew, 0.0, 1.0).then(Affine(c, -s, s, c, x, y))


@dataclass(frozen=True)
class Chain:
    """Warps one after the other."""

    warps: tuple[Warp, ...]

    def forward(self, points: Points) -> Points:
        """Move by each in turn."""
        for warp in self.warps:
            points = warp.forward(points)
        return points

    def inverse(self, points: Points) -> Points:
        """Move back by each, the last first."""
        for warp in reversed(self.warps):
            points = warp.inverse(points)
        return points
