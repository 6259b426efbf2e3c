"""What can be said of a frame's colours without a network: its regions filled by hints and memory.

A region closed by ink mostly has one colour. So two pictures are computed from what the network is
given anyway: every region in the colour of the hints on it, and every region in the colour that
the previous frame has there. A guided network starts from them (`guided.py`); it has to learn where
they are wrong, not how to flood a region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from ..flat.regions import find_regions
from ..settings import FlatSettings
from .generator import Preset
from .luma import canny_edges

SEGMENTATION = FlatSettings()
"""How frames are divided: as the flat finish does by default. Weights depend on it."""

FULL_SUPPORT_PX = 16.0
"""A region with so many hint pixels far from ink is sure of its colour; a 4x4 patch has as many."""

PATCH_PX = 4
"""Side of the paper's patches and of the grid that they lie in."""

_LEAST_PAPER = 0.25  # a patch with less paper than this is too dark to tell its colour
# A hint pixel counts by how much paper there is in a square of this side around it, and by how much
# of the hint in this square lies in its own region.
_AROUND_PX = 5
_TOLERANCES = (0.25, 0.08)  # how near to the main colour a pixel must be to vote again


# Edges of luma that divide a greyscale frame: weaker ones than the paper's, half as high, since two
# paints that lie side by side without a line may be nearly as bright.
_EDGES = {"sigma_px": 1.0, "low": 0.05, "high": 0.1}
_EDGE_PX = 3  # pixels across an edge that may be mixtures of both sides


@dataclass(frozen=True)
class Division:
    """How the frames of a batch are divided into regions.

    Attributes:
        label: (N, H, W) int64, numbered from 0 through all frames.
        regions: How many there are.
        paper: (N, 1, H, W) float32 in [0, 1]: 0 on what divides, 1 off it.
        is_ink: Whether what divides is black ink on the paint; in greyscale frames it is only an
            edge between two paints.

    """

    label: Tensor
    regions: int
    paper: Tensor
    is_ink: bool

    def to(self, device: torch.device) -> Division:
        """The same on a device."""
        return Division(self.label.to(device), self.regions, self.paper.to(device), self.is_ink)


def divide(preset: Preset, grey: Sequence[NDArray[np.uint8]]) -> Division:
    """Divide frames as a guided network sees them: by their ink, or by the edges of their luma.

    Args:
        preset: Says which.
        grey: N of (H, W) uint8, line art or luma, 255 is paper.

    """
    lines = [255 - frame for frame in grey]
    if preset.keeps_luma:
        lines = [canny_edges(frame, **_EDGES) for frame in grey]
    label, regions = batch_labels([region_labels(line) for line in lines])
    if preset.keeps_luma:
        across = np.ones((_EDGE_PX, _EDGE_PX), np.uint8)
        lines = [np.asarray(cv2.dilate(line, across)) for line in lines]
    paper = 1.0 - torch.from_numpy(np.stack(lines))[:, None].float() / 255.0
    return Division(label, regions, paper, is_ink=not preset.keeps_luma)


