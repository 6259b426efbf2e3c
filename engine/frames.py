"""What goes into the engine and what comes out, and the one check at its door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


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
        palette: (P, 3) float32, colours in the working space; row 0 stands for *unpainted* and is 0.
            It only ever grows through a shot, so that an index means one colour for the whole shot.
        painted_srgb: (H, W, 3) float32 in [0, 1], what the network painted; None in the flat finish.

    """

    index: int
    ink: NDArray[np.uint8]
    region: NDArray[np.int32] | None
    region_palette_index: NDArray[np.int32] | None
    region_confidence: NDArray[np.float32] | None
    palette: NDArray[np.float32]
    painted_srgb: NDArray[np.float32] | None = None

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
        """(H, W, 4) float32, straight RGBA in the working space; alpha 0 where unpainted."""
        if self.painted_srgb is not None:
            opaque = np.ones((*self.ink.shape, 1), np.float32)
            return np.concatenate([self.painted_srgb, opaque], axis=2)
        coverage = (np.arange(len(self.palette)) > 0).astype(np.float32)
        return np.take(np.column_stack([self.palette, coverage]), self.palette_index, axis=0)

    @cached_property
    def composite(self) -> NDArray[np.float32]:
        """(H, W, 4) float32, straight RGBA: the ink, black, over the paint, in the working space."""
        ink = (self.ink.astype(np.float32) / 255.0)[..., None]
        rgb, alpha = self.paint[..., :3], self.paint[..., 3:]
        under = alpha * (1.0 - ink)
        out_alpha = ink + under
        return np.concatenate([rgb * under / np.maximum(out_alpha, 1e-6), out_alpha], axis=2)
