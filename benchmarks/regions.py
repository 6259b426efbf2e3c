"""How well regions are found in line art as it comes: merged, cut, lost, and what that costs.

Rendered drawings know the truth: which drawn shape every pixel belongs to, also under the line. A
true region is a patch of paper of one shape, of ten pixels or more. It is *merged* where most of it
lies in a found region that is mostly of another colour, and *cut* where more than a tenth of it
lies in other found regions than most of it. *Ceiling* is the share of paper that would be right if
every found region were painted with the colour that most of it has: nobody who paints these regions
can do better.

    python benchmarks/regions.py SET
    python benchmarks/regions.py SET --drawings 40 --gap 4 --styles clean "gaps 3-5" --json out.json

SET is a folder of shards, as `celtint-train prepare drawings` makes them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import Regions, find_regions
from celtint.engine.scan import without_paper
from celtint.training.data.line_styles import LineStyle, line_width_px, styled
from celtint.training.data.shards import read_shots

LEAST_PX = 10
CUT_SHARE = 0.1
SEED = 20

STYLES = {
    "clean": LineStyle(),
    "width x0.5": LineStyle(width=0.5),
    "width x2": LineStyle(width=2),
    "gaps 2": LineStyle(gaps_per_1000_px=3, gap_px=2),
    "gaps 4": LineStyle(gaps_per_1000_px=3, gap_px=4),
    "gaps 3-5": LineStyle(gaps_per_1000_px=3, gap_px=3.5),
    "gaps 5-9": LineStyle(gaps_per_1000_px=3, gap_px=6),
    "grey pencil": LineStyle(tone=0.5, grain=0.6),
    "rough pencil": LineStyle(tone=0.8, grain=0.9),
    "scan": LineStyle(scan_noise=0.02, scan_paper=0.08, scan_blur_px=0.5),
    "bad scan": LineStyle(tone=0.7, scan_noise=0.04, scan_paper=0.12, scan_blur_px=0.8),
    "aliased": LineStyle(threshold=0.5),
    "boil": LineStyle(boil_px=1.0),
}


@dataclass(frozen=True, eq=False)
class Truth:
    """The true regions of a drawing.

    Attributes:
        ink: (H, W) uint8.
        patch: (H, W) int32, true region of every pixel of paper, from 1; 0 elsewhere.
        colour_of_patch: (T + 1,) intp, what colour each has, from 1.
        colour: (H, W) intp, the colour of every pixel, under the ink too; 0 where unknown.

    """

    ink: NDArray[np.uint8]
    patch: NDArray[np.int32]
    colour_of_patch: NDArray[np.intp]
    colour: NDArray[np.intp]


@dataclass(frozen=True)
class Score:
    """Sums over drawings."""

    drawings: int = 0
    true_regions: int = 0
    found_regions: int = 0
    merged: int = 0
    cut: int = 0
    wrong_px: int = 0
    all_px: int = 0
    seconds: float = 0.0

    def __add__(self, other: Score) -> Score:
        """The sums of both."""
        return Score(**{name: value + asdict(other)[name] for name, value in asdict(self).items()})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, help="folder of shards")
    parser.add_argument("--drawings", type=int, default=60, help="how many drawings")
    parser.add_argument("--gap", type=float, default=FlatSettings().gap_px, help="gap_px")
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=list(STYLES))
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings = FlatSettings(gap_px=options.gap)
    truths = list(read_truths(options.set, options.drawings))
    scores = {name: score(truths, STYLES[name], settings) for name in options.styles}
    print_scores(scores)
    if options.json:
        figures = {name: asdict(found) for name, found in scores.items()}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def read_truths(folder: Path, drawings: int) -> Iterator[Truth]:
    """The first drawing and the middle one of every shot, until there are enough."""
    left = drawings
    for shot in read_shots(folder):
        if not shot.info.regions:
            continue
        for number in sorted({0, (max(shot.info.holds) + 1) // 2}):
            if left == 0:
                return
            drawing = shot.drawing(number)
            colours = {name: colour.base for name, colour in shot.info.regions.items()}
            yield truth_of(drawing.ink, drawing.regions, colours)
            left -= 1


def truth_of(
    ink: NDArray[np.uint8],
    identity: NDArray[np.uint16],
    colours: dict[int, tuple[int, int, int]],
) -> Truth:
    """Patches of paper of one identity, and their colours by number."""
    numbers = {rgb: at + 1 for at, rgb in enumerate(sorted(set(colours.values())))}
    table = np.zeros(int(identity.max()) + 1, np.intp)
    for name, rgb in colours.items():
        if name < len(table):
            table[name] = numbers[rgb]
    colour = table[identity]
    paper = ink < FlatSettings().ink_threshold
    patch = np.zeros(ink.shape, np.int32)
    colour_of_patch = [0]
    for name in np.unique(identity[paper & (identity > 0)]).tolist():
        mask = ((identity == name) & paper).view(np.uint8)
        count, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for one in range(1, count):
            if stats[one, cv2.CC_STAT_AREA] >= LEAST_PX:
                patch[label == one] = len(colour_of_patch)
                colour_of_patch.append(int(table[name]))
    return Truth(ink, patch, np.array(colour_of_patch), colour)


def score(truths: list[Truth], style: LineStyle, settings: FlatSettings) -> Score:
    """All drawings in one style."""
    total = Score()
    for number, truth in enumerate(truths):
        rng = np.random.default_rng([SEED, number])
        ink = styled(truth.ink, style, rng, width_px=line_width_px(truth.ink))
        started = time.thread_time()
        found = find_regions(without_paper(ink), settings)
        total += compared(truth, found, time.thread_time() - started)
    return total


def compared(truth: Truth, found: Regions, seconds: float = 0.0) -> Score:
    """One drawing's true regions beside those that were found."""
    known = (truth.colour > 0) & (truth.ink < FlatSettings().ink_threshold)
    colour_of_region = majority(found.label[known], truth.colour[known], found.count)
    painted = colour_of_region[found.label]
    inside = truth.patch > 0
    patches = len(truth.colour_of_patch)
    table = np.zeros((patches, found.count), np.int64)
    np.add.at(table, (truth.patch[inside], found.label[inside]), 1)
    table = table[1:]
    region_of_patch = table.argmax(axis=1)
    elsewhere = 1 - table.max(axis=1) / table.sum(axis=1)
    merged = colour_of_region[region_of_patch] != truth.colour_of_patch[1:]
    return Score(
        drawings=1,
        true_regions=patches - 1,
        found_regions=found.count,
        merged=int(merged.sum()),
        cut=int((elsewhere > CUT_SHARE).sum()),
        wrong_px=int((painted[known] != truth.colour[known]).sum()),
        all_px=int(known.sum()),
        seconds=seconds,
    )


def majority(region: NDArray[np.int32], colour: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """The colour that most pixels of each region have."""
    votes = np.zeros((count, int(colour.max(initial=0)) + 1), np.int64)
    np.add.at(votes, (region, colour), 1)
    most: NDArray[np.intp] = votes.argmax(axis=1)
    return most


def print_scores(scores: dict[str, Score]) -> None:
    """A table, one row a style."""
    row: Callable[..., str] = "{:14}{:>8}{:>8}{:>9}{:>9}{:>10}{:>8}".format
    print(row("style", "true", "found", "merged", "cut", "ceiling", "ms"))
    for name, one in scores.items():
        print(
            row(
                name,
                f"{one.true_regions / one.drawings:.1f}",
                f"{one.found_regions / one.drawings:.1f}",
                f"{100 * one.merged / one.true_regions:.2f} %",
                f"{100 * one.cut / one.true_regions:.2f} %",
                f"{100 - 100 * one.wrong_px / one.all_px:.2f} %",
                f"{1000 * one.seconds / one.drawings:.1f}",
            )
        )


if __name__ == "__main__":
    main()
