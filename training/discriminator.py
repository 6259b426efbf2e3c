"""The paper's discriminator: a 70x70 PatchGAN with spectral normalisation that judges sequences.

D(I_line^{t-1}, F^{t-1}, I_line^t, F^t), equation 2. Layers as the PatchGAN of Isola et al. (2017)
without its batch normalisation; spectral normalisation (Miyato et al. 2018) on every convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it
from torch.nn.utils.parametrizations import spectral_norm

SEQUENCE_CHANNELS = 8
"""Line 1 and frame RGB 3, of the previous frame and of this one."""

RECEPTIVE_FIELD_PX = 70
"""Side of the square of the input that one output looks at."""

_SLOPE = 0.2  # of the leaky ReLU, as Isola et al.


class SequenceDiscriminator(nn.Module):
    """Says for overlapping patches of two consecutive frames whether they are real.

    Five 4x4 convolutions of strides 2, 2, 2, 1, 1. Outputs are logits: the sigmoid of the paper's
    log D is in the loss, where it is exact.

    Args:
        width: Channels of the first layer; the paper's network has 64.

    """

    def __init__(self, *, width: int = 64) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width must be at least 1; got {width}")
        self.width = width
        channels = (SEQUENCE_CHANNELS, width, 2 * width, 4 * width, 8 * width, 1)
        strides = (2, 2, 2, 1, 1)
        self.layers = nn.ModuleList()
        for before, after, stride in zip(channels[:-1], channels[1:], strides, strict=True):
            layer = nn.Conv2d(before, after, 4, stride=stride, padding=1)
            nn.init.normal_(layer.weight, 0.0, 0.02)
            layer.bias = nn.Parameter(torch.zeros(after))
            self.layers.append(spectral_norm(layer))

    def forward(self, sequence: Tensor) -> Tensor:
        """Judge sequences.

        Args:
            sequence: (N, 8, H, W) floating, see `sequence_of`; H, W >= 32.

        Returns:
            (N, 1, H/8 - 2, W/8 - 2) logits, high where the patch looks real.

        """
        h = sequence
        for layer in self.layers[:-1]:
            h = F.leaky_relu(layer(h), _SLOPE)
        judged: Tensor = self.layers[-1](h)
        return judged


def sequence_of(
    line_before: Tensor | None, frame_before: Tensor | None, line: Tensor, frame: Tensor
) -> Tensor:
    """Lay out a pair of frames for the discriminator.

    Args:
        line_before: (N, 1, H, W) line art of the previous frame; None for the first frame, which
            follows a blank one.
        frame_before: (N, 3, H, W) the previous frame, or None.
        line: (N, 1, H, W) line art in [0, 1].
        frame: (N, 3, H, W) in [0, 1].

    Returns:
        (N, 8, H, W).

    """
    if line_before is None:
        line_before = torch.zeros_like(line)
    if frame_before is None:
        frame_before = torch.zeros_like(frame)
    return torch.cat([line_before, frame_before, line, frame], dim=1)
