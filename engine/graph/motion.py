"""Where things go from one drawing to another: optical flow, and whether it is the same scene.

Flow is estimated between neighbours alone. Further apart it is put together of two halves, there
and on from there: that finds more regions again than estimating it in one leap does, because a
leap of four drawings is often further than the estimation reaches, and it costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .codec import RunMap
from .fingerprint import Describer, Pictures

VOTE_WIDTH_PX = 720
"""Longer side from which on not every pixel of a region is followed, in pixels."""

MOST_VOTERS = 1024
"""Pixels of a region that are followed, spread over it: of more, its shares would tell no more."""

CUT_AGREEMENT = 0.6
"""Below this share of lines that meet again, both ways, two drawings are different scenes."""

_LEAST_PX = 16
"""Images of fewer pixels to a side are not compared: patches have eight."""

_NEAR_LINE = 15
"""`line_distance` of what is a pixel and a half from a line."""


@dataclass(frozen=True, eq=False)
class Points:
    """Pixels of an image that are followed along a flow.

    Attributes:
        shape: (h, w) of the image.
        x, y: (K,) float32, where they are in it.
        cell: (K,) intp, flat indices of the flow that they follow: the nearest one, because flow is
            smooth.
        scale: Pixels of the image to one of the flow, across and along.

    """

    shape: tuple[int, int]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    cell: NDArray[np.intp]
    scale: tuple[np.float32, np.float32]

    @classmethod
    def of(cls, pixel: NDArray[np.intp], shape: tuple[int, ...], flow: tuple[int, ...]) -> Points:
        """Pixels by their flat indices, in an image of a shape, to follow a flow of a shape."""
        height, width = shape[0], shape[1]
        y, x = np.divmod(pixel, width)
        column = np.arange(width) * flow[1] // width
        row = np.arange(height) * flow[0] // height * flow[1]
        return cls(
            shape=(height, width),
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            cell=row[y] + column[x],
            scale=(np.float32(width / flow[1]), np.float32(height / flow[0])),
        )

    def moved(self, flow: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(K,) each: how far they move across and along, in pixels of the image."""
        # Both numbers of a pixel are gathered at once, as parts of a complex one.
        moved = np.ascontiguousarray(flow).view(np.complex64).reshape(-1)[self.cell]
        return moved.real * self.scale[0], moved.imag * self.scale[1]

    def seen(
        self, image: NDArray[np.integer], moved: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> NDArray[np.int64]:
        """(K,) what they meet in another image of the shape; -1 beyond its edge."""
        height, width = self.shape
        x, y = np.rint(self.x + moved[0]), np.rint(self.y + moved[1])
        is_beyond = (x < 0) | (x >= width) | (y < 0) | (y >= height)
        place = y.astype(np.int64)
        place *= width
        place += x.astype(np.int64)
        met: NDArray[np.int64] = image.reshape(-1).take(place, mode="clip").astype(np.int64)
        met[is_beyond] = -1
        return met


@dataclass(frozen=True, eq=False)
class Look:
    """A drawing unpacked for matching; lives only while its neighbours are matched with it.

    Attributes:
        analysis: What is known of it.
        line_distance: (h, w) uint8, see `FrameAnalysis.line_distance`.
        picture: (h', w') uint8, the same at half the size: what flow is estimated from.
        lines: The pixels of `line_distance` that lines are on.
        label: (h'', w'') int32, every `stride`-th pixel of the region map.
        stride: Pixels of the drawing from one sample to the next.
        voters: Those of the samples that are followed, by region.
        region: (V,) int64, the region of each voter, ascending.
        pictures: What its regions look like.
        descriptor: (R, D) float32 unit vectors, the same in short.

    """

    analysis: FrameAnalysis
    line_distance: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    lines: Points
    label: NDArray[np.int32]
    stride: int
    voters: Points
    region: NDArray[np.int64]
    pictures: Pictures
    descriptor: NDArray[np.float32]

    @classmethod
    def at(cls, analysis: FrameAnalysis, describe: Describer | None = None) -> Look:
        """Unpack a drawing; without a describer, descriptors have no numbers."""
        stride = max(1, round(max(analysis.shape) / VOTE_WIDTH_PX))
        runs = analysis.run_map().sampled(stride)
        label = runs.label()
        voter, region = _voters(runs, analysis.count)
        line_distance = analysis.line_distance()
        picture = _halved(line_distance)
        pictures = Pictures.of(analysis, label, stride, line_distance)
        return cls(
            analysis=analysis,
            line_distance=line_distance,
            picture=picture,
            lines=Points.of(np.flatnonzero(line_distance == 0), line_distance.shape, picture.shape),
            label=label,
            stride=stride,
            voters=Points.of(voter, label.shape, picture.shape),
            region=region,
            pictures=pictures,
            descriptor=describe(pictures)
            if describe is not None
            else np.zeros((analysis.count, 0), np.float32),
        )

    @cached_property
    def near_lines(self) -> float:
        """Share of it that is next to a line, 0..1."""
        return np.count_nonzero(self.line_distance <= _NEAR_LINE) / self.line_distance.size


def _voters(runs: RunMap, count: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Flat indices of up to MOST_VOTERS pixels of each region, and the region of each."""
    paper = np.flatnonzero(runs.is_paper)
    order = np.argsort(runs.region[paper].astype(_narrowest(count)), kind="stable")
    run = paper[order]
    length = runs.length[run].astype(np.intp)
    # All paper pixels of the first region, then all of the second, and so on.
    pixel = np.arange(length.sum())
    pixel += np.repeat(runs.start[run] - (np.cumsum(length) - length), length)
    pixels = np.bincount(runs.region[run], length, count).astype(np.intp)
    votes = np.minimum(pixels, MOST_VOTERS)
    of_voter = np.repeat(np.arange(count), votes)
    rank = np.arange(len(of_voter)) - np.repeat(np.cumsum(votes) - votes, votes)
    begin = np.cumsum(pixels) - pixels
    chosen = begin[of_voter] + rank * pixels[of_voter] // votes[of_voter]
    return pixel[chosen], of_voter.astype(np.int64)


def _narrowest(count: int) -> type[np.integer]:
    """The type for numbers below a count: narrow ones sort by counting, several times faster."""
    if count <= 1 << 16:
        return np.uint8 if count <= 1 << 8 else np.uint16
    return np.int32


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape
    if min(height, width) < 2 * _LEAST_PX:
        return image
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return cast(NDArray[np.uint8], half)


def flow_between(source: Look, target: Look) -> NDArray[np.float32]:
    """(h, w, 2), where each pixel of the source's `picture` is in the target's, in its pixels."""
    still = np.zeros((*source.picture.shape, 2), np.float32)
    if min(source.picture.shape) < _LEAST_PX:
        return still
    # The faster presets lose one region in fifty of those that move fast. Of this one, patches may
    # lie further apart and be smoothed less without that anything is lost.
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    estimator.setFinestScale(0)
    estimator.setPatchStride(5)
    estimator.setVariationalRefinementIterations(3)
    moved = estimator.calc(source.picture, target.picture, still)
    return cast(NDArray[np.float32], moved)


def agreement(source: Look, target: Look, flow: NDArray[np.float32]) -> float:
    """How many lines of the source lie on lines of the target where the flow says.

    0 is as many as chance would have it, 1 is all. Neighbours in a shot reach 0.95, two sides
    of a cut about 0.5, because flow bends anything into anything to some degree.
    """
    if not len(source.lines.x):
        return 0.0
    seen = source.lines.seen(target.line_distance, source.lines.moved(flow))
    met = np.count_nonzero((seen >= 0) & (seen <= _NEAR_LINE)) / len(seen)
    chance = target.near_lines
    return (met - chance) / max(1 - chance, 1e-6)


def has_few_lines(look: Look) -> bool:
    """Whether there is hardly a line to tell a scene by."""
    return len(look.lines.x) < 0.002 * look.line_distance.size


@dataclass(frozen=True, eq=False)
class Flow:
    """How two drawings move into one another.

    Attributes:
        forth: (h, w, 2) float32, see `flow_between`.
        back: The same from the second drawing to the first.
        is_cut: Whether their lines hardly meet: most likely they are of different scenes.

    """

    forth: NDArray[np.float32]
    back: NDArray[np.float32]
    is_cut: bool

    @classmethod
    def of(cls, source: Look, target: Look) -> Flow:
        """Estimate it."""
        return cls._judged(
            source, target, flow_between(source, target), flow_between(target, source)
        )

    def then(self, on: Flow, source: Look, target: Look) -> Flow:
        """From `source` to `target`: this flow, and another one on from where it leads to."""
        forth = _composed(self.forth, on.forth)
        return self._judged(source, target, forth, _composed(on.back, self.back))

    @classmethod
    def _judged(
        cls,
        source: Look,
        target: Look,
        forth: NDArray[np.float32],
        back: NDArray[np.float32],
    ) -> Flow:
        both = agreement(source, target, forth) + agreement(target, source, back)
        is_told = not (has_few_lines(source) or has_few_lines(target))
        return cls(forth, back, is_told and both < 2 * CUT_AGREEMENT)


def _composed(first: NDArray[np.float32], then: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = first.shape[:2]
    x = first[..., 0] + np.arange(width, dtype=np.float32)
    y = first[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    on = cv2.remap(then, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return first + cast(NDArray[np.float32], on)


@dataclass(eq=False)
class Flows:
    """The flow between drawings of a shot, each pair's found once.

    Attributes:
        look: The drawing of a number.

    """

    look: Callable[[int], Look]
    _known: dict[tuple[int, int], Flow] = field(default_factory=dict)

    def between(self, earlier: int, later: int) -> Flow:
        """The flow between two drawings, by their numbers."""
        if (earlier, later) not in self._known:
            self._known[earlier, later] = self._found(earlier, later)
        return self._known[earlier, later]

    def forget(self, before: int) -> None:
        """Let go of what is known of drawings before a number."""
        self._known = {pair: flow for pair, flow in self._known.items() if pair[0] >= before}

    def _found(self, earlier: int, later: int) -> Flow:
        source, target = self.look(earlier), self.look(later)
        if later - earlier > 1:
            middle = (earlier + later) // 2
            halves = self.between(earlier, middle), self.between(middle, later)
            if not any(half.is_cut for half in halves):  # no way leads through another scene
                return halves[0].then(halves[1], source, target)
        return Flow.of(source, target)


@dataclass(frozen=True, eq=False)
class Overlap:
    """Where the regions of a drawing land in another one.

    Attributes:
        source, target: (P,) intp, pairs of regions, ascending by source, then target.
        share: (P,) float64, share of the source's pixels that land in the target.
        inside: (R,) float64, share of each region's pixels that land in the frame at all.
        flow_px: (R, 2) float64, mean motion of each region, pixels of the drawing.

    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    share: NDArray[np.float64]
    inside: NDArray[np.float64]
    flow_px: NDArray[np.float64]

    @classmethod
    def unknown(cls, source: FrameAnalysis) -> Overlap:
        """Nothing is known of where the regions of a drawing go."""
        count, none = source.count, np.zeros(0, np.intp)
        return cls(none, none, np.zeros(0), np.zeros(count), np.zeros((count, 2)))


def overlap(source: Look, target: Look, flow: NDArray[np.float32]) -> Overlap:
    """Follow the pixels of each region along the flow."""
    moved = source.voters.moved(flow)
    count, count_there = source.analysis.count, target.analysis.count + 1
    key = source.voters.seen(target.label, moved)
    key += source.region * count_there
    key += 1
    pair, pixels = _counted(key, count * count_there)
    start = np.searchsorted(source.region, np.arange(count + 1))
    of_region = np.diff(start)
    followed = np.flatnonzero(of_region)
    flow_px = np.zeros((count, 2))
    if len(followed):
        for axis, far in enumerate(moved):
            total = np.add.reduceat(far, start[followed], dtype=np.float64)
            flow_px[followed, axis] = total
    of_region = np.maximum(of_region, 1)
    region, landed = np.divmod(pair, count_there)
    met = landed > 0
    region, pixels = region[met], pixels[met]
    return Overlap(
        source=region,
        target=landed[met] - 1,
        share=pixels / of_region[region],
        inside=np.bincount(region, pixels, count) / of_region,
        flow_px=flow_px / of_region[:, None] * source.stride,
    )


def _counted(key: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The distinct keys, ascending, and how often each occurs."""
    if limit <= 2_000_000:  # a table is faster than sorting while it fits into the cache
        table = np.bincount(key, minlength=limit)
        found = np.flatnonzero(table)
        return found, table[found]
    found, count = np.unique(key, return_counts=True)
    return found, count
