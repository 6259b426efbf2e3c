"""One clip from one shot: where and when, which colours, which lines, which hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from .clip_config import ClipConfig, HintKind, LineSource
from .hints import PAPER_SHARE, Hint, dabs_on_colour, dabs_on_regions, no_hint, patches
from .line_art import boundary_lines, canny_lines, luma, true_ink, xdog_lines
from .line_styles import draw_style, line_width_px, styled
from .recolour import ColourTable, colours_of, finished_frame, flat_paint, inked, new_colours
from .shots import Drawing, EncodedShot, ShotInfo

Pixels = NDArray[np.uint8]

SPARSEST_SHARE = 0.0003
"""Of the cells, for `sparse` hints: one in a frame of 256x256."""

SPARE_POSITIONS = 2
"""A run is this much longer than a clip, so that clips of one run need not begin alike."""

LEAST_INK = 0.01
"""A window with less ink than this is blank: two others are tried."""

LATER_DABS = 0.3
"""How often a later frame gets dabs, for `dabs_some`."""

DABS_ON_COLOUR = 24
"""Dabs on a frame without regions that stand for one in each region."""

Kind = TypeVar("Kind", bound=str)


@dataclass(frozen=True)
class Clip:
    """Frames to learn from, all uint8.

    Attributes:
        line: (T, H, W): 255 paper, 0 solid ink; or luma.
        hint: (T, H, W, 3) sRGB, black where there is none.
        hint_mask: (T, H, W), 255 where a hint lies.
        truth: (T, H, W, 3) sRGB of the finished frames.
        paint: (T, H, W, 3) sRGB of the paint under the lines; of frames that come without regions
            the finished frames.
        is_hold: (T,) bool: whether a frame shows the drawing of the frame before.
        shot: Name of the shot.

    """

    line: Pixels
    hint: Pixels
    hint_mask: Pixels
    truth: Pixels
    paint: Pixels
    is_hold: NDArray[np.bool_]
    shot: str


@dataclass(frozen=True)
class Run:
    """Some neighbouring positions of a shot, decoded.

    Attributes:
        info: The shot.
        positions: The drawing at each position.
        drawings: Decoded drawings by number.

    """

    info: ShotInfo
    positions: Sequence[int]
    drawings: Mapping[int, Drawing]


def decode_run(shot: EncodedShot, config: ClipConfig, rng: np.random.Generator) -> Run:
    """Decode as much of a shot as some clips need, from a position at random."""
    info = shot.info
    positions = info.holds if config.follows == "film" else tuple(range(info.drawings))
    length = (config.frames - 1) * config.stride + 1 + SPARE_POSITIONS
    first = int(rng.integers(max(1, len(positions) - length + 1)))
    run = positions[first : first + length]
    planes = ("ink", "regions", "shade", "trace", "colour")
    return Run(info, run, {n: shot.drawing(n, planes=planes) for n in sorted(set(run))})


def cut_clip(run: Run, config: ClipConfig, rng: np.random.Generator) -> Clip:
    """Make one clip. The same run, settings and generator give the same bytes."""
    shown = _positions(len(run.positions), config, rng)
    numbers = [run.positions[at] for at in shown]
    window = _window(run.info, run.drawings[numbers[0]], config, rng)
    flip = bool(rng.random() < config.flipped)
    table = None
    if run.info.regions is not None:
        table = colours_of(run.info)
        if rng.random() < config.recoloured:
            table = new_colours(table, rng)
    turn = None
    if table is None and rng.random() < config.recoloured:
        turn = _turn_of_colours(rng)
    view = _View(window, flip, config.crop_px)
    framed = {
        number: _framed(run.drawings[number], table, turn, view)
        for number in dict.fromkeys(numbers)
    }
    lines = _lines(run.info, framed, config, rng)
    hints = _hints([framed[number] for number in numbers], table, config.hints, rng)
    holds = [False, *(before == now for before, now in pairwise(numbers))]
    return Clip(
        line=np.stack([lines[number] for number in numbers]),
        hint=np.stack([hint.colour for hint in hints]),
        hint_mask=np.stack([hint.mask for hint in hints]),
        truth=np.stack([framed[number].truth for number in numbers]),
        paint=np.stack([framed[number].paint for number in numbers]),
        is_hold=np.array(holds),
        shot=run.info.name,
    )


@dataclass(frozen=True)
class _Framed:
    """A drawing in the clip's window and size, its finished frame, the paint under its lines."""

    drawing: Drawing
    truth: Pixels
    paint: Pixels


@dataclass(frozen=True)
class _View:
    """Which part of the frame a clip shows, and how."""

    window: tuple[slice, slice]
    is_flipped: bool
    size_px: int


def _positions(length: int, config: ClipConfig, rng: np.random.Generator) -> list[int]:
    """Consecutive positions, in a stride; a short run holds its last drawing."""
    stride = int(rng.integers(1, config.stride + 1))
    first = int(rng.integers(max(1, length - (config.frames - 1) * stride)))
    return [min(first + n * stride, length - 1) for n in range(config.frames)]


def _window(
    info: ShotInfo, drawing: Drawing, config: ClipConfig, rng: np.random.Generator
) -> tuple[slice, slice]:
    """A square of the frame, as large as one to `zoom` clips, where something is drawn."""
    largest = min(info.height, info.width)
    if rng.random() < config.whole:
        side = largest
    else:
        side = min(round(config.crop_px * 2 ** rng.uniform(0, np.log2(config.zoom))), largest)
    for _ in range(3):
        top = int(rng.integers(info.height - side + 1))
        left = int(rng.integers(info.width - side + 1))
        window = np.s_[top : top + side, left : left + side]
        if drawing.ink is None or drawing.ink[window][::2, ::2].mean() >= 255 * LEAST_INK:
            break
    return window


