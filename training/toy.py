"""The shortest way through everything: prepare a sample, train a small painter, paint, look."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from celtint.engine import colorize_sequence

from .config import load_config
from .data.shards import SET_FILE
from .loop.run import Finished, fit, with_steps
from .loop.strips import write_picture
from .sample import Sample, read_sample, write_sample_set

Pixels = NDArray[np.uint8]

SHOWN = 6
"""Frames on the strip."""


def train_toy(
    folder: Path,
    out: Path,
    *,
    steps: int | None = None,
    minutes: float = 2.5,
    stop: threading.Event | None = None,
    console: Console | None = None,
) -> tuple[Finished, Path]:
    """Train on a sample and paint it from its hints; goes on where it was stopped.

    Args:
        folder: Such as `samples/meadow`.
        out: For the set, the run and the strip.
        steps: Steps; None takes the preset's.
        minutes: The most that training takes.
        stop: Asks to leave after the step in flight.
        console: Where progress is shown.

    Returns:
        What became of the run, and the strip: line, hint, painted and truth of some frames.

    Raises:
        DataError: The folder is no sample.
        CheckpointError: A checkpoint cannot be written.

    """
    sample = read_sample(folder)
    if not (out / "set" / SET_FILE).exists():
        write_sample_set(sample, out / "set")
    config = with_steps(load_config("toy"), steps)
    done = fit(
        config,
        out / "set",
        out / "run",
        minutes=minutes,
        is_resumed=True,
        stop=stop,
        console=console,
    )
    picture = paint_sample(sample, done.weights)
    write_picture(out / "strip.png", picture)
    return done, out / "strip.png"


def paint_sample(sample: Sample, weights: Path) -> Pixels:
    """Paint a sample from its hints.

    Returns:
        (height, width, 3) uint8: rows of line, hint, painted and truth, a column a shown frame.

    """
    hints = sample.hints()
    shown = sorted({round(at) for at in np.linspace(0, len(sample.ink) - 1, SHOWN)})
    painted = {
        frame.index: frame.painted_srgb
        for frame in colorize_sequence(sample.ink, hints, finish="painted", model=weights)
    }
    columns = []
    for index in shown:
        line = 255 - sample.ink[index]
        hint = hints.get(index, np.zeros((*line.shape, 4), np.float32))
        srgb = painted[index]
        assert srgb is not None  # noqa: S101 - the painted finish always has it
        rows = [
            cv2.cvtColor(line, cv2.COLOR_GRAY2RGB),
            _bytes(hint[..., :3]),
            _under(_bytes(srgb), line),
            _under(sample.truth(index), line),
        ]
        columns.append(np.vstack(rows))
    return np.hstack(columns)


def in_terminal(picture: Pixels, columns: int) -> Text:
    """A picture as coloured half blocks, two pixels a character."""
    rows = max(2, round(picture.shape[0] * columns / picture.shape[1]) // 2 * 2)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    text = Text()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True):
            style = "rgb({},{},{}) on rgb({},{},{})".format(*top, *bottom)
            text.append("\N{UPPER HALF BLOCK}", style)
        text.append("\n")
    return text


def _bytes(srgb: NDArray[np.float32]) -> Pixels:
    return np.rint(255 * np.clip(srgb, 0, 1)).astype(np.uint8)


def _under(paint: Pixels, line: Pixels) -> Pixels:
    """Black line over paint."""
    inked = cv2.multiply(paint, cv2.cvtColor(line, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    return np.asarray(inked, np.uint8)
