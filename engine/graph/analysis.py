"""What is known of one drawing without hints: small, plain arrays that can be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..flat.regions import Regions
from .codec import RunMap, image_from_bytes, image_to_bytes

FORMAT = 3
"""Grows when what is kept of a drawing changes, so that what an older version kept is not used."""

Arrays = dict[str, NDArray[Any]]


class RegionEmbedder(Protocol):
    """A network that knows a region by its looks."""

    @property
    def name(self) -> str:
        """Names the network and its weights: analyses by different ones do not match."""

    def embed(self, ink: NDArray[np.uint8], regions: Regions) -> NDArray[np.float16]:
        """(R, D) unit vectors, one a region, of a drawing of (H, W) uint8 ink."""


@dataclass(frozen=True, eq=False)
class FrameAnalysis:
    """One drawing, analysed. All lengths are pixels of the drawing.

    Attributes:
        key: (16,) uint8, digest of the drawing, of the settings that regions depend on, and of
            the version and the network that analysed it: the same key means the same analysis.
        size: (2,) int32, H and W.
        region_code: (B,) uint8, the compressed region map, see `regions`.
        area_px: (R,) int32, paper of each region.
        centre_px: (R, 2) float32, mean x and y of it.
        box_px: (R, 4) int32, left, top, width and height of it.
        moment_px: (R, 3) float32, its central second moments xx, xy, yy; square pixels.
        outline_px: (R,) float32, length of its outline.
        edge_px: (R,) int32, pixels of the frame's edge that it has.
        neighbours: (E, 2) int32, pairs of regions with a common border, lower number first.
        border_px: (E,) int32, length of that border.
        neck: (J, 2) int32, pairs that are most likely one thing, see `Regions.neck`.
        distance_code: (C,) uint8, the compressed image that motion is estimated from.
        distance_size: (2,) int32, its height and width, see `line_distance`.
        embedding: (R, D) float16, unit vectors; None without a network.

    """

    key: NDArray[np.uint8]
    size: NDArray[np.int32]
    region_code: NDArray[np.uint8]
    area_px: NDArray[np.int32]
    centre_px: NDArray[np.float32]
    box_px: NDArray[np.int32]
    moment_px: NDArray[np.float32]
    outline_px: NDArray[np.float32]
    edge_px: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    border_px: NDArray[np.int32]
    neck: NDArray[np.int32]
    distance_code: NDArray[np.uint8]
    distance_size: NDArray[np.int32]
    embedding: NDArray[np.float16] | None = None

    @property
    def count(self) -> int:
        """R, at least 1."""
        return len(self.area_px)

    @property
    def shape(self) -> tuple[int, int]:
        """H and W of the drawing."""
        return int(self.size[0]), int(self.size[1])

    def run_map(self) -> RunMap:
        """The region map as runs, which many questions are cheaper to ask of."""
        return RunMap.from_bytes(self.region_code.tobytes(), self.shape)

    def regions(self) -> Regions:
        """The regions as they were found: the map and the figures."""
        runs = self.run_map()
        return Regions(
            label=runs.label(),
            paper=runs.paper(),
            area_px=self.area_px,
            centre_px=self.centre_px.astype(np.float64),
            size_px=self.box_px[:, 2:],
            neck=self.neck,
        )

    def line_distance(self) -> NDArray[np.uint8]:
        """(h, w) uint8, ten times the distance to the nearest line at reduced size, to 240."""
        height, width = self.distance_size.tolist()
        return image_from_bytes(self.distance_code.tobytes(), (height, width))

    def to_arrays(self) -> Arrays:
        """Name to array, for keeping; a drawing without an embedding lacks that name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in named.items() if array is not None}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FrameAnalysis:
        """The analysis that `to_arrays` gave.

        Raises:
            ValueError: An array is missing, unknown, or of another type or length than it must be.

        """
        wanted = {field.name for field in fields(cls)}
        missing, unknown = wanted - {"embedding"} - set(arrays), set(arrays) - wanted
        if missing or unknown:
            raise ValueError(
                f"expected the arrays of an analysis, got {sorted(unknown) or 'none'} that are "
                f"unknown and lack {sorted(missing) or 'none'}"
            )
        made = cls(**dict(arrays))
        made._check()
        return made

    def _check(self) -> None:
        count = len(self.area_px)
        expected: dict[str, tuple[tuple[int | None, ...], type]] = {
            "key": ((16,), np.uint8),
            "size": ((2,), np.int32),
            "region_code": ((None,), np.uint8),
            "area_px": ((count,), np.int32),
            "centre_px": ((count, 2), np.float32),
            "box_px": ((count, 4), np.int32),
            "moment_px": ((count, 3), np.float32),
            "outline_px": ((count,), np.float32),
            "edge_px": ((count,), np.int32),
            "neighbours": ((None, 2), np.int32),
            "border_px": ((len(self.neighbours),), np.int32),
            "neck": ((None, 2), np.int32),
            "distance_code": ((None,), np.uint8),
            "distance_size": ((2,), np.int32),
            "embedding": ((count, None), np.float16),
        }
        for name, (shape, kind) in expected.items():
            array = getattr(self, name)
            if array is None:
                continue
            fits = len(shape) == array.ndim and all(
                want in (None, got) for want, got in zip(shape, array.shape, strict=True)
            )
            if not fits or array.dtype != kind:
                raise ValueError(
                    f"{name}: expected {kind.__name__} {shape}, got {array.dtype} {array.shape}"
                )


def packed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A small image compressed, as an array that can be kept."""
    return np.frombuffer(image_to_bytes(image), np.uint8)
