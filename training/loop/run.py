"""A training run: a folder that holds its configuration, checkpoints, weights, log and strips."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from rich.console import Console

from celtint.engine.device import choose_device
from celtint.engine.painted.generator import Generator
from celtint.engine.painted.guided import GuidedGenerator
from celtint.engine.painted.weights import load_weights, save_weights

from ..config import Config, to_table, to_toml
from ..data.clips import ClipBatch, ClipLoader
from ..errors import CheckpointError, ConfigError
from ..painter_task import PainterTask
from .checkpoint import clear_partials, read_checkpoint, write_checkpoint
from .strips import strip
from .trainer import Trainer
from .watch import Rate, Watch, means

CHECKPOINTS, WEIGHTS, CONFIG = "checkpoints", "weights.safetensors", "config.toml"

# What may differ between a run and its continuation: it changes no step that is done.
_MAY_CHANGE = {
    ("run", "steps"),
    ("run", "checkpoint_minutes"),
    ("run", "keep"),
    ("run", "log_steps"),
    ("run", "picture_steps"),
    ("run", "compile"),
    ("batch", "workers"),
    ("loss", "perceptual_file"),
}


@dataclass(frozen=True)
class Machine:
    """Where a run computes.

    Attributes:
        device: auto, cpu or cuda.
        devices: Processes on each machine: GPUs, or processes on the CPU.
        nodes: Machines.
        strategy: Fabric's name of how they work together; auto takes ddp for more than one.

    """

    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    strategy: str = "auto"


@dataclass(frozen=True)
class Finished:
    """What became of a run.

    Attributes:
        step: Steps that are done, in all.
        steps: Steps that were asked for.
        weights: The weight file.
        samples_per_s: Frames a second, over the steps of this call.
        tells: Whether this is the process that tells people so.

    """

    step: int
    steps: int
    weights: Path
    samples_per_s: float
    tells: bool = True


class Batches(Protocol):
    """Endless batches that can go on where they were: `ClipLoader` is one."""

    def __iter__(self) -> Iterator[ClipBatch]: ...

    def state_dict(self) -> dict[str, Any]:
        """Where they stand."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on there."""


def fit(
    config: Config,
    data: Path | Batches,
    out: Path,
    *,
    minutes: float | None = None,
    is_resumed: bool = False,
    init: Path | None = None,
    machine: Machine | None = None,
    stop: threading.Event | None = None,
    console: Console | None = None,
) -> Finished:
    """Train until the steps or the minutes are over, or `stop` is set; leave a checkpoint.

    Args:
        config: What to train, on what, how long.
        data: A set of shots, or batches made elsewhere.
        out: The run's folder.
        minutes: Of training in this call; None for no bound.
        is_resumed: Go on from the last checkpoint, from the start where there is none yet.
        init: A weight file to start from.
        machine: Devices and processes.
        stop: Asks to leave after the step in flight.
        console: Where progress is shown.

    Raises:
        ConfigError: The configuration contradicts the data, the checkpoint or the weight file.
        CheckpointError: The folder holds another run, or a checkpoint cannot be read or written.
        DataError: The set or the perceptual network cannot be read.
        WeightsError: `init` cannot be read.

    """
    folder = out / CHECKPOINTS
    saved = read_checkpoint(folder)
    if saved is not None and not is_resumed:
        raise CheckpointError(
            f"{out} holds a run of {saved.step} steps already: --resume goes on with it, or give "
            "another folder"
        )
    if saved is not None:
        _require_same(config, saved.state["config"])
    fabric = launch(config, machine or Machine())
    torch.manual_seed(config.run.seed)
    task = PainterTask(config, fabric.device, fabric.autocast, _initial(config, init))
    trainer = Trainer(config, task, fabric)
    loader = _clips(config, data, fabric) if isinstance(data, Path) else data
    if saved is not None:
        _require_same_world(fabric, saved.state)
        trainer.restore(saved)
        loader.load_state_dict(saved.state["data"])
    if fabric.is_global_zero:
        out.mkdir(parents=True, exist_ok=True)
        clear_partials(folder)
        (out / CONFIG).write_text(to_toml(config), "utf-8")
    run = _Run(trainer, loader, out, stop=stop or threading.Event(), console=console or Console())
    return run.until(minutes)


def _clips(config: Config, data: Path, fabric: Fabric) -> ClipLoader:
    return ClipLoader(
        data,
        config.data,
        batch=config.batch.clips,
        rank=fabric.global_rank,
        world=fabric.world_size,
        workers=config.batch.workers,
    )


def launch(config: Config, machine: Machine) -> Fabric:
    """Start the processes of a run."""
    fabric = make_fabric(config, machine)
    fabric.launch()
    return fabric


def make_fabric(config: Config, machine: Machine) -> Fabric:
    """The processes of a run, not started yet, in the arithmetic that the device does best."""
    device = choose_device(machine.device)
    precision = config.run.precision
    if precision == "auto":
        has_bf16 = torch.cuda.is_bf16_supported() if device.is_cuda else device.dtype.itemsize == 2
        precision = "bf16" if has_bf16 else ("fp16" if device.is_cuda else "fp32")
    processes = machine.devices * machine.nodes
    strategy = "ddp" if machine.strategy == "auto" and processes > 1 else machine.strategy
    # It tells at every start what was asked for, and on farms about launchers.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*srun.*")
        return Fabric(
            accelerator="cuda" if device.is_cuda else "cpu",
            devices=machine.devices,
            num_nodes=machine.nodes,
            strategy=strategy,
            precision={"bf16": "bf16-mixed", "fp16": "16-mixed", "fp32": "32-true"}[precision],  # type: ignore[arg-type]
        )


