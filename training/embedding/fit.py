"""The loop: batches in, a run that can go on after any interruption out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from lightning_fabric import Fabric

from celtint.engine.embedding.weights import save_embedder

from ..errors import CheckpointError
from .batch import Batch
from .checkpoint import CHECKPOINT_FILE, Run, load_run, save_run
from .feed import batches
from .settings import MatchingSettings

LOG_FILE = "log.jsonl"
WEIGHTS_FILE = "matching.safetensors"
_SAVE_EVERY_S = 120.0
_TELL_EVERY = 20


def fit_matching(
    data: str | Path,
    out: Path,
    settings: MatchingSettings,
    *,
    minutes: float | None = None,
    resume: bool = False,
    tell: Callable[[dict[str, float]], None] = lambda _: None,
    is_asked_to_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Train, or go on training; leaves a checkpoint, a log and the weights of the running mean.

    The same set and settings give the same run, on the same device and threads, in one go or in
    several.

    Args:
        data: A set, see `read_shots`.
        out: Folder of the run.
        settings: The recipe; that of the checkpoint is used where the run goes on.
        minutes: Stop after so many, whatever the step; None for the whole run.
        resume: Go on where a checkpoint is found.
        tell: Told the means of the last steps now and then.
        is_asked_to_stop: Asked before every step.

    Returns:
        Steps done since the run's first start.

    Raises:
        CheckpointError: There is a run already that `resume` does not ask for, or it is damaged.
        DataError: The set is missing or damaged.

    """
    fabric = Fabric(accelerator="auto", devices=1, precision="bf16-mixed")
    has_checkpoint = (out / CHECKPOINT_FILE).exists()
    if has_checkpoint and not resume:
        raise CheckpointError(f"{out} holds a run already: resume it, or name another folder")
    if has_checkpoint:
        run, step = load_run(out, fabric.device)
    else:
        run, step = Run.new(settings, fabric.device), 0
    settings = run.settings
    task, optimizer = fabric.setup(run.task, run.optimizer)
    run.task.train()
    feed = batches(data, settings, step)
    started = saved = time.monotonic()
    told = _Told(out / LOG_FILE, step, tell)
    while step < settings.steps and not is_asked_to_stop():
        now = time.monotonic()
        if minutes is not None and now - started >= 60 * minutes:
            break
        if now - saved >= _SAVE_EVERY_S:
            _save(run, step, out)
            saved = now
        batch = _next(feed, fabric.device)
        for group in run.optimizer.param_groups:
            group["lr"] = settings.rate(step)
        matching, alone, right = task(batch)
        loss = matching + settings.embedding_weight * alone
        fabric.backward(loss)
        fabric.clip_gradients(task, optimizer, max_norm=1.0, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad()
        run.remember(step)
        step += 1
        told.step(
            step,
            {
                "matching": float(matching),
                "alone": float(alone),
                "right": float(right[0]),
                "right_with_prior": float(right[1]),
                "rate": settings.rate(step - 1),
            },
        )
    _save(run, step, out)
    return step


def _next(feed: Iterator[Batch], device: torch.device) -> Batch:
    return next(feed).to(device)


def _save(run: Run, step: int, out: Path) -> None:
    save_run(run, step, out)
    kept = run.kept()
    save_embedder(kept.network, kept.matcher, out / WEIGHTS_FILE)


class _Told:
    """Means over some steps, for people and for the log."""

    def __init__(self, path: Path, step: int, tell: Callable[[dict[str, float]], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.tell = path, tell
        self.sums: dict[str, float] = {}
        self.first, self.since = step, time.monotonic()

    def step(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        if step % _TELL_EVERY:
            return
        count, now = step - self.first, time.monotonic()
        means = {name: round(value / count, 5) for name, value in self.sums.items()}
        means = {"step": step, "seconds_a_step": round((now - self.since) / count, 3)} | means
        with self.path.open("a") as log:
            log.write(json.dumps(means) + "\n")
        self.tell(means)
        self.sums, self.first, self.since = {}, step, now
