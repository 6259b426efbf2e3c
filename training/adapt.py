"""Adapting a painter to one shot or show: a short fine-tuning on its painted key frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from celtint.engine.painted.weights import load_weights

from .config import Config, NetworkName, Target, load_config
from .data.clips import ClipBatch, collate
from .data.cutting import Clip
from .data.hints import Hint, dabs_on_colour, no_hint
from .data.recolour import inked
from .errors import DataError
from .key_frames import KeyFrame
from .loop.run import Finished, Machine, fit, with_steps

Pixels = NDArray[np.uint8]

MOST_SHIFT_PX = 3.0
"""How far a key frame moves from one frame of a clip to the next."""

MOST_TURN_DEG, MOST_GROWTH = 1.0, 0.02
DABS = 24
"""Most dabs on the first frame of a clip."""


class KeyFrameClips:
    """Endless clips from key frames: a crop that drifts, turns and grows a little.

    The first frame has dabs in its exact colours, later ones seldom. Batch n depends on the seed
    and n alone.

    Args:
        keys: Painted key frames.
        config: The run; of `data` it takes the crop, the frames and the seed.

    """

    def __init__(self, keys: Sequence[KeyFrame], config: Config) -> None:
        self._keys, self._config = keys, config
        self._given = 0

    def __iter__(self) -> Iterator[ClipBatch]:
        """Go on where the last batch ended."""
        data, count = self._config.data, self._config.batch.clips
        while True:
            self._given += 1
            rngs = [np.random.default_rng((data.seed, self._given, n)) for n in range(count)]
            yield collate([self._clip(rng) for rng in rngs])

    def state_dict(self) -> dict[str, Any]:
        """Batches given out."""
        return {"batches": self._given}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on there."""
        self._given = int(state["batches"])

    def _clip(self, rng: np.random.Generator) -> Clip:
        data = self._config.data
        key = self._keys[int(rng.integers(len(self._keys)))]
        lines, paints = zip(*self._views(key, rng), strict=True)
        finished = [inked(paint, 255 - line) for line, paint in zip(lines, paints, strict=True)]
        hints: list[Hint] = []
        for number, paint in enumerate(paints):
            if number == 0 or rng.random() < 0.1:
                count = int(rng.integers(1, DABS + 1))
                hints.append(dabs_on_colour(paint, rng, count=count))
            else:
                hints.append(no_hint(data.crop_px, data.crop_px))
        return Clip(
            line=np.stack(lines),
            hint=np.stack([hint.colour for hint in hints]),
            hint_mask=np.stack([hint.mask for hint in hints]),
            truth=np.stack(finished),
            paint=np.stack(paints),
            is_hold=np.zeros(data.frames, bool),
            shot=f"frame-{key.frame}",
        )

    def _views(self, key: KeyFrame, rng: np.random.Generator) -> Iterator[tuple[Pixels, Pixels]]:
        side = self._config.data.crop_px
        line, paint = key.line, key.paint
        # Sometimes at half the size, so that figures are seen as a whole too.
        if min(line.shape) >= 2 * side and rng.random() < 0.5:
            half = (line.shape[1] // 2, line.shape[0] // 2)
            line, paint = _resized(line, half), _resized(paint, half)
        height, width = line.shape
        reach = side / 2
        x, y = (
            float(rng.uniform(min(reach, n / 2), max(n - reach, n / 2))) for n in (width, height)
        )
        angle, growth = 0.0, 1.0
        drift_x, drift_y = rng.uniform(-MOST_SHIFT_PX, MOST_SHIFT_PX, 2).tolist()
        for _ in range(self._config.data.frames):
            window = _window(x, y, angle, growth, side)
            yield _seen(line, window, side), _seen(paint, window, side)
            x, y = x + drift_x, y + drift_y
            angle += float(np.radians(rng.uniform(-MOST_TURN_DEG, MOST_TURN_DEG)))
            growth *= 1 + float(rng.uniform(-MOST_GROWTH, MOST_GROWTH))


def _resized(picture: Pixels, size: tuple[int, int]) -> Pixels:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _window(x: float, y: float, angle: float, growth: float, side: int) -> NDArray[np.float64]:
    """(2, 3) from pixels of a clip to pixels of the frame: a square about (x, y), turned."""
    across, down = growth * np.cos(angle), growth * np.sin(angle)
    turn = np.array([[across, -down], [down, across]])
    middle = np.full(2, (side - 1) / 2)
    return np.column_stack([turn, np.array([x, y]) - turn @ middle])


def _seen(picture: Pixels, window: NDArray[np.float64], side: int) -> Pixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(
        picture, window, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8)


def adapt(
    weights: Path,
    keys: Sequence[KeyFrame],
    out: Path,
    *,
    overrides: Sequence[str] = (),
    steps: int | None = None,
    minutes: float | None = None,
    is_resumed: bool = False,
    machine: Machine | None = None,
    stop: threading.Event | None = None,
    console: Console | None = None,
) -> Finished:
    """Fine-tune a weight file on painted key frames, by the preset `adapt`.

    Args:
        weights: The weight file to start from, or a name in the engine's registry.
        keys: At least one.
        out: The run's folder; its weight file is the adapted painter.
        overrides: As `load_config` takes them.
        steps: Steps; None takes the preset's.
        minutes: As `fit` has it, and all that follows.
        is_resumed: Go on from the last checkpoint.
        machine: Devices and processes.
        stop: Asks to leave after the step in flight.
        console: Where progress is shown.

    Raises:
        DataError: There are no key frames.
        WeightsError: The weights cannot be read.
        ConfigError: The overrides are wrong.
        CheckpointError: As `fit`.

    """
    if not keys:
        raise DataError("there are no painted key frames to adapt to")
    loaded = load_weights(weights)
    config = load_config("adapt", overrides)
    model = replace(
        config.model,
        network=cast(NetworkName, loaded.preset.name),
        width=loaded.generator.width,
        blocks=len(loaded.generator.blocks),
    )
    target: Target = "finished" if loaded.paints_lines else "paint"
    batch = replace(config.batch, target=target)
    config = with_steps(replace(config, model=model, batch=batch), steps)
    return fit(
        config,
        KeyFrameClips(keys, config),
        out,
        minutes=minutes,
        is_resumed=is_resumed,
        init=weights,
        machine=machine,
        stop=stop,
        console=console,
    )
