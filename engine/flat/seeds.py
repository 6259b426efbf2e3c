"""Dabs to region colours: which regions a hint names, and the exact colour of each."""

from __future__ import annotations

from dataclasses import dataclass

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
    colour = hint.reshape(-1, 4)[pixel, :3].astype(np.float32)
    dab_count, dab_map = cv2.connectedComponents(counts.view(np.uint8), connectivity=8)
    dab = dab_map.reshape(-1)[pixel].astype(np.int32, copy=False)
    region, says = _claims(pixel, dab, dab_count, regions)
    contradictions = []
    if not says.all():
        contradictions = _spills(pixel[~says], colour[~says], region[~says], counts.shape[1])
    pixel, colour, region, dab = pixel[says], colour[says], region[says], dab[says]
    dab_px = np.bincount(dab, minlength=dab_count)

    order = np.argsort(region, kind="stable")
    pixel, colour, region, dab = pixel[order], colour[order], region[order], dab[order]
    hinted, starts = np.unique(region, return_index=True)
    winners = np.zeros((len(hinted), 3), np.float32)
    is_rounded = np.zeros(len(hinted), bool)
    clearance: NDArray[np.float32] | None = None
    for place, (start, stop) in enumerate(zip(starts, [*starts[1:], len(region)], strict=True)):
        clusters = _clusters(colour[start:stop])
        winner = max(clusters, key=lambda cluster: cluster.pixels)
        rivals = _rivals(clusters, dab[start:stop])
        if len(rivals) > 1 and stop - start <= DAB_SHARE * regions.area_px[hinted[place]]:
            clearance = _clearance_px(regions) if clearance is None else clearance
            winner = _widest(rivals, clearance[pixel[start:stop]])
        winners[place], is_rounded[place] = winner.colour, winner.is_rounded
        for cluster in clusters:
            if cluster is not winner and (
                cluster.pixels >= REPORTED_SHARE * (stop - start)
                or _is_most_of_a_dab(dab[start:stop][cluster.member], dab_px)
            ):
                at = pixel[start:stop][cluster.member]
                contradictions.append(
                    _contradiction(int(hinted[place]), at, counts.shape[1], cluster.colour, winner)
                )
    palette, index = palette.indices_of(winners, is_rounded)
    return Seeds(palette, hinted.astype(np.int32), index, tuple(contradictions))


def _clearance_px(regions: Regions) -> NDArray[np.float32]:
    """(H * W,) how far each pixel of paper is from the nearest line."""
    away = cv2.distanceTransform(regions.paper, cv2.DIST_L2, 3)
    return away.reshape(-1).astype(np.float32, copy=False)


def _widest(rivals: list[_Cluster], clearance_px: NDArray[np.float32]) -> _Cluster:
    """The colour that comes farthest from all lines."""
    return max(rivals, key=lambda rival: float(clearance_px[rival.member].max()))


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


def _spills(
    pixel: NDArray[np.intp],
    colour: NDArray[np.float32],
    region: NDArray[np.int32],
    width: int,
) -> list[Contradiction]:
    found = []
    for touched in np.unique(region[region >= 0]).tolist():
        here = region == touched
        main = _clusters(colour[here])[0]
        found.append(_contradiction(touched, pixel[here], width, main.colour, None))
    return found
