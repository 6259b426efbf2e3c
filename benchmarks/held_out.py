"""Shots whose truth is known, in line art as it comes, and the hints that an artist might give.

Shared by the benchmarks that follow colours through shots. A set is a folder of shards, as
`celtint-train prepare drawings` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine.scan import without_paper
from celtint.training.data.line_styles import LineStyle, line_width_px, styled
from celtint.training.data.shards import read_shots
from celtint.training.data.shots import EncodedShot
from celtint.training.metrics import truth_regions

SEED = 4
CLEAN = "clean"
STYLES = {
    CLEAN: LineStyle(),
    "width x0.5": LineStyle(width=0.5),
    "width x2": LineStyle(width=2),
    "gaps 3-5": LineStyle(gaps_per_1000_px=3, gap_px=3.5),
    "gaps 5-9": LineStyle(gaps_per_1000_px=3, gap_px=6),
    "grey pencil": LineStyle(tone=0.5, grain=0.6),
    "scan": LineStyle(scan_noise=0.02, scan_paper=0.08, scan_blur_px=0.5),
    "boil": LineStyle(boil_px=1.0),
}

DAB_REACH_PX = 2
"""A dab is a square of so many pixels to each side of its middle: 5 px."""

FULL, EVERY_REGION = "full", "5px"


@dataclass(frozen=True, eq=False)
class Shot:
    """A shot with its truth, by drawing.

    Attributes:
        name: Its name in the set.
        holds: For every frame, the drawing it shows.
        drawn: (H, W) uint8 ink as it was rendered, which the truth is told by.
        ink: The same in the line style that is asked for: what is painted.
        truth: (H, W) true palette index, from 1; 0 where unknown.
        shape: (H, W) true shape, 0 for none.
        colours: (P, 3) float32, row 0 unused.

    """

    name: str
    holds: tuple[int, ...]
    drawn: list[NDArray[np.uint8]]
    ink: list[NDArray[np.uint8]]
    truth: list[NDArray[np.int32]]
    shape: list[NDArray[np.int32]]
    colours: NDArray[np.float32]

    @cached_property
    def region(self) -> list[NDArray[np.int32]]:
        """(H, W) true region by drawing, from 1; 0 where the colour is unknown, and on ink.

        What a wider pen has covered is no region any more, so lines count as drawn and as styled.
        """
        return [
            np.where(truth > 0, truth_regions(truth, np.maximum(drawn, ink)), 0)
            for truth, drawn, ink in zip(self.truth, self.drawn, self.ink, strict=True)
        ]

    def frames(self) -> list[NDArray[np.uint8]]:
        """The line art, frame by frame; the frames of a hold share one array."""
        return [self.ink[number] for number in self.holds]


def describe_set(folder: Path) -> dict[str, object]:
    """What a set says of itself: enough to render it again."""
    said = json.loads((folder / "set.json").read_text("utf-8"))
    made = said.get("made", {})
    return {
        "set": f"{said['name']} {'x'.join(map(str, made.get('size', ['?'])))} seed {said['seed']}",
        "split": made.get("split"),
    }


def encoded_shots(folder: Path, limit: int | None = None) -> Iterator[tuple[int, EncodedShot]]:
    """The shots of a set, not yet decoded, and their numbers."""
    for number, encoded in enumerate(read_shots(folder)):
        if limit is not None and number >= limit:
            return
        yield number, encoded


def shot_of(encoded: EncodedShot, style: str, number: int, frames: int) -> Shot:
    """Decode the first frames of a shot; its trace lines count as lines.

    Args:
        encoded: The shot.
        style: One of STYLES; what is not clean comes as drawings on paper do, see `ink_of`.
        number: Its place in the set, which noise is drawn by.
        frames: How many frames of film, from the first on.

    """
    info = encoded.info
    assert info.regions is not None, f"{info.name} has no true regions"
    colours = sorted({colour.base for colour in info.regions.values()})
    index = np.zeros(max(info.regions) + 1, np.int32)
    for shape, colour in info.regions.items():
        index[shape] = colours.index(colour.base) + 1
    holds = tuple(info.holds[:frames])
    shot = Shot(
        info.name,
        holds,
        *([], [], [], []),
        np.concatenate([np.zeros((1, 3)), np.array(colours) / 255]).astype(np.float32),
    )
    width_px = 0.0
    for at in range(1 + max(holds)):
        drawing = encoded.drawing(at, planes=("ink", "regions", "trace"))
        assert drawing.ink is not None
        assert drawing.regions is not None
        line = drawing.ink
        if drawing.trace is not None and info.trace_rgb is not None:
            darkness = 1 - min(info.trace_rgb) / 255
            line = np.maximum(line, (drawing.trace * darkness).astype(np.uint8))
        width_px = width_px or line_width_px(line)
        random = np.random.default_rng([SEED, number, at])
        shot.drawn.append(line)
        shot.ink.append(
            line
            if style == CLEAN
            else without_paper(styled(line, STYLES[style], random, width_px=width_px))
        )
        shot.truth.append(index[drawing.regions])
        shot.shape.append(drawing.regions.astype(np.int32))
    return shot


def hint_on(shot: Shot, drawing: int, dabs: str) -> NDArray[np.float32]:
    """(H, W, 4) the hint of one drawing.

    Args:
        shot: The shot.
        drawing: Which drawing.
        dabs: "full", the whole truth; "5px", a dab in every true region; or a number of dabs, on
            the largest regions.

    """
    truth, region = shot.truth[drawing], shot.region[drawing]
    hint = np.zeros((*truth.shape, 4), np.float32)
    if dabs == FULL:
        inside = region > 0
        hint[inside, :3], hint[inside, 3] = shot.colours[truth[inside]], 1
        return hint
    area = np.bincount(region.reshape(-1))
    area[0] = 0
    largest = np.argsort(-area, kind="stable")[: np.count_nonzero(area)]
    chosen = largest if dabs == EVERY_REGION else largest[: int(dabs)]
    boxes = boxes_of(region)
    for one in chosen.tolist():
        top, left, bottom, right = boxes[one]
        inside = region[top:bottom, left:right] == one
        y, x = deepest_in(inside)
        dab(hint, (y + top, x + left), shot.colours[truth[y + top, x + left]], region == one)
    return hint


def dab(
    hint: NDArray[np.float32],
    at: tuple[int, int],
    colour: NDArray[np.float32],
    inside: NDArray[np.bool_],
) -> None:
    """Dab a hint of 5 px; a careful hand, no dab crosses its line."""
    y, x = at
    box = np.s_[
        max(y - DAB_REACH_PX, 0) : y + DAB_REACH_PX + 1,
        max(x - DAB_REACH_PX, 0) : x + DAB_REACH_PX + 1,
    ]
    hint[box][inside[box]] = (*colour, 1)


def deepest_in(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """The row and column of the pixel that is furthest from the outline."""
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(y) - 1, int(x) - 1


def boxes_of(label: NDArray[np.int32]) -> NDArray[np.intp]:
    """(labels, 4): top, left, bottom and right of every label; the last two are one beyond."""
    flat = label.reshape(-1)
    first = np.flatnonzero(np.diff(flat, prepend=-1))  # of each run along the rows
    runs, width = flat[first], label.shape[1]
    row, start = np.divmod(first, width)
    last_row, stop = np.divmod(np.append(first[1:], len(flat)) - 1, width)
    wraps = last_row > row
    start, stop = np.where(wraps, 0, start), np.where(wraps, width - 1, stop)
    boxes = np.zeros((int(flat.max()) + 1, 4), np.intp)
    boxes[:, :2] = max(label.shape)
    np.minimum.at(boxes[:, 0], runs, row)
    np.minimum.at(boxes[:, 1], runs, start)
    np.maximum.at(boxes[:, 2], runs, last_row + 1)
    np.maximum.at(boxes[:, 3], runs, stop + 1)
    return boxes
