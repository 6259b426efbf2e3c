"""The painted finish, one frame at a time: numpy in and out, recurrent over its own output."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..device import Device, choose_device
from ..errors import FrameError
from .cuda_graphs import GraphedGenerator
from .generator import Generator, Preset
from .guided import GuidedGenerator
from .guided_frame import GuidedFrame
from .inputs import network_input
from .motion import moved_along
from .settings import PaintedSettings
from .weights import LoadedWeights, load_weights
from .whole_frame import FrameGenerator

_LOG = logging.getLogger(__name__)


class NetworkPainter:
    """Paints frames with a generator: F_t = G(I_line, I_hint, F_{t-1}), equation 1 of the paper.

    It keeps nothing between frames: the previous one is handed in, so that a run can start again
    anywhere.

    Args:
        weights: The generator and its preset.
        device: Where to run, see `choose_device`.
        settings: Bounds of memory; the precision is the device's.

    """

    def __init__(
        self, weights: LoadedWeights, device: Device, settings: PaintedSettings | None = None
    ) -> None:
        self.weights = weights
        self.device = device
        self.settings = settings or PaintedSettings()
        self._paint = _frame_generator(weights.generator, device, self.settings)

    @property
    def preset(self) -> Preset:
        """Which channels the network sees."""
        return self.weights.preset

    def step(
        self,
        previous_srgb: NDArray[np.float32] | None,
        grey: NDArray[np.uint8],
        hint_rgba: NDArray[np.floating] | None = None,
        grey_before: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.float32]:
        """Paint one frame.

        Args:
            previous_srgb: (H, W, 3) float32 in [0, 1], what the last step returned; None for the
                first frame of a shot, which follows a blank one.
            grey: (H, W) uint8, line art or greyscale, 255 is paper. Any size from 1x1.
            hint_rgba: (H, W, 4) floating, straight RGBA in the working space; pixels with an alpha
                of at least one half are hints. Colours are clamped to [0, 1]. None for no hints.
            grey_before: (H, W) uint8, the drawing of the previous frame. A guided network then
                remembers the previous frame moved as its lines have moved; the paper's, which sees
                the frame as it was, pays no heed.

        Returns:
            (H, W, 3) float32 in [0, 1], working space.

        Raises:
            FrameError: an array has another shape or type.
            SettingsError: the frame needs more memory than the settings allow.

        """
        _require_frame(previous_srgb, grey, hint_rgba)
        height, width = grey.shape
        if grey_before is not None and previous_srgb is not None and self.preset.is_guided:
            if grey_before.shape != grey.shape or grey_before.dtype != np.uint8:
                raise FrameError(
                    f"grey_before: expected {grey.shape} uint8, got {grey_before.shape} "
                    f"{grey_before.dtype}"
                )
            previous_srgb = moved_along(previous_srgb, grey_before, grey)
        frame = network_input(self.preset, grey, hint_rgba, previous_srgb, dtype=self.device.dtype)
        painted = self._to_host(self._paint(self._to_device(frame)))
        if math.isnan(float(painted.sum())):
            painted = self._painted_in_float32(grey, hint_rgba, previous_srgb)
        return np.ascontiguousarray(painted[:height, :width].numpy())

    def _painted_in_float32(
        self,
        grey: NDArray[np.uint8],
        hint_rgba: NDArray[np.floating] | None,
        previous_srgb: NDArray[np.float32] | None,
    ) -> Tensor:
        # Half precision ends at 65504; weights that exceed it on this frame may not on the next, so
        # each frame is tried anew and no frame depends on which were painted before.
        _LOG.warning("%s overflowed; the frame is painted in float32", self.device.dtype)
        device = Device(self.device.torch_device, torch.float32, self.device.description)
        paint = _frame_generator(self.weights.generator, device, self.settings)
        frame = network_input(self.preset, grey, hint_rgba, previous_srgb)
        return self._to_host(paint(self._to_device(frame)))

    def _to_device(self, frame: Tensor) -> Tensor:
        if not self.device.is_cuda:
            return frame
        # From page-locked memory the copy is queued, and the host goes on to queue the network.
        return frame.pin_memory().to(self.device.torch_device, non_blocking=True)

    def _to_host(self, painted: Tensor) -> Tensor:
        if not self.device.is_cuda:
            return painted
        host = torch.empty(painted.shape, dtype=painted.dtype, pin_memory=True)
        host.copy_(painted, non_blocking=True)
        torch.cuda.current_stream(self.device.torch_device).synchronize()
        return host


def load_painter(
    model: str | Path | None = None,
    device: str = "auto",
    settings: PaintedSettings | None = None,
) -> NetworkPainter:
    """Load weights and prepare them for a device.

    Args:
        model: A name in the registry or a safetensors file; None takes the default that ships.
        device: "auto", "cpu", "cuda" or "cuda:N".
        settings: Precision and bounds of memory.

    Raises:
        WeightsError: there are no such weights, or they do not fit.
        DeviceError: the device is not there.

    """
    settings = settings or PaintedSettings()
    chosen = choose_device(device, precision=settings.precision)
    return NetworkPainter(load_weights(model, is_shared=True), chosen, settings)


def _frame_generator(
    generator: Generator | GuidedGenerator, device: Device, settings: PaintedSettings
) -> FrameGenerator | GraphedGenerator | GuidedFrame:
    if isinstance(generator, GuidedGenerator):
        return GuidedFrame(generator, device, settings)
    frames = FrameGenerator(generator, device, settings)
    return GraphedGenerator(frames) if device.is_cuda else frames


def _require_frame(
    previous_srgb: NDArray[np.float32] | None,
    grey: NDArray[np.uint8],
    hint_rgba: NDArray[np.floating] | None,
) -> None:
    if grey.ndim != 2 or grey.dtype != np.uint8 or 0 in grey.shape:
        raise FrameError(
            f"grey: expected (H, W) uint8 with H, W >= 1, got {grey.shape} {grey.dtype}"
        )
    for name, array, channels in (("previous_srgb", previous_srgb, 3), ("hint_rgba", hint_rgba, 4)):
        if array is None:
            continue
        if array.shape != (*grey.shape, channels) or not np.issubdtype(array.dtype, np.floating):
            raise FrameError(
                f"{name}: expected {(*grey.shape, channels)} floating, got {array.shape} "
                f"{array.dtype}"
            )
