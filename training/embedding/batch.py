"""Batches: drawings of several clips side by side, filled up to one size, and pairs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from celtint.engine.embedding.sight import GEOMETRY, POINTS, TOUCHES

from .clips import UNKNOWN, SeenDrawing
from .priors import flow_prior


@dataclass(frozen=True, eq=False)
class Batch:
    """N drawings of at most R regions, and P pairs of them.

    Attributes:
        picture: (N, 3, h, w) float32.
        extent: (N, 2) int64.
        points: (N, R, POINTS, 2) float32.
        geometry: (N, R, GEOMETRY) float32.
        touches: (N, R, TOUCHES) float32.
        count: (N,) int64, how many regions each drawing has.
        identity: (N, R) int64 true shapes; UNKNOWN also where there is no region. Shapes of
            different clips have different numbers.
        weight: (N, R) float32, how much each region counts.
        first, second: (P,) int64, the drawings of each pair.
        prior: (P, R, R, 2) float32.
        has_prior: (P,) bool.

    """

    picture: Tensor
    extent: Tensor
    points: Tensor
    geometry: Tensor
    touches: Tensor
    count: Tensor
    identity: Tensor
    weight: Tensor
    first: Tensor
    second: Tensor
    prior: Tensor
    has_prior: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        of = {name: tensor.to(device, non_blocking=True) for name, tensor in vars(self).items()}
        return Batch(**of)

    def pin_memory(self) -> Batch:
        """The same in memory that a GPU reads from directly."""
        return Batch(**{name: tensor.pin_memory() for name, tensor in vars(self).items()})


def batch_of(
    clips: Sequence[Sequence[SeenDrawing]],
    *,
    priors: int,
    most_regions: int,
    rng: np.random.Generator,
) -> Batch:
    """All pairs within each clip, and one of two drawings that have nothing in common.

    Args:
        clips: Drawings of one picture size.
        priors: Pairs that get a prior, at most.
        most_regions: The largest regions of a drawing that take part.
        rng: Which pairs get a prior.

    """
    drawings = [drawing for clip in clips for drawing in clip]
    kept = [_largest(drawing.area_px, most_regions) for drawing in drawings]
    pairs, first = [], 0
    for clip in clips:
        pairs += [(first + i, first + j) for i, j in combinations(range(len(clip)), 2)]
        first += len(clip)
    shown = rng.permutation(len(pairs))[:priors].tolist()
    if len(clips) > 1:
        pairs.append((0, len(drawings) - 1))
    size = max(len(regions) for regions in kept)
    prior = np.zeros((len(pairs), size, size, 2), np.float32)
    for pair in shown:
        one, other = pairs[pair]
        found = flow_prior(drawings[one].look, drawings[other].look)
        found = found[np.ix_(kept[one], kept[other])]
        if rng.random() < 0.2:  # whoever knows one number for both ways may give that
            found[:] = found.mean(axis=2, keepdims=True)
        prior[pair, : found.shape[0], : found.shape[1]] = found
    has_prior = np.zeros(len(pairs), bool)
    has_prior[shown] = True
    one, other = np.array(pairs).T
    return Batch(
        **_filled(drawings, kept, size, _clip_numbers(clips)),
        first=torch.from_numpy(one),
        second=torch.from_numpy(other),
        prior=torch.from_numpy(prior),
        has_prior=torch.from_numpy(has_prior),
    )


def _clip_numbers(clips: Sequence[Sequence[SeenDrawing]]) -> list[int]:
    return [number for number, clip in enumerate(clips) for _ in clip]


def _largest(area_px: NDArray[np.int32], most: int) -> NDArray[np.intp]:
    return np.sort(np.argsort(-area_px, kind="stable")[:most])


def _filled(
    drawings: Sequence[SeenDrawing],
    kept: Sequence[NDArray[np.intp]],
    size: int,
    clip_number: Sequence[int],
) -> dict[str, Tensor]:
    n = len(drawings)
    points = np.zeros((n, size, POINTS, 2), np.float32)
    geometry = np.zeros((n, size, GEOMETRY), np.float32)
    touches = np.zeros((n, size, TOUCHES), np.float32)
    identity = np.full((n, size), UNKNOWN, np.int64)
    weight = np.zeros((n, size), np.float32)
    for row, (drawing, regions) in enumerate(zip(drawings, kept, strict=True)):
        own = np.s_[row, : len(regions)]
        points[own] = drawing.sight.points[regions]
        geometry[own] = drawing.sight.geometry[regions]
        touches[own] = drawing.sight.touches[regions]
        shape = drawing.identity[regions].astype(np.int64)
        # Paper of no shape is the same nothing in all drawings of a clip.
        identity[own] = np.where(shape == UNKNOWN, UNKNOWN, shape + (clip_number[row] << 16))
        # Specks count less: nobody sees them, and there are many.
        weight[own] = np.clip(drawing.area_px[regions] / 40, 0.2, 1) * (shape != UNKNOWN)
    return {
        "picture": torch.from_numpy(np.stack([drawing.sight.picture for drawing in drawings])),
        "extent": torch.tensor([drawing.sight.extent for drawing in drawings]),
        "points": torch.from_numpy(points),
        "geometry": torch.from_numpy(geometry),
        "touches": torch.from_numpy(touches),
        "count": torch.tensor([len(regions) for regions in kept]),
        "identity": torch.from_numpy(identity),
        "weight": torch.from_numpy(weight),
    }
