"""Gives a drawing its part in a shot: palette, outlines, cel shade, and small acting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..data.shots import RegionColour
from .acting import Event
from .anatomy import Anatomy
from .cast import Actor, Line, Motion, Part, Shade, outline_of
from .paintbox import Paintbox
from .svg import Points, Rgb, Shape
from .warps import Affine

DENSE = 0.22  # share of ink from which lines are not widened
Pots = tuple[RegionColour, RegionColour]


@dataclass(frozen=True)
class Look:
    """How a drawing is drawn in one shot; drawn by lot.

    Attributes:
        width_factor: Of its lines.
        contour: What fills without a line get; None leaves them bare.
        contour_width: In units of the drawing.
        shading: `none`, `traced`, `untraced` or `mixed`.
        light: Direction of the light.
        own_colour: Chance of a shape to leave the colour it shares.
        gaps: Breaks in its lines.

    """

    width_factor: float
    contour: Line | None
    contour_width: float
    shading: str
    light: tuple[float, float]
    own_colour: float
    gaps: int


def drawn_look(rng: np.random.Generator, *, is_flat: bool) -> Look:
    """A look by lot; a drawing without ink always gets outlines."""
    contour = rng.choice(["ink", "trace", "none"], p=[0.6, 0.3, 0.1])
    if is_flat:
        contour = "ink"
    angle = rng.uniform(0, 2 * np.pi)
    return Look(
        width_factor=float(np.exp(rng.uniform(np.log(0.6), np.log(2.0)))),
        contour=None if contour == "none" else ("ink" if contour == "ink" else "trace"),
        contour_width=float(rng.uniform(0.003, 0.007)),
        shading=str(rng.choice(["none", "traced", "untraced", "mixed"], p=[0.4, 0.2, 0.25, 0.15])),
        light=(float(np.cos(angle)), float(np.sin(angle))),
        own_colour=float(rng.choice([0.0, 0.15])),
        gaps=int(rng.integers(1, 7)) if rng.random() < 0.2 else 0,
    )


class Builder:
    """Collects the parts and points of one actor."""

    def __init__(self, paintbox: Paintbox, look: Look, rng: np.random.Generator) -> None:
        self.parts: list[Part] = []
        self._points: list[Points] = []
        self._count = 0
        self._paintbox = paintbox
        self._look = look
        self._rng = rng

    @property
    def points(self) -> Points:
        """(N, 2) of all parts so far."""
        return np.concatenate(self._points)

    def add(
        self,
        shape: Shape,
        fill: Pots | None,
        band: Pots | None,
        *,
        contour: Line | None = None,
        extra: bool,
    ) -> int:
        """Add a shape in front; its number."""
        outline = outline_of(
            self._count, shape.lengths, shape.is_closed, is_even_odd=shape.is_even_odd
        )
        self._take(shape.points)
        region = self._paintbox.region(fill[0]) if fill else 0
        shade = self._shade(shape, fill) if fill else None
        part = Part(
            outline=outline,
            region=region,
            is_black=shape.fill_is_ink,
            line_width=shape.stroke_width if shape.stroke_is_ink else 0.0,
            band_region=self._paintbox.region(band[0]) if band else 0,
            band_width=shape.stroke_width if band else 0.0,
            contour=contour,
            shade=shade,
            is_extra=extra,
        )
        self.parts.append(part)
        return len(self.parts) - 1

    def _take(self, points: Points) -> None:
        self._points.append(points)
        self._count += len(points)

    def _shade(self, shape: Shape, fill: Pots) -> Shade | None:
        shading = self._look.shading
        if shading == "mixed":
            shading = str(self._rng.choice(["none", "traced", "untraced"]))
        left, top, right, bottom = shape.box
        smaller = min(right - left, bottom - top)
        if shading == "none" or smaller < 0.035 or self._rng.random() < 0.2:
            return None
        reach = min(self._rng.uniform(0.12, 0.4) * smaller, 0.12)
        shift = np.array(self._look.light, np.float32) * np.float32(reach)
        outline = outline_of(
            self._count, shape.lengths, shape.is_closed, is_even_odd=shape.is_even_odd
        )
        self._take(shape.points + shift)
        return Shade(outline, self._paintbox.region(fill[1]) if shading == "traced" else 0)


def cast_drawing(
    anatomy: Anatomy,
    *,
    source: str,
    motion: Motion,
    length: float,
    paintbox: Paintbox,
    rng: np.random.Generator,
    acts: bool,
    is_flat: bool = False,
) -> Actor:
    """An actor of a drawing, `length` frames of film long; `acts`: its features change."""
    look = drawn_look(rng, is_flat=is_flat or not anatomy.is_lined)
    mixed = paintbox.mixed(anatomy.colours)
    builder = Builder(paintbox, look, rng)
    new_at: dict[int, list[int]] = {}
    chosen = _chosen_features(anatomy, rng) if acts else []
    lasts = {max(feature): feature for feature in chosen}
    number_of: dict[int, int] = {}
    base = anatomy.poses[0]
    for k, shape in enumerate(anatomy.shapes):
        number_of[k] = builder.add(
            shape,
            _pots(mixed, shape.fill, paintbox, look, rng) if shape.is_painted else None,
            _pots(mixed, shape.stroke, paintbox, look, rng) if _has_band(shape) else None,
            contour=_contour(anatomy, k, look, is_flat=is_flat),
            extra=k not in base,
        )
        if k in lasts:  # what takes a feature's place is painted in its place
            box = _box_of([anatomy.shapes[j] for j in lasts[k]])
            new_at[k] = [
                builder.add(new, paintbox.pots() if new.is_painted else None, None, extra=True)
                for new in _replacement(box, rng)
            ]
    events = list(_pose_events(anatomy, number_of, length, rng)) if acts else []
    for last, feature in lasts.items():
        members = frozenset(number_of[k] for k in feature)
        boxed = _box_of([anatomy.shapes[j] for j in feature])
        events += _feature_events(members, frozenset(new_at[last]), boxed, length, rng)
    points = builder.points
    gaps = tuple(
        (int(rng.integers(len(points))), float(rng.uniform(1.5, 3.5))) for _ in range(look.gaps)
    )
    return Actor(
        source=source,
        points=points,
        parts=tuple(builder.parts),
        motion=motion,
        events=tuple(events),
        # Lines that lie close together would run into solid black.
        width_factor=min(look.width_factor, 1.0)
        if anatomy.ink_share > DENSE
        else look.width_factor,
        contour_width=look.contour_width,
        gaps=gaps,
    )


def _contour(anatomy: Anatomy, number: int, look: Look, *, is_flat: bool) -> Line | None:
    """What a fill that has no line of its own is outlined with."""
    if number in anatomy.cut or (is_flat and anatomy.shapes[number].is_painted):
        return "ink"
    return look.contour if number in anatomy.unlined else None


def _has_band(shape: Shape) -> bool:
    return shape.stroke is not None and not shape.stroke_is_ink


def _pots(
    mixed: dict[Rgb, Pots],
    colour: Rgb | None,
    paintbox: Paintbox,
    look: Look,
    rng: np.random.Generator,
) -> Pots:
    if colour is None or colour not in mixed or rng.random() < look.own_colour:
        return paintbox.pots()
    return mixed[colour]


def cast_layer(
    shapes: Sequence[Shape], motion: Motion, paintbox: Paintbox, rng: np.random.Generator
) -> Actor:
    """A layer of the set; shapes of equal fill are painted alike."""
    look = Look(1.0, None, 0.004, "none", (1.0, 0.0), 0.0, 0)
    builder = Builder(paintbox, look, rng)
    mixed: dict[Rgb, Pots] = {}
    for shape in shapes:
        fill = None
        if shape.fill is not None:
            fill = mixed.setdefault(shape.fill, paintbox.pots())
        builder.add(shape, fill, None, extra=False)
    factor = float(rng.uniform(0.7, 1.5))
    return Actor("", builder.points, tuple(builder.parts), motion, width_factor=factor)


def _box_of(shapes: Iterable[Shape]) -> tuple[float, float, float, float]:
    boxes = np.array([shape.box for shape in shapes])
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _chosen_features(anatomy: Anatomy, rng: np.random.Generator) -> list[frozenset[int]]:
    """One to five of its features, those that are seen, in whatever pose."""
    shared = frozenset.intersection(*anatomy.poses)
    seen = [
        f
        for f in anatomy.features
        if f <= shared
        and (
            any(anatomy.seen[k] > 0 or anatomy.shapes[k].fill_is_ink for k in f)
            or not any(anatomy.shapes[k].is_painted for k in f)
        )
    ]
    if not seen:
        return []
    count = min(int(rng.integers(1, 6)), len(seen))
    picked = rng.choice(len(seen), size=count, replace=False)
    return [seen[int(k)] for k in sorted(picked)]


def _replacement(box: tuple[float, float, float, float], rng: np.random.Generator) -> list[Shape]:
    """A closed lid, an open mouth, a drop: what may take a feature's place."""
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    wide, high = max(right - left, 0.02) / 2, max(bottom - top, 0.02) / 2
    width = float(rng.uniform(0.004, 0.009))
    kind = rng.choice(["lid", "mouth", "ring"], p=[0.45, 0.4, 0.15])
    if kind == "lid":
        t = np.linspace(-1, 1, 14)
        sag = rng.choice([-1, 1]) * 0.4 * high
        arc = np.stack([x + wide * t, y + sag * (1 - t * t)], axis=1)
        return [_drawn(arc, False, width)]
    t = np.linspace(0, 2 * np.pi, 26, endpoint=False)
    squash = rng.uniform(0.4, 1.2)
    ring = np.stack([x + wide * np.cos(t), y + squash * high * np.sin(t)], axis=1)
    shapes = [_drawn(ring, True, width)]
    if kind == "mouth":
        inner = np.stack(
            [x + 0.6 * wide * np.cos(t), y + squash * high * (0.45 + 0.4 * np.sin(t))], axis=1
        )
        shapes.append(_drawn(inner, True, width * 0.7))
    elif kind == "ring":
        inner = np.stack([x + 0.5 * wide * np.cos(t), y + 0.5 * squash * high * np.sin(t)], axis=1)
        shapes.append(_drawn(inner, True, width * 0.7))
    return shapes


