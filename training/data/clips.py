"""Batches of clips, endless and always the same: from a seed, whatever the number of workers.

Clip n of a process comes from *lane* n modulo `lanes`. A lane is a reader of its own share of the
set. It holds a few shots (a *tray*), cuts some clips from each in a mixed order, and takes the
next: neighbouring clips of a batch come from different shots, while each shot is decoded once for
many clips. What a clip becomes depends on the seed, its lane and its number in the lane alone, so
a run goes on at any clip without replaying those before it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ..errors import ConfigError, DataError
from .clip_config import ClipConfig
from .cutting import Clip, Run, cut_clip, decode_run
from .shards import read_set, read_shots, share_of
from .shots import EncodedShot

READ_AHEAD = 2
"""Clips that each worker keeps ready for each lane."""


@dataclass(frozen=True)
class ClipBatch:
    """B clips of T frames, float32 in [0, 1] unless said otherwise.

    Attributes:
        line: (B, T, 1, H, W): 1 is paper, 0 solid ink; or luma.
        hint: (B, T, 3, H, W) sRGB on black.
        hint_mask: (B, T, 1, H, W): 1 where a hint lies.
        truth: (B, T, 3, H, W) sRGB finished frames.
        paint: (B, T, 3, H, W) sRGB paint under the lines, see `Clip`.
        is_hold: (B, T) bool: the frame shows the drawing of the frame before.
        shots: Names of the shots.

    """

    line: Tensor
    hint: Tensor
    hint_mask: Tensor
    truth: Tensor
    paint: Tensor
    is_hold: Tensor
    shots: tuple[str, ...]

    def to(self, device: torch.device | str) -> ClipBatch:
        """The same batch on another device."""
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True)
            for name, value in vars(self).items()
            if isinstance(value, Tensor)
        }
        return replace(self, **moved)

    def part(self, first: int, end: int) -> ClipBatch:
        """Clips `first` to `end`, exclusive."""
        return ClipBatch(**{name: value[first:end] for name, value in vars(self).items()})


class ClipLoader:
    """Endless batches of clips from a set: `for batch in ClipLoader(folder, config, batch=8)`.

    Args:
        folder: A set, as `read_set` takes it.
        config: What the clips are to be.
        batch: Clips in a batch of this process.
        rank: Which process this is, of `world`; each reads its own share of the set.
        world: Processes that train together.
        workers: Processes that make clips beside this one; 0 makes them here. They must divide the
            lanes, and do not change what is made.

    Raises:
        ConfigError: The batch or the workers cannot be.
        DataError: The set is missing, empty or cut off, or has fewer shots than processes.

    """

    def __init__(
        self,
        folder: str | Path,
        config: ClipConfig,
        *,
        batch: int,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
    ) -> None:
        if batch < 1:
            raise ConfigError([f"batch is {batch}, expected at least 1"])
        shots = read_set(folder).shots
        if shots < world:
            raise DataError(f"{folder} has {shots} shots, fewer than the {world} processes")
        # A small set has fewer lanes, so that each has a shot.
        self.lanes = max(n for n in range(1, config.lanes + 1) if n * world <= shots)
        if self.lanes < config.lanes and workers:
            workers = max(n for n in range(1, workers + 1) if self.lanes % n == 0)
        if workers and self.lanes % workers:
            good = ", ".join(str(n) for n in range(1, self.lanes + 1) if self.lanes % n == 0)
            raise ConfigError(
                [f"workers is {workers}, expected 0 or one of {good}: they share the lanes evenly"]
            )
        self._source = _Clips(folder, config, rank, world, self.lanes)
        self._batch = batch
        self._workers = workers
        self._given = 0

    def __iter__(self) -> Iterator[ClipBatch]:
        """Go on where the last batch ended."""
        self._source.start = self._given
        loader: DataLoader[Clip | str] = DataLoader(
            self._source,
            batch_size=None,
            num_workers=self._workers,
            prefetch_factor=READ_AHEAD * self.lanes // self._workers if self._workers else None,
            worker_init_fn=become_worker,
            # A forked process hangs in OpenCV where its parent has run anything on many threads.
            multiprocessing_context="spawn" if self._workers else None,
            generator=torch.Generator(),  # else it draws from everybody's, once an iteration
        )
        clips: list[Clip] = []
        for clip in loader:
            if isinstance(clip, str):
                raise DataError(clip)
            clips.append(clip)
            if len(clips) == self._batch:
                self._given += self._batch
                yield collate(clips)
                clips = []

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands: clips given out in whole batches."""
        return {"clips": self._given, "lanes": self.lanes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on there with the next iteration.

        Raises:
            ConfigError: The state is of a loader with other lanes, whose clips are others.

        """
        if state["lanes"] != self.lanes:
            raise ConfigError(
                [f"lanes is {self.lanes}, but the run that is to go on had {state['lanes']}"]
            )
        self._given = int(state["clips"])


def collate(clips: list[Clip]) -> ClipBatch:
    """Clips of one size as one batch of tensors."""

    def grey(planes: list[NDArray[np.uint8]]) -> Tensor:
        return torch.from_numpy(np.stack(planes)[:, :, None]).to(torch.float32).div_(255)

    def colour(planes: list[NDArray[np.uint8]]) -> Tensor:
        stacked = torch.from_numpy(np.stack(planes)).permute(0, 1, 4, 2, 3)
        return stacked.contiguous().to(torch.float32).div_(255)

    return ClipBatch(
        line=grey([clip.line for clip in clips]),
        hint=colour([clip.hint for clip in clips]),
        hint_mask=grey([clip.hint_mask for clip in clips]),
        truth=colour([clip.truth for clip in clips]),
        paint=colour([clip.paint for clip in clips]),
        is_hold=torch.from_numpy(np.stack([clip.is_hold for clip in clips])),
        shots=tuple(clip.shot for clip in clips),
    )


def become_worker(_number: int) -> None:
    """Ctrl-C is for the process that trains, which ends its workers; one worker takes one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A thread may be sending a batch. If Python ended in its usual way, it would be torn out of
    # torch, which aborts the process.
    Finalize(None, os._exit, args=(0,), exitpriority=-1000)
    cv2.setNumThreads(1)


class _Clips(IterableDataset[Clip | str]):
    """The clips of one process from number `start` on; an error comes as its words."""

    def __init__(
        self, folder: str | Path, config: ClipConfig, rank: int, world: int, lanes: int
    ) -> None:
        self.folder, self.config = folder, config
        self.rank, self.world, self.lanes = rank, world, lanes
        self.start = 0

    def __iter__(self) -> Iterator[Clip | str]:
        worker = get_worker_info()
        # The DataLoader takes one clip from each worker in turn.
        turn, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        lanes: dict[int, Iterator[Clip]] = {}
        try:
            for number in count(self.start + turn, workers):
                draw, lane = divmod(number, self.lanes)
                if lane not in lanes:
                    lanes[lane] = self._lane(lane, draw)
                yield next(lanes[lane])
        except DataError as error:
            yield str(error)

    def _lane(self, lane: int, draw: int) -> Iterator[Clip]:
        """Clips of one lane, from its clip number `draw` on."""
        info = read_set(self.folder)
        reader, readers = self.rank * self.lanes + lane, self.world * self.lanes
        seed = self.config.seed
        for epoch in count():
            share = share_of(info, reader=reader, readers=readers, shuffle_seed=seed, epoch=epoch)
            clips = sum(len(shots) for _, shots in share) * self.config.clips_per_shot
            if draw < clips:
                yield from self._clips_of_epoch(reader, readers, epoch, draw)
            draw = max(0, draw - clips)

    def _clips_of_epoch(self, reader: int, readers: int, epoch: int, draw: int) -> Iterator[Clip]:
        config = self.config
        first_tray, draw = divmod(draw, config.held_shots * config.clips_per_shot)
        shots = read_shots(
            self.folder,
            shuffle_seed=config.seed,
            worker=reader,
            workers=readers,
            epoch=epoch,
            start=first_tray * config.held_shots,
        )
        for tray in count(first_tray):
            held = list(islice(shots, config.held_shots))
            if not held:
                return
            yield from self._clips_of_tray(held, (config.seed, reader, epoch, tray), draw)
            draw = 0

    def _clips_of_tray(
        self, held: list[EncodedShot], seed: tuple[int, ...], draw: int
    ) -> Iterator[Clip]:
        runs: dict[int, Run] = {}
        order = np.repeat(np.arange(len(held)), self.config.clips_per_shot)
        np.random.default_rng(seed).shuffle(order)
        for number in range(draw, len(order)):
            which = int(order[number])
            if which not in runs:
                rng = np.random.default_rng((*seed, 0, which))
                runs[which] = decode_run(held[which], self.config, rng)
            yield cut_clip(runs[which], self.config, np.random.default_rng((*seed, 1, number)))
