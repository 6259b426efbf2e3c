"""Paintings of a shot held against its truth: many of them at the price of one.

Pixels of a drawing that lie in one true region, one true shape and one found region are always
painted alike, so they are put together once, and every painting is judged by these groups. All
figures are those of `celtint.training.metrics`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from held_out import Shot
from numpy.typing import NDArray

from celtint.training.metrics import (
    LARGE_REGION_PX,
    PAPER_INK,
    Flips,
    RegionScore,
    count_flips,
    score_regions,
)
from celtint.training.metrics.time import colours_of_things

FLAGGED = 0.25
"""Regions less sure of their colour than this are flagged, as `celtint publish` has it."""

LEAST_SURE = 0.1
"""Calibration asks for the wrong regions among this share of all."""

WHEN = {"t+1": 1, "t+5": 5, "t+20": 20}
MEAN = "mean"
SEEN, UNCOVERED = "seen", "uncovered"

_STEPS = 1000  # confidence is kept to a thousandth: what is less apart is as good as alike


@dataclass(frozen=True, eq=False)
class Cells:
    """The paper of one drawing, as groups of pixels that are always painted alike.

    Attributes:
        found: (N,) int32, the found region.
        region: (N,) int32, the true region, from 1 without holes.
        thing: (N,) int32, the true shape, the same number on all drawings.
        truth: (N,) int32, true palette index.
        pixels: (N,) int64, how many.
        found_regions: How many regions were found.

    """

    found: NDArray[np.int32]
    region: NDArray[np.int32]
    thing: NDArray[np.int32]
    truth: NDArray[np.int32]
    pixels: NDArray[np.int64]
    found_regions: int

    @classmethod
    def of(cls, shot: Shot, drawing: int, label: NDArray[np.integer]) -> Cells:
        """The groups of a drawing of which (H, W) regions were found."""
        maps = (shot.region[drawing], shot.shape[drawing], shot.truth[drawing], label)
        counts = _is_counted(shot, drawing)
        flat = np.stack([one[counts].astype(np.int64) for one in maps])
        # Runs along the rows first: far fewer than pixels, and as good to sort.
        first = np.flatnonzero(np.any(np.diff(flat, axis=1, prepend=-1) != 0, axis=0))
        runs, length = flat[:, first], np.diff(np.append(first, flat.shape[1]))
        groups, which = np.unique(runs, axis=1, return_inverse=True)
        pixels = np.bincount(which.reshape(-1), length, minlength=groups.shape[1])
        region = np.unique(groups[0], return_inverse=True)[1].reshape(-1) + 1
        return cls(
            found=groups[3].astype(np.int32),
            region=region.astype(np.int32),
            thing=groups[1].astype(np.int32),
            truth=groups[2].astype(np.int32),
            pixels=pixels.astype(np.int64),
            found_regions=int(label.max()) + 1,
        )

    def part(self, regions: NDArray[np.bool_]) -> Cells:
        """The groups of some true regions alone, which (regions,) says."""
        some = regions[self.region - 1]
        return Cells(
            found=self.found[some],
            region=np.cumsum(regions)[self.region - 1][some].astype(np.int32),
            thing=self.thing[some],
            truth=self.truth[some],
            pixels=self.pixels[some],
            found_regions=self.found_regions,
        )

    @property
    def _no_ink(self) -> NDArray[np.uint8]:
        return np.zeros(len(self.pixels), np.uint8)

    def score(self, painted: NDArray[np.integer], shown: Collection[int]) -> RegionScore:
        """(N,) palette indices of the groups against the truth, see `score_regions`."""
        return score_regions(
            painted, self.truth, self._no_ink, hinted=shown, label=self.region, pixels=self.pixels
        )

    def things(self, painted: NDArray[np.integer]) -> dict[int, int]:
        """What colour every shape has, see `colours_of_things`."""
        return colours_of_things(painted, self.thing, self._no_ink, self.pixels)

    @cached_property
    def ceiling(self) -> NDArray[np.int32]:
        """(R,) the colour that most paper of each found region truly has; 0 without paper."""
        votes = np.zeros((self.found_regions, int(self.truth.max(initial=0)) + 1), np.int64)
        np.add.at(votes, (self.found, self.truth), self.pixels)
        most: NDArray[np.int32] = votes.argmax(axis=1).astype(np.int32)
        return most

    def sureness(
        self, painted: NDArray[np.integer], sure: NDArray[np.floating], shown: Collection[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Of each large true region: mean confidence, if most of it is right, if it is reachable.

        Args:
            painted: (N,) palette index of the groups.
            sure: (N,) their confidence.
            shown: True palette indices that some hint shows.

        """
        at, pixels = self.region - 1, self.pixels
        area = np.bincount(at, pixels)
        mean = np.bincount(at, sure * pixels) / np.maximum(area, 1)
        right = np.bincount(at, (painted == self.truth) * pixels) * 2 > area
        colour = np.zeros(len(area), np.int32)
        colour[at] = self.truth
        large = area > LARGE_REGION_PX
        return mean[large], right[large], np.isin(colour[large], list(shown))


