"""What goes into the engine and what comes out, and the one check at its door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .errors import FrameError
from .scan import without_paper
from .under_lines import under_lines

DAB_ALPHA = 0.5
"""A hint pixel counts from this alpha on: what is fainter is the rim of a brush."""


@dataclass(frozen=True)
class Contradiction:
    """A hint that could not be honoured, because another one claims the same region.

    Attributes:
        region: Region the hint lies in.
        x, y: The middle pixel of the part of the hint that lost.
        hinted: Its colour, working space.
        painted: The colour that the region got; None if it stayed as it was, because no more than
            the edge of a dab spilled over a line.
        pixels: How many hint pixels were overruled.

    """

    region: int
    x: int
    y: int
    hinted: tuple[float, float, float]
    painted: tuple[float, float, float] | None
    pixels: int


@dataclass(frozen=True, eq=False)
class PaintedFrame:
    """One painted frame.

    The compact arrays are stored; the images a viewer wants are made on first use.

    Attributes:
        index: Place of the frame in the shot, from 0.
        ink: (H, W) uint8, coverage of the line art, 0..255.
        region: (H, W) int32, the region of every pixel, under the ink too, 0..R-1; None in the
            painted finish.
        region_palette_index: (R,) int32, palette index of every region, 0 where unpainted; None in
            the painted finish.
        region_confidence: (R,) float32, 0..1; None in the painted finish.
        palette: (P, 3) float32, colours in the working space; row 0 is *unpainted*, and 0. It only
            ever grows through a shot, so that an index means one colour for the whole shot.
        painted_srgb: (H, W, 3) float32 in [0, 1], what the network painted; None in the flat
            finish.
        contradictions: Hints of this frame that could not be honoured.
        is_painted_with_lines: Whether `painted_srgb` has the lines in it, so that they have to come
            out of the paint before the artist's own are laid over it.

    """

    index: int
    ink: NDArray[np.uint8]
    region: NDArray[np.int32] | None
    region_palette_index: NDArray[np.int32] | None
    region_confidence: NDArray[np.float32] | None
    palette: NDArray[np.float32]
    painted_srgb: NDArray[np.float32] | None = None
    contradictions: tuple[Contradiction, ...] = ()
    is_painted_with_lines: bool = False

    @cached_property
    def palette_index(self) -> NDArray[np.int32]:
        """(H, W) int32, 0 where unpainted; all 0 in the painted finish."""
        if self.region is None or self.region_palette_index is None:
            return np.zeros(self.ink.shape, np.int32)
        return np.take(self.region_palette_index, self.region)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(H, W) float32, 0..1; all 1 in the painted finish, which does not know where it errs."""
        if self.region is None or self.region_confidence is None:
            return np.ones(self.ink.shape, np.float32)
        return np.take(self.region_confidence, self.region)

    @cached_property
    def paint(self) -> NDArray[np.float32]:
        """(H, W, 4) float32, straight RGBA in the working space; alpha 0 where unpainted.

        Under the lines, without them.
        """
        if self.painted_srgb is not None:
            paint = self.painted_srgb
            if self.is_painted_with_lines:
                paint = under_lines(paint, self.ink)
            opaque = np.ones((*self.ink.shape, 1), np.float32)
            return np.concatenate([paint, opaque], axis=2)
        coverage = (np.arange(len(self.palette)) > 0).astype(np.float32)
        return np.take(np.column_stack([self.palette, coverage]), self.palette_index, axis=0)

    @cached_property
    def composite(self) -> NDArray[np.float32]:
        """(H, W, 4) float32, straight RGBA, working space: the ink, black, over the paint."""
        ink = (self.ink.astype(np.float32) / 255.0)[..., None]
        rgb, alpha = self.paint[..., :3], self.paint[..., 3:]
        under = alpha * (1.0 - ink)
        out_alpha = ink + under
        return np.concatenate([rgb * under / np.maximum(out_alpha, 1e-6), out_alpha], axis=2)


