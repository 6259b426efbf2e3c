"""A contact sheet: a few frames of a few clips, the truth above what was painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SHOWN = 4
"""Frames of a clip that are shown, the first and the last among them."""

THUMBNAIL_PX = 200
"""Width of a thumbnail."""

_MARGIN_PX, _LABEL_PX = 6, 18
_GROUND, _TEXT = 44, (210, 210, 210)


@dataclass(frozen=True, eq=False)
class Strip:
    """Frames side by side, with a line of text above them.

    Attributes:
        label: What they are; characters beyond ASCII are shown as "?".
        thumbnails: (n, h, w, 3) uint8.

    """

    label: str
    thumbnails: Picture


def shown_frames(frames: int) -> tuple[int, ...]:
    """Which frames of a clip are shown.

    >>> shown_frames(24), shown_frames(2)
    ((0, 8, 15, 23), (0, 1))
    """
    return tuple(dict.fromkeys(np.linspace(0, frames - 1, SHOWN).round().astype(int).tolist()))


def thumbnail(picture: Picture) -> Picture:
    """(H, W, 3) or (H, W) uint8 to (h, THUMBNAIL_PX, 3)."""
    height = max(1, round(picture.shape[0] * THUMBNAIL_PX / picture.shape[1]))
    method = cv2.INTER_AREA if picture.shape[1] > THUMBNAIL_PX else cv2.INTER_NEAREST
    small = cv2.resize(picture, (THUMBNAIL_PX, height), interpolation=method)
    return np.asarray(small if small.ndim == 3 else cv2.cvtColor(small, cv2.COLOR_GRAY2RGB))


def draw_sheet(columns: Sequence[Sequence[Strip]]) -> Picture:
    """Columns of strips, one column a clip; at least one strip.

    Returns:
        (H, W, 3) uint8 sRGB.

    """
    drawn = [np.concatenate([_drawn(strip) for strip in column]) for column in columns]
    height = max(len(column) for column in drawn)
    padded = [
        np.pad(
            column, ((0, height - len(column)), (0, _MARGIN_PX), (0, 0)), constant_values=_GROUND
        )
        for column in drawn
    ]
    return np.concatenate(padded, axis=1)


def _drawn(strip: Strip) -> Picture:
    _, height, width, _ = strip.thumbnails.shape
    full = SHOWN * (THUMBNAIL_PX + _MARGIN_PX) + _MARGIN_PX
    canvas = np.full((height + _LABEL_PX + _MARGIN_PX, full, 3), _GROUND, np.uint8)
    text = strip.label.encode("ascii", "replace").decode()
    cv2.putText(
        canvas, text, (_MARGIN_PX, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _TEXT, 1, cv2.LINE_AA
    )
    for k, picture in enumerate(strip.thumbnails):
        left = _MARGIN_PX + k * (width + _MARGIN_PX)
        canvas[_LABEL_PX : _LABEL_PX + height, left : left + width] = picture
    return canvas
