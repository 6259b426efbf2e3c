"""Picture strips: what the painter saw and painted of one clip, for people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.clips import ClipBatch

GAP_PX = 2


def strip(clips: ClipBatch, painted: Tensor, *, clip: int = 0) -> NDArray[np.uint8]:
    """One clip as rows of line, hint, previous, painted and truth, a column a frame.

    Args:
        clips: What was seen.
        painted: (B, T, 3, H, W) in [0, 1].
        clip: Which of them.

    Returns:
        (height, width, 3) uint8 sRGB, white between the pictures.

    """
    frames = painted[clip].float().cpu()
    previous = torch.cat([torch.zeros_like(frames[:1]), frames[:-1]])
    rows = (
        clips.line[clip].cpu().expand(-1, 3, -1, -1),
        clips.hint[clip].cpu(),
        previous,
        frames,
        clips.truth[clip].cpu(),
    )
    pad = ((0, GAP_PX), (0, GAP_PX), (0, 0))
    pictures = [
        np.hstack([np.pad(_as_bytes(frame), pad, constant_values=255) for frame in row])
        for row in rows
    ]
    return np.vstack(pictures)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 sRGB as PNG, whole or not at all.

    Raises:
        OSError: It cannot be written.

    """
    done, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise OSError(f"{path} cannot be encoded")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(encoded.tobytes())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a PNG that `write_picture` wrote: (H, W, 3) uint8 sRGB.

    Raises:
        OSError: It cannot be read.

    """
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise OSError(f"{path} cannot be read")
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


def _as_bytes(frame: Tensor) -> NDArray[np.uint8]:
    scaled = (frame.clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(1, 2, 0).numpy())