def _drawn(points: NDArray[np.float64], is_closed: bool, width: float) -> Shape:
    return Shape(
        points=points.astype(np.float32),
        lengths=(len(points),),
        is_closed=(is_closed,),
        is_even_odd=False,
        fill=(128, 128, 128) if is_closed else None,
        stroke=(0, 0, 0),
        stroke_is_ink=True,
        stroke_width=width,
    )


def _stretches(
    length: float, rng: np.random.Generator, *, rest: tuple[int, int], last: tuple[int, int]
) -> Iterable[tuple[float, float]]:
    at = float(rng.integers(0, rest[1]))
    while at < length:
        end = at + float(rng.integers(last[0], last[1] + 1))
        yield at, end
        at = end + float(rng.integers(rest[0], rest[1] + 1))


def _pose_events(
    anatomy: Anatomy, number_of: dict[int, int], length: float, rng: np.random.Generator
) -> Iterable[Event]:
    """Other poses of the same drawing, 2 to 8 frames each."""
    if len(anatomy.poses) < 2:
        return
    base = anatomy.poses[0]
    for first, last in _stretches(length, rng, rest=(2, 8), last=(2, 8)):
        pose = anatomy.poses[int(rng.integers(1, len(anatomy.poses)))]
        yield Event(
            first,
            last,
            shown=frozenset(number_of[k] for k in pose - base),
            hidden=frozenset(number_of[k] for k in base - pose),
        )


def _feature_events(
    members: frozenset[int],
    new: frozenset[int],
    box: tuple[float, float, float, float],
    length: float,
    rng: np.random.Generator,
) -> list[Event]:
    """A feature blinks, is replaced, grows, moves or is gone, again and again."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    habit = rng.choice(["replace", "squash", "grow", "move", "gone"], p=[0.4, 0.2, 0.15, 0.15, 0.1])
    events = []
    for first, last in _stretches(length, rng, rest=(3, 14), last=(2, 10)):
        if habit == "replace":
            events.append(Event(first, last, shown=new, hidden=members))
        elif habit == "gone":
            events.append(Event(first, last, hidden=members))
        else:
            across = down = 1.0
            dx = dy = 0.0
            if habit == "squash":
                down = float(rng.uniform(0.12, 0.35))
            elif habit == "grow":
                across, down = (float(v) for v in rng.uniform(0.7, 1.6, size=2))
            else:
                dx, dy = (float(v) for v in rng.normal(0, 0.015, size=2))
            local = Affine(across, 0.0, 0.0, down, x - across * x + dx, y - down * y + dy)
            events.append(Event(first, last, moved=members, local=local))
    return events
