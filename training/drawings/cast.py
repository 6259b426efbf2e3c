"""Characters and props of a shot: drawings with a role, a palette, shade, and movement."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import skia
from numpy.typing import NDArray

from .acting import Curve, Event, constant
from .warps import Affine, Chain, Points, Twist, Warp, Wave, similarity

Line = Literal["ink", "trace"]


@dataclass(frozen=True)
class Outline:
    """Where a path's points lie in its actor's points, and the rest of the path.

    A path is handed to skia in the form skia itself stores paths in; only the coordinates change
    from frame to frame. Building it point by point takes fifty times as long.
    """

    first: int
    last: int
    head: bytes
    tail: bytes

    def path(self, points: Points) -> skia.Path:
        """The path through an actor's moved points."""
        path = skia.Path()
        path.readFromMemory(self.head + points[self.first : self.last].tobytes() + self.tail)
        return path


def outline_of(
    first: int, lengths: Sequence[int], is_closed: Sequence[bool], *, is_even_odd: bool
) -> Outline:
    """The outline of contours whose points start at `first`."""
    count = sum(lengths)
    marks = np.arange(2 * count, dtype=np.float32).reshape(-1, 2)
    path = skia.Path()
    at = 0
    for length, closed in zip(lengths, is_closed, strict=True):
        corners = [skia.Point(float(x), float(y)) for x, y in marks[at : at + length]]
        path.addPoly(corners, closed)
        at += length
    if is_even_odd:
        path.setFillType(skia.PathFillType.kEvenOdd)
    stored = bytes(path.serialize())
    at = stored.find(marks.tobytes())
    if at < 0 or struct.unpack_from("<I", stored, 4) != (count,):
        raise RuntimeError("this release of skia-python stores paths in another form")
    return Outline(first, first + count, stored[:at], stored[at + marks.nbytes :])


@dataclass(frozen=True)
class Shade:
    """The part of a fill that a shifted copy of its outline leaves out.

    Attributes:
        outline: The shifted copy.
        region: Identity of a shade with a trace line; 0 for an untraced one.

    """

    outline: Outline
    region: int


@dataclass(frozen=True)
class Part:
    """One shape of an actor as it is drawn in a shot; widths are in the actor's units.

    Attributes:
        outline: Its path.
        region: Identity of its fill; 0 where it has no paint.
        is_black: Whether its fill is ink.
        line_width: Of its drawn line; 0 for none.
        band_region: Identity of a stroke that is paint; 0 for none.
        band_width: Of that stroke.
        contour: What a fill without a drawn line of its own is outlined with.
        shade: Its cel shade.
        is_extra: Whether it is seen only during events that show it.

    """

    outline: Outline
    region: int = 0
    is_black: bool = False
    line_width: float = 0.0
    band_region: int = 0
    band_width: float = 0.0
    contour: Line | None = None
    shade: Shade | None = None
    is_extra: bool = False

    @property
    def regions(self) -> tuple[int, ...]:
        """Identities of all its paint."""
        of_shade = self.shade.region if self.shade else 0
        return tuple(r for r in (self.region, self.band_region, of_shade) if r)


@dataclass(frozen=True)
class Motion:
    """An actor's movement; lengths are in heights of the picture, angles in degrees or radians.

    Attributes:
        x: Of its centre, from the left.
        y: Of its centre, from the top.
        size: Length of the drawing's larger side.
        degrees: Its turn.
        stretch: Factor of its width: turning to the side.
        skew: How far its top leans.
        twists: Pivot, radius and angle in radians of each joint.
        waves: Axis, amplitude, frequency and phase of each wave through its body.
        hold: Frames of film that a pose of it is held.
        depth: Share of the camera's pan that it follows: 1 in the plane of action, less behind.

    """

    x: Curve
    y: Curve
    size: Curve
    degrees: Curve = field(default_factory=lambda: constant(0.0))
    stretch: Curve = field(default_factory=lambda: constant(1.0))
    skew: Curve = field(default_factory=lambda: constant(0.0))
    twists: tuple[tuple[tuple[float, float], float, Curve], ...] = ()
    waves: tuple[tuple[int, Curve, float, float], ...] = ()
    hold: int = 1
    depth: float = 1.0


@dataclass(frozen=True)
class Pose:
    """What an actor is at one moment.

    Attributes:
        warp: From its own units to pixels.
        scale: Pixels a unit, for the width of lines.
        hidden: Parts that are not drawn.
        local: Parts that are moved within the actor.

    """

    warp: Chain
    scale: float
    hidden: frozenset[int]
    local: Mapping[int, Affine]


@dataclass(frozen=True)
class Actor:
    """A drawing in a shot: a character, a prop or a layer of the set.

    Attributes:
        source: Name of the drawing; empty for what was made up.
        points: (N, 2) of all outlines, in its own units.
        parts: Rearmost first.
        motion: How it moves.
        events: What changes for a stretch.
        width_factor: Of its drawn lines.
        contour_width: Of outlines given to fills that have none, in its own units.
        gaps: Index of a point, and radius in pixels of the break in the line there.

    """

    source: str
    points: Points
    parts: tuple[Part, ...]
    motion: Motion
    events: tuple[Event, ...] = ()
    width_factor: float = 1.0
    contour_width: float = 0.004
    gaps: tuple[tuple[int, float], ...] = ()

    def posed(self, frame: float, camera: Affine) -> Pose:
        """The actor at a frame of film, seen through a camera (picture heights to pixels)."""
        m = self.motion
        at = frame // m.hold * m.hold
        bends: list[Warp] = [
            Twist(pivot, radius, angle.at(at)) for pivot, radius, angle in m.twists
        ]
        bends += [
            Wave(axis, amount.at(at), frequency, phase)
            for axis, amount, frequency, phase in m.waves
        ]
        size = m.size.at(at)
        placed = similarity(
            size,
            m.degrees.at(at),
            m.x.at(at),
            m.y.at(at),
            stretch=m.stretch.at(at),
            skew=m.skew.at(at),
        )
        hidden = {k for k, part in enumerate(self.parts) if part.is_extra}
        local: dict[int, Affine] = {}
        for event in self.events:
            if event.is_on(at):
                hidden = (hidden | event.hidden) - event.shown
                local.update(dict.fromkeys(event.moved, event.local))
        bends.append(placed.then(camera))
        return Pose(Chain(tuple(bends)), size * camera.scale, frozenset(hidden), local)

    def placed(self, pose: Pose) -> NDArray[np.float32]:
        """(N, 2) points in pixels."""
        points = self.points
        if pose.local:
            points = points.copy()
            for number, affine in pose.local.items():
                for outline in self._outlines(number):
                    span = slice(outline.first, outline.last)
                    points[span] = affine.forward(points[span])
        return np.ascontiguousarray(pose.warp.forward(points), np.float32)

    def _outlines(self, number: int) -> list[Outline]:
        part = self.parts[number]
        return [part.outline] + ([part.shade.outline] if part.shade else [])

    @property
    def movers(self) -> frozenset[int]:
        """Parts that are moved within the actor at some time."""
        return (
            frozenset().union(*(event.moved for event in self.events))
            if self.events
            else frozenset()
        )
