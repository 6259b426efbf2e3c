"""Everything that can be set about a finish: one line and a unit under each field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .errors import SettingsError


@dataclass(frozen=True)
class FlatSettings:
    """Settings of the flat finish. Lengths are pixels of the line art, at its own size."""

    gap_px: float = 4.0
    """Widest gap in an outline that counts as closed, in pixels; 0 closes none."""

    speck_px: int = 8
    """Patches of paper smaller than this area, in pixels, join their neighbour; 0 keeps them all."""

    ink_threshold: int = 20
    """Ink of at least this coverage, 1..255, is a line. Low, because anti-aliased thin lines leak."""

    def __post_init__(self) -> None:
        problems = []
        if not (math.isfinite(self.gap_px) and 0 <= self.gap_px <= 64):
            problems.append(f"gap_px: expected 0..64 pixels, got {self.gap_px}")
        if self.speck_px < 0:
            problems.append(f"speck_px: expected an area of 0 pixels or more, got {self.speck_px}")
        if not 1 <= self.ink_threshold <= 255:
            problems.append(f"ink_threshold: expected 1..255, got {self.ink_threshold}")
        if problems:
            raise SettingsError("; ".join(problems))


@dataclass(frozen=True)
class PaintedSettings:
    """Settings of the painted finish."""

    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Arithmetic of the convolutions; auto takes the fastest that the device does natively."""

    tile_px: int = 0
    """Edge of the tiles a frame is processed in, in pixels, to bound memory; 0 is the whole frame."""

    def __post_init__(self) -> None:
        problems = []
        if self.precision not in ("auto", "fp32", "bf16", "fp16"):
            problems.append(f"precision: expected auto, fp32, bf16 or fp16, got {self.precision!r}")
        if self.tile_px < 0:
            problems.append(f"tile_px: expected 0 pixels or more, got {self.tile_px}")
        if problems:
            raise SettingsError("; ".join(problems))
