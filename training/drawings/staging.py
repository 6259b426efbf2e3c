"""Stages a shot: who is in it, how they and the camera move, and what stands behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.shots import RegionColour, Rgb
from ..errors import DataError
from . import backdrop
from .acting import Curve, constant, eased, posed, steady, swinging
from .anatomy import anatomy_of
from .cast import Actor, Motion
from .casting import cast_drawing, cast_layer
from .library import Entry
from .paintbox import Paintbox
from .warps import Affine

TRACE_COLOURS: tuple[Rgb, ...] = ((220, 40, 40), (40, 80, 220), (30, 150, 60), (200, 60, 200))
MOST_REFUSED = 50  # drawings in a row that cannot be read


@dataclass(frozen=True)
class Camera:
    """The camera: where it looks, in picture heights, how close, how it is turned and shaken."""

    x: Curve
    y: Curve
    zoom: Curve
    degrees: Curve
    shake: tuple[tuple[float, float], ...]

    def at(self, frame: float, depth: float, aspect: float, height_px: int) -> Affine:
        """Picture heights to pixels, for things of a depth (1: follows the pan fully)."""
        zoom = 1.0 + (self.zoom.at(frame) - 1.0) * (0.4 + 0.6 * depth)
        jolt = self.shake[int(frame) % len(self.shake)] if self.shake else (0.0, 0.0)
        angle = math.radians(self.degrees.at(frame))
        c, s = zoom * math.cos(angle), zoom * math.sin(angle)
        x = aspect / 2 + self.x.at(frame) * depth + jolt[0]
        y = 0.5 + self.y.at(frame) * depth + jolt[1]
        turned = Affine(1, 0, 0, 1, -x, -y).then(Affine(c, -s, s, c, aspect / 2, 0.5))
        return turned.then(Affine(a=float(height_px), d=float(height_px)))


@dataclass(frozen=True)
class Stage:
    """A shot before it is drawn.

    Attributes:
        actors: Rearmost first.
        camera: What looks at them.
        frame_of: Frame of film of each drawing.
        holds: Drawing of each frame of film.
        colours: By region identity.
        trace_rgb: Colour of trace lines.
        sources: Names of the drawings.

    """

    actors: tuple[Actor, ...]
    camera: Camera
    frame_of: tuple[int, ...]
    holds: tuple[int, ...]
    colours: dict[int, RegionColour]
    trace_rgb: Rgb
    sources: tuple[str, ...]


def stage_shot(
    entries: Sequence[Entry], drawings: int, aspect: float, rng: np.random.Generator
) -> Stage:
    """Stage a shot of so many drawings; `aspect` is width over height.

    Raises:
        DataError: Of the drawings, MOST_REFUSED in a row cannot be read.

    """
    # On ones the whole scene is drawn anew for every frame; on twos and threes drawings are held.
    hold = int(rng.choice([1, 2, 3], p=[0.42, 0.46, 0.12]))
    frame_of = tuple(k * hold for k in range(drawings))
    length = float(drawings * hold)
    paintbox = Paintbox(rng)
    moves = float(rng.choice([0.25, 1.0, 2.0], p=[0.3, 0.45, 0.25]))  # calm, lively, action
    camera = _camera(length, moves, rng)
    casting = _Casting(entries, length, aspect, paintbox, rng)
    actors = casting.backdrop()
    actors += casting.props()
    actors += casting.characters(moves, hold)
    return Stage(
        actors=tuple(actors),
        camera=camera,
        frame_of=frame_of,
        holds=tuple(k for k in range(drawings) for _ in range(hold)),
        colours=paintbox.colours,
        trace_rgb=TRACE_COLOURS[int(rng.integers(len(TRACE_COLOURS)))],
        sources=tuple(dict.fromkeys(a.source for a in actors if a.source)),
    )


def _camera(length: float, moves: float, rng: np.random.Generator) -> Camera:
    seconds = length / 24.0
    still = constant(0.0)
    x, y, zoom, degrees = still, still, constant(float(rng.uniform(0.9, 1.15))), still
    shake: tuple[tuple[float, float], ...] = ()
    kind = rng.choice(["fixed", "pan", "tilt", "zoom", "drift"], p=[0.35, 0.25, 0.1, 0.15, 0.15])
    if kind in ("pan", "drift"):
        reach = float(rng.choice([-1, 1]) * rng.uniform(0.05, 0.4) * (0.5 + moves) * seconds)
        reach = float(np.clip(reach, -0.7, 0.7))
        is_even = rng.random() < 0.6
        x = (
            steady(-reach / 2, reach / 2, length)
            if is_even
            else eased(-reach / 2, reach / 2, 0.15 * length, 0.8 * length)
        )
    if kind in ("tilt", "drift"):
        reach = float(rng.normal(0, 0.15))
        y = steady(-reach / 2, reach / 2, length)
    if kind in ("zoom", "drift"):
        start, end = rng.uniform(0.85, 1.1), rng.uniform(1.05, 1.6)
        if rng.random() < 0.35:
            start, end = end, start
        zoom = eased(float(start), float(end), 0.0, length)
    if rng.random() < 0.12:
        degrees = constant(float(rng.normal(0, 8)))  # a tilted frame
    if rng.random() < 0.12:
        size = rng.uniform(0.003, 0.015)
        shake = tuple((float(a), float(b)) for a, b in rng.normal(0, size, size=(48, 2)))
    return Camera(x, y, zoom, degrees, shake)


class _Casting:
    """Picks drawings by lot and gives them their parts."""

    def __init__(
        self,
        entries: Sequence[Entry],
        length: float,
        aspect: float,
        paintbox: Paintbox,
        rng: np.random.Generator,
    ) -> None:
        characters = [e for e in entries if e.role == "character"] or list(entries)
        self._characters = [e for e in characters if not e.is_head] or characters
        self._heads = [e for e in characters if e.is_head] or characters
        self._props = [e for e in entries if e.role == "prop"] or list(entries)
        self._length = length
        self._aspect = aspect
        self._paintbox = paintbox
        self._rng = rng

    def backdrop(self) -> list[Actor]:
        """Layers of a set, from far to near."""
        rng = self._rng
        make = {"bare": backdrop.bare, "land": backdrop.land, "room": backdrop.room}
        make["street"] = backdrop.street
        kind = str(rng.choice(["bare", "land", "room", "street"], p=[0.25, 0.25, 0.27, 0.23]))
        layers = make[kind](rng)
        actors = []
        for k, shapes in enumerate(layers):
            depth = 0.25 + 0.75 * (k + 1) / len(layers) if len(layers) > 1 else 0.8
            at_origin = Motion(constant(0.0), constant(0.0), constant(1.0), depth=depth)
            actors.append(cast_layer(shapes, at_origin, self._paintbox, rng))
        return actors

    def props(self) -> list[Actor]:
        """Drawings that stand about."""
        rng = self._rng
        count = int(rng.choice([0, 1, 2, 3, 5], p=[0.4, 0.2, 0.2, 0.12, 0.08]))
        actors = []
        for _ in range(count):
            motion = Motion(
                x=constant(float(rng.uniform(-0.1, 1.1) * self._aspect)),
                y=constant(float(rng.uniform(0.35, 0.95))),
                size=constant(float(rng.uniform(0.15, 0.5))),
                degrees=constant(float(rng.normal(0, 6))),
                stretch=constant(float(rng.choice([-1.0, 1.0]))),
                depth=float(rng.uniform(0.7, 1.0)),
            )
            pool = self._props if rng.random() < 0.8 else self._characters
            actors.append(self._cast(pool, motion, acts=False))
        return actors

    def characters(self, moves: float, scene_hold: int) -> list[Actor]:
        """Those who act, the rearmost first; now and then something close passes before them."""
        rng = self._rng
        framing = rng.choice(["close", "medium", "far"], p=[0.35, 0.45, 0.2])
        count = {"close": rng.integers(1, 3), "medium": rng.integers(1, 4)}.get(
            framing, rng.integers(3, 7)
        )
        low, high = {"close": (0.8, 1.35), "medium": (0.45, 0.85)}.get(framing, (0.2, 0.45))
        actors = []
        for _ in range(int(count)):
            size = float(rng.uniform(low, high))
            pool = self._heads if rng.random() < 0.5 else self._characters
            if rng.random() < 0.15:
                pool = self._props
            actors.append(self._cast(pool, self._motion(size, moves, scene_hold), acts=True))
        if rng.random() < 0.12:
            motion = Motion(
                x=constant(float(rng.uniform(0, 1) * self._aspect)),
                y=constant(float(rng.uniform(0.8, 1.15))),
                size=constant(float(rng.uniform(0.4, 0.9))),
                depth=1.3,
            )
            actors.append(self._cast(self._props, motion, acts=False))
        return actors

    def _cast(self, pool: Sequence[Entry], motion: Motion, *, acts: bool) -> Actor:
        rng = self._rng
        for _ in range(MOST_REFUSED):
            entry = pool[int(rng.integers(len(pool)))]
            try:
                anatomy = anatomy_of(entry)
            except DataError:
                continue  # the list was made with other software; the next one will do
            return cast_drawing(
                anatomy,
                source=entry.name,
                motion=motion,
                length=self._length,
                paintbox=self._paintbox,
                rng=rng,
                acts=acts,
                is_flat=entry.kind == "flat",
            )
        raise DataError(f"{MOST_REFUSED} drawings in a row cannot be read, the last {entry.name}")

    def _motion(self, size: float, moves: float, scene_hold: int) -> Motion:
        """How a character moves: it stays, enters, leaves or crosses, and acts meanwhile."""
        rng, length, aspect = self._rng, self._length, self._aspect

        def lively(value: float, amount: float) -> Curve:
            if rng.random() < 0.2:
                return constant(value)
            if rng.random() < 0.6:
                return posed(value, amount * moves, length, rng)
            return swinging(value, amount * moves, rng)

        hold = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])) if scene_hold == 1 else scene_hold
        at_x = float(rng.uniform(0.15, 0.85) * aspect)
        at_y = float(rng.uniform(0.4, 0.7))
        outside = size * 0.55
        side = float(rng.choice([-1, 1]))
        off = aspect + outside if side > 0 else -outside
        path = rng.choice(["stay", "enter", "leave", "cross"], p=[0.58, 0.14, 0.12, 0.16])
        if path == "enter":
            x = eased(off, at_x, rng.uniform(-0.3, 0.2) * length, rng.uniform(0.4, 0.9) * length)
        elif path == "leave":
            x = eased(at_x, off, rng.uniform(0.1, 0.5) * length, rng.uniform(0.7, 1.2) * length)
        elif path == "cross":
            start = off if rng.random() < 0.5 else at_x
            x = steady(start, start - side * rng.uniform(0.3, 1.0) * aspect, length)
        else:
            x = lively(at_x, 0.04)
        facing = float(rng.choice([-1.0, 1.0]))
        stretch = constant(facing)
        if rng.random() < 0.25:  # turns to the side
            narrow = facing * float(rng.uniform(0.35, 0.7))
            ends = (facing, narrow) if rng.random() < 0.5 else (narrow, facing)
            start_at = float(rng.uniform(0, 0.5) * length)
            stretch = eased(*ends, start_at, start_at + float(rng.uniform(4, 14)))
        grows = rng.random() < 0.15  # comes nearer or goes away
        return Motion(
            x=x,
            y=lively(at_y, 0.03),
            size=eased(size, size * float(rng.uniform(0.7, 1.5)), 0, length)
            if grows
            else lively(size, 0.01),
            degrees=lively(float(rng.normal(0, 4)), 5.0),
            stretch=stretch,
            skew=lively(0.0, 0.06),
            twists=tuple(
                (
                    (float(rng.uniform(-0.4, 0.4)), float(rng.uniform(-0.45, 0.45))),
                    float(rng.uniform(0.12, 0.3)),
                    lively(0.0, 0.3),
                )
                for _ in range(int(rng.integers(1, 4)))
            ),
            waves=tuple(
                (
                    axis,
                    lively(float(rng.normal(0, 0.01)), 0.02),
                    float(rng.uniform(2, 6)),
                    float(rng.uniform(0, 6.28)),
                )
                for axis in (0, 1)
            ),
            hold=hold,
        )