def region_labels(ink: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(H, W) coverage 0..255 -> (H, W) int32 regions from 0, under ink the nearest one."""
    return find_regions(ink, SEGMENTATION).label


def batch_labels(labels: list[NDArray[np.int32]]) -> tuple[Tensor, int]:
    """Number the regions of several frames one after the other.

    Args:
        labels: N of (H, W), each from 0.

    Returns:
        (N, H, W) int64 on the CPU, and how many regions there are in all.

    """
    offset, numbered = 0, []
    for label in labels:
        numbered.append(torch.from_numpy(label.astype(np.int64) + offset))
        offset += int(label.max()) + 1
    return torch.stack(numbered), offset


@torch.no_grad()
def hint_fill(
    line: Tensor,
    hint: Tensor,
    hint_mask: Tensor,
    label: Tensor,
    regions: int,
    *,
    is_ink: bool = True,
) -> tuple[Tensor, Tensor]:
    """Fill every region with the colour that most of its hint pixels have.

    Hint pixels near ink count little, and so do those of a dab that mostly lies in another region:
    a brush that slipped floods nothing. A patch of the paper that straddles a line shows a mixture
    of paint and ink, out of which the ink is taken first, see `without_ink`.

    Args:
        line: (N, 1, H, W) line art in [0, 1], 1 is paper.
        hint: (N, 3, H, W) in [0, 1], where there are hints.
        hint_mask: (N, 1, H, W), 1 where there are hints, else 0.
        label: (N, H, W) int64, 0..regions-1, see `batch_labels`.
        regions: How many there are.
        is_ink: Whether lines are ink, which patches may be mixed with.

    Returns:
        (N, 3, H, W) float32 fill, black where no hint is; (N, 1, H, W) float32 support in [0, 1],
        how many hint pixels speak for it.

    """
    line, hint_mask = line.float(), hint_mask.float()
    hint = without_ink(line, hint.float(), hint_mask) if is_ink else hint.float()
    side = _AROUND_PX
    paper = F.avg_pool2d(line, side, stride=1, padding=side // 2, count_include_pad=False)
    weight = (hint_mask * (paper.square().square() + 1e-4)).reshape(-1)
    at = weight.nonzero()[:, 0]  # hints are few
    pixels = hint.permute(0, 2, 3, 1).reshape(-1, 3)
    flat = label.reshape(-1)
    meant = weight[at] * _share_at_home(hint_mask[:, 0] > 0, label, at).square()
    colour, agreeing, _ = _main_colour(pixels[at], meant, flat[at], regions)
    table = torch.cat([colour, (agreeing / FULL_SUPPORT_PX).clamp(max=1.0)], dim=1)
    return _looked_up(table, flat, label)


@torch.no_grad()
def without_ink(line: Tensor, hint: Tensor, hint_mask: Tensor) -> Tensor:
    """Take black ink out of the mean colours of patches, in frames whose hints are patches.

    The paper's patches are means over finished frames: paint times paper, for black ink. A patch of
    which half is ink is half as bright as its paint. Dabs have exact colours instead and stay as
    they are. Which of the two a frame has can be seen: all of its hints are whole cells of its 4x4
    grid, each of one colour.

    Args:
        line: (N, 1, H, W) float32 line art in [0, 1], 1 is paper.
        hint: (N, 3, H, W) float32 in [0, 1], where there are hints.
        hint_mask: (N, 1, H, W) float32, 1 where there are hints, else 0.

    Returns:
        (N, 3, H, W) float32 in [0, 1], the hints without ink.

    """
    height, width = (side // PATCH_PX * PATCH_PX for side in hint_mask.shape[-2:])
    if not height or not width:
        return hint
    mask, colour = hint_mask[..., :height, :width], hint[..., :height, :width]
    lightest, darkest = F.max_pool2d(colour, PATCH_PX), -F.max_pool2d(-colour, PATCH_PX)
    some, all_of_it = F.max_pool2d(mask, PATCH_PX), -F.max_pool2d(-mask, PATCH_PX)
    is_cell = (some == all_of_it) & ((lightest == darkest).all(dim=1, keepdim=True) | (some == 0))
    of_cells = is_cell.flatten(1).all(dim=1) & (mask.sum((1, 2, 3)) == hint_mask.sum((1, 2, 3)))
    paper = F.avg_pool2d(line[..., :height, :width], PATCH_PX).clamp(min=_LEAST_PAPER)
    paper = torch.where(of_cells[:, None, None, None], paper, 1.0)
    unmixed = hint.clone()
    unmixed[..., :height, :width] /= F.interpolate(paper, scale_factor=PATCH_PX, mode="nearest")
    return unmixed.clamp(max=1.0)


def _share_at_home(is_hint: Tensor, label: Tensor, at: Tensor) -> Tensor:
    """Of the hint around each of some pixels, the share that lies in the pixel's own region."""
    reach = _AROUND_PX // 2
    _, height, width = label.shape
    picture, within = at // (height * width), at % (height * width)
    y, x = within // width, within % width
    own = label.reshape(-1)[at]
    hints = torch.zeros_like(own, dtype=torch.float32)
    at_home = torch.zeros_like(hints)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            near = (picture, (y + down).clamp(0, height - 1), (x + right).clamp(0, width - 1))
            is_near = is_hint[near]
            hints += is_near
            at_home += is_near & (label[near] == own)
    return at_home / hints.clamp(min=1)


@torch.no_grad()
def memory_fill(
    line: Tensor, previous: Tensor, label: Tensor, regions: int
) -> tuple[Tensor, Tensor]:
    """Fill every region with the colour that most of it had in the previous frame.

    Args:
        line: (N, 1, H, W) this frame's line art in [0, 1], 1 is paper.
        previous: (N, 3, H, W) the previous frame in [0, 1].
        label: (N, H, W) int64, this frame's regions, 0..regions-1.
        regions: How many there are.

    Returns:
        (N, 3, H, W) float32 fill; (N, 1, H, W) float32 agreement in [0, 1], the share of the region
        that had this colour; 0 where the previous frame is blank, all zeros.

    """
    pixels = previous.float().permute(0, 2, 3, 1).reshape(-1, 3)
    weight = line.float().reshape(-1).square() + 1e-3
    colour, agreeing, total = _main_colour(pixels, weight, label.reshape(-1), regions)
    table = torch.cat([colour, agreeing / total.clamp(min=1e-6)], dim=1)
    fill, agreement = _looked_up(table, label.reshape(-1), label)
    # The first frame follows a blank one, which is no memory of black.
    return fill, agreement * (previous.amax(dim=(1, 2, 3), keepdim=True) > 0)


def _main_colour(
    pixels: Tensor, weight: Tensor, label: Tensor, regions: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The colour in which most of the weight of each region lies: mean shift from the mean.

    Returns:
        (regions, 3) colours, black where there is no weight; (regions, 1) weight near it;
        (regions, 1) weight in all.

    """
    mean, total = _weighted_mean(pixels, weight, label, regions)
    agreeing = total
    for tolerance in _TOLERANCES:
        off = (pixels - mean.index_select(0, label)).square().sum(dim=1)
        # A little of every pixel: between two colours of equal weight there is nothing near.
        near = weight * (torch.exp(off / (-2.0 * tolerance**2)) + 1e-6)
        mean, agreeing = _weighted_mean(pixels, near, label, regions)
    return mean, agreeing, total


def _weighted_mean(
    pixels: Tensor, weight: Tensor, label: Tensor, regions: int
) -> tuple[Tensor, Tensor]:
    sums = torch.zeros(regions, 4, device=pixels.device)
    sums.index_add_(0, label, torch.cat([pixels * weight[:, None], weight[:, None]], dim=1))
    return sums[:, :3] / sums[:, 3:].clamp(min=1e-12), sums[:, 3:]


def _looked_up(table: Tensor, flat: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    count, height, width = label.shape
    filled = table.index_select(0, flat).reshape(count, height, width, 4).permute(0, 3, 1, 2)
    return filled[:, :3], filled[:, 3:]
