"""Everything that can be set about the painted finish: one line and a unit under each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import SettingsError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True)
class PaintedSettings:
    """Settings of the painted finish. None of them changes a picture by more than rounding."""

    precision: Precision = "auto"
    """Arithmetic of the convolutions; auto takes the fastest that the device does natively."""

    max_memory_mb: int = 4000
    """Most memory for the feature maps of one frame, in 1e6 bytes, beside PyTorch and weights."""

    strip_rows: int = 0
    """Rows of the frame that are computed at a time, a multiple of 4; 0 chooses by its width."""

    def __post_init__(self) -> None:
        problems = []
        if self.precision not in PRECISIONS:
            problems.append(
                f"precision: expected one of {', '.join(PRECISIONS)}, got {self.precision!r}"
            )
        if self.max_memory_mb < 1:
            problems.append(f"max_memory_mb: expected 1 or more, got {self.max_memory_mb}")
        if self.strip_rows < 0 or self.strip_rows % 4:
            problems.append(
                f"strip_rows: expected 0 or a positive multiple of 4, got {self.strip_rows}"
            )
        if problems:
            raise SettingsError("; ".join(problems))
