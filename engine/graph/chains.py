"""Links put together: where regions go in a drawing far away, over those between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .links import Links
from .motion import Overlap

LEAST_SHARE = 0.004
"""What is believed less is not followed on."""


@dataclass(frozen=True, eq=False)
class Way:
    """Where the regions of a drawing are believed to be in another one.

    Attributes:
        source, target: (P,) intp, pairs of regions, ascending by source, then target; each once.
        share: (P,) float64, 0..1; those of a source sum up to 1 at most.
        regions: R of the drawing, and of the other one.

    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    share: NDArray[np.float64]
    regions: tuple[int, int]

    @classmethod
    def forth(cls, links: Links) -> Way:
        """From the earlier drawing to the later one."""
        regions = len(links.lost), len(links.new)
        return cls._sorted(links.source, links.target, links.forth, regions)

    @classmethod
    def back(cls, links: Links) -> Way:
        """From the later drawing to the earlier one."""
        regions = len(links.new), len(links.lost)
        return cls._sorted(links.target, links.source, links.back, regions)

    @classmethod
    def mean(cls, ways: Sequence[Way]) -> Way:
        """The mean of several ways between the same two drawings."""
        source, target, share = (
            np.concatenate([getattr(way, name) for way in ways])
            for name in ("source", "target", "share")
        )
        return cls._summed(source, target, share / len(ways), ways[0].regions)

    @classmethod
    def _sorted(
        cls,
        source: NDArray[np.int32],
        target: NDArray[np.int32],
        share: NDArray[np.float32],
        regions: tuple[int, int],
    ) -> Way:
        order = np.lexsort((target, source))
        return cls(
            source[order].astype(np.intp),
            target[order].astype(np.intp),
            share[order].astype(np.float64),
            regions,
        )

    @classmethod
    def _summed(
        cls,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        share: NDArray[np.float64],
        regions: tuple[int, int],
    ) -> Way:
        key, at = np.unique(source * regions[1] + target, return_inverse=True)
        total = np.bincount(at, share, len(key)).astype(np.float64, copy=False)
        kept = total >= LEAST_SHARE
        one, other = np.divmod(key[kept], regions[1])
        return cls(one, other, total[kept], regions)

    def then(self, on: Way) -> Way:
        """Another way, gone on from where one leads to."""
        start = np.searchsorted(on.source, np.arange(on.regions[0] + 1))
        many = (start[1:] - start[:-1])[self.target]
        first = np.repeat(np.arange(len(self.source)), many)
        before = np.cumsum(many) - many
        second = np.arange(len(first)) - before[first] + start[self.target][first]
        return self._summed(
            self.source[first],
            on.target[second],
            self.share[first] * on.share[second],
            (self.regions[0], on.regions[1]),
        )

    def overlap(self, here: FrameAnalysis, there: FrameAnalysis) -> Overlap:
        """The same as if it were seen under optical flow.

        Args:
            here: The drawing the way begins at.
            there: The one it leads to.

        """
        count = self.regions[0]
        known = np.bincount(self.source, self.share, count).astype(np.float64, copy=False)
        away = there.centre_px[self.target].astype(np.float64) - here.centre_px[self.source]
        moved = np.column_stack(
            [np.bincount(self.source, self.share * away[:, axis], count) for axis in (0, 1)]
        )
        return Overlap(
            source=self.source,
            target=self.target,
            share=self.share,
            inside=np.minimum(known, 1),
            flow_px=moved / np.maximum(known, 1e-6)[:, None],
        )
