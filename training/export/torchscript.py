"""A quick look inside Nuke: one frame by itself as TorchScript, for the Inference node.

That node hands over one tensor and takes one, frame by frame: what was painted before cannot come
along, so every frame follows a blank one, as the first frame of a shot does. Use it to look, never
to render a shot.
"""

from __future__ import annotations

import copy
import io
import warnings
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from celtint.engine.painted.generator import (
    LEAST_SIZE,
    SIZE_MULTIPLE,
    Generator,
    ResidualBlock,
)
from celtint.engine.painted.inputs import HINT_ALPHA
from celtint.engine.painted.weights import LoadedWeights

from ..errors import CheckpointError
from ..whole_files import write_whole

CHANNELS = 5
"""Line art (1 is paper, 0 ink), hint red, green, blue (straight, not premultiplied), hint alpha."""


class SingleFrame(nn.Module):
    """The generator on one frame that follows a blank one.

    Args:
        generator: Its weights are copied, as float32.
        has_hint_mask: Whether it sees where hints are, as its preset says.

    """

    def __init__(self, generator: Generator, *, has_hint_mask: bool) -> None:
        super().__init__()
        own = copy.deepcopy(generator).float().eval().requires_grad_(False)
        # TorchScript sees a module's attributes, not the constants of a file.
        self.has_hint_mask, self.hint_alpha = has_hint_mask, HINT_ALPHA
        self.multiple, self.least = SIZE_MULTIPLE, LEAST_SIZE
        self.first, self.down1, self.down2 = own.first, own.down1, own.down2
        self.up1, self.up2, self.last = own.up1, own.up2, own.last
        self.blocks = nn.ModuleList(_Block(cast(ResidualBlock, block)) for block in own.blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Paint.

        Args:
            x: (N, 5, H, W) floating: line art, hint RGB, hint alpha, all sRGB-encoded and in
                [0, 1]. A hint counts from an alpha of one half.

        Returns:
            (N, 3, H, W) float32 in [0, 1], sRGB-encoded.

        """
        x = x.float()
        is_hinted = (x[:, 4:5] >= self.hint_alpha).float()
        hint = torch.nan_to_num(x[:, 1:4], nan=0.0).clamp(0.0, 1.0) * is_hinted
        parts = [x[:, 0:1], hint, torch.zeros_like(hint)]
        if self.has_hint_mask:
            parts.append(is_hinted)
        height, width = x.shape[2], x.shape[3]
        bottom = max((-height) % self.multiple, self.least - height)
        right = max((-width) % self.multiple, self.least - width)
        h = _padded(torch.cat(parts, dim=1), bottom, right)
        h = F.relu(_normalised(self.first(F.pad(h, [3, 3, 3, 3], mode="reflect"))))
        h = F.relu(_normalised(self.down1(h)))
        h = F.relu(_normalised(self.down2(h)))
        for block in self.blocks:
            h = block(h)
        h = F.relu(_normalised(self.up1(h)))
        h = F.relu(_normalised(self.up2(h)))
        painted = (torch.tanh(self.last(F.pad(h, [3, 3, 3, 3], mode="reflect"))) + 1.0) / 2.0
        return painted[:, :, :height, :width]


class _Block(nn.Module):
    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        self.dilated, self.plain = block.dilated, block.plain

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(_normalised(self.dilated(F.pad(x, [2, 2, 2, 2], mode="reflect"))))
        h = _normalised(self.plain(F.pad(h, [1, 1, 1, 1], mode="reflect")))
        return x + h


def _normalised(x: Tensor) -> Tensor:
    return F.instance_norm(x)  # its own epsilon is the engine's


def _padded(x: Tensor, bottom: int, right: int) -> Tensor:
    """As the engine's `pad_frame`, of which TorchScript would fix the size of one frame."""
    if bottom > 0:
        x = F.pad(x, [0, 0, 0, bottom], mode="reflect" if bottom < x.shape[2] else "replicate")
    if right > 0:
        x = F.pad(x, [0, right, 0, 0], mode="reflect" if right < x.shape[3] else "replicate")
    return x


def export_torchscript(weights: LoadedWeights, out: Path) -> None:
    """Write a single-frame TorchScript file.

    Raises:
        CheckpointError: The network needs more than one frame's pixels.
        OSError: `out` cannot be written.

    """
    generator = weights.generator
    if not isinstance(generator, Generator):
        raise CheckpointError(
            f"{weights.name} is of the preset {weights.preset.name}, which is shown the frame's "
            "closed regions beside its pixels: no TorchScript finds them. Only paper2019 and "
            "masked2019 can be exported for Nuke's Inference node"
        )
    module = SingleFrame(generator, has_hint_mask=weights.preset.has_hint_mask)
    content = io.BytesIO()
    with warnings.catch_warnings():
        # Nuke's converter takes TorchScript and nothing that came after it.
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.\w+. is deprecated")
        torch.jit.save(torch.jit.script(module), content)
    write_whole(out, content.getvalue())
