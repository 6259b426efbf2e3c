"""Learns how much each linked drawing is heard: the solver of `engine.graph`, on whole shots.

The sweeps are the engine's own, in torch, and gradients go back through all of them: an opinion is
weighed by what becomes of it many drawings on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from celtint.engine.graph.mixing import OPINION_CUES
from celtint.engine.graph.shot import ShotGraph
from celtint.engine.graph.wiring import Inlet
from celtint.engine.palette import UNPAINTED

from .fit_matcher import TorchPerceptron

Arrays = dict[str, NDArray[Any]]

LEAST_PX = 10
"""Regions of no more pixels are not asked for, as in Acc-Thres."""

# What the cues are standardised with: shares, steps to 16, areas from a sliver to the whole frame.
_MEAN = (0.7, 0.1, 0.2, 1.5, -7.0, 0.2, 0.7, 0.2)
_SCALE = (0.3, 0.15, 0.3, 1.5, 2.0, 0.3, 0.3, 0.4)


@dataclass(frozen=True)
class SolverFit:
    """How the solver is fitted.

    Attributes:
        units: Hidden units of each mixer.
        rounds: How often every shot is seen.
        rate: Learning rate.
        seed: Of the first weights, of the order.

    """

    units: int = 32
    rounds: int = 6
    rate: float = 5e-3
    seed: int = 0


@dataclass(frozen=True, eq=False)
class KnownShot:
    """A shot whose colours are known.

    Attributes:
        graph: The shot.
        colour: By drawing, (R,) the true colour of each region from 1, 0 where it is not known.
        keys: The drawings that have hints; the graph has their direct links.

    """

    graph: ShotGraph
    colour: Sequence[NDArray[np.integer]]
    keys: Sequence[int]


def fit_solver(shots: Sequence[KnownShot], settings: SolverFit | None = None) -> Arrays:
    """The arrays of `engine.graph.solve.Solver`."""
    settings = settings or SolverFit()
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    sweep, merge = TorchMixer(settings.units), TorchMixer(settings.units)
    learned = [*sweep.parameters(), *merge.parameters()]
    optimiser = torch.optim.Adam(learned, settings.rate)
    wired = [_Wired.of(shot) for shot in shots]
    total = settings.rounds * len(wired)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.1, total)
    for _ in range(settings.rounds):
        for at in random.permutation(len(wired)).tolist():
            loss = _surprise(wired[at], list(shots[at].keys), sweep, merge)
            if loss is not None:
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(learned, 1.0)
                optimiser.step()
            schedule.step()
    return {
        f"{name}.{part}": array
        for name, mixer in (("sweep", sweep), ("merge", merge))
        for part, array in mixer.arrays().items()
    }


class TorchMixer(nn.Module):
    """`Mixer` while it learns."""

    def __init__(self, units: int) -> None:
        super().__init__()
        standard = np.array([_MEAN, _MEAN], np.float32)
        self.hearing = TorchPerceptron(standard, units, 1)
        self.hearing.scale.copy_(torch.tensor(_SCALE))
        with torch.no_grad():
            self.hearing.outer.weight.mul_(0.3)
        self.sharpness = nn.Parameter(torch.tensor(1.2))

    def forward(
        self,
        opinion: Tensor,
        steps: Tensor,
        log_share: Tensor,
        silent: Tensor,
        direct: Tensor | None = None,
    ) -> Tensor:
        """See `Mixer`."""
        most = torch.topk(opinion[..., 1:], 2, dim=2).values
        shape = opinion.shape[:2]
        cue = torch.stack(
            [
                most[..., 0],
                most[..., 1],
                opinion[..., UNPAINTED],
                torch.log2(steps.clamp_min(1))[:, None].expand(shape),
                log_share.expand(shape),
                silent,
                (opinion * opinion.mean(dim=0)).sum(dim=2),
                (torch.zeros(shape[0]) if direct is None else direct)[:, None].expand(shape),
            ],
            dim=-1,
        )
        assert cue.shape[-1] == len(OPINION_CUES)  # noqa: S101 - the two lists are written by hand
        heard = torch.softmax(self.hearing(cue)[..., 0], dim=0)
        mixed = (heard[..., None] * opinion).sum(0).clamp_min(1e-9) ** self.sharpness
        return mixed / mixed.sum(1, keepdim=True)

    def arrays(self) -> Arrays:
        """The arrays of a `Mixer`."""
        sharpness = self.sharpness.detach().numpy().reshape(1).astype(np.float32)
        return {**self.hearing.arrays(), "sharpness": sharpness}


@dataclass(frozen=True, eq=False)
class _Wired:
    """A shot as tensors."""

    count: int
    first: NDArray[np.intp]
    before: list[_TorchInlet]
    after: list[_TorchInlet]
    log_share: Tensor
    colour: Sequence[NDArray[np.integer]]
    counts: list[NDArray[np.bool_]]

    @classmethod
    def of(cls, shot: KnownShot) -> _Wired:
        graph = shot.graph
        return cls(
            count=len(graph.drawings),
            first=graph.first_region,
            before=[_TorchInlet.of(inlet) for inlet in graph.from_earlier],
            after=[_TorchInlet.of(inlet) for inlet in graph.from_later],
            log_share=torch.from_numpy(graph.log_share),
            colour=shot.colour,
            counts=[
                (one.area_px > LEAST_PX) & (colour > 0)
                for one, colour in zip(graph.drawings, shot.colour, strict=True)
            ],
        )


@dataclass(frozen=True, eq=False)
class _TorchInlet:
    """`Inlet` as tensors."""

    steps: Tensor
    source: Tensor
    weight: Tensor
    message: Tensor
    silent: Tensor
    regions: int

    @classmethod
    def of(cls, inlet: Inlet) -> _TorchInlet:
        return cls(
            steps=torch.from_numpy(inlet.steps),
            source=torch.from_numpy(inlet.source),
            weight=torch.from_numpy(inlet.weight),
            message=torch.from_numpy(inlet.message_of_speaker),
            silent=torch.from_numpy(inlet.silent),
            regions=inlet.regions,
        )

    def messages(self, state: Tensor) -> Tensor:
        shape = (len(self.steps), self.regions, state.shape[1])
        said = torch.zeros(shape[0] * shape[1], shape[2])
        said = said.index_add(0, self.message, state[self.source] * self.weight[:, None])
        said = said.reshape(shape)
        unknown = said[..., :1] + self.silent[..., None]
        return torch.cat([unknown, said[..., 1:]], dim=2)


def _surprise(shot: _Wired, keys: list[int], sweep: TorchMixer, merge: TorchMixer) -> Tensor | None:
    """Mean over regions of -log of the share that the truth has, unknown where no key shows it."""
    shown = sorted({int(one) for key in keys for one in shot.colour[key].tolist()} - {0})
    if len(shown) < 2:
        return None
    number = np.zeros(1 + max(int(colour.max()) for colour in shot.colour), np.int64)
    number[shown] = np.arange(1, len(shown) + 1)
    truth = [number[colour] for colour in shot.colour]
    states = _solved(shot, _Keys(keys, truth, len(shown) + 1), sweep, merge)
    losses = []
    for at in range(shot.count):
        if at in keys or not shot.counts[at].any():
            continue
        share = states[at][torch.arange(len(truth[at])), torch.from_numpy(truth[at])]
        losses.append(-torch.log(share.clamp_min(1e-4))[torch.from_numpy(shot.counts[at])])
    return torch.cat(losses).mean() if losses else None


@dataclass(frozen=True, eq=False)
class _Keys:
    """Which drawings have hints.

    Attributes:
        drawings: Their numbers.
        truth: By drawing, (R,) the true colour of each region, 0 where no key frame shows it.
        colours: C, unknown included.

    """

    drawings: list[int]
    truth: list[NDArray[np.int64]]
    colours: int


def _solved(shot: _Wired, keys: _Keys, sweep: TorchMixer, merge: TorchMixer) -> list[Tensor]:
    """By drawing, (R, C) shares: the engine's solution."""
    onward = range(shot.count)
    before, away = _swept(shot, shot.before, onward, keys, sweep)
    after, away_after = _swept(shot, shot.after, onward[::-1], keys, sweep)
    found = []
    for at in onward:
        if at in keys.drawings or not np.isfinite(away_after[at]):
            found.append(before[at])
        elif not np.isfinite(away[at]):
            found.append(after[at])
        else:
            opinion = torch.stack([before[at], after[at]])
            steps = torch.tensor([away[at], away_after[at]], dtype=torch.float32)
            log_share = shot.log_share[shot.first[at] : shot.first[at + 1]]
            found.append(merge(opinion, steps, log_share, opinion[..., UNPAINTED]))
    return found


