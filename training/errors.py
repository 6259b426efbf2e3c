"""What can go wrong in training. Messages tell what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable


class TrainingError(Exception):
    """Base of every error that the training package raises on purpose."""


class DataError(TrainingError, OSError):
    """A video, a drawing, a set or a shard is missing, empty, cut off or not what it should be."""


class CheckpointError(TrainingError, OSError):
    """A checkpoint is missing, does not fit, or cannot be written."""


class ConfigError(TrainingError, ValueError):
    """Mistakes in a configuration: all of them, at once.

    Attributes:
        problems: One sentence a mistake.

    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))
