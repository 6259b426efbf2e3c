"""Steps: gradients of a batch from all processes, one update of each network, all of its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.guided import GuidedGenerator

from ..config import Config, to_table
from ..data.clips import ClipBatch
from ..errors import CheckpointError
from ..painter_task import Judged, PainterTask
from .checkpoint import Checkpoint
from .optimisers import MovingAverage, adam_tensors, load_adam, lr_share, make_adam, set_lr


class Trainer:
    """A task, its optimisers and how far they are.

    Gradients of a clip come frame by frame, of two networks one of which also serves the other's
    loss. So they are averaged over processes once, when a step has all of them, rather than by
    hooks that fire in every backward pass.

    Args:
        config: The run.
        task: What is trained.
        fabric: Launched.

    """

    def __init__(self, config: Config, task: PainterTask, fabric: Fabric) -> None:
        self.config, self.task, self.fabric = config, task, fabric
        self.step = 0
        optimiser = config.optimiser
        self._networks: dict[str, nn.Module] = {"generator": task.generator}
        self._rates = {"generator": optimiser.lr}
        if task.discriminator is not None:
            self._networks["discriminator"] = task.discriminator
            self._rates["discriminator"] = optimiser.discriminator_lr
        self._adams = {
            name: make_adam(network, optimiser, self._rates[name])
            for name, network in self._networks.items()
        }
        self.average: MovingAverage[Generator | GuidedGenerator] = MovingAverage(
            task.generator, optimiser.ema_decay
        )
        # float16 has no room for small gradients; elsewhere the scaler does nothing.
        is_float16 = config.run.precision == "fp16"
        self._scaler = torch.amp.GradScaler(fabric.device.type, enabled=is_float16)
        for network in self._networks.values():
            for tensor in (*network.parameters(), *network.buffers()):
                fabric.broadcast(tensor.data) if fabric.world_size > 1 else None

    def train_step(self, clips: ClipBatch) -> Judged:
        """One step on this process's clips.

        Returns:
            The losses of this process, and the painted frames of the batch's last part.

        """
        share = lr_share(self.config.optimiser, self.step, self.config.run.steps)
        for name, adam in self._adams.items():
            set_lr(adam, self._rates[name] * share)
            adam.zero_grad(set_to_none=True)
        judged = self.collect_gradients(clips)
        for name, adam in self._adams.items():
            clip_norm = self.config.optimiser.clip_norm
            if name == "generator" and clip_norm:
                self._scaler.unscale_(adam)
                nn.utils.clip_grad_norm_(self._networks[name].parameters(), clip_norm)
            self._scaler.step(adam)
        self._scaler.update()
        self.average.follow(self.task.generator, self.step)
        self.step += 1
        return judged

    def collect_gradients(self, clips: ClipBatch) -> Judged:
        """The gradient of the mean over the clips of all processes, in every parameter's `grad`."""
        parts = self.config.optimiser.accumulate

        def backward(loss: Tensor) -> None:
            self._scaler.scale(loss / parts).backward()  # type: ignore[no-untyped-call]

        sums: dict[str, Tensor] = {}
        for part in _parts(clips, parts):
            judged = self.task.judge(part, backward)
            for name, value in judged.losses.items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value / parts
        for network in self._networks.values():
            _average_gradients(self.fabric, network)
        return Judged(sums, judged.painted)

    def checkpoint(self, state: Mapping[str, Any]) -> Checkpoint:
        """Everything that a run needs to go on from here.

        Args:
            state: What else there is to remember; JSON.

        """
        tensors: dict[str, Tensor] = {"random/cpu": torch.get_rng_state()}
        if self.fabric.device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.fabric.device)
        for name, network in (*self._networks.items(), ("average", self.average.module)):
            for key, value in network.state_dict().items():
                tensors[f"{name}/{key}"] = value
        for name, adam in self._adams.items():
            for key, value in adam_tensors(adam).items():
                tensors[f"adam-{name}/{key}"] = value
        mine = {"config": to_table(self.config), "scaler": self._scaler.state_dict()}
        return Checkpoint(self.step, tensors, {**state, **mine})

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointError: It is of other networks.

        """
        try:
            for name, network in (*self._networks.items(), ("average", self.average.module)):
                network.load_state_dict(checkpoint.part(name))
            for name, adam in self._adams.items():
                load_adam(adam, checkpoint.part(f"adam-{name}"))
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"the checkpoint of step {checkpoint.step} does not fit the run: {error}"
            ) from error
        torch.set_rng_state(checkpoint.tensors["random/cpu"])
        if self.fabric.device.type == "cuda" and "random/cuda" in checkpoint.tensors:
            torch.cuda.set_rng_state(checkpoint.tensors["random/cuda"], self.fabric.device)
        if self._scaler.is_enabled():
            self._scaler.load_state_dict(checkpoint.state["scaler"])
        self.step = checkpoint.step


def _parts(clips: ClipBatch, count: int) -> Iterator[ClipBatch]:
    if count == 1:
        yield clips
        return
    size = len(clips.shots) // count
    for first in range(0, len(clips.shots), size):
        yield clips.part(first, first + size)


def _average_gradients(fabric: Fabric, network: nn.Module) -> None:
    if fabric.world_size == 1:
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    averaged = fabric.all_reduce(
        torch.cat([gradient.reshape(-1) for gradient in gradients]), reduce_op="mean"
    )
    assert isinstance(averaged, Tensor)  # noqa: S101 - a tensor went in
    at = 0
    for gradient in gradients:
        gradient.copy_(averaged[at : at + gradient.numel()].reshape(gradient.shape))
        at += gradient.numel()
