"""Everything that can be set about the flat finish: one line and a unit under each field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .errors import SettingsError
from .trace import why_no_hues


@dataclass(frozen=True)
class FlatSettings:
    """Settings of the flat finish. Lengths are pixels of the line art, at its own size."""

    gap_px: float = 6.0
    """Widest gap that counts as closed, in pixels; half as much more in broken lines; 0: none."""

    speck_px: int = 8
    """Patches of paper of less area than this, in pixels, join their neighbour; 0 keeps all."""

    ink_threshold: int = 20
    """Ink of at least this coverage, 1..255, is a line. Low: anti-aliased thin lines leak."""

    min_confidence: float = 0.0
    """Regions less sure of their colour than this, 0..1, stay unpainted; 0 paints all there are."""

    unreached: Literal["unpainted", "guess"] = "unpainted"
    """Regions that no hint reaches: `unpainted`, or `guess`, the likeliest colour, hardly sure."""

    trace: str = "auto"
    """Hues of colour-trace lines, `red,blue`: borders that are painted over; auto, or off."""

    def __post_init__(self) -> None:
        problems = []
        if not (math.isfinite(self.gap_px) and 0 <= self.gap_px <= 64):
            problems.append(f"gap_px: expected 0..64 pixels, got {self.gap_px}")
        if self.speck_px < 0:
            problems.append(f"speck_px: expected an area of 0 pixels or more, got {self.speck_px}")
        if not 1 <= self.ink_threshold <= 255:
            problems.append(f"ink_threshold: expected 1..255, got {self.ink_threshold}")
        if not 0 <= self.min_confidence <= 1:
            problems.append(f"min_confidence: expected 0..1, got {self.min_confidence}")
        if self.unreached not in ("unpainted", "guess"):
            problems.append(f"unreached: expected unpainted or guess, got {self.unreached!r}")
        if (reason := why_no_hues(self.trace)) is not None:
            problems.append(f"trace: {reason}")
        if problems:
            raise SettingsError("; ".join(problems))
