"""A contact sheet: a painted shot at a glance, as one PNG."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine import DAB_ALPHA

from .colour import Colour, straight_rgba
from .errors import FileError
from .header import Window
from .images import Layer, place, read_layer, write_png
from .job import Source, is_utf8
from .output import why_not_writable
from .shot import FramePattern, parse_frames

MOST_FRAMES = 24
_COLUMNS = 6
_CELL_WIDTH_PX = 320
_CELL_MOST_HEIGHT_PX = 480
_MARGIN_PX = 8
_LABEL_PX = 20
_GROUND, _TEXT, _KEY = (40, 40, 44), (210, 210, 210), (255, 190, 60)

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class _Strip:
    """One picture of every cell: the paint, or what is shown beside it."""

    pattern: FramePattern
    source: Source
    role: str
    over_white: bool


def write_sheet(
    path: Path,
    paint: Source,
    *,
    line: Source | None = None,
    hint: Source | None = None,
    hint_frames: Container[int] | None = None,
    truth: Source | None = None,
    frames: str | None = None,
    ocio: str | None = None,
) -> tuple[int, ...]:
    """Write a contact sheet of painted frames.

    Args:
        path: The PNG to write; its folder is made.
        paint: The painted frames; unpainted places show a checkerboard.
        line: Line art, shown above the paint.
        hint: Hints; frames that have dabs are marked, and each dab is ringed.
        hint_frames: The frames that have dabs; None for those that have a hint file, or the first
            frame where the hints are one image for all.
        truth: The right colours, shown below the paint.
        frames: Which frames; None for up to 24, evenly over those on disk.
        ocio: OpenColorIO config, as in a job.

    Returns:
        The frames that are shown.

    Raises:
        FileError: A file cannot be read, or the sheet cannot be written.
        ColourError: The config or a colour space cannot be used.
        FramesError: A pattern or the frames cannot be understood.

    """
    reason = why_no_sheet(path)
    if reason is not None:
        raise FileError(reason)
    colour = Colour(ocio)
    pattern = FramePattern.parse(paint.path)
    every = pattern.require_frames() if frames is None else parse_frames(frames)
    chosen = _chosen(every)
    strips = [
        _Strip(FramePattern.parse(source.path), source, role, over_white)
        for source, role, over_white in (
            (line, "line", True),
            (paint, "rgba", False),
            (truth, "truth", False),
        )
        if source is not None
    ]
    dabs = None if hint is None else _Strip(FramePattern.parse(hint.path), hint, "hint", False)
    if hint_frames is None:
        hint_frames = every[:1] if dabs is not None and dabs.pattern.is_still else every
    cells = [_cell(at, strips, dabs if at in hint_frames else None, colour) for at in chosen]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{path.parent} cannot be made: {error.strerror}") from error
    write_png(path, _laid_out(cells))
    return chosen


def why_no_sheet(path: Path) -> str | None:
    """Why a contact sheet cannot be written to a path; None if it can."""
    if path.suffix.casefold() != ".png":
        return f"{path}: a contact sheet is a PNG file; end its name in .png"
    if not is_utf8(str(path)):
        return f"{str(path)!r} is no UTF-8 text; no file of such a name can be written"
    reason = why_not_writable(path.parent)
    return None if reason is None else f"{path} cannot be written: {reason}"


def _chosen(frames: Sequence[int]) -> tuple[int, ...]:
    """At most `MOST_FRAMES` of the frames, the first and the last among them, evenly."""
    if len(frames) <= MOST_FRAMES:
        return tuple(frames)
    places = np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int)
    return tuple(frames[place_] for place_ in places)


def _cell(frame: int, strips: list[_Strip], dabs: _Strip | None, colour: Colour) -> Picture:
    """Everything that is shown of one frame, one above the other, under its number."""
    pictures: list[Picture] = []
    boxes: list[tuple[Window, tuple[int, int, int]]] = []
    if dabs is not None and dabs.pattern.path(frame).exists():
        boxes = _dab_boxes(read_hint(dabs, frame), colour, dabs.source.colorspace)
    for strip in strips:
        file = strip.pattern.path(frame)
        if not file.exists() and strip.role != "rgba":
            continue
        layer = read_layer(file, strip.source.layer, role=strip.role)
        picture = _picture(layer, colour, strip)
        if strip.role == "rgba":
            _ring(picture, boxes, layer.display_window)
        pictures.append(picture)
    width = max(_CELL_WIDTH_PX, *(picture.shape[1] for picture in pictures))
    label = np.full((_LABEL_PX, width, 3), _GROUND, np.uint8)
    text = f"{frame}  key" if boxes else str(frame)
    text_colour = _KEY if boxes else _TEXT
    cv2.putText(label, text, (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, text_colour, 1, cv2.LINE_AA)
    gap = np.full((2, width, 3), _GROUND, np.uint8)
    rows: list[Picture] = [label]
    for picture in pictures:
        rows += [_widened(picture, width), gap]
    return np.concatenate(rows[:-1])


def read_hint(dabs: _Strip, frame: int) -> Layer:
    """The hint layer of a frame that has a hint file."""
    return read_layer(dabs.pattern.path(frame), dabs.source.layer, role="hint")


def _picture(layer: Layer, colour: Colour, strip: _Strip) -> Picture:
    """(h, w, 3) uint8 sRGB of a layer's display window, small, over white or a checkerboard."""
    display = layer.display_window
    rgba = place(layer, display).astype(np.float32)
    if layer.pixels.dtype.kind == "u":
        rgba /= np.iinfo(layer.pixels.dtype).max
    if not layer.is_premultiplied:
        rgba[..., :3] *= rgba[..., 3:]
    high = display.height / layer.header.pixel_aspect
    scale = min(_CELL_WIDTH_PX / display.width, _CELL_MOST_HEIGHT_PX / high)
    size = (max(1, round(display.width * scale)), max(1, round(high * scale)))
    # Made small while it is linear and premultiplied: light adds up, and edges keep no halo.
    small = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    space = colour.space_of(layer.header, strip.source.colorspace).space
    straight = colour.to_working(small, space, is_premultiplied=True)
    alpha = straight[..., 3:]
    under = np.ones_like(straight[..., :3]) if strip.over_white else _checkerboard(*size)
    over = np.clip(straight[..., :3], 0, 1) * alpha + under * (1 - alpha)
    picture: Picture = np.rint(over * 255).astype(np.uint8)
    return picture


