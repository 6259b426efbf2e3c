"""A contact sheet of a shot: line art, colour and region identity in time, for a person to look."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.shots import Drawing, Shot, ShotInfo
from ..errors import DataError

COLUMNS = 8
CELL_PX = 256


def coloured(drawing: Drawing, info: ShotInfo) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB: paint and shade, trace lines and ink on top."""
    if drawing.regions is None:
        raise ValueError("a drawing without regions has no paint to show")
    base = np.full((65536, 3), 255, np.uint8)
    dark = base.copy()
    for number, colour in (info.regions or {}).items():
        base[number], dark[number] = colour.base, colour.shade
    paint = base[drawing.regions]
    if drawing.shade is not None:
        paint = np.where(drawing.shade[..., None] > 127, dark[drawing.regions], paint)
    picture = paint.astype(np.float32)
    if drawing.trace is not None and info.trace_rgb is not None:
        cover = drawing.trace[..., None] / np.float32(255)
        picture += (np.array(info.trace_rgb, np.float32) - picture) * cover
    return _inked(picture, drawing)


def _inked(picture: NDArray[np.float32], drawing: Drawing) -> NDArray[np.uint8]:
    if drawing.ink is not None:
        picture = picture * (
            np.float32(1) - drawing.ink[..., None].astype(np.float32) / np.float32(255)
        )
    return np.rint(picture).astype(np.uint8)


def _lines(drawing: Drawing, info: ShotInfo) -> NDArray[np.uint8]:
    picture = np.full((info.height, info.width, 3), 255, np.float32)
    if drawing.trace is not None and info.trace_rgb is not None:
        cover = drawing.trace[..., None] / np.float32(255)
        picture += (np.array(info.trace_rgb, np.float32) - picture) * cover
    return _inked(picture, drawing)


def contact_sheet(shot: Shot) -> NDArray[np.uint8]:
    """(3 rows, at most COLUMNS drawings) of a shot as one picture, sRGB."""
    count = len(shot.drawings)
    picked = np.unique(np.linspace(0, count - 1, min(count, COLUMNS)).round().astype(int))
    looks = np.random.default_rng(0).integers(40, 256, size=(65536, 3)).astype(np.uint8)
    info = shot.info
    size = (CELL_PX, max(1, round(CELL_PX * info.height / info.width)))
    rows: list[list[NDArray[np.uint8]]] = [[], [], []]
    for k in picked:
        drawing = shot.drawings[int(k)]
        identity = looks[0 if drawing.regions is None else drawing.regions]
        shown = (_lines(drawing, info), coloured(drawing, info), identity)
        for row, picture in zip(rows, shown, strict=True):
            row.append(
                np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            )
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def write_sheet(path: Path, shot: Shot) -> None:
    """Write a contact sheet as PNG.

    Raises:
        DataError: The file cannot be written.

    """
    packed = cv2.imencode(".png", cv2.cvtColor(contact_sheet(shot), cv2.COLOR_RGB2BGR))[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed.tobytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
