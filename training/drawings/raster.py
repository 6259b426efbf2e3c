"""Draws a moment of a shot: what is ink, and which shape lies where.

Two passes are drawn side by side. *Lines*: ink and trace lines cover, every painted shape wipes
what is behind it, so a hidden line stays hidden. *Codes*: which shape or which line lies in front,
without anti-aliasing. Both come from the same points, so they agree to a fraction of a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import skia
from numpy.typing import NDArray

from .cast import Actor, Part, Pose, Shade
from .meeting import line_where_paints_meet

FIRST_LINE_CODE = 0xC000
"""Codes from here on are lines and solid blacks, one for everything that moves by itself."""

INK_FROM = 128  # coverage of 255; from here a pixel shows its line rather than its paint
THINNEST_LINE = 0.8  # px; thinner ones are noise in line art
MEETING_LINE = 0.004  # of the shorter side: width of lines between paints that meet without one
INK, TRACE = skia.Color(255, 0, 0), skia.Color(0, 255, 0)
WIPE = skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kClear)


@dataclass(frozen=True)
class Moment:
    """One drawing as rasterised.

    Attributes:
        ink: (H, W) uint8 coverage.
        trace: (H, W) uint8 coverage of trace lines.
        regions: (H, W) uint16 identity of the paint, that of the nearest paper under lines.
        shade: (H, W) uint8, 255 in untraced shade.
        mover: (H, W) uint16 number of what moves the pixel, lines included.
        is_line: (H, W) whether the pixel shows a line.

    """

    ink: NDArray[np.uint8]
    trace: NDArray[np.uint8]
    regions: NDArray[np.uint16]
    shade: NDArray[np.uint8]
    mover: NDArray[np.uint16]
    is_line: NDArray[np.bool_]


class Easel:
    """Draws moments of one shot.

    Args:
        width: Pixels.
        height: Pixels.
        actors: Rearmost first.
        pot_of_region: (65536,) number of the paint of every region: where two paints meet without
            a line, one is drawn.

    """

    def __init__(
        self,
        width: int,
        height: int,
        actors: Sequence[Actor],
        pot_of_region: NDArray[np.uint16] | None = None,
    ) -> None:
        self._actors = actors
        self._pot_of_region = pot_of_region
        self._meeting_line_px = max(2.0, MEETING_LINE * min(width, height))
        self._breaks = np.zeros((height, width), np.uint8)
        self._lines = np.zeros((height, width, 4), np.uint8)
        self._codes = np.zeros((height, width, 4), np.uint8)
        rgba = skia.kRGBA_8888_ColorType
        self._line_surface = skia.Surface(self._lines, colorType=rgba)
        self._code_surface = skia.Surface(self._codes, colorType=rgba)
        self.movers: list[tuple[int, int | None]] = []
        """Actor and part (None: the actor as a whole) of every mover."""
        self._mover_of_code = np.zeros(65536, np.uint16)
        self._line_code: list[dict[int | None, int]] = []
        self._starts = [_starts_of(actor) for actor in actors]
        for number, actor in enumerate(actors):
            codes: dict[int | None, int] = {}
            for part in (None, *sorted(actor.movers)):
                mover = len(self.movers)
                self.movers.append((number, part))
                codes[part] = FIRST_LINE_CODE + mover
                self._mover_of_code[FIRST_LINE_CODE + mover] = mover
            self._line_code.append(codes)
            for k, one in enumerate(actor.parts):
                mover = codes.get(k, codes[None]) - FIRST_LINE_CODE
                for region in one.regions:
                    self._mover_of_code[region] = mover

    def draw(self, poses: Sequence[Pose]) -> Moment:
        """Draw the actors as posed."""
        self._line_surface.getCanvas().clear(skia.ColorTRANSPARENT)
        self._code_surface.getCanvas().clear(skia.ColorBLACK)
        self._breaks[:] = 0
        for number, (actor, pose) in enumerate(zip(self._actors, poses, strict=True)):
            self._draw_actor(number, actor, pose)
        self._line_surface.flushAndSubmit()
        self._code_surface.flushAndSubmit()
        return self._moment()

    def codes(self) -> NDArray[np.uint16]:
        """(H, W) the shape or line in front at each pixel of the latest moment."""
        high, low = self._codes[..., 0].astype(np.uint16), self._codes[..., 1]
        return np.asarray(high << 8 | low, np.uint16)

    def _moment(self) -> Moment:
        ink = self._lines[..., 0].copy()
        codes = self.codes()
        shade = self._codes[..., 2].copy()
        is_line = (codes >= FIRST_LINE_CODE) | (ink >= INK_FROM)
        source = _nearest_paper(is_line)
        if source is None:
            return Moment(
                ink,
                self._lines[..., 1].copy(),
                np.where(is_line, np.uint16(0), codes).astype(np.uint16),
                shade,
                self._mover_of_code[codes],
                is_line,
            )
        trace, regions = self._lines[..., 1].copy(), codes.ravel()[source]
        if self._pot_of_region is not None:
            ink = line_where_paints_meet(
                ink,
                trace,
                self._pot_of_region[regions],
                width_px=self._meeting_line_px,
                left_open=self._breaks > 0,
            )
        return Moment(
            ink=ink,
            trace=trace,
            regions=regions,
            shade=shade.ravel()[source],
            mover=self._mover_of_code[codes],
            is_line=is_line,
        )

    def _draw_actor(self, number: int, actor: Actor, pose: Pose) -> None:
        points = actor.placed(pose)
        low, high = points.min(axis=0), points.max(axis=0)
        height, width = self._lines.shape[:2]
        if high[0] < -9 or high[1] < -9 or low[0] > width + 9 or low[1] > height + 9:
            return
        codes = self._line_code[number]
        is_near = self._nearby(number, points)
        for k, part in enumerate(actor.parts):
            if is_near[k] and k not in pose.hidden:
                self._draw_part(actor, part, points, pose.scale, codes.get(k, codes[None]))
        canvas = self._line_surface.getCanvas()
        for at, radius in actor.gaps:
            x, y = float(points[at, 0]), float(points[at, 1])
            canvas.drawCircle(x, y, radius, WIPE)
            cv2.circle(self._breaks, (round(x), round(y)), round(radius), 1, cv2.FILLED)

    def _nearby(self, number: int, points: NDArray[np.float32]) -> list[bool]:
        """Whether each part may be seen, all at once."""
        starts, parts = self._starts[number]
        low = np.minimum.reduceat(points, starts)[parts]
        high = np.maximum.reduceat(points, starts)[parts]
        size = np.array(self._lines.shape[1::-1], np.float32)
        is_near = np.all((high > -9) & (low < size + 9), axis=1)
        return [bool(near) for near in is_near]

    def _draw_part(
        self, actor: Actor, part: Part, points: NDArray[np.float32], scale: float, line_code: int
    ) -> None:
        lines, codes = self._line_surface.getCanvas(), self._code_surface.getCanvas()
        path = part.outline.path(points)
        if part.is_black:
            lines.drawPath(path, skia.Paint(Color=INK, AntiAlias=True))
            codes.drawPath(path, _code_paint(line_code))
        elif part.region:
            lines.drawPath(path, WIPE)
            codes.drawPath(path, _code_paint(part.region))
            if part.shade is not None:
                self._draw_shade(part.region, part.shade, path, points)
        width = part.band_width * scale
        if part.band_region and width >= THINNEST_LINE:
            wipe = skia.Paint(WIPE)
            _make_pen(wipe, width)
            lines.drawPath(path, wipe)
            codes.drawPath(path, _make_pen(_code_paint(part.band_region), width))
        width = part.line_width * scale * actor.width_factor
        if part.contour == "ink":
            width = max(width, actor.contour_width * scale * actor.width_factor)
        if width > 0:
            width = max(width, THINNEST_LINE)
            lines.drawPath(path, _make_pen(skia.Paint(Color=INK, AntiAlias=True), width))
            codes.drawPath(path, _make_pen(_code_paint(line_code), width))
        elif part.contour == "trace":
            lines.drawPath(path, _trace_pen(scale))

    def _draw_shade(
        self, fill: int, shade: Shade, path: skia.Path, points: NDArray[np.float32]
    ) -> None:
        lit = shade.outline.path(points)
        codes = self._code_surface.getCanvas()
        codes.save()
        codes.clipPath(path, doAntiAlias=False)
        inverse = skia.Path(lit)
        inverse.toggleInverseFillType()
        codes.drawPath(inverse, _code_paint(shade.region or fill, is_shade=shade.region == 0))
        codes.restore()
        if shade.region:
            lines = self._line_surface.getCanvas()
            lines.save()
            lines.clipPath(path, doAntiAlias=True)
            lines.drawPath(lit, _trace_pen(0.0))
            lines.restore()


def _starts_of(actor: Actor) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each outline's points start, and which of these outlines each part's own one is."""
    starts = sorted(
        {part.outline.first for part in actor.parts}
        | {part.shade.outline.first for part in actor.parts if part.shade}
    )
    own = np.searchsorted(starts, [part.outline.first for part in actor.parts])
    return np.array(starts, np.intp), own.astype(np.intp)


def _code_paint(code: int, *, is_shade: bool = False) -> skia.Paint:
    colour = skia.Color(code >> 8, code & 255, 255 if is_shade else 0)
    return skia.Paint(Color=colour, AntiAlias=False)


def _make_pen(paint: skia.Paint, width: float) -> skia.Paint:
    paint.setStyle(skia.Paint.kStroke_Style)
    paint.setStrokeWidth(width)
    paint.setStrokeJoin(skia.Paint.kRound_Join)
    paint.setStrokeCap(skia.Paint.kRound_Cap)
    return paint


def _trace_pen(scale: float) -> skia.Paint:
    return _make_pen(skia.Paint(Color=TRACE, AntiAlias=True), max(1.0, 0.0025 * scale))


def _nearest_paper(is_line: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """Index of every pixel's nearest pixel that is no line; None where all is line."""
    _, label = cv2.distanceTransformWithLabels(
        is_line.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    paper = np.flatnonzero(~is_line.ravel())
    if not len(paper):
        return None
    index_of_label = np.zeros(int(label.max()) + 1, np.int32)
    index_of_label[label.ravel()[paper]] = paper
    return index_of_label[label]
