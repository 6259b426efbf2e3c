"""Learns what the cues of a pair weigh: the matcher's two rounds, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from celtint.engine.graph.belief import Belief, Context, context
from celtint.engine.graph.matcher import Round, believed, inputs, with_hope
from celtint.engine.graph.perceptron import Perceptron

from .examples import PairExample

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class MatcherFit:
    """How the matcher is fitted.

    Attributes:
        rounds: Rounds of the matcher.
        pair_units: Hidden units of the model of a pair.
        alone_units: Hidden units of the model of a region alone.
        updates: Steps of the optimiser, in each round.
        pairs_a_step: Pairs of drawings in a step.
        rate: Highest learning rate.
        seed: Of the first weights and of the order.

    """

    rounds: int = 3
    pair_units: int = 96
    alone_units: int = 24
    updates: int = 1500
    pairs_a_step: int = 8
    rate: float = 3e-3
    seed: int = 0


def fit_matcher(examples: Sequence[PairExample], settings: MatcherFit | None = None) -> Arrays:
    """The arrays of `engine.graph.matcher.Matcher`, learned from pairs of drawings."""
    settings = settings or MatcherFit()
    arrays: Arrays = {}
    beliefs: list[Belief] | None = None
    for number in range(settings.rounds):
        around = (
            None
            if beliefs is None
            else [
                context(example.found, belief, example.source, example.target)
                for example, belief in zip(examples, beliefs, strict=True)
            ]
        )
        seen = [
            _Inputs.of(example, None if around is None else around[at])
            for at, example in enumerate(examples)
        ]
        pair, alone = fit_round(seen, settings)
        for name, model in (("pair", pair), ("alone", alone)):
            arrays |= {f"{number}.{name}.{part}": array for part, array in model.arrays().items()}
        weigh = Round(numpy_perceptron(pair), numpy_perceptron(alone))
        beliefs = [
            believed(example.found, weigh, None if around is None else around[at])
            for at, example in enumerate(examples)
        ]
        if number == 0:
            hope = [with_hope(belief) for belief in beliefs]
            examples = [one.only(kept) for one, kept in zip(examples, hope, strict=True)]
            beliefs = [one.only(kept) for one, kept in zip(beliefs, hope, strict=True)]
    return arrays


class TorchPerceptron(nn.Module):
    """`Perceptron` while it learns."""

    def __init__(self, inputs: NDArray[np.float32], units: int, outputs: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.from_numpy(inputs.mean(axis=0)))
        # An input that hardly varies in the examples must not explode where it does.
        self.register_buffer("scale", torch.from_numpy(np.maximum(inputs.std(axis=0), 0.05)))
        self.inner = nn.Linear(inputs.shape[1], units)
        self.outer = nn.Linear(units, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, O) outputs of (N, I) inputs."""
        return self.described(inputs, nn.Identity())

    def described(self, inputs: Tensor, drop: nn.Module) -> Tensor:
        """The same, with something done to the hidden units."""
        x = ((inputs - self.mean) / self.scale).clamp(-Perceptron.CLIP, Perceptron.CLIP)
        found: Tensor = self.outer(drop(torch.relu(self.inner(x))))
        return found

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The attributes of `Perceptron`."""
        named = {
            "mean": self.mean,
            "scale": self.scale,
            "inner": self.inner.weight.T,
            "inner_bias": self.inner.bias,
            "outer": self.outer.weight.T,
            "outer_bias": self.outer.bias,
        }
        return {
            name: np.ascontiguousarray(value.detach().numpy(), np.float32)
            for name, value in named.items()
        }


def numpy_perceptron(model: TorchPerceptron) -> Perceptron:
    """What was learned, as the engine uses it."""
    return Perceptron(**model.arrays())


@dataclass(frozen=True, eq=False)
class _Inputs:
    """What one round sees of a pair of drawings, and the truth."""

    source: Tensor
    target: Tensor
    cue: Tensor
    of_source: Tensor
    of_target: Tensor
    forth_right: Tensor
    back_right: Tensor
    forth_alone: Tensor
    back_alone: Tensor
    forth_weight: Tensor
    back_weight: Tensor

    @classmethod
    def of(cls, example: PairExample, around: Context | None) -> _Inputs:
        """A pair of drawings, with what the round before believed from the second round on."""
        found = example.found
        arrays = (
            found.source,
            found.target,
            *inputs(found, around),
            *(
                getattr(of, name)
                for name in ("right", "alone", "weight")
                for of in (example.forth, example.back)
            ),
        )
        return cls(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))

    @classmethod
    def together(cls, parts: Sequence[_Inputs]) -> _Inputs:
        """Several pairs of drawings as one."""
        sources = np.cumsum([0] + [len(part.of_source) for part in parts])
        targets = np.cumsum([0] + [len(part.of_target) for part in parts])
        return cls(
            torch.cat([part.source + at for part, at in zip(parts, sources[:-1], strict=True)]),
            torch.cat([part.target + at for part, at in zip(parts, targets[:-1], strict=True)]),
            *(
                torch.cat([getattr(part, name) for part in parts])
                for name in [one.name for one in fields(cls)][2:]
            ),
        )


def fit_round(
    examples: Sequence[_Inputs], settings: MatcherFit
) -> tuple[TorchPerceptron, TorchPerceptron]:
    """Fit the models of a pair and of a region alone."""
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    some = [examples[at] for at in random.permutation(len(examples))[:200]]
    pair = TorchPerceptron(torch.cat([one.cue for one in some]).numpy(), settings.pair_units, 2)
    regions = torch.cat([table for one in some for table in (one.of_source, one.of_target)])
    alone = TorchPerceptron(regions.numpy(), settings.alone_units, 1)
    learned = [*pair.parameters(), *alone.parameters()]
    optimiser = torch.optim.AdamW(learned, settings.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=settings.updates
    )
    for _ in range(settings.updates):
        chosen = random.integers(0, len(examples), settings.pairs_a_step)
        loss = surprise(_Inputs.together([examples[at] for at in chosen]), pair, alone)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return pair, alone


def surprise(seen: _Inputs, pair: TorchPerceptron, alone: TorchPerceptron) -> Tensor:
    """Mean over regions of -log of the belief in what is right, both ways, see `Answers`."""
    logits = pair(seen.cue)
    lost, new = alone(seen.of_source)[:, 0], alone(seen.of_target)[:, 0]
    forth = _divided_surprise(seen.source, logits[:, 0], lost, seen.forth_right, seen.forth_alone)
    back = _divided_surprise(seen.target, logits[:, 1], new, seen.back_right, seen.back_alone)
    weight = torch.cat([seen.forth_weight, seen.back_weight])
    return (torch.cat([forth, back]) * weight).sum() / weight.sum().clamp_min(1e-6)


def _divided_surprise(
    region: Tensor, logit: Tensor, alone: Tensor, right: Tensor, right_alone: Tensor
) -> Tensor:
    """(R,) -log of the share of belief that is right."""
    top = torch.scatter_reduce(alone.detach(), 0, region, logit.detach(), "amax")
    mass = torch.exp(logit - top[region])
    mass_alone = torch.exp(alone - top)
    total = mass_alone.index_add(0, region, mass)
    true = (mass_alone * right_alone).index_add(0, region, mass * right)
    return torch.log(total) - torch.log(true.clamp_min(1e-9))