def ink_of(frame: NDArray[np.generic], index: int = 0) -> NDArray[np.uint8]:
    """Coverage of the lines of a line-art frame.

    Args:
        frame: (H, W) ink; (H, W, 3) drawn on white paper, ink = 1 - min(rgb); or (H, W, 4)
            straight RGBA over nothing, ink = alpha * (1 - min(rgb)). uint8 0..255, or floating in
            the working space, clipped to 0..1. At least 1x1.
        index: Place of the frame in the shot, for messages.

    Returns:
        (H, W) uint8, 0..255; of what is drawn on paper without the tone and the noise of a scan
        (see `without_paper`). For (H, W) uint8 it is the frame itself, not a copy.

    Raises:
        FrameError: The array has another shape or type, or holds NaN or infinity.

    """
    ink = _coverage(frame, index)
    return without_paper(ink) if frame.ndim == 3 and frame.shape[2] == 3 else ink


def _coverage(frame: NDArray[np.generic], index: int) -> NDArray[np.uint8]:
    shape = np.shape(frame)
    if not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))) or 0 in shape:
        raise FrameError(
            f"line_art[{index}]: expected shape (H, W), (H, W, 3) or (H, W, 4), got {shape}"
        )
    is_bytes = frame.dtype == np.uint8
    if not is_bytes and not np.issubdtype(frame.dtype, np.floating):
        raise FrameError(
            f"line_art[{index}]: expected uint8 0..255 or floating 0..1, got {frame.dtype}"
        )
    if is_bytes and len(shape) == 2:
        return frame.astype(np.uint8, copy=False)
    if not is_bytes and not np.isfinite(frame).all():
        raise FrameError(f"line_art[{index}]: expected finite values, got NaN or infinity")
    if len(shape) == 2:
        return _to_bytes(frame.astype(np.float32))
    lightest = np.minimum(np.minimum(frame[..., 0], frame[..., 1]), frame[..., 2])
    if is_bytes:
        darkness = (255 - lightest).astype(np.uint8)
        if shape[2] == 3:
            return darkness
        covered = darkness.astype(np.uint16) * frame[..., 3]
        return ((covered + 127) // 255).astype(np.uint8)
    coverage = 1 - np.clip(lightest.astype(np.float32), 0, 1)
    if shape[2] == 4:
        coverage *= np.clip(frame[..., 3].astype(np.float32), 0, 1)
    return _to_bytes(coverage)


def _to_bytes(coverage: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(coverage, 0, 1) * 255 + 0.5).astype(np.uint8)


def dabs_in(
    hint: NDArray[np.generic], index: int = 0, shape: tuple[int, int] | None = None
) -> NDArray[np.bool_]:
    """(H, W) bool, where a hint counts: alpha of at least `DAB_ALPHA`. Checks the hint on the way.

    Args:
        hint: (H, W, 4) straight RGBA in the working space, floating; colours of any finite value.
        index: Place of the frame in the shot, for messages.
        shape: (H, W) of the line art, if known.

    Raises:
        FrameError: The array has another shape or type, or is NaN or infinite where it counts.

    """
    got = np.shape(hint)
    if len(got) != 3 or got[2] != 4 or 0 in got or (shape is not None and got[:2] != shape):
        height, width = shape or ("H", "W")
        raise FrameError(f"hints[{index}]: expected shape ({height}, {width}, 4), got {got}")
    if not np.issubdtype(hint.dtype, np.floating):
        raise FrameError(f"hints[{index}]: expected floating straight RGBA, got {hint.dtype}")
    # In one piece: both questions would step over the colours of every pixel else.
    alpha: NDArray[np.floating] = np.ascontiguousarray(hint[..., 3])
    if np.isnan(alpha.max()):  # which any NaN is the most of
        raise FrameError(f"hints[{index}]: expected finite alpha, got NaN")
    counts: NDArray[np.bool_] = alpha >= DAB_ALPHA
    if not np.isfinite(hint.reshape(-1, 4)[np.flatnonzero(counts)]).all():
        raise FrameError(f"hints[{index}]: expected finite colours in dabs, got NaN or infinity")
    return counts
