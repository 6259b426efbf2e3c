"""What the painted finish was last fed with, so that a killed run goes on from there.

The network paints each frame from its own last output, seconds a frame on a CPU, and a painted file
holds that output only rounded and in another colour space. So the output itself is left beside the
frames until the run is finished. The flat finish steps so fast that it needs none of this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from .atomic import replacing
from .hold import FOLDER
from .output import label
from .shot import FramePattern

_ENDING = ".recall"
_KEY = "painted_srgb"


class Recall(Mapping[int, NDArray[np.float32]]):
    """`PaintedFrame.painted_srgb` by index, of the frames that colour may flow on from.

    Args:
        out: Names of the painted frames.
        fingerprints: Index to fingerprint: what another job left is never taken.
        flow: Every index with the one it flows from, see `flow_order`.

    """

    def __init__(
        self,
        out: FramePattern,
        fingerprints: Mapping[int, str],
        flow: list[tuple[int, int | None]],
    ) -> None:
        self._out = out
        self._fingerprints = fingerprints
        self._before = dict(flow)

    def keep(self, index: int, painted_srgb: NDArray[np.float32]) -> None:
        """Leave the (H, W, 3) output of an index, before its frame is written.

        Raises:
            FileError: The system refuses.

        """
        with replacing(self._path(index), _is_whole) as temporary:
            save_file({_KEY: painted_srgb}, temporary)

    def release(self, index: int) -> None:
        """The frame of an index is whole: what it was painted from is not needed any more.

        But for the first frame, which both runs of the flow start from.
        """
        before = self._before[index]
        if before is not None and self._before[before] is not None:
            with contextlib.suppress(OSError):
                self._path(before).unlink()

    def clear(self, *, keep_valid: bool = False) -> None:
        """Remove what is left, all of it or only what no run of this job can use."""
        valid = {self._path(index) for index in self._before} if keep_valid else set()
        folder, name = self._out.folder / FOLDER, label(self._out)
        left = {path for path in folder.glob(f"*{_ENDING}") if _is_of(path, name)}
        for path in left - valid:
            with contextlib.suppress(OSError):
                path.unlink()

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and index in self._before and _is_whole(self._path(index))

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        if index not in self:
            raise KeyError(index)
        painted: NDArray[np.float32] = load_file(self._path(index))[_KEY]
        return painted

    def __iter__(self) -> Iterator[int]:
        return (index for index in self._before if index in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, index: int) -> Path:
        name = f"{label(self._out)}.{self._fingerprints[index][:32]}{_ENDING}"
        return self._out.folder / FOLDER / name


def _is_whole(path: Path) -> bool:
    """Whether a file is there and as long as its own header says."""
    try:
        with safe_open(path, framework="numpy") as file:
            return _KEY in file.keys()  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError):
        return False


def _is_of(path: Path, name: str) -> bool:
    """Whether a file, or its temporary, belongs to the output of that name."""
    return path.name.removeprefix(".").startswith(f"{name}.")