class _Run:
    """The loop, and what is left behind on the way."""

    def __init__(
        self,
        trainer: Trainer,
        loader: Batches,
        out: Path,
        *,
        stop: threading.Event,
        console: Console,
    ) -> None:
        config = trainer.config
        self._config, self._trainer, self._loader = config, trainer, loader
        self._out, self._stop = out, stop
        self._fabric = trainer.fabric
        self._watch = None
        if self._fabric.is_global_zero:
            self._watch = Watch(out, step=trainer.step, steps=config.run.steps, console=console)
        self._recent: list[Mapping[str, torch.Tensor]] = []
        self._rate = Rate()

    def until(self, minutes: float | None) -> Finished:
        """Train, and leave a checkpoint whatever ends it."""
        started = saved = time.monotonic()
        begun, steps = self._trainer.step, self._config.run.steps
        written = -1
        try:
            batches = iter(self._loader) if self._trainer.step < steps else iter(())
            for clips in batches:
                self._step(clips.to(self._fabric.device))
                now = time.monotonic()
                is_over = self._trainer.step >= steps or self._asked_to_end(minutes, now - started)
                if is_over or now - saved >= self._config.run.checkpoint_minutes * 60:
                    self._save()
                    written = self._trainer.step
                    saved = time.monotonic()
                if is_over:
                    break
            if written < 0:
                self._save()
        finally:
            if self._watch is not None:
                self._watch.close()
        done = (self._trainer.step - begun) * self._config.batch.clips * self._config.data.frames
        rate = done * self._fabric.world_size / max(time.monotonic() - started, 1e-9)
        weights = self._out / WEIGHTS
        return Finished(self._trainer.step, steps, weights, rate, self._fabric.is_global_zero)

    def _step(self, clips: ClipBatch) -> None:
        judged = self._trainer.train_step(clips)
        step, run = self._trainer.step, self._config.run
        if self._watch is None:
            return
        self._recent.append(judged.losses)
        self._rate.count(clips.line.shape[0] * clips.line.shape[1] * self._fabric.world_size)
        self._watch.stepped(step)
        if step % run.log_steps == 0 or step == 1:
            rate = self._rate.asked()
            self._watch.told(step, rate, {**means(self._recent), "samples per second": rate})
            self._recent = []
        if step % run.picture_steps == 0 or step == 1:
            parts = self._config.optimiser.accumulate
            last = clips.part(len(clips.shots) - len(clips.shots) // parts, len(clips.shots))
            self._watch.shown(step, strip(last, judged.painted))

    def _asked_to_end(self, minutes: float | None, seconds: float) -> bool:
        is_over = self._stop.is_set() or (minutes is not None and seconds >= minutes * 60)
        if self._fabric.world_size == 1:
            return is_over
        # The first process decides, or the others would wait for it in the next step.
        return bool(self._fabric.broadcast(is_over))

    def _save(self) -> None:
        if self._fabric.is_global_zero:
            state = {"data": self._loader.state_dict(), "world": self._fabric.world_size}
            keep = self._config.run.keep
            write_checkpoint(self._out / CHECKPOINTS, self._trainer.checkpoint(state), keep=keep)
            save_weights(
                self._trainer.average.module,
                self._out / WEIGHTS,
                description={
                    "steps": str(self._trainer.step),
                    "target": self._config.batch.target,
                    "config": to_toml(self._config),
                },
            )
        self._fabric.barrier()


def _initial(config: Config, init: Path | None) -> Generator | GuidedGenerator | None:
    if init is None:
        return None
    weights = load_weights(init)
    found = (weights.preset.name, weights.generator.width, len(weights.generator.blocks))
    wanted = (config.model.network, config.model.width, config.model.blocks)
    if found != wanted:
        raise ConfigError(
            [
                f"{init} holds the network {found[0]} of width {found[1]} with {found[2]} blocks, "
                f"the run is of {wanted[0]}, {wanted[1]}, {wanted[2]}"
            ]
        )
    return weights.generator.train()


def _require_same(config: Config, saved: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to go on with another configuration.

    Raises:
        ConfigError: All differences.

    """
    now = to_table(config)
    problems = [
        f"{section}.{key} is {value!r}, the run that is to go on had "
        f"{saved.get(section, {}).get(key)!r}"
        for section, content in now.items()
        for key, value in content.items()
        if (section, key) not in _MAY_CHANGE and saved.get(section, {}).get(key) != value
    ]
    if problems:
        raise ConfigError(problems)


def _require_same_world(fabric: Fabric, state: Mapping[str, Any]) -> None:
    if state["world"] != fabric.world_size:
        raise ConfigError(
            [
                f"there are {fabric.world_size} processes, the run that is to go on had "
                f"{state['world']}: each reads its own share of the set"
            ]
        )


def with_steps(config: Config, steps: int | None) -> Config:
    """The same run, of another length."""
    return config if steps is None else replace(config, run=replace(config.run, steps=steps))


def set_threads(threads: int) -> None:
    """Compute with so many threads; 0 leaves PyTorch's choice."""
    if threads:
        torch.set_num_threads(threads)