def _framed(
    drawing: Drawing,
    table: ColourTable | None,
    turn: NDArray[np.float32] | None,
    view: _View,
) -> _Framed:
    """Cut, paint at the drawing's own resolution, then scale: edges mix as a camera mixes them."""
    cut = Drawing(**{name: _seen(plane, view) for name, plane in drawing.planes().items()})
    if table is not None and cut.regions is not None and cut.ink is not None:
        paint = flat_paint(cut.regions, cut.shade, table)
        truth = inked(paint, cut.ink)
    else:
        truth = paint = finished_frame(cut, table)
        if turn is not None:
            truth = paint = np.asarray(cv2.transform(truth, turn))
    if truth.shape[0] != view.size_px:
        planes = cut.planes()
        cut = Drawing(**{name: _scaled(name, planes[name], view.size_px) for name in planes})
        truth = _scaled("truth", truth, view.size_px)
        paint = _scaled("paint", paint, view.size_px)
    return _Framed(cut, truth, paint)


def _seen(plane: NDArray[Any], view: _View) -> NDArray[Any]:
    seen = plane[view.window]
    return np.asarray(cv2.flip(seen, 1)) if view.is_flipped else np.ascontiguousarray(seen)


def _scaled(name: str, plane: NDArray[Any], size: int) -> NDArray[Any]:
    if name in {"regions", "shade"}:
        how = cv2.INTER_NEAREST_EXACT
    else:
        how = cv2.INTER_AREA if plane.shape[0] > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (size, size), interpolation=how))


def _turn_of_colours(rng: np.random.Generator) -> NDArray[np.float32]:
    """A turn of all hues about the grey axis with a gain, for frames without regions: (3, 4)."""
    axis = np.ones(3) / np.sqrt(3)
    matrix = cv2.Rodrigues(axis * rng.uniform(-np.pi, np.pi))[0] * rng.uniform(0.8, 1.1)
    offset = np.full((3, 1), rng.uniform(-12, 12))
    return np.hstack([matrix, offset]).astype(np.float32)


def _lines(
    info: ShotInfo, framed: Mapping[int, _Framed], config: ClipConfig, rng: np.random.Generator
) -> dict[int, Pixels]:
    """What the network sees of each drawing: 255 is paper."""
    if config.mode == "greyscale":
        return {number: luma(frame.truth) for number, frame in framed.items()}
    source = _source(info, config.lines, rng)
    inks = {number: _ink(source, frame, info) for number, frame in framed.items()}
    if rng.random() < config.styled:
        style = draw_style(rng)
        width_px = line_width_px(next(iter(inks.values())))
        inks = {n: styled(ink, style, rng, width_px=width_px) for n, ink in inks.items()}
    return {number: 255 - ink for number, ink in inks.items()}


def _source(
    info: ShotInfo, weights: Mapping[LineSource, float], rng: np.random.Generator
) -> LineSource:
    if info.regions is None:
        # Frames of video have no ink of their own: edges stand in for it.
        of_frames: dict[LineSource, float] = {
            kind: weight for kind, weight in weights.items() if kind in {"canny", "xdog"}
        }
        weights = of_frames if any(of_frames.values()) else {"canny": 1.0}
    return _drawn(weights, rng)


def _drawn(weights: Mapping[Kind, float], rng: np.random.Generator) -> Kind:
    kinds = list(weights)
    shares = np.array([weights[kind] for kind in kinds], float)
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]


def _ink(source: LineSource, frame: _Framed, info: ShotInfo) -> Pixels:
    drawing = frame.drawing
    if source == "ink":
        return true_ink(drawing, info.trace_rgb)
    if source == "boundaries" and drawing.regions is not None:
        return boundary_lines(drawing.regions, drawing.shade)
    return xdog_lines(frame.truth) if source == "xdog" else canny_lines(frame.truth)


def _hints(
    frames: Sequence[_Framed],
    table: ColourTable | None,
    weights: Mapping[HintKind, float],
    rng: np.random.Generator,
) -> list[Hint]:
    kind = _drawn(weights, rng)
    share = float(np.exp(rng.uniform(np.log(SPARSEST_SHARE), np.log(PAPER_SHARE))))
    dab_share = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.2, 1))
    hints = []
    for number, frame in enumerate(frames):
        if kind == "paper":
            hint = patches(frame.truth, rng)
        elif kind == "clean" or (kind == "clean_first" and number == 0):
            hint = patches(frame.truth, rng, only_one_colour=True)
        elif kind == "sparse":
            hint = patches(frame.truth, rng, share=share, only_one_colour=True)
        elif kind == "dabs_all" or (kind in {"dabs_first", "dabs_some"} and number == 0):
            hint = _dabs(frame, table, dab_share, rng)
        elif kind == "dabs_some" and rng.random() < LATER_DABS:
            hint = _dabs(frame, table, float(rng.uniform(0.05, 0.3)), rng)
        else:
            hint = no_hint(*frame.truth.shape[:2])
        hints.append(hint)
    return hints


def _dabs(
    frame: _Framed, table: ColourTable | None, share: float, rng: np.random.Generator
) -> Hint:
    drawing = frame.drawing
    if table is None or drawing.regions is None or drawing.ink is None:
        return dabs_on_colour(frame.truth, rng, count=max(1, round(share * DABS_ON_COLOUR)))
    paint = flat_paint(drawing.regions, drawing.shade, table)
    return dabs_on_regions(paint, drawing.ink, drawing.regions, rng, share=share)
