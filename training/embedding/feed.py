"""The stream of batches: step by step from a set, the same again after an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ..data.clips import become_worker
from ..data.shards import read_set, read_shots
from ..data.shots import EncodedShot
from ..errors import DataError
from .batch import Batch, batch_of
from .clips import clip_of
from .settings import MatchingSettings
from .variety import Canvas

READ_AHEAD = 4
"""Batches that each worker keeps ready."""


def feed(
    folder: str | Path, settings: MatchingSettings, first_step: int = 0, *, workers: int = 0
) -> Iterator[Batch]:
    """Batches from a step on, without end; pinned, where there is a GPU to read them.

    Args:
        folder: A set, see `read_shots`.
        settings: The recipe.
        first_step: The first step that is wanted.
        workers: Processes that prepare them ahead; 0 prepares each when it is asked for. The
            batches are the same however many there are.

    Raises:
        DataError: The set is missing or damaged.

    """
    loader: DataLoader[Batch | str] = DataLoader(
        _Steps(folder, settings, first_step),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=READ_AHEAD if workers else None,
        worker_init_fn=become_worker,
        # A forked process hangs in OpenCV where its parent has run anything on many threads.
        multiprocessing_context="spawn" if workers else None,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),  # else it draws from everybody's
    )
    for batch in loader:
        if isinstance(batch, str):
            raise DataError(batch)
        yield batch


def batches(
    folder: str | Path, settings: MatchingSettings, first_step: int = 0, *, every: int = 1
) -> Iterator[Batch]:
    """Batches of a step and every so many-th after it, without end.

    What a step holds depends on the set, the settings and its number alone.
    """
    # Regions and flow are small work; threads would only wait for each other.
    cv2.setNumThreads(1)
    shots = _shots(folder, settings, first_step * settings.clips)
    step = first_step
    while True:
        yield _batch(list(islice(shots, settings.clips)), settings, step)
        for _ in islice(shots, (every - 1) * settings.clips):
            pass
        step += every


def _batch(shots: list[EncodedShot], settings: MatchingSettings, step: int) -> Batch:
    rng = np.random.default_rng((settings.seed, 1, step))
    # In the end the network shall know best what it will see most.
    is_plain = step >= settings.plain_from * settings.steps and rng.random() < 0.5
    canvas = (Canvas.plain if is_plain else Canvas.at_random)(rng, settings.frame_px)
    clips = [clip_of(shot, settings.drawings, canvas, rng, is_plain=is_plain) for shot in shots]
    return batch_of(clips, priors=settings.priors, most_regions=settings.most_regions, rng=rng)


def _shots(folder: str | Path, settings: MatchingSettings, start: int) -> Iterator[EncodedShot]:
    epoch, start = divmod(start, read_set(folder).shots)
    while True:
        yield from read_shots(folder, shuffle_seed=settings.seed, epoch=epoch, start=start)
        epoch, start = epoch + 1, 0


class _Steps(IterableDataset["Batch | str"]):
    """The steps of one process among those that prepare them; an error comes as its words."""

    def __init__(self, folder: str | Path, settings: MatchingSettings, first_step: int) -> None:
        self._folder, self._settings, self._first_step = folder, settings, first_step

    def __iter__(self) -> Iterator[Batch | str]:
        worker = get_worker_info()
        # The DataLoader takes one batch from each worker in turn.
        turn, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        try:
            first_step = self._first_step + turn
            yield from batches(self._folder, self._settings, first_step, every=workers)
        except DataError as error:
            yield str(error)
