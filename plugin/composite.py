"""Line art over paint, in half floats and in the output's colour space.

Everything is looked up by region or palette index; only pixels that hold line are computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .colour import as_half
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
# Rows that are composed at a time: all that a step leaves for the next one stays in the cache.
_BLOCK_ROWS = 32
_ANY_BUT_SIGNS = np.uint64(0x7FFF_7FFF_7FFF_7FFF)
_WHITE_PAPER = np.uint64(0x3C00_3C00_3C00_3C00)
_ALPHA_SHIFT = np.uint64(48)
_HALF_ONE = np.uint64(0x3C00)
_SIGN_OF_ALPHA = np.uint64(1 << 63)
# A pixel of the output, its four channels of line over paint and of paint as one number each.
_PACKED = np.dtype([("composite", "<u8"), ("paint", "<u8"), ("confidence", "<u2")])


def compose_flat(
    line: NDArray[np.float16],
    region: NDArray[np.int32],
    region_palette_index: NDArray[np.int32],
    region_confidence: NDArray[np.float32],
    palette_file: NDArray[np.float16],
    *,
    on_paper: bool = False,
    out: NDArray[np.float16] | None = None,
) -> NDArray[np.float16]:
    """The nine channels of a flat frame.

    Args:
        line: (H, W, 4) float16, premultiplied, in the output's space.
        region: (H, W) int32, region of every pixel, 0..R-1.
        region_palette_index: (R,) int32, 0 where unpainted.
        region_confidence: (R,) float32, 0..1.
        palette_file: (P, 3) float16, palette in the output's space; row 0 is ignored.
        on_paper: True where the line art is drawn on white paper, not on nothing.
        out: (H, W, 9) float16 contiguous to fill, else a new one is made.

    Returns:
        (H, W, 9) float16, channels as `CHANNELS`.

    """
    painted = region_palette_index > 0
    table = np.zeros((len(region_palette_index), len(CHANNELS)), np.float16)
    table[:, 4:7] = np.where(painted[:, None], palette_file[region_palette_index], 0)
    table[:, 7] = painted
    table[:, :4] = table[:, 4:8]
    table[:, 8] = region_confidence
    if out is None:
        out = np.empty((*region.shape, len(CHANNELS)), np.float16)
    # As numbers: halves would be converted.
    table_bits, out_bits = table.view(np.uint16), out.view(np.uint16)
    for top in range(0, len(out), _BLOCK_ROWS):
        rows = slice(top, top + _BLOCK_ROWS)
        # "clip" lets numpy write straight into `out`.
        np.take(table_bits, region[rows], axis=0, out=out_bits[rows], mode="clip")
        _lay_line(line[rows], out[rows], on_paper=on_paper)
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
    out = np.empty((*entry.shape, len(CHANNELS)), np.float16)
    out[..., 4:8] = table[entry]
    out[..., :4] = out[..., 4:8]
    out[..., 8] = confidence
    _lay_line(line, out, on_paper=on_paper)
    return out


def compose_painted(
    line: NDArray[np.float16],
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
        out: (H, W, 9) float16 contiguous to fill, else a new one is made.

    """
    if out is None:
        out = np.empty((*paint.shape[:2], len(CHANNELS)), np.float16)
    out[..., 7] = 1
    out[..., 8] = confidence
    for top in range(0, len(out), _BLOCK_ROWS):
        rows = slice(top, top + _BLOCK_ROWS)
        out[rows, :, 4:7] = paint[rows]
        out[rows, :, :4] = out[rows, :, 4:8]
        _lay_line(line[rows], out[rows], on_paper=on_paper)
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


def _lay_line(line: NDArray[np.float16], out: NDArray[np.float16], *, on_paper: bool) -> None:
    """Composite the line into channels 0..3 of `out`, which hold the paint."""
    lanes = packed(np.ascontiguousarray(line))
    paint = out.view(_PACKED)[..., 0]
    marked = (lanes & _ANY_BUT_SIGNS) != 0
    if on_paper:
        # Where there is no paint the paper stays; paper of exactly 1 leaves paint as it is.
        copied = marked & (paint["paint"] == 0)
        marked &= lanes != _WHITE_PAPER
    else:
        # Nothing shows through: the line's own bits stay, the sign of a zero included.
        copied = (lanes >> _ALPHA_SHIFT) >= _HALF_ONE
        copied &= lanes < _SIGN_OF_ALPHA
    np.copyto(paint["composite"], lanes, where=copied)
    at = np.flatnonzero(marked & ~copied)
    if at.size:
        line_rgba, paint_rgba = (
            packed_rgba.reshape(-1)[at].view(np.float16).astype(np.float32).reshape(-1, 4)
            for packed_rgba in (lanes, paint["paint"])
        )
        over = as_half(line_over(line_rgba, paint_rgba, on_paper=on_paper))
        paint["composite"].reshape(-1)[at] = packed(over)
