"""The generator's convolutions prepared for inference: a window of rows in, whole rows out.

Biases are absent but in the last convolution, because instance normalisation takes them away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from ..device import Device

_LOG = logging.getLogger(__name__)

# The last convolution computes this many neighbouring pixels as one, see `LastConvolution`.
LAST_PIXELS = 4


class RowConvolution:
    """One convolution, applied to a window of whole rows at a time.

    Rows outside the frame are part of the window (reflected, or zero). Columns outside are part of
    it too where the layer reflects; where it does not, the zeros are added here.

    Attributes:
        channels: Channels out.
        reflects: Whether rows and columns outside the frame are reflected (else zero).
        halo: Rows of input above and below those that the output rows stand on; where the layer
            reflects, columns too.

    """

    def __init__(self, layer: nn.Conv2d | nn.ConvTranspose2d, device: Device) -> None:
        self.channels = layer.out_channels
        stride, dilation, kernel = layer.stride[0], layer.dilation[0], layer.kernel_size[0]
        is_transposed = isinstance(layer, nn.ConvTranspose2d)
        self.reflects = stride == 1
        self.halo = dilation * (kernel - 1) // 2 if self.reflects else 1
        self._rows_in, self._rows_out = (1, stride) if is_transposed else (stride, 1)
        padding = (0, 0) if self.reflects else (0, 1)
        if is_transposed:
            # Input rows a-1..b give output rows 2a-3..2b+2; three on either side belong to others.
            padding = (3, 1)
        self._convolve = _prepared(
            _Geometry((stride, stride), padding, (dilation, dilation), is_transposed),
            layer.weight.detach(),
            None,
            device,
        )

    def __call__(self, window: Tensor) -> Tensor:
        """(1, channels in, rows, columns) -> (1, channels out, rows, columns), channels-last."""
        return self._convolve(window)

    def output_size(self, size: int) -> int:
        """Height or width that comes of an input's; also where an input row lands."""
        return size * self._rows_out // self._rows_in

    def input_rows(self, first: int, end: int) -> tuple[int, int]:
        """Input rows that output rows first..end-1 need, halo included, as [first, end).

        `first` and `end` are multiples of 2 where the layer doubles the size.
        """
        return (
            first * self._rows_in // self._rows_out - self.halo,
            end * self._rows_in // self._rows_out + self.halo,
        )


class LastConvolution:
    """The 7x7 convolution to RGB, four neighbouring pixels at a time.

    Matrix instructions fill 16 output channels at once, and three would waste the rest. Four pixels
    side by side are a convolution of stride 4 with twelve outputs, whose kernel is three columns
    wider and partly zero; its output lies in memory exactly as the RGB pixels do.
    """

    def __init__(self, layer: nn.Conv2d, device: Device) -> None:
        self.halo = layer.kernel_size[0] // 2
        channels, inputs, rows, columns = layer.weight.shape
        weight = layer.weight.new_zeros(
            LAST_PIXELS, channels, inputs, rows, columns + LAST_PIXELS - 1
        )
        for pixel in range(LAST_PIXELS):
            weight[pixel, ..., pixel : pixel + columns] = layer.weight.detach()
        bias = None if layer.bias is None else layer.bias.detach().repeat(LAST_PIXELS)
        geometry = _Geometry((1, LAST_PIXELS), (0, 0), (1, 1), is_transposed=False)
        self._convolve = _prepared(geometry, weight.flatten(0, 1), bias, device)

    def __call__(self, window: Tensor) -> Tensor:
        """(1, channels, rows + 6, columns + 6) -> (rows, columns, 3), before the tanh."""
        out = self._convolve(window)  # (1, 12, rows, columns / 4)
        _, _, rows, groups = out.shape
        return out.permute(0, 2, 3, 1).reshape(rows, groups * LAST_PIXELS, 3)


@dataclass(frozen=True)
class _Geometry:
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    is_transposed: bool


def _prepared(
    geometry: _Geometry, weight: Tensor, bias: Tensor | None, device: Device
) -> Callable[[Tensor], Tensor]:
    """The convolution as a function of its window."""
    weight = weight.to(device.torch_device, device.dtype, memory_format=torch.channels_last)
    bias = None if bias is None else bias.to(device.torch_device, device.dtype)
    stride, padding, dilation = geometry.stride, geometry.padding, geometry.dilation

    def plain(window: Tensor) -> Tensor:
        if geometry.is_transposed:
            return F.conv_transpose2d(window, weight, bias, stride, padding, dilation=dilation)
        return F.conv2d(window, weight, bias, stride, padding, dilation)

    if device.is_cuda:
        return plain
    try:
        packed = _packed(geometry, weight, bias)
        _require_same(plain, packed, weight, geometry)
    except (AttributeError, RuntimeError, TypeError) as error:
        _LOG.info("Convolution weights are laid out at every call: %s", error)
        return plain
    return packed


def _packed(geometry: _Geometry, weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """The same with the weight in oneDNN's own layout, which each call would else produce anew.

    These are the operators that PyTorch's compiler calls. They are no public interface, so a
    release that lacks or changed them gets the plain operator: slower, the same result.
    """
    stride, padding, dilation = geometry.stride, geometry.padding, geometry.dilation
    # The operators can fuse an activation; ours comes only after the normalisation.
    no_activation: tuple[str, list[float], str] = ("none", [], "")
    ops = torch.ops.mkldnn
    if geometry.is_transposed:
        laid_out = ops._reorder_convolution_transpose_weight(
            weight, padding, (0, 0), stride, dilation, 1
        )
        return lambda window: ops._convolution_transpose_pointwise(
            window, laid_out, bias, padding, (0, 0), stride, dilation, 1, *no_activation
        )
    laid_out = ops._reorder_convolution_weight(weight, padding, stride, dilation, 1)
    return lambda window: ops._convolution_pointwise(
        window, laid_out, bias, padding, stride, dilation, 1, *no_activation
    )


def _require_same(
    plain: Callable[[Tensor], Tensor],
    packed: Callable[[Tensor], Tensor],
    weight: Tensor,
    geometry: _Geometry,
) -> None:
    """Raise RuntimeError where the packed operator does not do what the plain one does."""
    inputs = weight.shape[0 if geometry.is_transposed else 1]
    window = torch.linspace(-1, 1, inputs * 12 * 12).to(weight.dtype).view(1, inputs, 12, 12)
    window = window.contiguous(memory_format=torch.channels_last)
    expected, got = plain(window), packed(window)
    # Both may round differently in their last place, which is relative to the largest output.
    tolerance = 4 * torch.finfo(weight.dtype).eps * float(expected.abs().max())
    if expected.shape != got.shape or float((expected - got).abs().max()) > tolerance:
        raise RuntimeError("the operator for packed weights gives another result")
