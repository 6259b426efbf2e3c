"""The stream of batches: step by step from a set, the same again after an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..data.shards import read_set, read_shots
from ..data.shots import EncodedShot
from .batch import Batch, batch_of
from .clips import clip_of
from .settings import MatchingSettings
from .variety import Canvas


def batches(folder: str | Path, settings: MatchingSettings, first_step: int = 0) -> Iterator[Batch]:
    """Batches from a step on, without end.

    What a step holds depends on the set, the settings and its number alone.
    """
    # Regions and flow are small work; threads would only wait for each other.
    cv2.setNumThreads(1)
    shots = _shots(folder, settings, first_step * settings.clips)
    step = first_step
    while True:
        rng = np.random.default_rng((settings.seed, 1, step))
        canvas = Canvas.at_random(rng, settings.frame_px)
        clips = [
            clip_of(next(shots), settings.drawings, canvas, rng) for _ in range(settings.clips)
        ]
        yield batch_of(clips, priors=settings.priors, most_regions=settings.most_regions, rng=rng)
        step += 1


def _shots(folder: str | Path, settings: MatchingSettings, start: int) -> Iterator[EncodedShot]:
    epoch, start = divmod(start, read_set(folder).shots)
    while True:
        yield from read_shots(folder, shuffle_seed=settings.seed, epoch=epoch, start=start)
        epoch, start = epoch + 1, 0
