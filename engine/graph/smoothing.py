"""Drawings next to each other agree: colours that flowed to each by itself, evened out in time.

The two sweeps of a solution (`solve`) give every drawing its own answer, from its own mixture of
what it hears. So a region may win one colour here and another one in the next drawing, though the
two are linked for sure: it flickers. Here every region looks at its neighbours in time, those
before and those after it, and takes a mean of what they hold and what it found itself, a few times
over. What is linked strongly moves together; what is linked with nothing stays as it is. Single
mistakes are outvoted by the drawings around, which makes more regions right, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..palette import UNPAINTED
from .links import Links

HEARD = {1: 2.0, 2: 1.0}
"""How much a drawing so many drawings away counts, beside a region's own 1."""

DOUBT = 4
"""Power that the belief in any match at all is raised to: doubtful links hardly count."""

MOST = 5
"""How many others a region looks at."""

ROUNDS = 4
"""How often everyone looks at their neighbours."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """The links between drawings next to each other, as one table over all regions of a shot.

    Attributes:
        source: (MOST, N) intp, regions that each region looks at, what counts most first.
        weight: (MOST, N, 1) float32, how much each counts; 0 where there are no more.
        unknown: (N,) float32, how much it counts that nothing is there to see.
        total: (N,) float32, all that counts beside a region's own.

    """

    source: NDArray[np.intp]
    weight: NDArray[np.float32]
    unknown: NDArray[np.float32]
    total: NDArray[np.float32]

    @classmethod
    def of(cls, links: Mapping[tuple[int, int], Links], first_region: NDArray[np.intp]) -> Tracks:
        """Gather the links of a shot.

        Args:
            links: By the numbers of two drawings, the earlier one first.
            first_region: (D + 1,) where the regions of each drawing begin.

        """
        regions = int(first_region[-1])
        total = np.zeros(regions)
        sources, listeners, weights = [], [], []
        for (earlier, later), one in sorted(links.items(), key=lambda item: item[0]):
            heard = HEARD.get(later - earlier)
            if heard is None:
                continue
            before, after = int(first_region[earlier]), int(first_region[later])
            ways = (
                (one.source, before, one.target, after, one.back, len(one.new)),
                (one.target, after, one.source, before, one.forth, len(one.lost)),
            )
            for source, there, region, here, belief, count in ways:
                known = np.minimum(np.bincount(region, belief, count), 1)
                counts = heard * known**DOUBT
                total[here : here + count] += counts
                sources.append(source.astype(np.intp) + there)
                listeners.append(region.astype(np.intp) + here)
                weights.append(counts[region] * belief)
        source = np.concatenate([np.zeros(0, np.intp), *sources])
        listener = np.concatenate([np.zeros(0, np.intp), *listeners])
        weight = np.concatenate([np.zeros(0), *weights])
        order = np.lexsort((source, -weight, listener))
        source, listener, weight = source[order], listener[order], weight[order]
        begin = np.searchsorted(listener, np.arange(regions))
        rank = np.arange(len(listener)) - begin[listener]
        kept = rank < MOST
        table = np.zeros((MOST, regions), np.intp)
        counted = np.zeros((MOST, regions), np.float32)
        table[rank[kept], listener[kept]] = source[kept]
        counted[rank[kept], listener[kept]] = weight[kept]
        return cls(
            source=table,
            weight=counted[..., None],
            unknown=np.maximum(total - counted.sum(axis=0), 0).astype(np.float32),
            total=total.astype(np.float32),
        )

    def evened(
        self, state: NDArray[np.float32], fixed: NDArray[np.intp], rounds: int = ROUNDS
    ) -> NDArray[np.float32]:
        """(N, C) shares of colours, evened out.

        Args:
            state: The same as each region found by itself; colour 0 is unknown.
            fixed: Regions that keep what they have: those with dabs.
            rounds: How often neighbours are looked at.

        """
        share = np.reciprocal(1 + self.total)[:, None]
        own = state * share
        own[:, UNPAINTED] += self.unknown * share[:, 0]
        weight = self.weight * share
        found = state
        for _ in range(rounds):
            mixed = own.copy()
            for source, counts in zip(self.source, weight, strict=True):
                seen = found[source]
                seen *= counts
                mixed += seen
            mixed[fixed] = state[fixed]
            found = mixed
        return found
