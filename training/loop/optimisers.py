"""Adam for a network, its learning rate over time, and the moving average of its weights."""

from __future__ import annotations

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from ..config import OptimiserConfig

Module = TypeVar("Module", bound=nn.Module)

LEAST_SHARE = 0.01
"""Of the learning rate, at the end of the cosine."""


def make_adam(module: nn.Module, config: OptimiserConfig, lr: float) -> torch.optim.Optimizer:
    """AdamW, which without weight decay is Adam; one fused pass over all weights."""
    return torch.optim.AdamW(
        module.parameters(),
        lr=lr,
        betas=(config.beta1, config.beta2),
        weight_decay=config.weight_decay,
        fused=True,
    )


def lr_share(config: OptimiserConfig, step: int, steps: int) -> float:
    """What share of the learning rate step number `step` (from 0) of `steps` takes."""
    share = 1.0
    if config.schedule == "cosine":
        done = min(step / max(steps, 1), 1.0)
        share = LEAST_SHARE + (1 - LEAST_SHARE) * (1 + math.cos(math.pi * done)) / 2
    if step < config.warmup_steps:
        share *= (step + 1) / config.warmup_steps
    return share


def set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of every parameter."""
    for group in optimiser.param_groups:
        group["lr"] = lr


class MovingAverage(Generic[Module]):
    """An exponential moving average of a network's weights: what is exported.

    Early on it forgets faster, so that the first, random weights do not linger.

    Args:
        module: The network that is trained.
        decay: 0 follows the network itself.

    """

    def __init__(self, module: Module, decay: float) -> None:
        self.decay = decay
        self.module: Module = copy.deepcopy(module).requires_grad_(False).eval()

    @torch.no_grad()
    def follow(self, module: Module, step: int) -> None:
        """Take in the weights after step number `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        pairs = zip(self.module.parameters(), module.parameters(), strict=True)
        average, weights = map(list, zip(*pairs, strict=True))
        torch._foreach_lerp_(average, weights, 1 - decay)


def adam_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What Adam remembers, by `number of the parameter/name`."""
    return {
        f"{number}/{name}": value
        for number, remembered in optimiser.state_dict()["state"].items()
        for name, value in remembered.items()
    }


def load_adam(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `adam_tensors` gave."""
    state = optimiser.state_dict()
    state["state"] = {}
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for key, value in tensors.items():
        number, _, name = key.partition("/")
        parameter = parameters[int(number)]
        if value.shape == parameter.shape:
            # The fused step goes through memory as it lies: it must lie as the parameter does.
            value = torch.empty_like(parameter, requires_grad=False).copy_(value)  # noqa: PLW2901
        state["state"].setdefault(int(number), {})[name] = value
    optimiser.load_state_dict(state)
