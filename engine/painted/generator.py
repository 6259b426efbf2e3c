"""The paper's generator, for training and as the reference of the fast path.

Thasarathan and Ebrahimi, "Artist-Guided Semiautomatic Animation Colorization", ICCV Workshops 2019.
The paper fixes the layout (section 3: "2 downsampling layers followed by 8 residual blocks and 2
upsampling layers back to the input size", instance normalisation) and the inputs (equation 1). The
layer sizes follow the architecture it builds on, from its published description: reflection
padding, 7x7 convolutions at both ends, 4x4 convolutions of stride 2 between.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

INSTANCE_NORM_EPS = 1e-5  # the value of Ulyanov et al. (2017) as PyTorch has it

# The stride-2 layers ask for multiples of 4; the dilated 3x3 convolution reflects two pixels at a
# quarter of the size, for which that needs three, so twelve.
SIZE_MULTIPLE = 4
LEAST_SIZE = 12


@dataclass(frozen=True)
class Preset:
    """Which channels the network sees.

    Attributes:
        name: What weight files and settings call it.
        inputs: Number of input channels: line 1, hint RGB 3, previous frame RGB 3 and, last, the
            hint's mask 1 if there is one.
        has_hint_mask: Whether the network sees where hints are. Without (the paper), a black hint
            looks like no hint.
        is_guided: Whether it is a `GuidedGenerator`, which also sees the regions filled by hints
            and by the previous frame: 8 channels more.
        keeps_luma: Whether it is given greyscale frames and colours them without a change of luma.

    """

    name: str
    inputs: int
    has_hint_mask: bool
    is_guided: bool = False
    keeps_luma: bool = False


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("paper2019", inputs=7, has_hint_mask=False),
        Preset("masked2019", inputs=8, has_hint_mask=True),
        Preset("guided", inputs=16, has_hint_mask=True, is_guided=True),
        Preset("guided-luma", inputs=16, has_hint_mask=True, is_guided=True, keeps_luma=True),
    )
}


class Generator(nn.Module):
    """F_t = G(I_line, I_hint, F_{t-1}), equation 1 of the paper.

    Convolutions before an instance normalisation carry no bias: the normalisation takes it away
    again, so it would be a parameter without effect. With 7 inputs at full width there are
    10 779 267 parameters, with 8 there are 10 782 403.

    Args:
        inputs: Channels in, see `Preset`.
        width: Channels at full size; twice that at half, four times at a quarter of the size.
        blocks: Number of residual blocks.

    """

    def __init__(self, *, inputs: int = 7, width: int = 64, blocks: int = 8) -> None:
        super().__init__()
        if inputs < 1 or width < 1 or blocks < 0:
            raise ValueError(
                "inputs and width must be at least 1, blocks at least 0; "
                f"got inputs={inputs}, width={width}, blocks={blocks}"
            )
        self.inputs = inputs
        self.width = width
        self.first = nn.Conv2d(inputs, width, 7, bias=False)
        self.down1 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.down2 = nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False)
        self.blocks = nn.ModuleList(ResidualBlock(4 * width) for _ in range(blocks))
        self.up1 = nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.up2 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)
        self.last = nn.Conv2d(width, 3, 7)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every weight from N(0, 0.02), biases zero."""
        for parameter in self.parameters():
            if parameter.is_meta:
                continue  # there are no numbers, but torch takes a second over it
            if parameter.ndim > 1:
                nn.init.normal_(parameter, 0.0, 0.02)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Paint a batch of frames.

        Args:
            x: (N, inputs, H, W) floating, values in [0, 1], sRGB-encoded: line art or greyscale
                (1 is paper), hint RGB on black, previous frame RGB, and the hint's mask if the
                preset has one. Any H, W >= 1; see `pad_frame`. Values outside [0, 1] are not
                clamped.

        Returns:
            (N, 3, H, W) of the same device and dtype, values in [0, 1], sRGB-encoded.

        Raises:
            ValueError: x has not four axes or not `inputs` channels.

        """
        if x.ndim != 4 or x.shape[1] != self.inputs:
            raise ValueError(
                f"expected (N, {self.inputs}, H, W) with {self.inputs} input channels; "
                f"got {tuple(x.shape)}"
            )
        height, width = x.shape[-2:]
        h = _reflect(pad_frame(x), 3)
        h = F.relu(instance_norm(self.first(h)))  # (N, width, H, W)
        h = F.relu(instance_norm(self.down1(h)))  # (N, 2 width, H/2, W/2)
        h = F.relu(instance_norm(self.down2(h)))  # (N, 4 width, H/4, W/4)
        for block in self.blocks:
            h = block(h)
        h = F.relu(instance_norm(self.up1(h)))  # (N, 2 width, H/2, W/2)
        h = F.relu(instance_norm(self.up2(h)))  # (N, width, H, W)
        painted: Tensor = (torch.tanh(self.last(_reflect(h, 3))) + 1.0) / 2.0
        return painted[..., :height, :width]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the first dilated by 2; the input is added, with no ReLU after."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dilated = nn.Conv2d(channels, channels, 3, dilation=2, bias=False)
        self.plain = nn.Conv2d(channels, channels, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same; H, W >= 3."""
        h = F.relu(instance_norm(self.dilated(_reflect(x, 2))))
        h = instance_norm(self.plain(_reflect(h, 1)))
        return x + h


def instance_norm(x: Tensor) -> Tensor:
    """Normalise every channel of every picture to mean 0 and variance 1 over its pixels.

    Without learned scale and shift (Ulyanov et al. 2017). Statistics are float32 also where x is
    half precision.
    """
    is_half = x.dtype in (torch.float16, torch.bfloat16)
    if not (
        is_half and x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last)
    ):
        return F.instance_norm(x, eps=INSTANCE_NORM_EPS)
    # For one picture, batch and instance normalisation are one. The former's CPU kernel reads
    # channels-last as it lies, the latter's copies to the other layout and back, five times slower.
    # In float32 the former is too inexact: it adds all pixels up one after the other.
    pictures = [
        F.batch_norm(picture, None, None, training=True, eps=INSTANCE_NORM_EPS)
        for picture in torch.split(x, 1)
    ]
    return pictures[0] if len(pictures) == 1 else torch.cat(pictures)


def pad_frame(x: Tensor) -> Tensor:
    """Pad (N, C, H, W) at the right and bottom to sizes the generator can halve twice.

    Sizes become multiples of 4 and at least 12. The picture is mirrored about its last row and
    column where it is large enough for that, else its last row or column is repeated.
    """
    height, width = x.shape[-2:]
    if (bottom := padded_size(height) - height) > 0:
        x = F.pad(x, (0, 0, 0, bottom), mode="reflect" if bottom < height else "replicate")
    if (right := padded_size(width) - width) > 0:
        x = F.pad(x, (0, right, 0, 0), mode="reflect" if right < width else "replicate")
    return x


def padded_size(size: int) -> int:
    """Height or width after `pad_frame`."""
    return max(-(-size // SIZE_MULTIPLE) * SIZE_MULTIPLE, LEAST_SIZE)


def _reflect(x: Tensor, pixels: int) -> Tensor:
    return F.pad(x, (pixels, pixels, pixels, pixels), mode="reflect")
