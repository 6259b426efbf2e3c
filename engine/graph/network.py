"""What a matching network says of two drawings: beliefs of every region in every other one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..embedding.prior import dense_prior
from ..embedding.sight import region_geometry
from .analysis import FrameAnalysis
from .motion import Overlap


@runtime_checkable
class RegionNetwork(Protocol):
    """A network that finds the regions of one drawing again in another, see `Embedder`."""

    @property
    def name(self) -> str:
        """Names the network and its weights."""

    def match_both(
        self,
        embedding_a: NDArray[np.float16],
        geometry_a: NDArray[np.float32],
        embedding_b: NDArray[np.float16],
        geometry_b: NDArray[np.float32],
        prior: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(A, B + 1) and (B, A + 1) beliefs, the last column of each in no match."""


@dataclass(frozen=True, eq=False)
class Opinion:
    """What the network believes of two drawings.

    Attributes:
        forth: (A, B + 1) float32, of each region of the first drawing in those of the second, and
            in no match.
        back: (B, A + 1) float32, the other way round.

    """

    forth: NDArray[np.float32]
    back: NDArray[np.float32]


def asked(
    network: RegionNetwork | None,
    pair: tuple[FrameAnalysis, FrameAnalysis],
    overlaps: tuple[Overlap, Overlap],
) -> Opinion | None:
    """What the network says of a pair of drawings; None without one.

    Args:
        network: Whose descriptors the drawings have.
        pair: The drawings.
        overlaps: Where the regions of each are expected in the other one.

    """
    source, target = pair
    if network is None or source.embedding is None or target.embedding is None:
        return None
    forth, back = overlaps
    prior = dense_prior(forth, back) if len(forth.source) or len(back.source) else None
    said = network.match_both(
        source.embedding, _geometry(source), target.embedding, _geometry(target), prior
    )
    return Opinion(*said)


def _geometry(one: FrameAnalysis) -> NDArray[np.float32]:
    return region_geometry(
        one.area_px, one.centre_px.astype(np.float64), one.box_px[:, 2:], one.shape
    )
