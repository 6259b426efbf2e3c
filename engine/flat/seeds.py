"""Dabs to region colours: which regions a hint names, and the exact colour of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..frames import Contradiction
from ..palette import Palette, is_same_but_rounding
from .regions import Regions

SPILL_SHARE = 0.1
"""A dab spills into a region when less than this of the dab and of the region is in it, ..."""

SPILL_PX = 64
"""... and fewer pixels than this: a brush that slipped over a line does not mean to flood."""

REPORTED_SHARE = 0.05
"""A second colour in a region is reported from this share on; below, it is the rim of two dabs,
unless it is most of a dab of its own."""

RIVAL_SHARE = 0.75
"""A dab with at least this share of the largest one's pixels in a region is as good as that, ..."""

DAB_SHARE = 0.25
"""... where all dabs together cover no more than this of the region."""

_MOST_COLOURS = 8  # per region: the rest are mixtures on rims, which no vote could be won with


@dataclass(frozen=True, eq=False)
class Seeds:
    """What the hints of one frame say.

    Attributes:
        palette: The palette, grown by the colours of this frame.
        region: (S,) int32, hinted regions, ascending.
        palette_index: (S,) int32, their colours.
        contradictions: Hints that were overruled.

    """

    palette: Palette
    region: NDArray[np.int32]
    palette_index: NDArray[np.int32]
    contradictions: tuple[Contradiction, ...]


def read_seeds(
    hint: NDArray[np.floating], counts: NDArray[np.bool_], regions: Regions, palette: Palette
) -> Seeds:
    """Read the dabs of one frame.

    Hint pixels on paper vote for the region they lie in; pixels on ink do not, unless the whole
    dab lies on ink: then all of it goes to the region nearest to most of it. In each region
    the colour with most pixels wins, colours within rounding counted together, and the region
    gets, bit for bit, the value that most of them have. Where small dabs of about one size differ,
    as where lines leave a gap between what was meant to be two regions, the one farthest from all
    lines wins: most of the region is what is wide there. What was overruled is reported.

    Args:
        hint: (H, W, 4) straight RGBA, working space, finite where it counts.
        counts: (H, W) bool, where it counts.
        regions: The regions of the frame.
        palette: The palette so far.

    """
    pixel = np.flatnonzero(counts)
    dab_count, dab_map = cv2.connectedComponents(counts.view(np.uint8), connectivity=8)
    dab = dab_map.reshape(-1)[pixel].astype(np.int32, copy=False)
    region, says = _claims(pixel, dab, dab_count, regions)
    hinting = _Hinting(pixel, hint.reshape(-1, 4)[pixel, :3].astype(np.float32), region, dab)
    width = counts.shape[1]
    contradictions = [] if says.all() else _spills(hinting.at(~says), width)

    hinting = hinting.at(says)
    dab_px = np.bincount(hinting.dab, minlength=dab_count)
    hinting = hinting.at(np.argsort(hinting.region, kind="stable"))
    hinted, starts = np.unique(hinting.region, return_index=True)
    stops = [*starts[1:], len(hinting.pixel)]
    clearance = _Clearance(regions)
    winners = []
    for region_here, start, stop in zip(hinted.tolist(), starts, stops, strict=True):
        here = hinting.at(slice(start, stop))
        clusters = _clusters(here.colour)
        winner = _winner(clusters, here, int(regions.area_px[region_here]), clearance)
        winners.append(winner)
        for cluster in clusters:
            if cluster is not winner and (
                cluster.pixels >= REPORTED_SHARE * len(here.pixel)
                or _is_most_of_a_dab(here.dab[cluster.member], dab_px)
            ):
                at = here.pixel[cluster.member]
                contradictions.append(
                    _contradiction(region_here, at, width, cluster.colour, winner)
                )
    palette, index = palette.indices_of(
        np.array([winner.colour for winner in winners], np.float32).reshape(-1, 3),
        np.array([winner.is_rounded for winner in winners], bool),
    )
    return Seeds(palette, hinted.astype(np.int32), index, tuple(contradictions))


@dataclass(frozen=True, eq=False)
class _Hinting:
    """Hint pixels: where each lies, its colour, the region it speaks for and its dab."""

    pixel: NDArray[np.intp]
    colour: NDArray[np.float32]
    region: NDArray[np.int32]
    dab: NDArray[np.int32]

    def at(self, which: NDArray[Any] | slice) -> _Hinting:
        """Some of them."""
        return _Hinting(self.pixel[which], self.colour[which], self.region[which], self.dab[which])


@dataclass(frozen=True, eq=False)
class _Clearance:
    """How far from all lines pixels are; measured where it is asked for, which is seldom."""

    regions: Regions

    def most_px(self, pixel: NDArray[np.intp]) -> float:
        """The most that any of these pixels has."""
        return float(self._of_all[pixel].max())

    @cached_property
    def _of_all(self) -> NDArray[np.float32]:
        away = cv2.distanceTransform(self.regions.paper, cv2.DIST_L2, 3)
        return away.reshape(-1).astype(np.float32, copy=False)


