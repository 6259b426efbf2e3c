"""How right the colours of regions and pixels are.

The metrics are those of BasicPBC (Dai et al. 2024) and DACoN (Nagata and Kaneko 2025):
*Acc* is the share of regions whose colour equals the truth exactly, *Acc-Thres* the same over
regions of more than 10 pixels, *Pix-Acc* the share of pixels, ink left out, *Pix-F-Acc* the same
over the foreground alone, and *Pix-B-MIoU* the mean over frames of what painted and true background
have in common, over what either of them covers. *Reachable* counts only regions whose true colour
stands on a hinted frame, since what nobody dabbed cannot be known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

LARGE_REGION_PX = 10
"""Regions of more pixels than this count in Acc-Thres."""

PAPER_INK = 20
"""Ink coverage, of 255, up to which a pixel counts as paper."""


@dataclass(frozen=True)
class RegionScore:
    """Counts of one frame, or of many: scores add up with `+`.

    Attributes:
        regions: Regions of paper in the truth.
        regions_right: Of these, painted with exactly the true colour.
        large: Regions over LARGE_REGION_PX.
        large_right: Of these, right.
        reachable: Large regions whose true colour stands on a hinted frame.
        reachable_right: Of these, right.
        unreachable: Large regions whose colour no hint has shown.
        unreachable_flagged: Of these, left unpainted rather than guessed.
        pixels: Pixels of paper.
        pixels_right: Of these, painted with exactly the true colour.
        reachable_pixels: Pixels of paper whose true colour stands on a hinted frame.
        reachable_pixels_right: Of these, right.
        foreground: Pixels of paper whose true colour is not a background's.
        foreground_right: Of these, right.
        background_frames: Frames with background, in the truth or as painted.
        background_iou: Sum over these of intersection over union of both backgrounds.

    """

    regions: int = 0
    regions_right: int = 0
    large: int = 0
    large_right: int = 0
    reachable: int = 0
    reachable_right: int = 0
    unreachable: int = 0
    unreachable_flagged: int = 0
    pixels: int = 0
    pixels_right: int = 0
    reachable_pixels: int = 0
    reachable_pixels_right: int = 0
    foreground: int = 0
    foreground_right: int = 0
    background_frames: int = 0
    background_iou: float = 0.0

    def __add__(self, other: RegionScore) -> RegionScore:
        names = (field.name for field in fields(self))
        return RegionScore(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def acc(self) -> float:
        """Share of regions that are right."""
        return share(self.regions_right, self.regions)

    @property
    def acc_thres(self) -> float:
        """Share of regions over LARGE_REGION_PX that are right."""
        return share(self.large_right, self.large)

    @property
    def reachable_acc_thres(self) -> float:
        """Share of reachable large regions that are right."""
        return share(self.reachable_right, self.reachable)

    @property
    def pix_acc(self) -> float:
        """Share of paper pixels that are right."""
        return share(self.pixels_right, self.pixels)

    @property
    def reachable_pix_acc(self) -> float:
        """Share of reachable paper pixels that are right."""
        return share(self.reachable_pixels_right, self.reachable_pixels)

    @property
    def pix_f_acc(self) -> float:
        """Share of the foreground's paper pixels that are right."""
        return share(self.foreground_right, self.foreground)

    @property
    def pix_b_miou(self) -> float:
        """Mean over frames of the background's intersection over union."""
        return share(self.background_iou, self.background_frames)


def share(part: float, whole: int) -> float:
    """`part / whole`; nan where there is nothing to count."""
    return part / whole if whole else float("nan")


def truth_regions(truth_index: NDArray[np.integer], ink: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Label the regions of a truth frame: connected paper of one true colour.

    They come from the truth alone, never from the segmentation that is being scored.

    Args:
        truth_index: (H, W) true palette index of every pixel.
        ink: (H, W) coverage 0..255; pixels above PAPER_INK belong to no region.

    Returns:
        (H, W) int32, 0 on ink, regions from 1; 4-connected.

    """
    paper = ink <= PAPER_INK
    label = np.zeros(truth_index.shape, np.int32)
    known = 0
    for colour in np.unique(truth_index[paper]):
        mask = (paper & (truth_index == colour)).astype(np.uint8)
        count, parts = cv2.connectedComponents(mask, connectivity=4)
        label[mask > 0] = parts[mask > 0] + known
        known += count - 1
    return label


def score_regions(
    painted_index: NDArray[np.integer],
    truth_index: NDArray[np.integer],
    ink: NDArray[np.uint8],
    *,
    hinted: Collection[int] | None = None,
    background: Collection[int] = (),
    label: NDArray[np.int32] | None = None,
    pixels: NDArray[np.integer] | None = None,
) -> RegionScore:
    """Score one painted frame against its truth.

    A region's colour is the one that most of its pixels were painted with. Who scores many
    paintings of one drawing may put pixels together that are of one region and always painted
    alike: then the arrays have one element for each such group, in any shape.

    Args:
        painted_index: (H, W) painted palette index, in the truth's numbering; 0 is unpainted.
        truth_index: (H, W) true palette index, from 1.
        ink: (H, W) coverage 0..255.
        hinted: The true indices that stand on a hinted frame; None means all.
        background: The true indices that are background; all others are foreground.
        label: What `truth_regions` gives for this frame, if that is known already.
        pixels: How many pixels each element stands for; None for one each.

    """
    if label is None:
        label = truth_regions(truth_index, ink)
    inside = label > 0
    regions = int(label.max(initial=0))
    if not regions:
        return RegionScore()
    where, painted, truth = label[inside] - 1, painted_index[inside], truth_index[inside]
    size = np.ones(len(where)) if pixels is None else pixels[inside].astype(np.float64)
    colours = int(max(painted.max(), truth.max())) + 1
    votes = np.bincount(where * colours + painted, size, minlength=regions * colours)
    winner = votes.reshape(regions, colours).argmax(axis=1)
    area = np.bincount(where, size, minlength=regions)
    true_colour = np.zeros(regions, truth.dtype)
    true_colour[where] = truth
    right, large = winner == true_colour, area > LARGE_REGION_PX
    known = np.isin(true_colour, list(hinted)) if hinted is not None else np.ones(regions, bool)
    in_known = known[where]
    is_back, painted_back = np.isin(truth, list(background)), np.isin(painted, list(background))
    either = int(size[is_back | painted_back].sum())
    both = int(size[is_back & painted_back].sum())
    return RegionScore(
        regions=regions,
        regions_right=int(right.sum()),
        large=int(large.sum()),
        large_right=int((large & right).sum()),
        reachable=int((large & known).sum()),
        reachable_right=int((large & known & right).sum()),
        unreachable=int((large & ~known).sum()),
        unreachable_flagged=int((large & ~known & (winner == 0)).sum()),
        pixels=int(size.sum()),
        pixels_right=int(size[painted == truth].sum()),
        reachable_pixels=int(size[in_known].sum()),
        reachable_pixels_right=int(size[in_known & (painted == truth)].sum()),
        foreground=int(size[~is_back].sum()),
        foreground_right=int(size[~is_back & (painted == truth)].sum()),
        background_frames=int(either > 0),
        background_iou=both / either if either else 0.0,
    )
