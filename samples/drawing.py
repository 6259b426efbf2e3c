"""Reads an SVG drawing into polygons that can be bent.

Every curve is flattened once; a frame then moves the points, so a drawing stays closed and keeps
its shapes however it is bent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import svgelements
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """One filled or stroked shape of a drawing.

    Attributes:
        contours: Every contour: points, (N, 2) in the drawing's own units, and whether it closes.
        fill: "#rrggbb", or None.
        stroke: "#rrggbb", or None.
        stroke_width: In the drawing's own units.
        is_even_odd: Whether the fill rule is even-odd rather than non-zero.

    """

    contours: list[tuple[Points, bool]]
    fill: str | None
    stroke: str | None = None
    stroke_width: float = 0.0
    is_even_odd: bool = False


def _segment_points(segment: svgelements.PathSegment, step: float) -> list[tuple[float, float]]:
    """Points along one segment, its end included and its start not, about `step` units apart."""
    if isinstance(segment, svgelements.Line):
        length = abs(segment.end - segment.start)
    else:
        # The polygon through the control points is never shorter than the curve.
        names = ("start", "control", "control1", "control2", "end")
        corners = [p for p in (getattr(segment, n, None) for n in names) if p is not None]
        length = sum(abs(b - a) for a, b in pairwise(corners))
    count = min(max(2, math.ceil(length / step)), 400)
    points = (segment.point(k / count) for k in range(1, count + 1))
    return [(p.x, p.y) for p in points]


def _contours(path: svgelements.Path, step: float) -> list[tuple[Points, bool]]:
    contours: list[tuple[Points, bool]] = []
    current: list[tuple[float, float]] = []

    def finish(is_closed: bool) -> None:
        if len(current) > 1:
            contours.append((np.array(current, np.float64), is_closed))

    for segment in path:
        if isinstance(segment, svgelements.Move):
            finish(False)
            current = [(segment.end.x, segment.end.y)]
        elif isinstance(segment, svgelements.Close):
            if segment.start is not None and segment.end is not None and len(current) > 1:
                line = svgelements.Line(segment.start, segment.end)
                if line.length() > step:
                    current += _segment_points(line, step)[:-1]
            finish(True)
            current = current[:1]
        else:
            current += _segment_points(segment, step)
    finish(False)
    return contours


def read_drawing(path: Path, *, step: float) -> list[Shape]:
    """Read the shapes of an SVG file, in painting order, flattened to points `step` units apart.

    Gradients come back as black: leave such shapes out, or the drawing.
    """
    svg = svgelements.SVG.parse(str(path), reify=True)
    shapes = []
    for element in svg.elements():
        if not isinstance(element, svgelements.Shape):
            continue
        outline = svgelements.Path(element)
        outline.reify()
        fill, stroke = (
            None if paint is None or paint.value is None else paint.hexrgb
            for paint in (element.fill, element.stroke)
        )
        shapes.append(
            Shape(
                contours=_contours(outline, step),
                fill=fill,
                stroke=stroke,
                stroke_width=float(element.stroke_width or 0.0),
                is_even_odd=element.values.get("fill-rule") == "evenodd",
            )
        )
    return shapes
