"""Small pictures of what is in doubt: its lines, its paint, and the drawings before and after."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..check import Plan
from ..header import Window
from ..reading import Reader
from ..solving import Solved
from ..stream import Clock, ReadAhead
from .doubts import Doubt
from .tracks import tracks_of

VIEWS = ("line", "paint", "before", "after")

_MOST_WIDTH_PX, _MOST_HEIGHT_PX = 240, 180
_LEAST_SIDE_PX = 96
_MARGIN = 0.6  # of the region's own size, on each side
_MOST_SCALE = 4
_INNER_RGB, _OUTER_RGB = (255, 0, 160), (255, 255, 255)
_READERS, _AHEAD = 2, 2

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """A picture as it is put into a page.

    Attributes:
        frame: Index of the frame that it shows.
        webp: The picture, lossless.
        width, height: Of it, in pixels.

    """

    frame: int
    webp: bytes
    width: int
    height: int


@dataclass(frozen=True)
class _Wish:
    """One picture that is asked for of a drawing."""

    doubt: int
    view: str
    index: int
    box: Window
    region: int | None


def pictures_of(
    plan: Plan, solved: Solved, doubts: Sequence[Doubt], stop: threading.Event
) -> list[dict[str, Shown]]:
    """Pictures of each doubt by `VIEWS`; before the first drawing and after the last there is none.

    Each drawing is decoded once, however many of its regions are in doubt.

    Raises:
        FileError: Line art cannot be read.
        Stopped: `stop` was set.

    """
    wishes = _wishes(solved, doubts)
    shown: list[dict[str, Shown]] = [{} for _ in doubts]
    order = sorted(wishes)
    reader = Reader(plan, Clock())
    colours = np.clip(solved.solution.palette, 0, 1)
    palette = np.rint(colours * 255).astype(np.uint8)
    with ReadAhead(
        lambda number: reader.ink(reader.layer(wishes[number][0].index)),
        order,
        ahead=_AHEAD,
        threads=_READERS,
        stop=stop,
        clock=Clock(),
    ) as ahead:
        for number in order:
            ink = ahead.take(number)
            label = solved.graph.drawings[number].run_map().label()
            for wish in wishes[number]:
                picture = _picture(wish, ink, label, palette, solved)
                shown[wish.doubt][wish.view] = _shown(wish.index, picture)
    return shown


def _wishes(solved: Solved, doubts: Sequence[Doubt]) -> dict[int, list[_Wish]]:
    """What is asked for, by drawing."""
    graph = solved.graph
    tracks = tracks_of(graph)
    of_frame = graph.drawing_of_frame
    wishes: dict[int, list[_Wish]] = {}
    for place, doubt in enumerate(doubts):
        number = int(of_frame[doubt.index])
        height, width = graph.drawings[number].shape
        box = _around(graph.drawings[number].box_px[doubt.region], width, height)
        views = [("line", number, doubt.index), ("paint", number, doubt.index)]
        if number:
            views.append(("before", number - 1, int(np.flatnonzero(of_frame == number - 1)[-1])))
        if number + 1 < len(graph.drawings):
            views.append(("after", number + 1, int(np.flatnonzero(of_frame == number + 1)[0])))
        for view, other, index in views:
            same = np.flatnonzero(tracks[other] == doubt.track)
            region = int(same[0]) if len(same) else None
            wishes.setdefault(other, []).append(_Wish(place, view, index, box, region))
    return wishes


def _around(box: NDArray[np.int32], width: int, height: int) -> Window:
    """The part of the paper to show for a region's box: with margins, in the shape of a page."""
    x, y, across, down = (int(value) for value in box)
    wide = max(across * (1 + 2 * _MARGIN), _LEAST_SIDE_PX)
    high = max(down * (1 + 2 * _MARGIN), _LEAST_SIDE_PX)
    shape = _MOST_WIDTH_PX / _MOST_HEIGHT_PX
    wide, high = max(wide, high * shape), max(high, wide / shape)
    wide, high = min(round(wide), width), min(round(high), height)
    left = min(max(round(x + across / 2 - wide / 2), 0), width - wide)
    top = min(max(round(y + down / 2 - high / 2), 0), height - high)
    return Window(left, top, wide, high)


def _picture(
    wish: _Wish,
    ink: NDArray[np.uint8],
    label: NDArray[np.int32],
    palette: NDArray[np.uint8],
    solved: Solved,
) -> Picture:
    """(h, w, 3) sRGB."""
    box = wish.box
    rows, columns = slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)
    own, lines = label[rows, columns], ink[rows, columns]
    paper = np.full((*lines.shape, 3), 255, np.uint8)
    if wish.view != "line":
        entry = solved.painted(wish.index)[own]
        paper = np.where(entry[..., None] > 0, palette[entry], _checkerboard(lines.shape))
    uncovered = 255 - lines.astype(np.uint16)[..., None]
    picture = ((paper * uncovered + 127) // 255).astype(np.uint8)
    scale = min(_MOST_WIDTH_PX / box.width, _MOST_HEIGHT_PX / box.height, _MOST_SCALE)
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    shrinks = scale < 1
    way = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    small: Picture = cv2.resize(picture, size, interpolation=way).astype(np.uint8, copy=False)
    if wish.region is not None:
        mask = (own == wish.region).astype(np.uint8)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(small, contours, -1, _OUTER_RGB, 3, cv2.LINE_AA)
        cv2.drawContours(small, contours, -1, _INNER_RGB, 1, cv2.LINE_AA)
    return small


def _checkerboard(shape: tuple[int, ...]) -> Picture:
    ys, xs = np.mgrid[: shape[0], : shape[1]] // 6
    grey: Picture = np.where((xs + ys) % 2, 235, 200).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _shown(index: int, picture: Picture) -> Shown:
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
    done, data = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), lossless)
    if not done:
        raise AssertionError("OpenCV came without WebP")
    return Shown(index, data.tobytes(), picture.shape[1], picture.shape[0])
