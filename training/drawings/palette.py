"""New colours for every shot, so that no network learns clip art's colours by heart.

Colours are moved in OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/), where equal
distances look equally different.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Lab = NDArray[np.float64]

LEAST_CONTRAST = 0.06  # distance in OKLab between any two colours of a drawing
DARKEST = 0.34  # lightness of paint; what is darker could be taken for ink
_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_lab(rgb: Rgb) -> Lab:
    """OKLab lightness 0..1, a and b of 8-bit sRGB."""
    encoded = np.array(rgb) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    lab: Lab = _LMS_TO_LAB @ np.cbrt(_RGB_TO_LMS @ linear)
    return lab


def to_rgb(lab: Lab) -> Rgb:
    """8-bit sRGB; colours that sRGB does not have lose chroma until it has them."""
    for _ in range(12):
        linear = np.linalg.solve(_RGB_TO_LMS, np.linalg.solve(_LMS_TO_LAB, lab) ** 3)
        if linear.min() >= -0.002 and linear.max() <= 1.002:
            break
        lab = lab * np.array([1.0, 0.85, 0.85])
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (round(float(v) * 255) for v in encoded)
    return red, green, blue


def _polar(lightness: float, chroma: float, hue_degrees: float) -> Lab:
    hue = math.radians(hue_degrees)
    return np.array([lightness, chroma * math.cos(hue), chroma * math.sin(hue)])


def recolour(originals: Sequence[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """A new colour for each of a drawing's colours, the one with the largest area first.

    Lightness roughly stays, so that a light face stays light; hue and chroma do not. Any two of the
    new colours stay LEAST_CONTRAST apart as long as there is room.
    """
    scheme = rng.choice(["own", "turned", "family", "free"], p=[0.12, 0.23, 0.3, 0.35])
    turn = rng.uniform(0, 360)
    family = rng.uniform(0, 360, size=3)
    chosen: list[Lab] = []
    for number, original in enumerate(originals):
        lab = to_lab(original)
        lightness, chroma = float(lab[0]), float(np.hypot(lab[1], lab[2]))
        hue = math.degrees(math.atan2(lab[2], lab[1]))
        if scheme == "turned":
            hue += turn
        elif scheme == "family":
            hue = float(family[rng.integers(3)]) + rng.normal(0, 12)
            chroma = abs(rng.normal(0.1, 0.05))
        elif scheme == "free":
            hue = rng.uniform(0, 360)
            chroma = abs(rng.normal(0.1, 0.06))
        if scheme != "own":
            lightness += rng.normal(0, 0.09)
            if number == 0 and rng.random() < 0.35:  # skin, so often the largest colour
                lightness, chroma = rng.uniform(0.72, 0.93), rng.uniform(0.03, 0.09)
                hue = rng.uniform(40, 75)
        wanted = _polar(float(np.clip(lightness, DARKEST, 0.98)), chroma, hue)
        chosen.append(_apart(wanted, chosen, rng))
    return [to_rgb(lab) for lab in chosen]


def _apart(wanted: Lab, others: Sequence[Lab], rng: np.random.Generator) -> Lab:
    """The nearest of some tries that keeps its distance from the others."""
    best, best_distance = wanted, -1.0
    for attempt in range(24):
        moved = wanted + rng.normal(0, 0.012 * attempt, size=3)
        moved[0] = np.clip(moved[0], DARKEST, 0.98)
        moved = to_lab(to_rgb(moved))  # as it will be stored
        nearest = min((float(np.linalg.norm(moved - o)) for o in others), default=1.0)
        if nearest >= LEAST_CONTRAST:
            return moved
        if nearest > best_distance:
            best, best_distance = moved, nearest
    return best


def shade_of(base: Rgb, rng: np.random.Generator) -> Rgb:
    """The cel shade of a colour: darker, and as a rule a little towards blue and violet."""
    lab = to_lab(base)
    lab[0] = max(lab[0] * rng.uniform(0.68, 0.86), DARKEST * 0.8)
    lab[1:] += rng.uniform(0.0, 0.03) * np.array([0.5, -1.0])
    return to_rgb(lab)


def muted(rng: np.random.Generator, *, lightness: tuple[float, float] = (0.45, 0.95)) -> Rgb:
    """A colour for a set: any lightness within the bounds, chroma mostly low."""
    chroma = min(abs(rng.normal(0.05, 0.04)), 0.15)
    return to_rgb(_polar(rng.uniform(*lightness), chroma, rng.uniform(0, 360)))
