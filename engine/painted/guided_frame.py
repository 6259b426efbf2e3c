"""The guided generator on whole frames: half precision, channels-last, in one piece."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor

from ..device import Device
from ..errors import SettingsError
from .guided import GuidedGenerator
from .settings import PaintedSettings

# Channels of full size that are there at once, of the network's number type and of float32: those
# at half size count a quarter. Measured at 1920x1080 and 3840x2160, with the heap's holes.
_HALF_SIZE_MAPS = 8
_FLOAT_CHANNELS = 48


class GuidedFrame:
    """A guided generator prepared to paint whole frames, one at a time, on one device.

    Args:
        generator: Its weights are copied; later changes to it are not seen.
        device: Where to run and in which arithmetic.
        settings: Bounds of memory; strips do not apply.

    """

    def __init__(
        self, generator: GuidedGenerator, device: Device, settings: PaintedSettings | None = None
    ) -> None:
        self.device = device
        self._settings = settings or PaintedSettings()
        self._generator = copy.deepcopy(generator).eval().requires_grad_(False)
        self._generator.to(device.torch_device, device.dtype)
        self._generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, frame: Tensor) -> Tensor:
        """Paint one frame.

        Args:
            frame: (1, 16, H, W) float32 on the device, values as `GuidedGenerator.forward` has
                them.

        Returns:
            (H, W, 3) float32 in [0, 1], on the device.

        Raises:
            SettingsError: the frame needs more memory than the settings allow.

        """
        height, width = frame.shape[-2:]
        needed, allowed = self.needed_mb(height, width), self._settings.max_memory_mb
        if needed > allowed:
            raise SettingsError(
                f"max_memory_mb: a frame of {width}x{height} needs {needed} MB, {allowed} MB are "
                "allowed"
            )
        with torch.inference_mode():
            painted: Tensor = self._generator(frame)[0].permute(1, 2, 0).contiguous()
        return painted

    def needed_mb(self, height: int, width: int) -> int:
        """Megabytes of feature maps, in 1e6 bytes, beside PyTorch and weights."""
        maps = _HALF_SIZE_MAPS * self._generator.width / 4 * self.device.dtype.itemsize
        return math.ceil(height * width * (maps + _FLOAT_CHANNELS * 4) / 1e6)
