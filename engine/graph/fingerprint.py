"""What a region and its surroundings look like, in a few numbers.

Small pictures are taken around the middle of each region, as large as the region asks for or of a
fixed share of the drawing: its own silhouette, the distance to the nearest line, and how large the
regions around are. They tell which region this is even where it moved further than optical flow
can follow. A small model, learned from shots whose regions are known, makes a descriptor of them
that shrugs off turning and bending; no network that looks at pixels is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .perceptron import Perceptron

SIDE = 12
"""Samples to a side of each picture."""

OWN_REACH = 2.2
"""Half a side of the picture of the region itself, in standard deviations of its pixels."""

AROUND_REACH = 5.0
"""Half a side of that of its surroundings, in the same; never under AROUND_LEAST."""

AROUND_LEAST = 0.02
FAR_REACH = 0.12
"""Half a side of that of the wider surroundings; these two are shares of the diagonal."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """The small pictures around each region of a drawing, and its measures.

    Attributes:
        silhouette: (R, SIDE * SIDE) float32, 1 where the region is, else -1.
        near, far: (R, SIDE * SIDE) float32, square root of the distance to a line, 0..1, in the
            surroundings and in the wider ones.
        sizes: (R, SIDE * SIDE) float32, log of the area of the regions of the surroundings over
            the region's own, -1..1.
        sizes_far: The same in the wider surroundings.
        measures: (R, M) float32.

    """

    silhouette: NDArray[np.float32]
    near: NDArray[np.float32]
    far: NDArray[np.float32]
    sizes: NDArray[np.float32]
    sizes_far: NDArray[np.float32]
    measures: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        analysis: FrameAnalysis,
        label: NDArray[np.int32],
        stride: int,
        line_distance: NDArray[np.uint8],
    ) -> Pictures:
        """Take the pictures of a drawing.

        Args:
            analysis: The drawing.
            label: (h, w) its region map, every `stride`-th pixel.
            stride: See there.
            line_distance: (h, w) see `FrameAnalysis.line_distance`.

        """
        diagonal = float(np.hypot(*analysis.shape))
        scale = line_distance.shape[1] / analysis.shape[1]
        spread = np.sqrt((analysis.moment_px[:, 0] + analysis.moment_px[:, 2]) / 2 + 1.0)
        around = np.clip(AROUND_REACH * spread, AROUND_LEAST * diagonal, 0.25 * diagonal)
        log_area = np.log(np.maximum(analysis.area_px, 1)).astype(np.float32)
        nearness = np.sqrt(line_distance / np.float32(240))
        own = _at(label, _grid(analysis, OWN_REACH * spread), 1 / stride)
        near_grid = _grid(analysis, around)
        far_grid = _grid(analysis, np.full(analysis.count, FAR_REACH * diagonal))

        def sizes(grid: NDArray[np.float64]) -> NDArray[np.float32]:
            beside = log_area[_at(label, grid, 1 / stride)] - log_area[:, None]
            return np.clip(beside / 4, -1, 1).astype(np.float32)

        region = np.arange(analysis.count)[:, None]
        return cls(
            silhouette=np.where(own == region, np.float32(1), np.float32(-1)),
            near=_at(nearness, near_grid, scale),
            far=_at(nearness, far_grid, scale),
            sizes=sizes(near_grid),
            sizes_far=sizes(far_grid),
            measures=_measures(analysis, diagonal),
        )

    def inputs(self) -> NDArray[np.float32]:
        """(R, N) all of it side by side, as the model takes it."""
        return np.concatenate(
            [self.silhouette, self.near, self.far, self.sizes, self.sizes_far, self.measures],
            axis=1,
        )


@dataclass(frozen=True, eq=False)
class Describer:
    """Makes a descriptor of the pictures of a region.

    Attributes:
        model: From `Pictures.inputs` to the descriptor, before it is made a unit vector.

    """

    model: Perceptron

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Describer:
        """The describer whose arrays are called `describer.mean` and so on."""
        return cls(Perceptron.from_arrays(arrays, "describer"))

    def __call__(self, pictures: Pictures) -> NDArray[np.float32]:
        """(R, D) unit vectors: alike regions have a product near 1."""
        return unit(self.model(pictures.inputs()))


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(length, 1e-6)).astype(np.float32)


def _measures(analysis: FrameAnalysis, diagonal: float) -> NDArray[np.float32]:
    area = np.maximum(analysis.area_px, 1).astype(np.float64)
    moment = analysis.moment_px.astype(np.float64) / area[:, None]
    shape = np.sign(moment) * np.sqrt(np.abs(moment))
    degree = np.bincount(analysis.neighbours.reshape(-1), minlength=analysis.count)
    outline = np.maximum(analysis.outline_px, 1)
    columns = [
        np.log(area / diagonal**2),
        *shape.T,
        np.log(area / outline**2),
        np.log(area / outline / diagonal),
        np.log1p(degree),
        analysis.edge_px > 0,
        analysis.edge_px / outline,
    ]
    return np.column_stack(columns).astype(np.float32)


def _grid(analysis: FrameAnalysis, reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, R, SIDE * SIDE) x and y of the samples around each region."""
    step = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    y, x = (part.reshape(-1) for part in np.meshgrid(step, step, indexing="ij"))
    centre = analysis.centre_px.astype(np.float64)
    return np.stack([centre[:, :1] + reach[:, None] * x, centre[:, 1:] + reach[:, None] * y])


def _at(image: NDArray[Any], grid: NDArray[np.float64], scale: float) -> NDArray[Any]:
    """The nearest pixels; beyond the edge those of the edge."""
    column, row = np.rint(grid * scale)
    np.clip(column, 0, image.shape[1] - 1, out=column)
    np.clip(row, 0, image.shape[0] - 1, out=row)
    row *= image.shape[1]  # whole numbers far below what a double tells apart
    row += column
    return image.take(row.astype(np.intp))
