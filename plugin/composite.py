"""Line art over paint, in half floats and in the output's colour space.

Everything is looked up by region or palette index; only pixels that hold line are computed. A frame
is made channel by channel, each in one piece of memory, as a file has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.codec import RunMap

from .colour import as_half
from .marks import Marks, marked
from .pixels import packed

# Channels of an output frame, in the order of the last axis of every array here.
CHANNELS = (
    "R",
    "G",
    "B",
    "A",
    "paint.R",
    "paint.G",
    "paint.B",
    "paint.A",
    "confidence.Y",
)
_WHITE_PAPER = np.uint64(0x3C00_3C00_3C00_3C00)
_HALF_ONE = 0x3C00
_HALF_SIGN = 0x8000


def blank(shape: tuple[int, ...]) -> NDArray[np.float16]:
    """A frame to compose into: (H, W, 9) float16, undefined, each channel in one piece."""
    return np.empty((len(CHANNELS), *shape), np.float16).transpose(1, 2, 0)


def compose_flat(
    line: NDArray[np.float16] | Marks,
    region: RunMap,
    region_palette_index: NDArray[np.int32],
    region_confidence: NDArray[np.float32],
    palette_file: NDArray[np.float16],
    *,
    on_paper: bool = False,
    out: NDArray[np.float16] | None = None,
) -> NDArray[np.float16]:
    """The nine channels of a flat frame.

    Args:
        line: (H, W, 4) float16, premultiplied, in the output's space; or, of line art on nothing,
            its marks.
        region: The region of every pixel, 0..R-1.
        region_palette_index: (R,) int32, 0 where unpainted.
        region_confidence: (R,) float32, 0..1.
        palette_file: (P, 3) float16, palette in the output's space; row 0 is ignored.
        on_paper: True where the line art is drawn on white paper, not on nothing.
        out: A `blank` frame to fill, else a new one is made.

    Returns:
        (H, W, 9) float16, channels as `CHANNELS`, each in one piece of memory.

    """
    painted = region_palette_index > 0
    table = np.zeros((5, len(region_palette_index)), np.float16)
    table[:3] = np.where(painted[:, None], palette_file[region_palette_index], 0).T
    table[3] = painted
    table[4] = region_confidence
    out = blank(region.shape) if out is None else out
    planes = _planes(out)
    of_run, length = region.by_region()
    for channel, values in enumerate(table.view(np.uint16), start=4):
        planes[channel] = np.repeat(values[of_run], length).reshape(region.shape)
    planes[:4] = planes[4:8]
    _lay_line(line, planes, on_paper=on_paper)
    return out


def compose_entries(
    line: NDArray[np.float16],
    entry: NDArray[np.int32],
    confidence: NDArray[np.float16],
    palette_file: NDArray[np.float16],
    *,
    on_paper: bool = False,
) -> NDArray[np.float16]:
    """The nine channels of a flat frame of which every pixel's palette entry is known.

    Args:
        line: (H, W, 4) float16, premultiplied, in the output's space.
        entry: (H, W) int32, number of the palette entry, 0 where unpainted.
        confidence: (H, W) float16, 0..1.
        palette_file: (P, 3) float16, palette by number; row 0 is ignored.
        on_paper: True where the line art is drawn on white paper, not on nothing.

    Returns:
        As `compose_flat` of the regions that the entries stand for.

    """
    table = np.zeros((len(palette_file), 4), np.float16)
    table[1:, :3] = palette_file[1:]
    table[1:, 3] = 1
    out = blank(entry.shape)
    planes = _planes(out)
    for channel, values in enumerate(np.ascontiguousarray(table.view(np.uint16).T), start=4):
        np.take(values, entry, out=planes[channel], mode="clip")
    planes[:4] = planes[4:8]
    planes[8] = confidence.view(np.uint16)
    _lay_line(line, planes, on_paper=on_paper)
    return out


def compose_painted(
    line: NDArray[np.float16] | Marks,
    paint: NDArray[np.float16],
    *,
    confidence: float = 1.0,
    on_paper: bool = False,
    out: NDArray[np.float16] | None = None,
) -> NDArray[np.float16]:
    """The nine channels of a painted frame; as `compose_flat`, but for every pixel its own paint.

    Args:
        line: (H, W, 4) float16, premultiplied, in the output's space.
        paint: (H, W, 3) float16, opaque, in the output's space.
        confidence: What the confidence channel holds, 0..1.
        on_paper: True where the line art is drawn on white paper, not on nothing.
        out: A `blank` frame to fill, else a new one is made.

    """
    out = blank(paint.shape[:2]) if out is None else out
    planes = _planes(out)
    for channel in range(3):
        planes[4 + channel] = paint[..., channel].view(np.uint16)
    planes[7] = _HALF_ONE
    planes[8] = np.float16(confidence).view(np.uint16)
    planes[:4] = planes[4:8]
    _lay_line(line, planes, on_paper=on_paper)
    return out


def line_over(
    line: NDArray[np.float32], paint: NDArray[np.float32], *, on_paper: bool
) -> NDArray[np.float32]:
    """Premultiplied (..., 4) line over premultiplied (..., 4) paint.

    On nothing: line + paint * (1 - alpha of line), Porter and Duff (1984). On paper: line * paint,
    so that paint shows as on tracing paper; the line alone where there is no paint.
    """
    if on_paper:
        over: NDArray[np.float32] = line * np.where(paint[..., 3:] > 0, paint, 1)
        return over
    return line + paint * np.clip(1 - line[..., 3:], 0, 1)


def _planes(out: NDArray[np.float16]) -> NDArray[np.uint16]:
    """(9, H, W) the bits of a frame, channel by channel: as halves, copies would be converted."""
    planes = out.transpose(2, 0, 1)
    if not planes.flags.c_contiguous:
        raise ValueError("expected a blank frame, got one whose channels are not in one piece")
    return planes.view(np.uint16)


def _lay_line(
    line: NDArray[np.float16] | Marks, planes: NDArray[np.uint16], *, on_paper: bool
) -> None:
    """Composite the line into channels 0..3 of a frame, which hold the paint."""
    if isinstance(line, Marks):
        marks = line
    else:
        chosen = marked(line)
        if on_paper:
            # Where there is no paint the paper stays; paper of exactly 1 leaves paint as it is.
            bare = chosen & (planes[7] == 0)
            for channel in range(4):
                np.copyto(planes[channel], line[..., channel].view(np.uint16), where=bare)
            chosen &= ~bare
            chosen &= packed(np.ascontiguousarray(line)) != _WHITE_PAPER
        marks = Marks.where(line, chosen)
    flat = planes.reshape(len(planes), -1)
    if not on_paper:
        # Nothing shows through: the line's own bits stay, the sign of a zero included.
        alpha = marks.alpha.view(np.uint16)
        is_opaque = (alpha >= _HALF_ONE) & (alpha < _HALF_SIGN)
        opaque, marks = marks.chosen(is_opaque), marks.chosen(~is_opaque)
        for channel in range(4):
            stored = opaque.channel(channel)
            flat[channel][opaque.at] = 0 if stored is None else stored.view(np.uint16)
    own, under = np.zeros((2, 4, len(marks.at)), np.float32)
    for channel in range(4):
        stored = marks.channel(channel)
        if stored is not None:
            own[channel] = stored
        under[channel] = flat[4 + channel][marks.at].view(np.float16)
    over = as_half(line_over(own.T, under.T, on_paper=on_paper).T)
    for channel, values in enumerate(over.view(np.uint16)):
        flat[channel][marks.at] = values