def _swept(
    shot: _Wired,
    inlets: list[_TorchInlet],
    order: range,
    keys: _Keys,
    mixer: TorchMixer,
) -> tuple[list[Tensor], list[float]]:
    """By drawing: shares after a sweep, and drawings to the last key frame."""
    unknown = nn.functional.one_hot(
        torch.zeros(int(shot.first[-1]), dtype=torch.long), keys.colours
    )
    state = unknown.float()
    found: list[Tensor] = [state] * shot.count
    away = [float("inf")] * shot.count
    last = None
    for at in order:
        begin, end = int(shot.first[at]), int(shot.first[at + 1])
        own = state[begin:end]
        inlet = inlets[at]
        if last is not None and len(inlet.steps):
            log_share = shot.log_share[begin:end]
            linked = at - order.step * inlet.steps.numpy().astype(np.intp)
            direct = torch.from_numpy(np.isin(linked, keys.drawings)).float()
            own = mixer(inlet.messages(state), inlet.steps, log_share, inlet.silent, direct)
        if at in keys.drawings:
            last = at
            colour = torch.from_numpy(keys.truth[at])
            seed = nn.functional.one_hot(colour, keys.colours).float()
            own = torch.where((colour > 0)[:, None], seed, own)
        if last is not None:
            away[at] = abs(at - last)
        state = torch.cat([state[:begin], own, state[end:]])
        found[at] = own
    return found, away
