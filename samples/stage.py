"""Moves drawings over a set and rasterises what a production would hand over, and the truth.

Two passes are drawn side by side. *Ink*: dark shapes cover, every other shape wipes what is behind
it, so hidden ink stays hidden. *Shapes*: the number of the frontmost coloured shape, without
anti-aliasing. Both come from the same points, so they agree to a fraction of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import skia
from drawing import Points, Shape
from layout import paint_under_ink
from numpy.typing import NDArray

INK_BELOW = 45.0  # luma of 255; darker shapes without colour are ink
THINNEST_STROKE = 0.25  # px; drawings carry invisible hairlines left over by their editors


@dataclass(frozen=True)
class Joint:
    """A limb that swings about a pivot; its turn fades with distance from the limb's centre.

    All in the drawing's units, but `swing_deg` in degrees and `period` in frames.
    """

    pivot: tuple[float, float]
    limb: tuple[float, float]
    radius: float
    swing_deg: float
    period: float
    phase: float = 0.0  # turns


@dataclass(frozen=True)
class Actor:
    """A drawing with a place, a size and a way to move.

    Attributes:
        name: What it is called in the truth.
        shapes: In painting order.
        colours: Palette name for every fill that is not ink.
        first_shape_id: Its shape number k has the id `first_shape_id + k`.
        anchor: Point of the drawing that stands at its place.
        scale: Pixels per unit of the drawing.
        path: Frame -> (x, y), where the anchor stands, in pixels; None while it is off stage.
        joints: What bends.
        hold: Frames that share one drawing; 2 is animation "on twos".
        left_out: Numbers of shapes not to draw.
        contour_px: Width of ink drawn around every coloured shape, for drawings whose ink is thin
            or missing in places; 0 for none.
        gap: (x, y, angle in degrees, length, width in pixels) of a break in the outline.
        sway: Tilt about the anchor in degrees, and its period in frames.

    """

    name: str
    shapes: list[Shape]
    colours: Mapping[str, str]
    first_shape_id: int
    anchor: tuple[float, float]
    scale: float
    path: Mapping[int, tuple[float, float]]
    joints: tuple[Joint, ...] = ()
    hold: int = 2
    left_out: frozenset[int] = frozenset()
    contour_px: float = 0.0
    gap: tuple[float, float, float, float, float] | None = None
    sway: tuple[float, float] = (0.0, 12.0)  # degrees about the anchor, period in frames

    def place(self, points: Points, drawn: int, at: tuple[float, float]) -> Points:
        """Move (N, 2) points of the drawing to the screen, as drawn on a frame counted from 0."""
        moved = points.copy()
        for joint in self.joints:
            swing = joint.swing_deg * np.sin(2 * np.pi * (drawn / joint.period + joint.phase))
            squared = ((points - joint.limb) ** 2).sum(axis=1)
            moved = _turn(moved, joint.pivot, swing * np.exp(-squared / joint.radius**2))
        degrees, period = self.sway
        tilt = degrees * np.sin(2 * np.pi * drawn / period)
        moved = _turn(moved, self.anchor, np.full(len(moved), tilt))
        return (moved - self.anchor) * self.scale + at


@dataclass
class Passes:
    """What one frame is rasterised into.

    Attributes:
        ink: (H, W) uint8, coverage of the line art.
        shape_id: (H, W) int32, frontmost coloured shape, also under the ink.

    """

    ink: NDArray[np.uint8]
    shape_id: NDArray[np.int32]


@dataclass
class Stage:
    """Draws frames of one size; keeps the palette name of every shape id it has drawn."""

    width: int
    height: int
    colour_of: dict[int, str] = field(default_factory=dict)
    owner_of: dict[int, str] = field(default_factory=dict)

    def draw(self, actors: Iterable[Actor], frame: int, first_frame: int) -> Passes:
        """Rasterise the actors, rearmost first."""
        ink_surface = skia.Surface(self.width, self.height)
        id_surface = skia.Surface(self.width, self.height)
        ink, ids = ink_surface.getCanvas(), id_surface.getCanvas()
        ink.clear(skia.ColorTRANSPARENT)
        ids.clear(skia.ColorBLACK)
        for actor in actors:
            drawn = (frame - first_frame) // actor.hold * actor.hold
            at = actor.path.get(first_frame + drawn)
            if at is not None:
                self._draw_actor(actor, drawn, at, ink, ids)
        pixels = id_surface.toarray(colorType=skia.kRGBA_8888_ColorType).astype(np.int32)
        shape_id = pixels[..., 0] * 256 + pixels[..., 1]
        coverage = ink_surface.toarray(colorType=skia.kRGBA_8888_ColorType)[..., 3].copy()
        return Passes(coverage, paint_under_ink(coverage, shape_id))

    def _draw_actor(
        self,
        actor: Actor,
        drawn: int,
        at: tuple[float, float],
        ink: skia.Canvas,
        ids: skia.Canvas,
    ) -> None:
        for number, shape in enumerate(actor.shapes):
            if number in actor.left_out:
                continue
            path = skia.Path()
            if shape.is_even_odd:
                path.setFillType(skia.PathFillType.kEvenOdd)
            for points, is_closed in shape.contours:
                placed = actor.place(points, drawn, at)
                path.addPoly([skia.Point(float(x), float(y)) for x, y in placed], is_closed)
            if shape.fill is not None and _is_ink(shape.fill):
                ink.drawPath(path, skia.Paint(Color=skia.ColorBLACK, AntiAlias=True))
            elif shape.fill is not None:
                shape_id = actor.first_shape_id + number
                self.colour_of[shape_id] = actor.colours[shape.fill]
                self.owner_of[shape_id] = actor.name
                wipe = skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kClear)
                ink.drawPath(path, wipe)
                code = skia.Color(shape_id // 256, shape_id % 256, 0)
                ids.drawPath(path, skia.Paint(Color=code, AntiAlias=False))
            width = 0.0
            if shape.stroke is not None and _is_ink(shape.stroke):
                width = shape.stroke_width * actor.scale
            if shape.fill is not None and not _is_ink(shape.fill):
                width = max(width, actor.contour_px)
            if width > THINNEST_STROKE:
                ink.drawPath(path, _pen(width))
        if actor.gap is not None:
            ink.drawPath(
                _gap_path(actor, drawn, at),
                skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kClear),
            )


def _turn(points: Points, pivot: tuple[float, float], degrees: NDArray[np.float64]) -> Points:
    angle = np.radians(degrees)
    x, y = (points - pivot).T
    turned_x = np.cos(angle) * x - np.sin(angle) * y + pivot[0]
    turned_y = np.sin(angle) * x + np.cos(angle) * y + pivot[1]
    return np.stack([turned_x, turned_y], axis=1)


def _is_ink(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < INK_BELOW


def _pen(width: float) -> skia.Paint:
    return skia.Paint(
        Color=skia.ColorBLACK,
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeJoin=skia.Paint.kRound_Join,
        StrokeCap=skia.Paint.kRound_Cap,
    )


def _gap_path(actor: Actor, drawn: int, at: tuple[float, float]) -> skia.Path:
    assert actor.gap is not None
    x, y, degrees, length, width_px = actor.gap
    along = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * length / 2
    across = np.array([-along[1], along[0]]) / (length / 2) * width_px / actor.scale / 2
    corners = np.array([-along - across, along - across, along + across, across - along])
    placed = actor.place(corners + np.array([x, y]), drawn, at)
    path = skia.Path()
    path.addPoly([skia.Point(float(a), float(b)) for a, b in placed], True)
    return path
