"""Variety of drawings in training: the frame, how they lie in it, how their lines were drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine.embedding.sight import PICTURE_PX

from ..data.line_styles import LineStyle, draw_style


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
    def at_random(cls, rng: np.random.Generator, long_side: int) -> Canvas:
        """Square, film or upright frames, seen at a bit more than half to nearly all their size."""
        return cls._of(rng, long_side, round(long_side * rng.uniform(0.55, 0.95) / 32) * 32)

    @classmethod
    def plain(cls, rng: np.random.Generator, long_side: int) -> Canvas:
        """The same frames, seen as large as production does."""
        return cls._of(rng, long_side, min(long_side, PICTURE_PX))

    @classmethod
    def _of(cls, rng: np.random.Generator, long_side: int, picture_px: int) -> Canvas:
        aspect = float(rng.choice([1.0, 1.0, 4 / 3, 16 / 9, 3 / 4]))
        short = round(long_side * min(aspect, 1 / aspect) / 8) * 8
        return cls((short, long_side) if aspect > 1 else (long_side, short), picture_px)


def style_at_random(rng: np.random.Generator) -> LineStyle:
    """Half of the shots are clean. Scans are as they are after their paper was made white."""
    if rng.random() < 0.5:
        return LineStyle()
    style = draw_style(rng)
    return replace(style, scan_noise=min(style.scan_noise, 0.012), scan_paper=0.0)


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

    @classmethod
    def plain(cls, rng: np.random.Generator) -> Placement:
        """As drawn, or mirrored."""
        return cls(bool(rng.random() < 0.5), 0.0, 1.0, (0.0, 0.0), (0.0, 0.0, 0.0))

    def placed(
        self,
        ink: NDArray[np.uint8],
        identity: NDArray[np.uint16],
        canvas: Canvas,
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
        size, edge = (width, height), cv2.BORDER_REPLICATE
        moved = cv2.warpAffine(ink, matrix, size, borderMode=edge)
        shapes = cv2.warpAffine(identity, matrix, size, flags=cv2.INTER_NEAREST, borderMode=edge)
        return cast(NDArray[np.uint8], moved), cast(NDArray[np.uint16], shapes)
