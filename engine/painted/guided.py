"""Our generator: a U-Net that chooses, for every pixel, between colours that are already there.

The paper's generator (`generator.py`) makes every colour anew in eight blocks at a quarter of the
size: colour spreads 35 quarter pixels from a hint, and a flat region comes out cloudy. This one is
given the frame's regions filled by its hints and by the previous frame (`guides.py`), looks at five
sizes down to 1/32, so that it sees a whole figure, and puts out weights: how much of the hint's
fill, of the memory's fill, of the previous pixel and of a colour of its own makes up a pixel. So a
hinted region comes out flat in its exact colour wherever one weight is near 1, and nothing leaves
[0, 1]. Of a greyscale frame the luma is known already; there it chooses what is left, the hue and
how colourful it is. No layer computes statistics over the picture: a small crop trains what a large
frame needs.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from .luma import with_luma

INPUTS = 16
"""Line 1, hint RGB 3, previous RGB 3, hint mask 1, hint fill 3, its support 1, memory fill 3, its
agreement 1."""

LINE = slice(0, 1)
PREVIOUS = slice(4, 7)
HINT_FILL = slice(8, 11)
HINT_SUPPORT = slice(11, 12)
MEMORY_FILL = slice(12, 15)
MEMORY_AGREEMENT = slice(15, 16)

SIZE_MULTIPLE = 32  # five levels below full size, each half the last

_CANDIDATES = 4  # hint fill, memory fill, previous pixel, own colour
_FIRST_BIAS = (2.0, 1.0, -2.0, 0.0)  # before training: the hint, else memory
_LEVEL_WIDTH = (1.0, 1.5, 2.0, 3.0, 4.0)  # channels at 1/2, 1/4, 1/8, 1/16, 1/32, of the width


class GuidedGenerator(nn.Module):
    """F_t from line art, hints and F_{t-1}, as `Generator` computes it, by choosing colours.

    With the default size there are 5 276 380 parameters.

    Args:
        width: Channels at half size, a multiple of 2; four times as many at 1/32.
        blocks: Residual blocks at 1/32; at the other sizes there is one on the way down and one on
            the way up.
        keeps_luma: Whether frames come as greyscale, and keep their luma.

    """

    inputs = INPUTS

    def __init__(self, *, width: int = 64, blocks: int = 2, keeps_luma: bool = False) -> None:
        super().__init__()
        if width < 2 or width % 2 or blocks < 1:
            raise ValueError(
                "width must be even and at least 2, blocks at least 1; "
                f"got width={width}, blocks={blocks}"
            )
        self.width = width
        self.keeps_luma = keeps_luma
        channels = [int(width * factor) for factor in _LEVEL_WIDTH]
        self.first = nn.Conv2d(4 * INPUTS, width, 3, padding=1)
        self.encoders = nn.ModuleList(ResidualBlock(count) for count in channels[:-1])
        self.downs = nn.ModuleList(
            nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairwise(channels)
        )
        self.ups = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(channels))
        self.blocks = nn.ModuleList(ResidualBlock(channels[-1]) for _ in range(blocks))
        self.decoders = nn.ModuleList(ResidualBlock(count) for count in channels[:-1])
        self.last = nn.Conv2d(width, 4 * (_CANDIDATES + 3), 3, padding=1)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Kaiming's initialisation; every residual branch starts as nothing."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for module in self.modules():
            if isinstance(module, ResidualBlock):
                nn.init.zeros_(module.second.weight)
        nn.init.normal_(self.last.weight, 0.0, 0.01)
        # Channels lie as pixel_shuffle takes them apart: four pixels of one output together.
        bias = torch.tensor([*_FIRST_BIAS, 0.0, 0.0, 0.0]).repeat_interleave(4)
        self.last.bias = nn.Parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        """Paint a batch of frames.

        Args:
            x: (N, 16, H, W) floating in [0, 1], sRGB-encoded, laid out as `inputs.py` says; any
                H, W >= 1. float32 keeps filled colours exact whatever the convolutions run in.

        Returns:
            (N, 3, H, W) float32 on the same device, values in [0, 1], sRGB-encoded.

        Raises:
            ValueError: x has not four axes or not 16 channels.

        """
        if x.ndim != 4 or x.shape[1] != INPUTS:
            raise ValueError(
                f"expected (N, {INPUTS}, H, W) with {INPUTS} input channels; got {tuple(x.shape)}"
            )
        height, width = x.shape[-2:]
        padding = (0, -width % SIZE_MULTIPLE, 0, -height % SIZE_MULTIPLE)
        h = F.pixel_unshuffle(F.pad(x, padding).to(self.first.weight.dtype), 2)
        h = F.relu(self.first(h.contiguous(memory_format=torch.channels_last)))
        skips = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            skips.append(encoder(h))
            h = down(skips[-1])
        for block in self.blocks:
            h = block(h)
        for up, decoder in zip(reversed(self.ups), reversed(self.decoders), strict=True):
            h = skips.pop() + F.interpolate(up(h), scale_factor=2.0, mode="nearest")
            h = decoder(h)
        chosen = F.pixel_shuffle(self.last(F.relu(h)), 2)[..., :height, :width].float()
        x = x.float()
        painted = _mixed(x, chosen[:, :_CANDIDATES], torch.sigmoid(chosen[:, _CANDIDATES:]))
        return with_luma(painted, x[:, LINE]) if self.keeps_luma else painted


def _mixed(x: Tensor, logits: Tensor, own: Tensor) -> Tensor:
    """The candidates of every pixel, weighted; those that are not there have no weight."""
    support, agreement = x[:, HINT_SUPPORT], x[:, MEMORY_AGREEMENT]
    has_memory = agreement > 0
    # A colour that little speaks for begins with little weight; the network adds what it sees.
    log_odds = torch.cat([support, agreement, torch.ones_like(x[:, :2])], dim=1).clamp(min=1e-3)
    here = torch.cat([support > 0, has_memory, has_memory, torch.ones_like(has_memory)], dim=1)
    logits = (logits + log_odds.log()).masked_fill(~here, -torch.inf)
    weight = torch.softmax(logits, dim=1)
    return (
        weight[:, 0:1] * x[:, HINT_FILL]
        + weight[:, 1:2] * x[:, MEMORY_FILL]
        + weight[:, 2:3] * x[:, PREVIOUS]
        + weight[:, 3:4] * own
    )


class ResidualBlock(nn.Module):
    """The input and two 3x3 convolutions of it, normalised over the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same; fastest where x is channels-last."""
        normalised = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return x + self.second(F.relu(self.first(normalised)))
