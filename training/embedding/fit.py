"""The loop: batches in, a run that can go on after any interruption out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from celtint.engine.embedding.weights import save_embedder

from ..data.shards import read_set
from ..errors import CheckpointError
from .checkpoint import CHECKPOINT_FILE, Run, load_run, save_run
from .feed import feed
from .settings import MatchingSettings

LOG_FILE = "log.jsonl"
WEIGHTS_FILE = "matching.safetensors"
_SAVE_EVERY_S = 120.0
_TELL_EVERY = 20


@dataclass(frozen=True)
class Fitted:
    """How far a run is.

    Attributes:
        step: Steps done since its first start.
        steps: Steps of the whole run.
        weights: File of the running mean of the weights.

    """

    step: int
    steps: int
    weights: Path


def fit_matching(
    data: str | Path,
    out: Path,
    settings: MatchingSettings,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    resume: bool = False,
    start_from: Path | None = None,
    workers: int = 0,
    tell: Callable[[dict[str, float]], None] = lambda _: None,
    is_asked_to_stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train, or go on training; leaves a checkpoint, a log and the weights of the running mean.

    The same set and settings give the same run, on the same device and threads, in one go or in
    several.

    Args:
        data: A set, see `read_shots`.
        out: Folder of the run.
        settings: The recipe; that of the checkpoint is used where the run goes on.
        steps: Steps of the whole run, instead of the recipe's; those of before are counted in.
        minutes: Stop after so many, whatever the step; None for the whole run.
        resume: Go on where a checkpoint is found.
        start_from: Folder of another run whose weights a new one begins with, instead of with
            chance; its recipe is not taken over.
        workers: Processes that prepare batches ahead, see `feed`.
        tell: Told the means of the last steps now and then.
        is_asked_to_stop: Asked before every step.

    Returns:
        How far the run is.

    Raises:
        CheckpointError: There is a run already that `resume` does not ask for, or it is damaged.
        DataError: The set is missing or damaged.

    """
    read_set(data)  # a set that cannot be is told before anything is made
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    has_checkpoint = (out / CHECKPOINT_FILE).exists()
    if has_checkpoint and not resume:
        raise CheckpointError(f"{out} holds a run already: resume it, or name another folder")
    if has_checkpoint:
        run, step = load_run(out, device)
    elif start_from is not None:
        run, step = replace(load_run(start_from, device)[0], settings=settings), 0
    else:
        run, step = Run.new(settings, device), 0
    if steps is not None:
        run = replace(run, settings=replace(run.settings, steps=steps))
    settings = run.settings
    run.task.train()
    coming = feed(data, settings, step, workers=workers)
    started = saved = time.monotonic()
    told = _Told(out / LOG_FILE, step, tell)
    while step < settings.steps and not is_asked_to_stop():
        now = time.monotonic()
        if minutes is not None and now - started >= 60 * minutes:
            break
        if now - saved >= _SAVE_EVERY_S:
            _save(run, step, out)
            saved = now
        batch = next(coming).to(device)
        for group in run.optimizer.param_groups:
            group["lr"] = settings.rate(step)
        with torch.autocast(device.type, torch.bfloat16):
            matching, alone, right = run.task(batch)
            loss = matching + settings.embedding_weight * alone
        loss.backward()
        nn.utils.clip_grad_norm_(run.task.parameters(), max_norm=1.0)
        run.optimizer.step()
        run.optimizer.zero_grad()
        run.remember(step)
        step += 1
        told.step(
            step,
            {
                "matching": matching.item(),
                "alone": alone.item(),
                "right": right[0].item(),
                "right_with_prior": right[1].item(),
                "rate": settings.rate(step - 1),
            },
        )
    _save(run, step, out)
    return Fitted(step, settings.steps, out / WEIGHTS_FILE)


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
