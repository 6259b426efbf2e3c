"""The generator on whole frames, fast: half precision, channels-last, strip by strip."""

from __future__ import annotations

import logging
import math
from typing import cast

import torch
from torch import Tensor, nn

from ..device import Device
from ..errors import SettingsError
from .convolutions import LastConvolution, RowConvolution
from .generator import Generator, ResidualBlock
from .settings import PaintedSettings
from .strips import ConvolvedMap, FeatureMap, InputMap, ResidualMap, strip_bounds

_LOG = logging.getLogger(__name__)

# Larger strips waste less on the rows that neighbouring windows share, smaller ones stay in the
# cache. On a CPU with 2 MB of second-level cache a core, 4 to 8 MB were best at 1920x1080.
STRIP_BYTES = 6_000_000

# Strips that come and go leave holes in the heap; measured at 1920x1080 to 7680x4320, a run takes
# up to this much more than the strips that are there.
HEAP_HOLES = 1.5


class FrameGenerator:
    """A generator prepared to paint whole frames, one at a time, on one device.

    The result is that of `Generator.forward` to rounding, whatever the settings.

    Args:
        generator: Its weights are copied; later changes to it are not seen.
        device: Where to run and in which arithmetic.
        settings: Bounds of memory.

    """

    def __init__(
        self, generator: Generator, device: Device, settings: PaintedSettings | None = None
    ) -> None:
        self.device = device
        self.inputs = generator.inputs
        self._width = generator.width
        self._settings = settings or PaintedSettings()

        def rows_of(layer: nn.Module) -> RowConvolution:
            return RowConvolution(cast(nn.Conv2d | nn.ConvTranspose2d, layer), device)

        self._first = rows_of(generator.first)
        self._down1, self._down2 = rows_of(generator.down1), rows_of(generator.down2)
        self._blocks = [
            (rows_of(cast(ResidualBlock, block).dilated), rows_of(cast(ResidualBlock, block).plain))
            for block in generator.blocks
        ]
        self._up1, self._up2 = rows_of(generator.up1), rows_of(generator.up2)
        self._last = LastConvolution(generator.last, device)

    def __call__(self, frame: Tensor) -> Tensor:
        """Paint one frame.

        Args:
            frame: (1, inputs, H, W) of the device and its dtype, channels-last, values as
                `Generator.forward` has them; H, W multiples of 4 and at least 12.

        Returns:
            (H, W, 3) float32 in [0, 1], on the device.

        Raises:
            SettingsError: the frame needs more memory than the settings allow.

        """
        with torch.inference_mode():
            return self._paint(frame)

    def _paint(self, frame: Tensor) -> Tensor:
        _, _, height, width = frame.shape
        rows = self.strip_rows(height, width)
        keeps = self.keeps_full_size_maps(height, width)
        h: FeatureMap = InputMap(frame)
        h = ConvolvedMap(self._first, h, strip_rows=rows, keeps=keeps)
        h = ConvolvedMap(self._down1, h, strip_rows=rows)
        h = ConvolvedMap(self._down2, h, strip_rows=rows)
        for dilated, plain in self._blocks:
            branch = ConvolvedMap(dilated, h, strip_rows=rows, keeps_source=True)
            h = ResidualMap(h, ConvolvedMap(plain, branch, strip_rows=rows), strip_rows=rows)
        h = ConvolvedMap(self._up1, h, strip_rows=rows)
        h = ConvolvedMap(self._up2, h, strip_rows=rows, keeps=keeps)
        painted = torch.empty((height, width, 3), device=frame.device)
        halo = self._last.halo
        for first, end in strip_bounds(height, rows):
            window = h.window(first - halo, end + halo, reflects=True, halo=halo)
            strip = painted[first:end]
            strip.copy_(self._last(window))
            strip.tanh_().add_(1.0).mul_(0.5)
            h.forget(end - halo)
        return painted

    def strip_rows(self, height: int, width: int) -> int:
        """Rows of a map computed at a time; the same at all sizes, as channels double with each."""
        if self._settings.strip_rows:
            return self._settings.strip_rows
        row_bytes = self._width * width * self.device.dtype.itemsize
        if self.device.is_cuda and self._needed_mb(height, width, height)[0] <= (
            self._settings.max_memory_mb
        ):
            return height  # a GPU gains nothing from strips
        return max(STRIP_BYTES // row_bytes // 4 * 4, 4)

    def keeps_full_size_maps(self, height: int, width: int) -> bool:
        """Whether the two maps of full size are kept, or computed twice to save their memory.

        Raises:
            SettingsError: even then the frame needs more than the settings allow.

        """
        allowed = self._settings.max_memory_mb
        kept, recomputed = self.needed_mb(height, width)
        if kept <= allowed:
            return True
        if recomputed <= allowed:
            _LOG.info("Full-size maps are computed twice: kept, they would take %d MB", kept)
            return False
        raise SettingsError(
            f"max_memory_mb: a frame of {width}x{height} needs {recomputed} MB, {allowed} MB are "
            "allowed"
        )

    def needed_mb(self, height: int, width: int) -> tuple[int, int]:
        """Megabytes of feature maps with the full-size maps kept, and with them computed twice."""
        return self._needed_mb(height, width, self.strip_rows(height, width))

    def _needed_mb(self, height: int, width: int, strip_rows: int) -> tuple[int, int]:
        # At its peak one map of full size is there whole and the next not yet; without those, two
        # of a quarter of the size are, with four times the channels.
        itemsize = self.device.dtype.itemsize
        full = height * width * self._width * itemsize
        ends = height * width * (self.inputs * itemsize + 3 * 4)
        # The window, the strip that is computed and what oneDNN sets aside, of rows with halos.
        strips = 6 * (strip_rows + 6) * width * self._width * itemsize
        kept, recomputed = (
            math.ceil((maps * HEAP_HOLES + ends + strips) / 1e6) for maps in (full, full // 2)
        )
        return kept, recomputed