def _winner(
    clusters: list[_Cluster], here: _Hinting, area_px: int, clearance: _Clearance
) -> _Cluster:
    """The colour that a region gets."""
    rivals = _rivals(clusters, here.dab)
    if len(rivals) > 1 and len(here.pixel) <= DAB_SHARE * area_px:
        return max(rivals, key=lambda rival: clearance.most_px(here.pixel[rival.member]))
    return max(clusters, key=lambda cluster: cluster.pixels)


def _rivals(clusters: list[_Cluster], dab: NDArray[np.int32]) -> list[_Cluster]:
    """The colours in a region that have about the largest dab of it, each."""
    if len(clusters) == 1:
        return clusters
    largest = [np.unique(dab[one.member], return_counts=True)[1].max() for one in clusters]
    least = RIVAL_SHARE * max(largest)
    return [one for one, pixels in zip(clusters, largest, strict=True) if pixels >= least]


def _is_most_of_a_dab(dab: NDArray[np.int32], dab_px: NDArray[np.intp]) -> bool:
    """Whether pixels of one colour, which lie in these dabs, are more than half of one of them."""
    touched, pixels = np.unique(dab, return_counts=True)
    return bool((2 * pixels > dab_px[touched]).any())


def _claims(
    pixel: NDArray[np.intp], dab: NDArray[np.int32], dab_count: int, regions: Regions
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Of every hint pixel: the region it speaks for, and whether it speaks at all.

    A pixel on ink of a dab that also touches paper is left out by giving it the region of
    nobody, -1, and False; so is a spill, which keeps its region so that it can be reported.
    """
    region = regions.label.reshape(-1)[pixel]
    on_paper = regions.paper.reshape(-1)[pixel] > 0
    paper_of_dab = np.bincount(dab[on_paper], minlength=dab_count)
    says = on_paper.copy()

    key = dab.astype(np.int64) * regions.count + region
    pairs, pair, in_pair = np.unique(key[on_paper], return_inverse=True, return_counts=True)
    spills = (
        (in_pair < SPILL_SHARE * paper_of_dab[pairs // regions.count])
        & (in_pair < SPILL_SHARE * regions.area_px[pairs % regions.count])
        & (in_pair < SPILL_PX)
    )
    says[on_paper] = ~spills[pair]
    region[~on_paper] = -1

    adrift = paper_of_dab[dab] == 0
    if adrift.any():
        pairs, in_pair = np.unique(key[adrift], return_counts=True)
        by_size = np.argsort(in_pair, kind="stable")  # the last one written is the largest
        region_of_dab = np.zeros(dab_count, np.int32)
        region_of_dab[pairs[by_size] // regions.count] = pairs[by_size] % regions.count
        region[adrift] = region_of_dab[dab[adrift]]
        says |= adrift
    return region, says


@dataclass(frozen=True, eq=False)
class _Cluster:
    """Hint pixels of one colour but for rounding."""

    colour: NDArray[np.float32]
    member: NDArray[np.bool_]
    pixels: int
    is_rounded: bool


def _clusters(colour: NDArray[np.float32]) -> list[_Cluster]:
    """The main colours of (N, 3) pixels, each with the bit pattern most of its pixels have."""
    bits = colour.view(np.uint32)  # -0.0 is another value than 0.0: what comes back is exact
    changes = np.flatnonzero((bits[1:] != bits[:-1]).any(axis=1)) + 1
    if not len(changes):  # as nearly always
        return [_Cluster(colour[0], np.ones(len(colour), bool), len(colour), is_rounded=False)]
    starts = np.concatenate([[0], changes])
    lengths = np.diff(np.append(starts, len(colour)))
    value_bits, run_value = np.unique(bits[starts], axis=0, return_inverse=True)
    value, run_value = value_bits.view(np.float32), run_value.reshape(-1)
    pixels = np.bincount(run_value, lengths, len(value))
    left = np.ones(len(value), bool)
    clusters: list[_Cluster] = []
    while left.any() and len(clusters) < _MOST_COLOURS:
        first = int(np.argmax(np.where(left, pixels, 0)))
        member = left & is_same_but_rounding(value, value[first])
        total = int(pixels[member].sum())
        clusters.append(
            _Cluster(
                colour=value[first],
                member=np.repeat(member[run_value], lengths),
                pixels=total,
                is_rounded=bool(pixels[first] * 2 < total),
            )
        )
        left &= ~member
    return clusters


def _contradiction(
    region: int,
    pixel: NDArray[np.intp],
    width: int,
    colour: NDArray[np.float32],
    winner: _Cluster | None,
) -> Contradiction:
    y, x = np.divmod(pixel, width)
    middle = int(np.argmin((x - x.mean()) ** 2 + (y - y.mean()) ** 2))
    red, green, blue = colour.tolist()
    painted = None if winner is None else tuple(winner.colour.tolist())
    return Contradiction(
        region, int(x[middle]), int(y[middle]), (red, green, blue), painted, len(pixel)
    )


def _spills(hinting: _Hinting, width: int) -> list[Contradiction]:
    found = []
    for touched in np.unique(hinting.region[hinting.region >= 0]).tolist():
        here = hinting.at(hinting.region == touched)
        main = _clusters(here.colour)[0]
        found.append(_contradiction(touched, here.pixel, width, main.colour, None))
    return found
