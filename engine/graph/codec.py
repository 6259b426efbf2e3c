"""Images of few runs as bytes: a region map of 1080p in some ten kilobytes, back in no time."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..flat.masks import places

_LEVEL = 1  # higher levels save a tenth and cost three times as much


@dataclass(frozen=True, eq=False)
class RunMap:
    """A map of regions as runs of pixels in reading order, never across the end of a row.

    Attributes:
        start: (K,) int32, flat index of the first pixel of each run, ascending from 0.
        region: (K,) int32, the region of its pixels.
        is_paper: (K,) bool, whether they are paper that formed the region; else ink or speck.
        shape: (H, W) of the map.

    """

    start: NDArray[np.int32]
    region: NDArray[np.int32]
    is_paper: NDArray[np.bool_]
    shape: tuple[int, int]

    @classmethod
    def of(cls, label: NDArray[np.int32], paper: NDArray[np.uint8]) -> RunMap:
        """The runs of a region map, (H, W) int32 from 0, and of its (H, W) mask of paper."""
        breaks = np.empty(label.shape, bool)
        breaks[:, 0] = True
        np.not_equal(label[:, 1:], label[:, :-1], out=breaks[:, 1:])
        breaks[:, 1:] |= paper[:, 1:] != paper[:, :-1]
        start = places(breaks)
        return cls(
            start.astype(np.int32),
            label.reshape(-1)[start],
            paper.reshape(-1)[start] > 0,
            (label.shape[0], label.shape[1]),
        )

    @property
    def length(self) -> NDArray[np.int32]:
        """(K,) int32, pixels of each run."""
        return np.diff(self.start, append=self.shape[0] * self.shape[1]).astype(np.int32)

    def by_region(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Region and pixels of each run of one region in reading order, whatever it is made of.

        These go on across the ends of rows, and there are a third as many.
        """
        first = np.flatnonzero(np.diff(self.region, prepend=-1))
        pixels = self.shape[0] * self.shape[1]
        return self.region[first], np.diff(self.start[first], append=pixels).astype(np.int32)

    def label(self) -> NDArray[np.int32]:
        """(H, W) int32, the region of every pixel."""
        return np.repeat(self.region, self.length).reshape(self.shape)

    def paper(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 1 on paper."""
        return np.repeat(self.is_paper.view(np.uint8), self.length).reshape(self.shape)

    def sampled(self, stride: int) -> RunMap:
        """Of every `stride`-th pixel of every `stride`-th row."""
        if stride == 1:
            return self
        rows, columns = (-(-side // stride) for side in self.shape)
        y, x = np.divmod(self.start, self.shape[1])
        kept = np.flatnonzero(y % stride == 0)
        start = y[kept] // stride * columns - -x[kept] // stride
        # Runs between two samples begin where the next one does.
        some = np.diff(start, append=rows * columns) > 0
        kept = kept[some]
        return RunMap(start[some], self.region[kept], self.is_paper[kept], (rows, columns))

    def to_bytes(self) -> bytes:
        """Compressed; `from_bytes` gives it back."""
        value = (self.region * 2 + self.is_paper).astype("<i4")
        length = self.length.astype("<i4")
        return zlib.compress(length.tobytes() + value.tobytes(), _LEVEL)

    @classmethod
    def from_bytes(cls, code: bytes, shape: tuple[int, int]) -> RunMap:
        """The map that `to_bytes` made bytes of.

        Raises:
            ValueError: They are no such bytes, or of a map of another size.

        """
        try:
            plain = zlib.decompress(code)
        except zlib.error as error:
            raise ValueError(f"expected a compressed region map, got {error}") from error
        count, rest = divmod(len(plain), 8)
        if rest or not count:
            raise ValueError(f"expected whole runs of 8 bytes, got {len(plain)} bytes")
        length = np.frombuffer(plain, "<i4", count)
        value = np.frombuffer(plain, "<i4", count, offset=4 * count)
        stop = np.cumsum(length, dtype=np.int32)
        if stop[-1] != shape[0] * shape[1]:
            raise ValueError(f"expected runs of {shape[0] * shape[1]} pixels, got {stop[-1]}")
        return cls(stop - length, value >> 1, (value & 1).astype(bool), shape)


def image_to_bytes(image: NDArray[np.uint8]) -> bytes:
    """A small uint8 image, compressed."""
    return zlib.compress(np.ascontiguousarray(image).tobytes(), _LEVEL)


def image_from_bytes(code: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The image that `image_to_bytes` made bytes of.

    Raises:
        ValueError: They are no such bytes, or of an image of another size.

    """
    try:
        plain = zlib.decompress(code)
    except zlib.error as error:
        raise ValueError(f"expected a compressed image, got {error}") from error
    if len(plain) != shape[0] * shape[1]:
        raise ValueError(f"expected {shape[0] * shape[1]} pixels, got {len(plain)}")
    return np.frombuffer(plain, np.uint8).reshape(shape)
