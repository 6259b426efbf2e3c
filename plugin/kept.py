"""What was found out about a shot's drawings without looking at hints, kept beside the paint.

One file a drawing and one a pair of drawings, `.celtint/analysis/`. A file's name says all that
its content depends on, so a file is right or is not looked at: an edited drawing has another name,
and nothing has to be marked as stale. Everything here may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.links import Links

from .hold import FOLDER

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 30
"""Beyond this, what was not used for longest is removed: ten thousand drawings of 1920x1080."""

_MAGIC = b"celtint kept 2\n"
_DIGEST_BYTES = 16

Kept = TypeVar("Kept")


class KeptAnalyses:
    """An `engine.graph.store.AnalysisStore` in a folder; a failure to keep is no failure.

    Args:
        folder: Of the painted frames.
        names: Index to 32 hexadecimal digits that say what the analysis of that frame depends on:
            file, layer, colour, settings, versions.
        is_read_only: Whether nothing is written, not even that something was used.

    """

    def __init__(
        self, folder: Path, names: Mapping[int, str], *, is_read_only: bool = False
    ) -> None:
        self._folder = folder / FOLDER / "analysis"
        self._names = names
        self._used: set[Path] = set()
        self._written: list[Path] = []
        self._is_read_only = is_read_only
        self.found = self.made = 0

    def lacking(self) -> int:
        """Of how many different files nothing is kept."""
        return sum(
            not (self._folder / f"{name}.drawing").exists() for name in set(self._names.values())
        )

    def analysis(self, index: int) -> FrameAnalysis | None:
        """What was kept of the drawing of a frame; None where nothing, or nothing whole, is."""
        found = self._read(self._of_drawing(index), FrameAnalysis.from_arrays)
        self.found += found is not None
        return found

    def keep_analysis(self, index: int, analysis: FrameAnalysis) -> None:
        """Keep what was found of the drawing of a frame."""
        self.made += 1
        self._write(self._of_drawing(index), analysis.to_arrays())

    def links(self, key: str) -> Links | None:
        """What was kept under a key; None where nothing, or nothing whole, is."""
        return self._read(self._of_links(key), Links.from_arrays)

    def keep_links(self, key: str, links: Links) -> None:
        """Keep the links of two drawings."""
        self._write(self._of_links(key), links.to_arrays())

    def tidy(self, most_bytes: int = MOST_BYTES) -> int:
        """Remove what was not used for longest until the rest fits, but nothing that this run used.

        Returns:
            How many files were removed.

        """
        if self._is_read_only:
            return 0
        with contextlib.suppress(OSError):
            found = [(entry.stat(), Path(entry.path)) for entry in os.scandir(self._folder)]
            total = sum(stat.st_size for stat, _ in found)
            removed = 0
            for stat, path in sorted(found, key=lambda one: (one[0].st_mtime_ns, one[1].name)):
                is_left = path.suffix == ".tmp"  # of a killed run; the output is held by this one
                if path in self._used or (total <= most_bytes and not is_left):
                    continue
                with contextlib.suppress(OSError):
                    path.unlink()
                    removed += 1
                    total -= stat.st_size
            return removed
        return 0

    def _of_drawing(self, index: int) -> Path:
        return self._folder / f"{self._names[index]}.drawing"

    def _of_links(self, key: str) -> Path:
        return self._folder / f"{key}.links"

    def _read(self, path: Path, made: Callable[[Mapping[str, NDArray[Any]]], Kept]) -> Kept | None:
        try:
            data = path.read_bytes()
            body = data[len(_MAGIC) + _DIGEST_BYTES :]
            if data[: len(_MAGIC) + _DIGEST_BYTES] != _MAGIC + _digest(path, body):
                raise ValueError("its digest is wrong")
            kept = made(load(body))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, SafetensorError) as error:
            log.info("%s is not used: %s", path, error)
            return None
        self._used.add(path)
        if not self._is_read_only:
            with contextlib.suppress(OSError):
                os.utime(path)  # was used just now
        return kept

    def _write(self, path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        if self._is_read_only:
            return
        body = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
        # No flush to the disk: a file that a power cut left half is told by its digest.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(_MAGIC + _digest(path, body) + body)
            temporary.replace(path)
        except OSError as error:
            # The paint does not depend on it. A disk that is full has to take the paint first, so
            # that what was kept so far gives its room back.
            log.warning("%s cannot be kept: %s", path, error.strerror or error)
            self._is_read_only = True
            for written in (temporary, *self._written):
                with contextlib.suppress(OSError):
                    written.unlink()
            return
        self._used.add(path)
        self._written.append(path)


def _digest(path: Path, body: bytes) -> bytes:
    # With its name: what was kept of another drawing is whole, but wrong here.
    digest = hashlib.blake2b(path.name.encode("ascii"), digest_size=_DIGEST_BYTES)
    digest.update(body)
    return digest.digest()
