"""Everything that can be set about training the matching network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import ConfigError


@dataclass(frozen=True)
class MatchingSettings:
    """The recipe: one line and a unit under each field."""

    steps: int = 4000
    """Steps of the whole run, over which the learning rate rises and falls."""

    clips: int = 2
    """Shots in a step."""

    drawings: int = 4
    """Drawings taken of each shot; all pairs of them are matched."""

    frame_px: int = 512
    """Long side of the frames that drawings are placed in, in pixels."""

    priors: int = 7
    """Pairs in a step, at most, that are shown the overlap under optical flow."""

    learning_rate: float = 1e-3
    """Highest learning rate of AdamW."""

    warm_up: int = 150
    """Steps until the learning rate is at its highest."""

    weight_decay: float = 0.01
    """Of AdamW."""

    memory: float = 0.998
    """Share of the running mean of the weights, which is what is kept, that stays each step."""

    embedding_weight: float = 0.5
    """Weight of the loss of descriptors alone, beside the matcher's."""

    most_regions: int = 320
    """Regions of a drawing that take part, the largest first."""

    plain_from: float = 0.6
    """Share of the run, 0..1, after which every second step shows drawings as production does."""

    seed: int = 0
    """Of the first weights and of everything drawn at random."""

    def __post_init__(self) -> None:
        problems = [
            f"{name}: expected at least {least}, got {getattr(self, name)}"
            for name, least in _LEAST.items()
            if not getattr(self, name) >= least
        ]
        if not (0 <= self.memory < 1):
            problems.append(f"memory: expected 0 to less than 1, got {self.memory}")
        if not (0 <= self.plain_from <= 1):
            problems.append(f"plain_from: expected 0 to 1, got {self.plain_from}")
        if not (0 < self.learning_rate < math.inf):
            problems.append(f"learning_rate: expected more than 0, got {self.learning_rate}")
        if problems:
            raise ConfigError(problems)

    def rate(self, step: int) -> float:
        """Learning rate of a step: rises in a line, falls along a cosine to a fiftieth."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = min(1.0, (step - self.warm_up) / max(1, self.steps - self.warm_up))
        low = self.learning_rate / 50
        return low + (self.learning_rate - low) * (1 + math.cos(math.pi * done)) / 2


_LEAST: dict[str, float] = {
    "steps": 1,
    "clips": 1,
    "drawings": 2,
    "frame_px": 64,
    "priors": 0,
    "warm_up": 0,
    "weight_decay": 0,
    "embedding_weight": 0,
    "most_regions": 2,
    "seed": 0,
}
