"""Learns what a region looks like whichever way it turns: the describer of `engine.graph`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .fit_matcher import TorchPerceptron

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class DescriberFit:
    """How the describer is fitted.

    Attributes:
        units: Hidden units.
        numbers: Numbers in a descriptor.
        updates: Steps of the optimiser.
        pairs_a_step: Pairs of drawings in a step.
        rate: Highest learning rate.
        sharpness: What likenesses are multiplied by before the softmax.
        dropped: Share of the hidden units left out at random while learning.
        seed: Of the first weights and of the order.

    """

    units: int = 160
    numbers: int = 48
    updates: int = 3000
    pairs_a_step: int = 6
    rate: float = 2e-3
    sharpness: float = 12.0
    dropped: float = 0.2
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Described:
    """A shot as the describer learns from it.

    Attributes:
        inputs: By drawing, (R, N) floating, see `Pictures.inputs`.
        shapes: By drawing, (R,) the true shape of each region, 0 where it is not known.

    """

    inputs: Sequence[NDArray[np.floating]]
    shapes: Sequence[NDArray[np.integer]]


def fit_describer(shots: Sequence[Described], settings: DescriberFit | None = None) -> Arrays:
    """The arrays of `engine.graph.fingerprint.Describer`.

    Regions of two drawings of a shot, any distance apart, are to be most alike where they are one
    shape: each picks its own among all of the other drawing (InfoNCE: van den Oord et al., 2018).
    """
    settings = settings or DescriberFit()
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    some = np.concatenate([shot.inputs[0] for shot in shots]).astype(np.float32)
    model = TorchPerceptron(some, settings.units, settings.numbers)
    drop = nn.Dropout(settings.dropped)
    optimiser = torch.optim.AdamW(model.parameters(), settings.rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=settings.updates
    )
    for _ in range(settings.updates):
        losses = []
        for at in random.integers(0, len(shots), settings.pairs_a_step):
            one, other = _two(len(shots[at].inputs), random)
            losses += _pair_loss(shots[at], (one, other), model, drop, settings.sharpness)
        if not losses:
            continue
        loss = torch.cat(losses).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return {f"describer.{part}": array for part, array in model.arrays().items()}


def _two(count: int, random: np.random.Generator) -> tuple[int, int]:
    """Two drawings of a shot; near ones as often as far ones."""
    step = min(int(2 ** random.uniform(0, np.log2(max(count, 2)))), count - 1)
    one = int(random.integers(0, count - step))
    return one, one + step


def _pair_loss(
    shot: Described,
    drawings: tuple[int, int],
    model: TorchPerceptron,
    drop: nn.Module,
    sharpness: float,
) -> list[Tensor]:
    a, b = (
        nn.functional.normalize(
            model.described(torch.from_numpy(shot.inputs[at].astype(np.float32)), drop), dim=1
        )
        for at in drawings
    )
    shape_a, shape_b = (torch.from_numpy(shot.shapes[at]) for at in drawings)
    same = (shape_a[:, None] == shape_b) & (shape_a[:, None] > 0)
    logit = sharpness * a @ b.T
    found = []
    for way, truth in ((logit, same), (logit.T, same.T)):
        asked = truth.any(dim=1)
        if asked.any():
            right = way.masked_fill(~truth, float("-inf"))[asked]
            found.append(torch.logsumexp(way[asked], 1) - torch.logsumexp(right, 1))
    return found
