"""Reads an SVG drawing into shapes whose points can be moved.

Every curve is flattened once. A frame then moves the points, so a drawing stays closed and keeps
its shapes however it is bent.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import svgelements as se
from lxml import etree
from numpy.typing import NDArray

from ..errors import DataError

Points = NDArray[np.float32]
Rgb = tuple[int, int, int]

LARGEST_FILE = 1_500_000  # bytes; larger drawings are tracings of photographs
MOST_SHAPES = 400
FAINTEST = 0.5  # opacity; a more transparent shape is painterly shading, which cels do not have
FLATNESS = 1 / 2500  # of the drawing's size: the most that a chord may leave its curve
LONGEST_CHORD = 1 / 24  # of the drawing's size: longer ones would not bend with the drawing
XLINK = "{http://www.w3.org/1999/xlink}href"
NOT_DRAWN = {"mask", "clipPath", "metadata", "pattern", "marker", "symbol", "namedview"}


@dataclass(frozen=True, eq=False)
class Shape:
    """One filled or stroked shape; lengths are in units of the drawing's larger side.

    Attributes:
        points: (N, 2) x right, y down, all contours one after the other.
        lengths: Points of each contour, the last one's end included.
        is_closed: For each contour.
        is_even_odd: Whether the fill rule is even-odd rather than non-zero.
        fill: 8-bit sRGB, or None.
        fill_is_ink: Whether the fill is a solid black.
        stroke: 8-bit sRGB, or None.
        stroke_is_ink: Whether the stroke is a drawn line rather than a band of paint.
        stroke_width: Of the stroke; 0 without one.

    """

    points: Points
    lengths: tuple[int, ...]
    is_closed: tuple[bool, ...]
    is_even_odd: bool
    fill: Rgb | None
    fill_is_ink: bool = False
    stroke: Rgb | None = None
    stroke_is_ink: bool = False
    stroke_width: float = 0.0

    @property
    def is_painted(self) -> bool:
        """Whether the fill is a colour."""
        return self.fill is not None and not self.fill_is_ink

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def luma(rgb: Rgb) -> float:
    """Rec. 601 luma of 8-bit sRGB, 0..255."""
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


def is_solid_black(rgb: Rgb) -> bool:
    """Whether a fill is ink: dark, and not a dark blue or red, which are paint."""
    return luma(rgb) < 45.0 and max(rgb) - min(rgb) < 40


def read_drawing(path: Path) -> list[Shape]:
    """Read the shapes of an SVG file in painting order, centred, the larger side 1 long.

    Gradients become the mean of their stops. Masks and clips are taken off, translucent shapes
    and a rectangle behind everything left out.

    Raises:
        DataError: The file is no SVG, too large, or holds too few or too many shapes.

    """
    return read_poses([path])[0]


def read_poses(paths: Sequence[Path]) -> list[list[Shape]]:
    """Read the files of one drawing in several poses, all in the same place and size.

    Raises:
        DataError: As for `read_drawing`.

    """
    read = [_read_outlines(path) for path in paths]
    boxes = [b for outlines in read for b in (o.path.bbox() for o in outlines) if b is not None]
    if not boxes:
        raise DataError(f"{paths[0]}: nothing is drawn")
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    size = float((high - low).max())
    if not 0.0 < size < math.inf:
        raise DataError(f"{paths[0]}: nothing is drawn")
    poses = []
    for path, outlines in zip(paths, read, strict=True):
        shapes = _normalised(outlines, (low + high) / 2, size)
        if shapes and _is_backdrop(shapes):
            shapes = shapes[1:]
        if not 2 <= len(shapes) <= MOST_SHAPES:
            raise DataError(f"{path}: {len(shapes)} shapes, needs 2 to {MOST_SHAPES}")
        poses.append(shapes)
    return poses


def _read_outlines(path: Path) -> list[_Outline]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > LARGEST_FILE:
        raise DataError(f"{path}: over {LARGEST_FILE} bytes")
    parser = etree.XMLParser(recover=True, huge_tree=True, no_network=True, resolve_entities=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(f"{path}: is no SVG: {error}") from error
    if root is None:
        raise DataError(f"{path}: is no SVG")
    gradients = _mean_gradients(root)
    for element in list(root.iter()):
        if _local_name(element) in NOT_DRAWN and element.getparent() is not None:
            element.getparent().remove(element)
    try:
        svg = se.SVG.parse(io.BytesIO(etree.tostring(root)), reify=True)
        return list(_outlines(svg, gradients))
    except Exception as error:  # svgelements raises whatever a strange attribute leads to
        raise DataError(f"{path}: cannot be understood: {error!r}") from error


@dataclass(frozen=True)
class _Outline:
    path: se.Path
    is_even_odd: bool
    fill: Rgb | None
    stroke: Rgb | None
    stroke_width: float


def _local_name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _mean_gradients(root: etree._Element) -> dict[str, tuple[float, float, float, float]]:
    """Mean colour and opacity of every gradient, by its id."""
    found = {
        element.get("id"): element
        for element in root.iter()
        if _local_name(element).endswith("Gradient") and element.get("id")
    }

    def stops(element: etree._Element, depth: int = 0) -> list[tuple[float, float, float, float]]:
        colours = []
        for child in element:
            if _local_name(child) != "stop":
                continue
            rules = (rule.partition(":") for rule in (child.get("style") or "").split(";"))
            style = {key.strip(): value.strip() for key, _, value in rules}
            colour = se.Color(style.get("stop-color", child.get("stop-color", "black")))
            if colour.value is not None:
                opacity = style.get("stop-opacity", child.get("stop-opacity"))
                colours.append((colour.red, colour.green, colour.blue, _number(opacity)))
        link = element.get(XLINK) or element.get("href")
        if not colours and link and depth < 5 and link[1:] in found:
            return stops(found[link[1:]], depth + 1)
        return colours

    means = {}
    for name, element in found.items():
        try:
            colours = stops(element)
        except ValueError:  # a stop's colour that is none
            continue
        if colours:
            r, g, b, a = np.mean(colours, axis=0)
            means[name] = (float(r), float(g), float(b), float(a))
    return means


def _number(text: object, default: float = 1.0) -> float:
    try:
        value = str(text).strip()
        return float(value.rstrip("%")) * (0.01 if value.endswith("%") else 1.0)
    except ValueError:
        return default


def _outlines(
    svg: se.SVG, gradients: dict[str, tuple[float, float, float, float]]
) -> Iterator[_Outline]:
    """Every shape that is seen."""
    for element in svg.elements():
        if not isinstance(element, se.Shape):
            continue
        values = element.values
        if values.get("display") == "none" or values.get("visibility") == "hidden":
            continue
        if str(values.get("filter") or "none") != "none":  # blurred: a painterly highlight
            continue
        fill = _paint(element, "fill", gradients)
        stroke = _paint(element, "stroke", gradients)
        if fill is None and stroke is None:
            continue
        path = se.Path(element)
        path.reify()  # turned ellipses keep a transform until now
        path.approximate_arcs_with_cubics()
        width = float(element.stroke_width) if element.stroke_width is not None else 1.0
        is_even_odd = str(values.get("fill-rule")) == "evenodd"
        yield _Outline(path, is_even_odd, fill, stroke, width if stroke is not None else 0.0)


def _paint(
    element: se.Shape, kind: str, gradients: dict[str, tuple[float, float, float, float]]
) -> Rgb | None:
    values = element.values
    raw = values.get(kind)
    opacity = _number(values.get(f"{kind}-opacity")) * _number(values.get("opacity"))
    link = re.match(r"url\(['\"]?#([^)'\"]+)", str(raw))
    if link:
        if link.group(1) not in gradients:
            return None
        r, g, b, a = gradients[link.group(1)]
        return (round(r), round(g), round(b)) if opacity * a >= FAINTEST else None
    if raw is None:
        return (0, 0, 0) if kind == "fill" and opacity >= FAINTEST else None
    colour = getattr(element, kind)
    if colour is None or colour.value is None or opacity * (colour.opacity or 0.0) < FAINTEST:
        return None
    return int(colour.red), int(colour.green), int(colour.blue)


def _normalised(
    outlines: Sequence[_Outline], centre: NDArray[np.float64], size: float
) -> list[Shape]:
    """Flatten, centre, scale."""
    shapes = []
    for outline in outlines:
        contours = _contours(outline.path, size)
        if not contours:
            continue
        points = (np.concatenate([c for c, _ in contours]) - centre) / size
        if not np.isfinite(points).all():
            continue
        fill, stroke, width = outline.fill, outline.stroke, outline.stroke_width / size
        fill_is_ink = fill is not None and is_solid_black(fill)
        # A pale stroke is a highlight, and one in the fill's colour a larger fill.
        if stroke is not None and (luma(stroke) > 200 or width <= 0 or stroke == fill):
            if fill is None and width < 0.01:
                continue
            if fill is not None:
                stroke, width = None, 0.0
        # A band of colour as wide as this is paint; drawn lines of any colour are thinner.
        stroke_is_ink = stroke is not None and (
            is_solid_black(stroke) or (width < 0.015 and luma(stroke) < 150)
        )
        shapes.append(
            Shape(
                points=points.astype(np.float32),
                lengths=tuple(len(c) for c, _ in contours),
                is_closed=tuple(closed for _, closed in contours),
                is_even_odd=outline.is_even_odd,
                fill=fill,
                fill_is_ink=fill_is_ink,
                stroke=stroke,
                stroke_is_ink=stroke_is_ink,
                stroke_width=width if stroke is not None else 0.0,
            )
        )
    return shapes


def _contours(path: se.Path, size: float) -> list[tuple[NDArray[np.float64], bool]]:
    contours: list[tuple[NDArray[np.float64], bool]] = []
    pieces: list[NDArray[np.float64]] = []

    def finish(is_closed: bool) -> None:
        if pieces:
            points = np.concatenate(pieces)
            moved = np.abs(np.diff(points, axis=0)).max(axis=1) > size * 1e-7
            points = points[np.concatenate([[True], moved])]
            if len(points) > 1:
                contours.append((points, is_closed))
        pieces.clear()

    for segment in path:
        if isinstance(segment, se.Move):
            finish(False)
            if segment.end is not None:
                pieces.append(np.array([[segment.end.x, segment.end.y]]))
        elif isinstance(segment, se.Close):
            start = pieces[0][:1].copy() if pieces else None
            if segment.start is not None and segment.end is not None:
                pieces.append(_flattened([segment.start, segment.end], size))
            finish(True)
            if start is not None:
                pieces.append(start)
        else:
            names = ("start", "control", "control1", "control2", "end")
            corners = [p for p in (getattr(segment, n, None) for n in names) if p is not None]
            if len(corners) > 1:
                pieces.append(_flattened(corners, size))
    finish(False)
    return contours


def _flattened(corners: list[se.Point], size: float) -> NDArray[np.float64]:
    """Points of a Bezier curve of any degree up to 3, the first one left out."""
    c = np.array([(p.x, p.y) for p in corners])
    # What lies between chord and curve shrinks with the square of the count.
    bulge = 0.75 * np.hypot(*np.diff(c, n=2, axis=0).T).max() if len(c) > 2 else 0.0
    length = np.hypot(*np.diff(c, axis=0).T).sum()
    count = math.ceil(
        max(math.sqrt(bulge / (FLATNESS * size)), length / (LONGEST_CHORD * size), 1.0)
    )
    t = (np.arange(1, min(count, 200) + 1) / min(count, 200))[:, None]
    if len(c) == 2:
        return c[0] + (c[1] - c[0]) * t
    if len(c) == 3:
        return (1 - t) ** 2 * c[0] + 2 * t * (1 - t) * c[1] + t**2 * c[2]
    u = 1 - t
    return u**3 * c[0] + 3 * u**2 * t * c[1] + 3 * u * t**2 * c[2] + t**3 * c[3]


def _is_backdrop(shapes: list[Shape]) -> bool:
    """Whether the rearmost shape is a plain rectangle as large as the drawing."""
    first = shapes[0]
    if len(first.lengths) != 1 or len(shapes) < 2:
        return False
    left, top, right, bottom = first.box
    x, y = first.points[:, 0].astype(float), first.points[:, 1].astype(float)
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    width, height = right - left, bottom - top
    return max(width, height) > 0.95 and bool(area > 0.93 * width * height)
