"""Results that are done: one file for each clip and way to paint it, so that a run can go on."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..whole_files import write_whole
from .scoring import FrameScore

FORMAT = 1
"""Version of a part, and of what is measured: parts of another one are measured anew."""


@dataclass(frozen=True, eq=False)
class Part:
    """What came of one clip.

    Attributes:
        painted: Scores of its frames as painted; empty for the truth itself.
        snapped: The same snapped to regions and palette; None where that could not be.
        features: (T, D) float32, what the network of the Frechet distance saw.
        thumbnails: Pictures for the contact sheet by name, each (n, h, w, 3) uint8.
        seconds: How long painting took.

    """

    painted: Sequence[FrameScore]
    snapped: Sequence[FrameScore | None]
    features: NDArray[np.float32]
    thumbnails: Mapping[str, NDArray[np.uint8]]
    seconds: float = 0.0


def key_of(**what: Any) -> str:
    """Name of a part: the same for the same weights, hints, pictures and measures."""
    text = json.dumps({"format": FORMAT, **what}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write_part(folder: Path, key: str, part: Part) -> None:
    """Write a part whole or not at all.

    Raises:
        OSError: It cannot be written.

    """
    scores = {
        "painted": [score.to_json() for score in part.painted],
        "snapped": [None if score is None else score.to_json() for score in part.snapped],
        "seconds": part.seconds,
    }
    arrays: dict[str, NDArray[Any]] = {
        "scores": np.frombuffer(json.dumps(scores).encode(), np.uint8),
        "features": part.features,
    }
    arrays |= {f"thumbnails/{name}": pictures for name, pictures in part.thumbnails.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]  # numpy's stub takes no dict
    write_whole(folder / f"{key}.npz", packed.getvalue())


def read_part(folder: Path, key: str) -> Part | None:
    """A part that is done; None where it is not, or is damaged: it is then made again."""
    path = folder / f"{key}.npz"
    try:
        # Opened here, because numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            scores = json.loads(arrays["scores"].tobytes())
            return Part(
                painted=[FrameScore.from_json(score) for score in scores["painted"]],
                snapped=[
                    None if score is None else FrameScore.from_json(score)
                    for score in scores["snapped"]
                ],
                features=arrays["features"],
                thumbnails={
                    name.removeprefix("thumbnails/"): arrays[name]
                    for name in arrays.files
                    if name.startswith("thumbnails/")
                },
                seconds=float(scores["seconds"]),
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
