"""Drawings next to each other agree: colours that flowed to each by itself, evened out in time.

The two sweeps of a solution (`solve`) give every drawing its own answer, from its own mixture of
what it hears. So a region may win one colour here and another one in the next drawing, though the
two are linked for sure: it flickers. Here every region looks at its neighbours in time, those
before and those after it, and takes a mean of what they hold and what it found itself, a few times
over. What is linked strongly moves together; what is linked with nothing stays as it is. Single
mistakes are outvoted by the drawings around, which makes more regions right, too.

At last, regions that follow one another for sure, each the only match of the one before, are one
thing, a *strand*, and hold one colour: the mean of all of them, in which a dab counts most. Only
where dabs themselves give a strand several colours does it change on the way.
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

_BLOCK = 1 << 16
"""Numbers that are evened out at a time: they stay in the cache."""

FOR_SURE = 0.9
"""A region whose match is believed more than this, both ways, goes on in it."""

DAB = 8
"""A dab counts as so many drawings in the mean of a strand."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """The links between drawings next to each other, as one table over all regions of a shot.

    Attributes:
        source: (MOST, N) intp, regions that each region looks at, what counts most first.
        weight: (MOST, N, 1) float32, how much each counts; 0 where there are no more.
        unknown: (N,) float32, how much it counts that nothing is there to see.
        total: (N,) float32, all that counts beside a region's own.
        strand: (N,) intp, the first region of the strand that each region belongs to.

    """

    source: NDArray[np.intp]
    weight: NDArray[np.float32]
    unknown: NDArray[np.float32]
    total: NDArray[np.float32]
    strand: NDArray[np.intp]

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
            strand=_strands(links, first_region),
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
        found, rows = state, max(1, _BLOCK // state.shape[1])
        for _ in range(rounds):
            mixed = own.copy()
            for begin in range(0, len(own), rows):
                some = slice(begin, begin + rows)
                for source, counts in zip(self.source[:, some], weight[:, some], strict=True):
                    seen = found.take(source, axis=0)
                    seen *= counts
                    mixed[some] += seen
            mixed[fixed] = state[fixed]
            found = mixed
        return self._alike(found, fixed)

    def _alike(self, found: NDArray[np.float32], fixed: NDArray[np.intp]) -> NDArray[np.float32]:
        """The same, where every strand holds one mean."""
        # What hardly knows a colour has hardly a say in it.
        weight = np.maximum(found[:, UNPAINTED + 1 :].max(axis=1, initial=0), 1e-3)
        weight[fixed] *= DAB
        # Colour by colour, because sums of numbers are found ten times as fast as those of rows.
        said = np.ascontiguousarray(found.T) * weight
        total = np.stack([np.bincount(self.strand, colour) for colour in (weight, *said)])
        mean = total[1:] / np.maximum(total[0], 1e-9)
        alike = np.ascontiguousarray(mean.T[self.strand], np.float32)
        dabbed = np.unique(np.stack([self.strand[fixed], found[fixed].argmax(axis=1)]), axis=1)
        colours = np.bincount(dabbed[0], minlength=len(found))
        kept = np.append(np.flatnonzero(colours[self.strand] > 1), fixed)
        alike[kept] = found[kept]
        return alike


def _strands(
    links: Mapping[tuple[int, int], Links], first_region: NDArray[np.intp]
) -> NDArray[np.intp]:
    """See `Tracks.strand`: more than half belief both ways leaves no region more than one."""
    strand = np.arange(int(first_region[-1]))
    for later in range(1, len(first_region) - 1):
        one = links.get((later - 1, later))
        if one is not None:
            sure = np.minimum(one.forth, one.back) > FOR_SURE
            before = strand[first_region[later - 1] + one.source[sure]]
            strand[first_region[later] + one.target[sure]] = before
    return strand
