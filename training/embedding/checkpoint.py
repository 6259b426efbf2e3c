"""Checkpoints of a matching run: one safetensors file, whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import CheckpointError
from .settings import MatchingSettings
from .task import MatchingTask

CHECKPOINT_FILE = "checkpoint.safetensors"
_FORMAT = "celtint matching run 1"


@dataclass(frozen=True, eq=False)
class Run:
    """A run that can be interrupted after every step.

    Attributes:
        settings: Its recipe.
        task: The networks as they learn.
        mean: Running mean of the task's state, by name: what is evaluated and kept.
        optimizer: AdamW over the task's parameters.

    """

    settings: MatchingSettings
    task: MatchingTask
    mean: dict[str, Tensor]
    optimizer: torch.optim.AdamW

    @classmethod
    def new(cls, settings: MatchingSettings, device: torch.device) -> Run:
        """A run at its first step."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            task = MatchingTask()
        task.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        task.to(device)
        mean = {name: tensor.detach().clone() for name, tensor in task.state_dict().items()}
        matrices = [p for p in task.parameters() if p.ndim > 1]
        others = [p for p in task.parameters() if p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": settings.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
        )
        return cls(settings, task, mean, optimizer)

    @torch.no_grad()
    def remember(self, step: int) -> None:
        """Take the task's state into the running mean, `step` steps after the first."""
        # At first the mean follows quickly, or it would remember the random start.
        share = min(self.settings.memory, (1 + step) / (10 + step))
        for name, tensor in self.task.state_dict().items():
            if tensor.is_floating_point():
                self.mean[name].lerp_(tensor, 1 - share)
            else:
                self.mean[name].copy_(tensor)

    def kept(self) -> MatchingTask:
        """A task with the running mean, in evaluation mode."""
        task = MatchingTask()
        task.load_state_dict(self.mean)
        return task.eval()


def save_run(run: Run, step: int, folder: Path) -> None:
    """Write a run after `step` steps; what was there before stays until it is written.

    Raises:
        CheckpointError: The file cannot be written.

    """
    tensors = {f"task.{name}": t.detach() for name, t in run.task.state_dict().items()}
    tensors |= {f"mean.{name}": t for name, t in run.mean.items()}
    for number, state in run.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": t for name, t in state.items()}
    metadata = {
        "format": _FORMAT,
        "step": str(step),
        "settings": json.dumps(asdict(run.settings)),
    }
    path = folder / CHECKPOINT_FILE
    partial = folder / f".{CHECKPOINT_FILE}.{secrets.token_hex(8)}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({n: t.cpu().contiguous() for n, t in tensors.items()}, partial, metadata)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def load_run(folder: Path, device: torch.device) -> tuple[Run, int]:
    """A run as `save_run` left it, and after how many steps.

    Raises:
        CheckpointError: There is none, or the file is not what it should be.

    """
    path = folder / CHECKPOINT_FILE
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if metadata.get("format") != _FORMAT:
        raise CheckpointError(f"{path} is no checkpoint of a matching run")
    try:
        settings = MatchingSettings(**json.loads(metadata["settings"]))
        step = int(metadata["step"])
        run = Run.new(settings, device)
        run.task.load_state_dict(_under("task.", tensors))
        mean = _under("mean.", tensors)
        for name, tensor in run.mean.items():
            tensor.copy_(mean[name])
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("optimizer.", tensors).items():
            number, _, what = name.partition(".")
            state.setdefault(int(number), {})[what] = tensor
        run.optimizer.load_state_dict(run.optimizer.state_dict() | {"state": state})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} does not fit this version: {error}") from error
    return run, step


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
