"""The network that describes regions: a U-Net over the reduced picture, read out at points."""

from __future__ import annotations

from functools import partial
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from torch import Tensor, nn

from .sight import GEOMETRY, TOUCHES

DESCRIPTOR = 128
"""Numbers in a region's descriptor."""


class _Convolution(nn.Module):
    """A convolution and batch normalisation, which costs nothing once it is folded into it."""

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, kernel: int = 3, is_folded: bool
    ) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=is_folded)
        self.norm = None if is_folded else nn.BatchNorm2d(outputs, momentum=0.02)

    def forward(self, x: Tensor) -> Tensor:
        x = self.weigh(x)
        return x if self.norm is None else cast(Tensor, self.norm(x))

    def folded(self) -> dict[str, Tensor]:
        """State of the same convolution without normalisation."""
        if self.norm is None:
            return self.weigh.state_dict()
        mean, variance = self.norm.running_mean, self.norm.running_var
        if mean is None or variance is None:
            raise ValueError("expected a normalisation that keeps running statistics")
        scale = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        return {
            "weight": self.weigh.weight * scale[:, None, None, None],
            "bias": self.norm.bias - mean * scale,
        }


class _Block(nn.Module):
    """Two convolutions around which the input is added (He et al., 2016)."""

    def __init__(self, channels: int, *, is_folded: bool) -> None:
        super().__init__()
        self.first = _Convolution(channels, channels, is_folded=is_folded)
        self.second = _Convolution(channels, channels, is_folded=is_folded)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class RegionNetwork(nn.Module):
    """Describes every region of a drawing by a unit vector.

    A U-Net (Ronneberger et al., 2015; the way up adds as in Lin et al., "Feature Pyramid
    Networks", 2017) computes features of the whole picture. Each region looks them up at its own
    points, so none is lost however small it is, keeps their mean and maximum, and joins them
    with its place and size.

    Args:
        widths: Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's size.
        descriptor: Numbers in a descriptor.
        is_folded: Without batch normalisation: for weights that `folded` gave.

    """

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 64, 128, 128, 128),
        descriptor: int = DESCRIPTOR,
        *,
        is_folded: bool = False,
    ) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.descriptor = descriptor
        convolution = partial(_Convolution, is_folded=is_folded)
        fine, quarter, *deep = self.widths
        # Three channels of 2x2 pixels, x, y, and whether there is a drawing at all.
        self.stem = convolution(3 * 4 + 3, fine)
        self.fine = convolution(fine, fine)
        self.down = nn.ModuleList()
        before = fine
        for width in (quarter, *deep):
            block = nn.Sequential(
                convolution(before, width, stride=2), nn.ReLU(), _Block(width, is_folded=is_folded)
            )
            self.down.append(block)
            before = width
        self.lateral = nn.ModuleList()
        self.up = nn.ModuleList()
        for width in reversed((quarter, *deep[:-1])):
            self.lateral.append(convolution(before, width, kernel=1))
            self.up.append(convolution(width, width))
            before = width
        pooled = 2 * quarter + 2 * fine
        self.describe = nn.Sequential(
            nn.LayerNorm(pooled + GEOMETRY + TOUCHES),
            nn.Linear(pooled + GEOMETRY + TOUCHES, 2 * descriptor),
            nn.GELU(),
            nn.Linear(2 * descriptor, descriptor),
        )

    def features(self, picture: Tensor, extent: Tensor) -> tuple[Tensor, Tensor]:
        """Features at half and at a quarter of the picture's size.

        Args:
            picture: (N, 3, h, w), see `Sight`.
            extent: (N, 2) height and width of each drawing in its picture, in pixels.

        Returns:
            (N, C, h / 2, w / 2) and (N, C', h / 4, w / 4).

        """
        x = F.pixel_unshuffle(picture, 2)
        x = torch.cat([x, _place(x, extent / 2)], dim=1)
        x = x.contiguous(memory_format=torch.channels_last)
        fine = F.relu(self.fine(F.relu(self.stem(x))))
        levels = []
        x = fine
        for down in self.down:
            x = down(x)
            levels.append(x)
        for lateral, up, level in zip(self.lateral, self.up, levels[-2::-1], strict=True):
            x = F.interpolate(F.relu(lateral(x)), scale_factor=2, mode="nearest")
            x = F.relu(up(x + level))
        return fine, x

    def forward(
        self, picture: Tensor, extent: Tensor, points: Tensor, geometry: Tensor, touches: Tensor
    ) -> Tensor:
        """Descriptors of the regions of N drawings.

        Args:
            picture: (N, 3, h, w), see `Sight`.
            extent: (N, 2) height and width of each drawing in its picture, in pixels.
            points: (N, R, K, 2) x and y in pixels of the picture; drawings of fewer regions are
                filled up with any points, whose descriptors mean nothing.
            geometry: (N, R, GEOMETRY).
            touches: (N, R, TOUCHES).

        Returns:
            (N, R, D) float32, each of length 1.

        """
        fine, coarse = self.features(picture, extent)
        seen_fine = look_up(fine, points, 2)
        seen_coarse = look_up(coarse, points, 4)
        pooled = [
            seen_coarse.mean(dim=2),
            seen_coarse.amax(dim=2),
            seen_fine.mean(dim=2),
            seen_fine.amax(dim=2),
        ]
        # (N, R, sum of channels)
        joined = torch.cat([*pooled, geometry, touches], dim=2)
        return F.normalize(cast(Tensor, self.describe(joined)).float(), dim=2)


