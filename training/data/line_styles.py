"""What pens, pencils, scanners and tired hands do to lines: small functions, mixed by `LineStyle`.

All work on coverage, (H, W) uint8, 0 paper, 255 solid ink, and return a new array. A style is drawn
once for a clip; what changes from drawing to drawing (boil, grain, gaps) comes from a generator of
the drawing's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]

THINNEST_PX = 0.8
_HAIRLINE = 0.5
"""Coverage, of what it was, that a thinner pen leaves of a line thinner than it takes away."""

WIDEST_LINE_PX = 6.0
"""Solid blacks are not lines: wider ones are not counted when the width is measured."""


def line_width_px(ink: Ink) -> float:
    """Mean width of the lines: twice their area over the length of their outline."""
    coverage = ink.astype(np.float32) / np.float32(255)
    across, down = np.diff(coverage, axis=1)[:-1], np.diff(coverage, axis=0)[:, :-1]
    outline = float(np.hypot(across, down).sum())
    if outline == 0:
        return 0.0
    return min(2 * float(coverage.sum()) / outline, WIDEST_LINE_PX)


def widened(ink: Ink, by_px: float) -> Ink:
    """Lines that many pixels wider, or thinner where negative; fractions of a pixel count.

    A line is never thinned away: what a thinner pen leaves of a hairline is a paler hairline.
    """
    grow = cv2.dilate if by_px > 0 else cv2.erode
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    left = abs(by_px) / 2
    result = ink.copy()
    while left > 0:
        step = min(left, 1.0)
        result = np.asarray(cv2.addWeighted(result, 1 - step, grow(result, disc), step, 0))
        left -= step
    if by_px < 0:
        steps = math.ceil(abs(by_px) / 2)
        wiped_out = cv2.morphologyEx(ink, cv2.MORPH_TOPHAT, disc, iterations=steps)
        result = np.maximum(result, np.asarray(cv2.convertScaleAbs(wiped_out, alpha=_HAIRLINE)))
    return result


def with_gaps(ink: Ink, rng: np.random.Generator, *, per_1000_px: float, size_px: float) -> Ink:
    """Lines with breaks: round holes of about `size_px`, so many for each 1000 pixels of ink."""
    places = np.flatnonzero(ink > 127)
    count = rng.poisson(per_1000_px * len(places) / 1000)
    if count == 0:
        return ink.copy()
    result = ink.copy()
    for at in rng.choice(places, min(count, 200)):
        row, column = divmod(int(at), ink.shape[1])
        radius = max(1, round(size_px / 2 * rng.uniform(0.6, 1.4)))
        cv2.circle(result, (column, row), radius, 0, cv2.FILLED)
    return result


def boiled(ink: Ink, rng: np.random.Generator, *, amplitude_px: float, scale_px: float) -> Ink:
    """Lines drawn once more by a hand: moved by a smooth field, about `amplitude_px` at most."""
    height, width = ink.shape
    cells = (max(2, round(height / scale_px) + 1), max(2, round(width / scale_px) + 1))
    rows, columns = np.indices((height, width), dtype=np.float32)
    moved = [
        axis
        + cv2.resize(
            rng.uniform(-amplitude_px, amplitude_px, cells).astype(np.float32),
            (width, height),
            interpolation=cv2.INTER_CUBIC,
        )
        for axis in (columns, rows)
    ]
    return np.asarray(cv2.remap(ink, moved[0], moved[1], cv2.INTER_LINEAR))


def toned(ink: Ink, tone: float) -> Ink:
    """Grey or coloured lines as luma shows them: `tone` 1 is black, 0 would be paper."""
    return np.asarray(cv2.convertScaleAbs(ink, alpha=tone))


def pencilled(ink: Ink, rng: np.random.Generator, *, grain: float) -> Ink:
    """Lines of a pencil on rough paper: the paper's grain takes up to `grain` of the ink away."""
    height, width = ink.shape
    fine = rng.integers(0, 256, (height, width), np.uint8)
    coarse = cv2.resize(
        rng.integers(0, 256, (height // 2 + 1, width // 2 + 1), np.uint8), (width, height)
    )
    rough = cv2.addWeighted(fine, 0.5, coarse, 0.5, 0)
    kept = cv2.convertScaleAbs(rough, alpha=grain, beta=255 * (1 - grain))
    return np.asarray(cv2.multiply(ink, kept, scale=1 / 255))


def scanned(
    ink: Ink, rng: np.random.Generator, *, noise: float, paper: float, blur_px: float
) -> Ink:
    """A scan: soft lines on paper of a tone that falls off across the sheet, with noise.

    Args:
        ink: Coverage.
        rng: Where from.
        noise: Standard deviation, of 1.
        paper: Darkest tone of the paper, of 1.
        blur_px: Sigma of the blur.

    """
    height, width = ink.shape
    corners = rng.uniform(0, 255 * paper, (2, 2)).astype(np.float32)
    tone = cv2.resize(corners, (width, height))
    soft = cv2.GaussianBlur(ink, (0, 0), blur_px) if blur_px > 0 else ink
    # Rows out of one table are as good, and many times faster, than as many normal numbers.
    table = rng.normal(0, 255 * noise, 4096).astype(np.float32)
    speckle = np.take(table, rng.integers(0, 4096, (height, 1)) + np.arange(width), mode="wrap")
    return np.clip(np.rint(soft + tone * (1 - soft / np.float32(255)) + speckle), 0, 255).astype(
        np.uint8
    )


def thresholded(ink: Ink, level: float) -> Ink:
    """Ink or paper and nothing between: ink from `level` of 1 on."""
    return np.where(ink >= 255 * level, 255, 0).astype(np.uint8)


@dataclass(frozen=True)
class LineStyle:
    """How the lines of one clip look. The defaults leave them as they are.

    Attributes:
        width: Times as wide, 0.5..2.
        gaps_per_1000_px: Breaks for each 1000 pixels of ink.
        gap_px: Size of a break.
        boil_px: How far lines move from drawing to drawing.
        tone: Darkness of the ink, 0..1.
        grain: How much of the ink a rough paper takes, 0..1; 0 for a pen.
        scan_noise: Standard deviation of a scan's noise, of 1; 0 for no scan.
        scan_paper: Darkest tone of a scan's paper, of 1.
        scan_blur_px: Softness of a scan.
        threshold: Level at which lines are binarised, of 1; 0 leaves them smooth.

    """

    width: float = 1.0
    gaps_per_1000_px: float = 0.0
    gap_px: float = 3.0
    boil_px: float = 0.0
    tone: float = 1.0
    grain: float = 0.0
    scan_noise: float = 0.0
    scan_paper: float = 0.0
    scan_blur_px: float = 0.0
    threshold: float = 0.0


def draw_style(rng: np.random.Generator) -> LineStyle:
    """A style at random. One clip in five is clean; most have two or three of the traits."""
    if rng.random() < 0.2:
        return LineStyle()

    def now_and_then(share: float, low: float, high: float, otherwise: float = 0.0) -> float:
        value = float(rng.uniform(low, high))  # always drawn, so that shares do not shift the rest
        return value if rng.random() < share else otherwise

    is_scan = rng.random() < 0.2
    return LineStyle(
        width=2 ** now_and_then(0.6, -1, 1),
        gaps_per_1000_px=now_and_then(0.3, 0.5, 6),
        gap_px=float(rng.uniform(2, 6)),
        boil_px=now_and_then(0.3, 0.3, 1.5),
        tone=now_and_then(0.3, 0.35, 1, otherwise=1),
        grain=now_and_then(0.2, 0.2, 0.8),
        scan_noise=now_and_then(1, 0.005, 0.04) if is_scan else 0,
        scan_paper=now_and_then(1, 0, 0.12) if is_scan else 0,
        scan_blur_px=now_and_then(0.7, 0.3, 0.8) if is_scan else 0,
        threshold=now_and_then(0.15, 0.3, 0.6),
    )


def styled(ink: Ink, style: LineStyle, rng: np.random.Generator, *, width_px: float) -> Ink:
    """Draw lines in a style.

    Args:
        ink: (H, W) coverage.
        style: The clip's.
        rng: The drawing's own.
        width_px: Width of the clip's lines as `line_width_px` measured it, on its first drawing:
            all drawings of a clip are widened alike.

    """
    if style.boil_px > 0:
        ink = boiled(ink, rng, amplitude_px=style.boil_px, scale_px=24)
    if style.width != 1 and width_px > 0:
        ink = widened(ink, max(style.width * width_px, min(THINNEST_PX, width_px)) - width_px)
    if style.gaps_per_1000_px > 0:
        ink = with_gaps(ink, rng, per_1000_px=style.gaps_per_1000_px, size_px=style.gap_px)
    if style.grain > 0:
        ink = pencilled(ink, rng, grain=style.grain)
    if style.tone < 1:
        ink = toned(ink, style.tone)
    if style.scan_noise > 0:
        ink = scanned(
            ink,
            rng,
            noise=style.scan_noise,
            paper=style.scan_paper,
            blur_px=style.scan_blur_px,
        )
    if style.threshold > 0:
        ink = thresholded(ink, style.threshold * style.tone)
    return ink