def _checkerboard(width: int, height: int) -> NDArray[np.float32]:
    ys, xs = np.mgrid[:height, :width] // 8
    grey = np.where((xs + ys) % 2, 0.92, 0.78).astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=2)


def _dab_boxes(
    layer: Layer, colour: Colour, space: str | None
) -> list[tuple[Window, tuple[int, int, int]]]:
    """The box around every dab of a hint layer, on the film's pixels, and its colour."""
    straight = straight_rgba(layer.pixels, is_premultiplied=layer.is_premultiplied)
    counts = (straight[..., 3] >= DAB_ALPHA).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(counts, connectivity=8)
    name = colour.space_of(layer.header, space).space
    boxes = []
    for number in range(1, min(count, 200)):
        x, y, width, height, _ = (int(value) for value in stats[number])
        inside = labels[y : y + height, x : x + width] == number
        dab = straight[y : y + height, x : x + width][inside]
        rgb = colour.convert(np.median(dab[:, :3], axis=0), name, colour.working_space)
        red, green, blue = (int(value) for value in np.rint(np.clip(rgb, 0, 1) * 255))
        window = Window(x + layer.window.x, y + layer.window.y, width, height)
        boxes.append((window, (red, green, blue)))
    return boxes


def _ring(
    picture: Picture, boxes: list[tuple[Window, tuple[int, int, int]]], display: Window
) -> None:
    """Show every dab in its own colour, in a light and a dark ring that stand out on any paint."""
    across, down = picture.shape[1] / display.width, picture.shape[0] / display.height
    for box, rgb in boxes:
        centre = (
            round((box.x + box.width / 2 - display.x) * across),
            round((box.y + box.height / 2 - display.y) * down),
        )
        radius = max(2, math.ceil(max(box.width * across, box.height * down) / 2))
        cv2.circle(picture, centre, radius, rgb, cv2.FILLED, cv2.LINE_AA)
        for extra, ring in ((2, (0, 0, 0)), (1, (255, 255, 255))):
            cv2.circle(picture, centre, radius + extra, ring, 1, cv2.LINE_AA)


def _laid_out(cells: list[Picture]) -> Picture:
    """The cells in rows, on a dark ground."""
    columns = min(_COLUMNS, len(cells))
    rows = math.ceil(len(cells) / columns)
    height = max(cell.shape[0] for cell in cells) + _MARGIN_PX
    width = max(cell.shape[1] for cell in cells) + _MARGIN_PX
    sheet = np.full(
        (rows * height + _MARGIN_PX, columns * width + _MARGIN_PX, 3), _GROUND, np.uint8
    )
    for number, cell in enumerate(cells):
        y = number // columns * height + _MARGIN_PX
        x = number % columns * width + _MARGIN_PX
        sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return sheet


def _widened(picture: Picture, width: int) -> Picture:
    missing = width - picture.shape[1]
    if not missing:
        return picture
    gap = np.full((picture.shape[0], missing, 3), _GROUND, np.uint8)
    return np.concatenate([picture, gap], axis=1)