@torch.no_grad()
def folded(network: RegionNetwork) -> RegionNetwork:
    """The same network with its batch normalisation, as it is now, folded into the convolutions."""
    state = network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, _Convolution):
            state = {key: t for key, t in state.items() if not key.startswith(f"{name}.")}
            state |= {f"{name}.weigh.{key}": t for key, t in module.folded().items()}
    made = RegionNetwork(network.widths, network.descriptor, is_folded=True)
    made.load_state_dict(state)
    return made.eval()


def _place(x: Tensor, extent: Tensor) -> Tensor:
    """(N, 3, h, w) x and y from the middle of each drawing, in halves of its long side; inside."""
    _, _, height, width = x.shape
    rows = torch.arange(height, device=x.device, dtype=torch.float32).view(1, height, 1) + 0.5
    columns = torch.arange(width, device=x.device, dtype=torch.float32).view(1, 1, width) + 0.5
    size = extent.float()[:, :, None, None]
    half = size.amax(dim=1) / 2
    inside = (rows < size[:, 0]) & (columns < size[:, 1])
    across = (columns - size[:, 1] / 2) / half * inside
    along = (rows - size[:, 0] / 2) / half * inside
    return torch.stack([across, along, inside.float()], dim=1).to(x.dtype)


def look_up(features: Tensor, points: Tensor, reduction: int) -> Tensor:
    """Bilinear features at points.

    Args:
        features: (N, C, h, w), best channels-last.
        points: (N, R, K, 2) x and y in pixels of a picture `reduction` times as large; outside
            of it the nearest feature is taken.
        reduction: How many times smaller the features are than the picture.

    Returns:
        (N, R, K, C) float32.

    """
    n, channels, height, width = features.shape
    place = (points.float() + 0.5) / reduction - 0.5
    x = place[..., 0].clamp(0, width - 1)
    y = place[..., 1].clamp(0, height - 1)
    left, top = x.floor(), y.floor()
    right_share, bottom_share = (x - left)[..., None], (y - top)[..., None]
    first = torch.arange(n, device=features.device).view(n, 1, 1) * (height * width)
    left, top = left.long(), top.long()
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    rows = features.permute(0, 2, 3, 1).reshape(-1, channels)
    corner = torch.stack(
        [
            first + top * width + left,
            first + top * width + right,
            first + bottom * width + left,
            first + bottom * width + right,
        ]
    )
    # In one go, because each look-up would get a gradient as large as all features.
    seen = rows.index_select(0, corner.reshape(-1)).view(*corner.shape, channels).float()
    above = torch.lerp(seen[0], seen[1], right_share)
    below = torch.lerp(seen[2], seen[3], right_share)
    return torch.lerp(above, below, bottom_share)
