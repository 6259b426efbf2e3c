"""Variety of drawings in training: how they lie in the frame, and how their lines were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Canvas:
    """What all drawings of a step share.

    Attributes:
        shape: H and W of the drawings, in pixels.
        picture_px: Long side of what the network sees, in pixels.

    """

    shape: tuple[int, int]
    picture_px: int

    @classmethod
    def at_random(cls, rng: np.random.Generator, long_side: int = 512) -> Canvas:
        """Square, film or upright frames, seen at a half to nearly all of their size."""
        aspect = float(rng.choice([1.0, 1.0, 4 / 3, 16 / 9, 3 / 4]))
        short = round(long_side * min(aspect, 1 / aspect) / 8) * 8
        shape = (short, long_side) if aspect > 1 else (long_side, short)
        return cls(shape, int(rng.integers(8, 15)) * 32)


@dataclass(frozen=True)
class Style:
    """How the lines of a shot were drawn and scanned; the same for all of its drawings.

    Attributes:
        widen_px: Pixels by which lines are wider on either side; negative for thinner.
        strength: Coverage of solid ink, 0..1.
        grain: Share of the strength that comes and goes along a line, as pencil does, 0..1.
        noise: Standard deviation of the paper's noise, of 255.
        blur_px: Standard deviation of the scanner's blur, in pixels; 0 for none.
        gaps: Gaps in the lines of a drawing, at most.
        boil_px: How far lines wander from drawing to drawing, in pixels.

    """

    widen_px: int = 0
    strength: float = 1.0
    grain: float = 0.0
    noise: float = 0.0
    blur_px: float = 0.0
    gaps: int = 0
    boil_px: float = 0.0

    @classmethod
    def at_random(cls, rng: np.random.Generator) -> Style:
        """Half of the shots are clean; each fault has a chance in the others."""
        if rng.random() < 0.5:
            return cls(widen_px=int(rng.choice([-1, 0, 0, 1])))
        return cls(
            widen_px=int(rng.choice([-1, 0, 0, 1, 1, 2])),
            strength=float(rng.uniform(0.45, 1)),
            grain=float(rng.choice([0.0, 0.3, 0.5])),
            noise=float(rng.choice([0.0, 2.0, 4.0])),
            blur_px=float(rng.choice([0.0, 0.0, 0.7, 1.0])),
            gaps=int(rng.choice([0, 4, 12])),
            boil_px=float(rng.choice([0.0, 0.7, 1.5])),
        )

    def drawn(self, ink: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """A drawing, (H, W) uint8 coverage, in this style."""
        if self.widen_px:
            reach = 2 * abs(self.widen_px) + 1
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
            if self.widen_px > 0:
                ink = cast(NDArray[np.uint8], cv2.dilate(ink, kernel))
            else:
                # Only what is left of a line where it is thinner than that keeps half its strength.
                ink = np.maximum(cv2.erode(ink, np.ones((2, 2), np.uint8)), ink // 2)
        if self.gaps:
            ink = _with_gaps(ink, int(rng.integers(0, self.gaps + 1)), rng)
        if self.blur_px:
            ink = cast(NDArray[np.uint8], cv2.GaussianBlur(ink, (0, 0), self.blur_px))
        if self.strength == 1 and not self.grain and not self.noise:
            return ink
        drawn = ink.astype(np.float32) * np.float32(self.strength)
        if self.grain:
            drawn *= 1 - self.grain * _texture(ink.shape, rng)
        if self.noise:
            drawn += rng.standard_normal(ink.shape, np.float32) * np.float32(self.noise)
        return np.clip(drawn, 0, 255).astype(np.uint8)


def _texture(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = shape
    coarse = rng.random((height // 3 + 1, width // 3 + 1), np.float32)
    return cast(NDArray[np.float32], cv2.resize(coarse, (width, height)))


def _with_gaps(
    ink: NDArray[np.uint8], gaps: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    lines = np.flatnonzero(ink > 128)
    if not gaps or not len(lines):
        return ink
    ink = ink.copy()
    for at in rng.choice(lines, gaps).tolist():
        y, x = divmod(at, ink.shape[1])
        cv2.circle(ink, (x, y), int(rng.integers(1, 4)), 0, -1)
    return ink


@dataclass(frozen=True)
class Placement:
    """Where a shot lies in its frame, and how far its drawings stray from that, one by one.

    Attributes:
        is_mirrored: Left and right changed places, in all drawings alike.
        turn_degrees: Of the shot.
        zoom: Of the shot, relative to filling the frame.
        shift: Of the shot, in frames.
        stray: Largest turn (degrees), change of zoom (share) and shift (frames) of one drawing.

    """

    is_mirrored: bool
    turn_degrees: float
    zoom: float
    shift: tuple[float, float]
    stray: tuple[float, float, float]

    @classmethod
    def at_random(cls, rng: np.random.Generator) -> Placement:
        """Every second shot strays."""
        strays = rng.random() < 0.5
        return cls(
            is_mirrored=bool(rng.random() < 0.5),
            turn_degrees=float(rng.normal(0, 6)),
            zoom=float(np.exp(rng.uniform(-0.1, 0.45))),
            shift=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.06))),
            stray=(8.0, 0.12, 0.06) if strays else (0.0, 0.0, 0.0),
        )

    def placed(
        self,
        ink: NDArray[np.uint8],
        identity: NDArray[np.uint16],
        canvas: Canvas,
        boil_px: float,
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        """A drawing and the true identity of its pixels, in the frame.

        What lies at the drawing's edge goes on beyond it.
        """
        height, width = canvas.shape
        strayed = rng.uniform(-1, 1, 4) * np.repeat(self.stray, [1, 1, 2])
        turn_by, zoom_by, shift_x, shift_y = strayed.tolist()
        fill = max(height / ink.shape[0], width / ink.shape[1])
        matrix = cv2.getRotationMatrix2D(
            ((ink.shape[1] - 1) / 2, (ink.shape[0] - 1) / 2),
            self.turn_degrees + turn_by,
            fill * self.zoom * (1 + zoom_by),
        )
        matrix[0, 2] += (width - ink.shape[1]) / 2 + (self.shift[0] + shift_x) * width
        matrix[1, 2] += (height - ink.shape[0]) / 2 + (self.shift[1] + shift_y) * height
        if self.is_mirrored:
            matrix[0] *= -1
            matrix[0, 2] += width - 1
        if not boil_px:
            size = (width, height)
            edge = cv2.BORDER_REPLICATE
            moved = cv2.warpAffine(ink, matrix, size, borderMode=edge)
            shapes = cv2.warpAffine(
                identity, matrix, size, flags=cv2.INTER_NEAREST, borderMode=edge
            )
            return cast(NDArray[np.uint8], moved), cast(NDArray[np.uint16], shapes)
        back = cv2.invertAffineTransform(matrix).astype(np.float32)
        columns = np.arange(width, dtype=np.float32)
        rows = np.arange(height, dtype=np.float32)[:, None]
        wander = rng.standard_normal((2, height // 40 + 2, width // 40 + 2), np.float32) * boil_px
        x, y = (
            back[axis, 0] * columns
            + back[axis, 1] * rows
            + back[axis, 2]
            + cv2.resize(wander[axis], (width, height), interpolation=cv2.INTER_CUBIC)
            for axis in (0, 1)
        )
        moved = cv2.remap(ink, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shapes = cv2.remap(identity, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return cast(NDArray[np.uint8], moved), cast(NDArray[np.uint16], shapes)
