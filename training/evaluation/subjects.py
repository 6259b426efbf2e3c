"""What is evaluated: weights, painted with exactly as they ship, and what they expect to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from celtint.engine.painted.painter import NetworkPainter, load_painter
from celtint.engine.painted.weights import REGISTRY, registered_weights

from ..data.hints import Hint
from ..data.line_art import canny_lines, luma
from ..described import Description, Lines, read_description
from .clips import Clip, TrueFrame, as_float
from .protocols import Protocol, as_rgba

WEIGHTS = "weights.safetensors"
"""What `celtint-train fit` calls the weights in a run's folder."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Weights under evaluation.

    Attributes:
        label: What tables call them.
        painter: Paints with them.
        is_greyscale: They see the finished frame's luma instead of line art: the paper's second
            mode.
        takes_hints: False for the paper's baseline, which is shown none.
        lines: Line art is the true ink, or the paper's Canny edges of the finished frame.
        leaves_lines_out: They paint what is under the lines, which are laid over it afterwards;
            others paint the finished frame.
        description: What the file says of itself.

    """

    label: str
    painter: NetworkPainter
    is_greyscale: bool
    takes_hints: bool
    lines: Lines
    leaves_lines_out: bool
    description: Description

    @property
    def sees(self) -> str:
        """For tables: what it sees of a drawing."""
        return "greyscale" if self.is_greyscale else f"line art ({self.lines})"

    @property
    def sha256(self) -> str:
        """Of the weight file."""
        return self.painter.weights.sha256


@dataclass(frozen=True, eq=False)
class Painted:
    """One frame as it was painted.

    Attributes:
        index: In the clip, from 0.
        true: What it should be.
        hint: What the protocol shows on this frame, whether or not the subject takes hints.
        seen: (H, W) uint8, the line art or greyscale that the network saw, 255 is paper.
        picture: (H, W, 3) float32 in [0, 1], the finished frame.

    """

    index: int
    true: TrueFrame
    hint: Hint | None
    seen: NDArray[np.uint8]
    picture: NDArray[np.float32]


def load_subject(
    file: str | Path,
    *,
    label: str | None = None,
    is_greyscale: bool | None = None,
    takes_hints: bool | None = None,
    lines: Lines | None = None,
    device: str = "auto",
) -> Subject:
    """Load weights to evaluate.

    Args:
        file: A weight file, the folder of a run, or a name in the registry of those that ship.
        label: None for the file's name.
        is_greyscale: None for what the file says of itself; line art if it says nothing.
        takes_hints: None likewise; hints if it says nothing.
        lines: None for those the file was trained on; true ink if it says nothing.
        device: As `load_painter` has it.

    Raises:
        WeightsError: The file is missing, no safetensors, or does not fit.
        DeviceError: The device is not there.

    """
    path = Path(file)
    if path.is_dir():
        path = path / WEIGHTS
        file = path
    painter = load_painter(file, device)
    shipped = {entry.name: entry.file for entry in registered_weights()}
    if str(file) in shipped:
        path = REGISTRY.parent / shipped[str(file)]
    description = read_description(path)
    return Subject(
        label=label or Path(file).stem,
        painter=painter,
        is_greyscale=description.is_greyscale if is_greyscale is None else is_greyscale,
        takes_hints=description.takes_hints if takes_hints is None else takes_hints,
        lines=lines or description.lines,
        leaves_lines_out=description.leaves_lines_out,
        description=description,
    )


def paint_clip(
    subject: Subject, clip: Clip, protocol: Protocol, *, seed: int, is_previous_true: bool = False
) -> Iterator[Painted]:
    """Paint a clip frame by frame; the first follows a blank one.

    Args:
        subject: Who paints.
        clip: What is painted.
        protocol: Which hints there are.
        seed: Of the hints.
        is_previous_true: Every later frame follows the true frame before it, as a network does in
            training, instead of its own last output, as it does when it ships.

    """
    previous: NDArray[np.float32] | None = None
    before: NDArray[np.uint8] | None = None
    for index in range(clip.frames):
        true = clip.frame(index)
        hint = protocol.hint(true, clip.name, index, seed)
        shown = as_rgba(hint) if hint is not None and subject.takes_hints else None
        seen = seen_of(subject, true)
        picture = subject.painter.step(previous, seen, shown, before)
        finished, truth = picture, true.finished
        if subject.leaves_lines_out:
            finished, truth = over_paint(true, picture), true.paint
        yield Painted(index, true, hint, seen, finished)
        previous = as_float(truth) if is_previous_true else picture
        before = seen


def seen_of(subject: Subject, true: TrueFrame) -> NDArray[np.uint8]:
    """(H, W) uint8, what a network sees of a drawing, 255 is paper.

    Of frames of which only colour is known, line art is Canny edges whatever was asked for.
    """
    if subject.is_greyscale:
        return luma(true.finished)
    if true.ink is None or subject.lines == "canny":
        return np.asarray(255 - canny_lines(true.finished), np.uint8)
    return np.asarray(255 - true.ink, np.uint8)


def over_paint(true: TrueFrame, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) the true ink, black, over what was painted; the picture itself without ink."""
    if true.ink is None:
        return picture
    return picture * (np.float32(1) - as_float(true.ink)[..., None])