@dataclass(frozen=True, eq=False)
class Painting:
    """A painted frame, by found region.

    Attributes:
        colour: (R,) int32, palette index in the truth's numbering, 0 where unpainted.
        sure: (R,) float32, confidence, 0..1.

    """

    colour: NDArray[np.int32]
    sure: NDArray[np.float32]


@dataclass
class Verdict:
    """What was counted over frames of one or many shots; adds up with `+`.

    Attributes:
        scores: By WHEN, and over all frames without hints as MEAN; from frame to frame also of
            the regions that were SEEN on the frame before, and of those UNCOVERED since.
        flagged: Unreachable regions that are unpainted or unsure.
        needless: Reachable regions that are right, and flagged all the same.
        flips: Shapes that change colour from one frame to the next.
        held: Of these, within a hold: the same drawing twice.
        own: Of these, where painting every found region with its truest colour would not flip.
        sure: Confidence in thousandths to reachable regions so sure, and the wrong ones of them.
        curve: Frame to its reachable regions, and the right ones of them.

    """

    scores: dict[str, RegionScore] = field(default_factory=dict)
    flagged: int = 0
    needless: int = 0
    flips: Flips = field(default_factory=Flips)
    held: int = 0
    own: int = 0
    sure: dict[int, tuple[int, int]] = field(default_factory=dict)
    curve: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __add__(self, other: Verdict) -> Verdict:
        scores = dict(self.scores)
        for when, score in other.scores.items():
            scores[when] = scores.get(when, RegionScore()) + score
        return Verdict(
            scores,
            self.flagged + other.flagged,
            self.needless + other.needless,
            self.flips + other.flips,
            self.held + other.held,
            self.own + other.own,
            _together(self.sure, other.sure),
            _together(self.curve, other.curve),
        )

    def count(
        self,
        cells: Cells,
        painting: Painting,
        shown: Collection[int],
        when: Collection[str],
        frame: int = 0,
    ) -> None:
        """Count a frame without hints, under some names and by its place in the shot."""
        painted, sure = painting.colour[cells.found], painting.sure[cells.found]
        score = cells.score(painted, shown)
        for name in when:
            self.add(name, score)
        here = {frame: (score.reachable, score.reachable_right)}
        self.curve = _together(self.curve, here)
        doubtful = cells.score(np.where(sure < FLAGGED, 0, painted), shown)
        self.flagged += doubtful.unreachable_flagged
        self.needless += score.reachable_right - doubtful.reachable_right
        mean, right, reachable = cells.sureness(painted, sure, shown)
        level = np.rint(mean * _STEPS).astype(np.int64)[reachable]
        wrong = ~right[reachable]
        levels = {
            int(at): (int((level == at).sum()), int(wrong[level == at].sum()))
            for at in np.unique(level)
        }
        self.sure = _together(self.sure, levels)

    def add(self, name: str, score: RegionScore) -> None:
        """Add to the scores of a name."""
        self.scores[name] = self.scores.get(name, RegionScore()) + score

    def calibration(self) -> float:
        """Share of the wrong regions among the least sure tenth; nan where none is wrong.

        Of regions that are equally sure, as many wrong ones count as chance would pick.
        """
        left = LEAST_SURE * sum(regions for regions, _ in self.sure.values())
        caught, all_wrong = 0.0, sum(wrong for _, wrong in self.sure.values())
        for _, (regions, wrong) in sorted(self.sure.items()):
            taken = min(regions, left)
            caught += wrong * taken / regions
            left -= taken
        return caught / all_wrong if all_wrong else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a line of JSON."""
        return {
            "scores": {name: asdict(score) for name, score in self.scores.items()},
            "flagged": self.flagged,
            "needless": self.needless,
            "flips": [self.flips.tracked, self.flips.flipped],
            "held": self.held,
            "own": self.own,
            "sure": {str(level): counts for level, counts in sorted(self.sure.items())},
            "curve": {str(frame): counts for frame, counts in sorted(self.curve.items())},
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Verdict:
        """What `to_json` gave."""
        return cls(
            {name: RegionScore(**score) for name, score in said["scores"].items()},
            said["flagged"],
            said["needless"],
            Flips(*said["flips"]),
            said["held"],
            said["own"],
            *(
                {int(at): (one[0], one[1]) for at, one in said[name].items()}
                for name in ("sure", "curve")
            ),
        )


def judge(
    shot: Shot,
    cells: Mapping[int, Cells],
    paintings: Mapping[int, Painting],
    hints: Mapping[int, NDArray[np.float32]],
) -> Verdict:
    """Hold a painted shot against its truth.

    Args:
        shot: The shot.
        cells: By drawing.
        paintings: By frame, all of them.
        hints: By frame, (H, W, 4): frames that have some are not scored, and what they show can
            be known on all others.

    """
    shown = {
        int(index)
        for key, hint in hints.items()
        for index in np.unique(shot.truth[shot.holds[key]][hint[..., 3] > 0])
    } - {0}
    verdict = Verdict()
    before: tuple[int, dict[int, int], dict[int, int]] | None = None
    for frame, number in enumerate(shot.holds):
        one, painting = cells[number], paintings[frame]
        things = one.things(painting.colour[one.found])
        best = one.things(one.ceiling[one.found])
        if before is not None:
            dabbed = _dabbed(shot, number, hints.get(frame))
            found = count_flips(before[1], things, dabbed)
            verdict.flips += found
            verdict.held += found.flipped if before[0] == number else 0
            steady = {thing for thing, colour in best.items() if before[2].get(thing) == colour}
            moved = set(things) - steady
            verdict.own += count_flips(before[1], things, dabbed | moved).flipped
        before = (number, things, best)
        if frame not in hints:
            when = [MEAN, *(name for name, at in WHEN.items() if at == frame)]
            verdict.count(one, painting, shown, when, frame)
    return verdict


def shares_in(shot: Shot, drawing: int, where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(regions,) share of each true region's paper that lies where (H, W) says."""
    counts = _is_counted(shot, drawing)
    region = np.unique(shot.region[drawing][counts], return_inverse=True)[1].reshape(-1)
    return np.bincount(region, where[counts]) / np.maximum(np.bincount(region), 1)


def _is_counted(shot: Shot, drawing: int) -> NDArray[np.bool_]:
    """(H, W) the paper that figures are about."""
    return (shot.region[drawing] > 0) & (shot.drawn[drawing] <= PAPER_INK)


def _together(
    one: Mapping[int, tuple[int, int]], other: Mapping[int, tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    """The sums of both, name by name."""
    found = dict(one)
    for name, (a, b) in other.items():
        known = found.get(name, (0, 0))
        found[name] = (known[0] + a, known[1] + b)
    return found


def _dabbed(shot: Shot, drawing: int, hint: NDArray[np.float32] | None) -> set[int]:
    """The shapes that a hint lies on."""
    if hint is None:
        return set()
    return set(np.unique(shot.shape[drawing][hint[..., 3] > 0]).tolist())
