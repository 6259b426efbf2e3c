"""Learns how sure an outcome is: of solved shots, which colours are right.

Shots are solved with all regions of their key frames dabbed, and with some of them only: what was
never dabbed has to be told from what was followed wrongly, and both from what is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from celtint.engine.graph.seeding import ShotSeeds
from celtint.engine.graph.solve import Solver, flowed, winners
from celtint.engine.graph.sureness import sureness_cues
from celtint.engine.palette import UNPAINTED

from .fit_matcher import TorchPerceptron
from .fit_solver import LEAST_PX, Arrays, KnownShot

WRONG_WEIGHS = 3.0
"""A colour that is wrong counts like so many that are right: better doubted than believed, so what
is as likely right as wrong is said to be 25 % sure."""

FEWEST, MOST = 0.1, 0.6
"""Share of the regions of a key frame that are dabbed where not all of them are."""


@dataclass(frozen=True)
class SurenessFit:
    """How the judge of outcomes is fitted.

    Attributes:
        units: Hidden units.
        updates: Steps of the optimiser.
        regions_a_step: Regions in a step.
        rate: Highest learning rate.
        seed: Of the first weights, of the order and of what is dabbed.

    """

    units: int = 16
    updates: int = 600
    regions_a_step: int = 2048
    rate: float = 1e-2
    seed: int = 0


def fit_sureness(
    shots: Sequence[KnownShot], solver: Mapping[str, NDArray[Any]], settings: SurenessFit
) -> Arrays:
    """The arrays of `engine.graph.sureness.Sureness`, called `sure.mean` and so on.

    Args:
        shots: Shots that neither the matcher nor the solver has learned from: of those that they
            know, they are right too often.
        solver: The arrays of the solver.
        settings: How.

    Returns:
        Nothing where no region of the shots is painted.

    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    judged = [
        both
        for shot in shots
        for seeds in (_seeds(shot, None), _seeds(shot, random))
        for both in _outcomes(shot, seeds, Solver.from_arrays(solver))
    ]
    cues = np.concatenate([one for one, _ in judged]) if judged else np.zeros((0, 1), np.float32)
    if not len(cues):
        return {}
    right = torch.from_numpy(np.concatenate([one for _, one in judged]).astype(np.float32))
    model = TorchPerceptron(cues, settings.units, 1)
    optimiser = torch.optim.AdamW(model.parameters(), settings.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=settings.updates
    )
    seen = torch.from_numpy(cues)
    for _ in range(settings.updates):
        some = torch.from_numpy(random.integers(0, len(cues), settings.regions_a_step))
        weight = torch.where(right[some] > 0, 1.0, WRONG_WEIGHS)
        loss = nn.functional.binary_cross_entropy_with_logits(
            model(seen[some])[:, 0], right[some], weight
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return {f"sure.{part}": array for part, array in model.arrays().items()}


def _seeds(shot: KnownShot, random: np.random.Generator | None) -> ShotSeeds:
    """Dabs in all regions of the key frames that are known, or in some of them by chance."""
    palette = np.zeros((1 + max(int(one.max(initial=0)) for one in shot.colour), 3), np.float32)
    region, says = {}, {}
    for key in shot.keys:
        colour = shot.colour[key]
        dabbed = np.flatnonzero(colour)
        if random is not None:
            some = max(3, round(len(dabbed) * random.uniform(FEWEST, MOST)))
            dabbed = np.sort(random.permutation(dabbed)[:some])
        region[key] = dabbed.astype(np.int32)
        says[key] = colour[dabbed].astype(np.int32)
    return ShotSeeds(palette, region, says, {})


def _outcomes(
    shot: KnownShot, seeds: ShotSeeds, solver: Solver
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Cues of the painted regions of each drawing without dabs, and whether they are right."""
    found = flowed(shot.graph, seeds, solver)
    colour = winners(found.evened)
    cues = sureness_cues(found, colour)
    keys = set(shot.graph.drawing_of_frame[list(shot.keys)].tolist())
    first = shot.graph.first_region
    for frame, number in enumerate(shot.graph.drawing_of_frame.tolist()):
        if number in keys:
            continue
        truth, area = shot.colour[frame], shot.graph.drawings[number].area_px
        rows = np.flatnonzero((truth > 0) & (area > LEAST_PX)) + first[number]
        rows = rows[colour[rows] != UNPAINTED]
        yield cues[rows], colour[rows] == truth[rows - first[number]]
