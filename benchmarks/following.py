"""How far colour follows a shot from one or two hinted frames: ours beside flow voting, in one run.

    python benchmarks/following.py SET [SET ...]
    python benchmarks/following.py SET --truth first+last --dabs 5px
    python benchmarks/following.py SET --dabs 10 --line-style "grey pencil" --json out.json

SET is a folder of shards, as `celtint-train prepare drawings` makes them. The first frame of every
shot, or the first and the last, get hints: the whole truth, one dab in every true region, or N dabs
in all on the largest regions. All other frames are held against the truth. *Reachable* are regions
over 10 pixels whose true colour some hint shows; of the others it is asked whether they are
flagged: unpainted, or less sure than FLAGGED. *Calibration* is the share of wrong reachable regions
that lie in the least sure tenth of all. *Flips* are changes of colour of a shape from a frame to
the next one.

*Ceiling* paints every region that is found in the line art with the colour that most of it truly
has: where two colours meet without a line between them, nobody who fills regions does better.
*Flow voting* carries colours from each frame to the next, both ways of the optical flow, as the
flat finish did before it solved whole shots.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine import FlatSettings, PaintedFrame, colorize_sequence
from celtint.engine.embedding.embedder import load_embedder
from celtint.engine.flat.carry import FlowVote
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.frames import dabs_in
from celtint.engine.graph.analysis import RegionEmbedder
from celtint.engine.palette import Palette
from celtint.training.data.line_styles import LineStyle, line_width_px, styled
from celtint.training.data.shards import read_shots
from celtint.training.data.shots import EncodedShot
from celtint.training.metrics import (
    LARGE_REGION_PX,
    RegionScore,
    count_flips,
    score_regions,
    truth_regions,
)
from celtint.training.metrics.time import Flips, colours_of_things

FLAGGED = 0.25
"""Regions less sure of their colour than this are flagged, as `celtint publish` has it."""

SEED = 4
STYLES = {
    "clean": LineStyle(),
    "width x0.5": LineStyle(width=0.5),
    "width x2": LineStyle(width=2),
    "gaps 6": LineStyle(gaps_per_1000_px=3, gap_px=6),
    "grey pencil": LineStyle(tone=0.5, grain=0.6),
    "scan": LineStyle(scan_noise=0.02, scan_paper=0.08, scan_blur_px=0.5),
    "boil": LineStyle(boil_px=1.0),
}


@dataclass(frozen=True, eq=False)
class Shot:
    """A shot with its truth, by drawing.

    Attributes:
        name: Its name in the set.
        holds: For every frame, the drawing it shows.
        drawn: (H, W) uint8 ink as it was rendered, which the truth is told by.
        ink: The same in the line style that is asked for: what is painted.
        truth: (H, W) true palette index, from 1.
        shape: (H, W) true shape, 0 for none.
        colours: (P, 3) float32, row 0 unused.

    """

    name: str
    holds: tuple[int, ...]
    drawn: list[NDArray[np.uint8]]
    ink: list[NDArray[np.uint8]]
    truth: list[NDArray[np.int32]]
    shape: list[NDArray[np.int32]]
    colours: NDArray[np.float32]


@dataclass
class Tally:
    """What was counted over shots, for one method."""

    by_time: dict[str, RegionScore] = field(default_factory=dict)
    flagged: int = 0
    flips: Flips = field(default_factory=Flips)
    confidence: list[NDArray[np.float32]] = field(default_factory=list)
    is_right: list[NDArray[np.bool_]] = field(default_factory=list)
    seconds: float = 0.0
    frames: int = 0

    def add(self, when: str, score: RegionScore) -> None:
        """Count a frame under a name."""
        self.by_time[when] = self.by_time.get(when, RegionScore()) + score

    def figures(self) -> dict[str, float]:
        """The row of the table, and the counts behind it."""
        none = RegionScore()
        mean = self.by_time.get("mean", none)
        row = {
            when: self.by_time.get(when, none).reachable_acc_thres
            for when in ("t+1", "t+5", "t+20", "mean")
        }
        return {
            **row,
            "pix_acc": mean.pix_acc,
            "flagged": self.flagged / max(mean.unreachable, 1),
            "flips": self.flips.flipped,
            "tracked": self.flips.tracked,
            "calibration": self.calibration(),
            "reachable": mean.reachable,
            "unreachable": mean.unreachable,
            "frames": self.frames,
            "frames_per_s": self.frames / max(self.seconds, 1e-9),
        }

    def calibration(self) -> float:
        """Share of the wrong regions that lie in the least sure tenth."""
        if not self.confidence:
            return float("nan")
        sure, right = np.concatenate(self.confidence), np.concatenate(self.is_right)
        least = np.argsort(sure, kind="stable")[: len(sure) // 10]
        return float((~right[least]).sum() / max((~right).sum(), 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--truth", choices=["first", "first+last"], default="first")
    parser.add_argument("--dabs", default="full", help="full, 5px, or a number of dabs in all")
    parser.add_argument("--line-style", choices=sorted(STYLES), default="clean")
    parser.add_argument("--frames", type=int, default=24, help="of film, from the first on (24)")
    parser.add_argument("--shots", type=int, help="only the first so many of each set")
    parser.add_argument("--without-flow-voting", action="store_true", help="ours alone")
    parser.add_argument("--embedding", type=Path, help="weights of a matching network to use")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args(arguments)
    embedder = None if options.embedding is None else load_embedder(options.embedding)
    tallies = {"ours": Tally(), "ceiling": Tally()}
    if not options.without_flow_voting:
        tallies["flow voting"] = Tally()
    count = 0
    for folder in options.sets:
        for shot in shots_in(folder, options.line_style, options.shots, options.frames):
            hints = hints_for(shot, options.truth, options.dabs)
            for name, tally in tallies.items():
                measure(name, shot, hints, embedder, tally)
            count += 1
    figures = {name: tally.figures() for name, tally in tallies.items()}
    settings = {"truth": options.truth, "dabs": options.dabs, "style": options.line_style}
    print(f"{count} shots; {settings}; embedding: {embedder.name if embedder else 'none'}")
    report(figures)
    if options.json:
        text = json.dumps({"shots": count, **settings, "figures": figures}, indent=2)
        options.json.write_text(text + "\n")
    return 0


def shots_in(folder: Path, style: str, limit: int | None, frames: int) -> Iterator[Shot]:
    """The shots of a set, their lines in a style."""
    for number, encoded in enumerate(read_shots(folder)):
        if limit is not None and number >= limit:
            return
        yield shot_of(encoded, STYLES[style], number, frames)


def shot_of(encoded: EncodedShot, style: LineStyle, number: int, frames: int) -> Shot:
    """Decode the first frames of a shot; its trace lines count as lines."""
    info = encoded.info
    assert info.regions is not None, f"{info.name} has no true regions"
    colours = sorted({colour.base for colour in info.regions.values()})
    index = np.zeros(max(info.regions) + 1, np.int32)
    for shape, colour in info.regions.items():
        index[shape] = colours.index(colour.base) + 1
    drawn, ink, truth, shapes = [], [], [], []
    width_px = 0.0
    holds = info.holds[:frames]
    for at in range(1 + max(holds)):
        drawing = encoded.drawing(at, planes=("ink", "regions", "trace"))
        assert drawing.ink is not None
        assert drawing.regions is not None
        line = drawing.ink
        if drawing.trace is not None and info.trace_rgb is not None:
            darkness = 1 - min(info.trace_rgb) / 255
            line = np.maximum(line, (drawing.trace * darkness).astype(np.uint8))
        width_px = width_px or line_width_px(line)
        random = np.random.default_rng([SEED, number, at])
        drawn.append(line)
        ink.append(line if style == LineStyle() else styled(line, style, random, width_px=width_px))
        truth.append(index[drawing.regions])
        shapes.append(drawing.regions.astype(np.int32))
    table = np.concatenate([np.zeros((1, 3)), np.array(colours) / 255]).astype(np.float32)
    return Shot(info.name, holds, drawn, ink, truth, shapes, table)


def hints_for(shot: Shot, truth: str, dabs: str) -> dict[int, NDArray[np.float32]]:
    """The hints of the frames that have some."""
    keys = {0} if truth == "first" else {0, len(shot.holds) - 1}
    return {key: hint_on(shot, shot.holds[key], dabs) for key in sorted(keys)}


def hint_on(shot: Shot, drawing: int, dabs: str) -> NDArray[np.float32]:
    """(H, W, 4) the hint of one drawing."""
    truth, ink = shot.truth[drawing], shot.drawn[drawing]
    hint = np.zeros((*truth.shape, 4), np.float32)
    region = truth_regions(truth, ink)
    if dabs == "full":
        inside = (region > 0) & (truth > 0)
        hint[inside, :3], hint[inside, 3] = shot.colours[truth[inside]], 1
        return hint
    area = np.bincount(region.reshape(-1))
    area[0] = 0
    largest = np.argsort(-area, kind="stable")[: np.count_nonzero(area)]
    chosen = largest if dabs == "5px" else largest[: int(dabs)]
    for one in chosen.tolist():
        inside = (region == one).astype(np.uint8)
        depth = cv2.distanceTransform(
            cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), cv2.DIST_L2, 5
        )[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        if truth[y, x] == 0:
            continue
        dab = np.s_[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        on = inside[dab] > 0  # a careful hand: no dab crosses its line
        hint[dab][on] = (*shot.colours[truth[y, x]], 1)
    return hint


def measure(
    name: str,
    shot: Shot,
    hints: Mapping[int, NDArray[np.float32]],
    embedder: RegionEmbedder | None,
    tally: Tally,
) -> None:
    """Paint a shot and count."""
    shown = {
        int(index)
        for key, hint in hints.items()
        for index in np.unique(shot.truth[shot.holds[key]][hint[..., 3] > 0])
    }
    frames = [shot.ink[number] for number in shot.holds]
    begun = time.perf_counter()
    if name == "ours":
        painted = list(colorize_sequence(frames, hints, embedder=embedder))
    elif name == "ceiling":
        painted = list(ceiling(shot))
    else:
        painted = list(flow_voted(frames, hints))
    tally.seconds += time.perf_counter() - begun
    tally.frames += len(frames)
    before: dict[int, int] | None = None
    for frame in painted:
        number = shot.holds[frame.index]
        index = in_truth_numbers(frame, shot.colours)
        ink, truth = shot.drawn[number], shot.truth[number]
        things = colours_of_things(index, shot.shape[number], ink)
        if before is not None:
            tally.flips += count_flips(before, things)
        before = things
        if frame.index in hints:
            continue
        score = score_regions(index, truth, ink, hinted=shown)
        for when, at in (("t+1", 1), ("t+5", 5), ("t+20", 20)):
            if frame.index == at:
                tally.add(when, score)
        tally.add("mean", score)
        doubtful = np.where(frame.confidence < FLAGGED, 0, index)
        tally.flagged += score_regions(doubtful, truth, ink, hinted=shown).unreachable_flagged
        sure, right = sureness(frame, index, truth, ink, shown)
        tally.confidence.append(sure)
        tally.is_right.append(right)


def in_truth_numbers(frame: PaintedFrame, colours: NDArray[np.float32]) -> NDArray[np.int32]:
    """(H, W) painted colours by their true number, 0 where unpainted."""
    number = np.zeros(len(frame.palette), np.int32)
    for at, colour in enumerate(frame.palette[1:], 1):
        number[at] = 1 + int(np.abs(colours[1:] - colour).sum(axis=1).argmin())
    return number[frame.palette_index]


def sureness(
    frame: PaintedFrame,
    index: NDArray[np.int32],
    truth: NDArray[np.int32],
    ink: NDArray[np.uint8],
    shown: set[int],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Of each reachable region: mean confidence, and whether most of it is right."""
    region = truth_regions(truth, ink)
    inside = region > 0
    where = region[inside] - 1
    area = np.bincount(where)
    sure = np.bincount(where, frame.confidence[inside]) / np.maximum(area, 1)
    right = np.bincount(where, index[inside] == truth[inside]) * 2 > area
    colour = np.zeros(len(area), np.int64)
    colour[where] = truth[inside]
    counts = (area > LARGE_REGION_PX) & np.isin(colour, list(shown))
    return sure[counts].astype(np.float32), right[counts]


def ceiling(shot: Shot) -> Iterator[PaintedFrame]:
    """Every region that is found, in the colour that most of it truly has."""
    for index, number in enumerate(shot.holds):
        regions, truth = find_regions(shot.ink[number], FlatSettings()), shot.truth[number]
        inside = (regions.paper > 0) & (truth > 0)
        colours = len(shot.colours)
        key = regions.label[inside] * colours + truth[inside]
        votes = np.bincount(key, minlength=regions.count * colours).reshape(-1, colours)
        best, sure = votes.argmax(axis=1).astype(np.int32), np.ones(regions.count, np.float32)
        yield PaintedFrame(index, shot.ink[number], regions.label, best, sure, shot.colours)


def flow_voted(
    frames: Sequence[NDArray[np.uint8]], hints: Mapping[int, NDArray[np.float32]]
) -> Iterator[PaintedFrame]:
    """The old way: each frame from the one before it, hints on top, from the first frame on."""
    settings, carrier = FlatSettings(), FlowVote()
    palette = Palette()
    look = colour = sure = previous = None
    for index, ink in enumerate(frames):
        if look is None or previous is not ink:
            regions = find_regions(ink, settings)
            now = carrier.look(ink, regions)
            if look is None:
                colour, sure = (
                    np.zeros(regions.count, np.int32),
                    np.zeros(regions.count, np.float32),
                )
            else:
                colour, sure = carrier.carry(look, colour, sure, now)
            look, previous = now, ink
        if index in hints:
            seeds = read_seeds(hints[index], dabs_in(hints[index]), look.regions, palette)
            palette, colour, sure = seeds.palette, colour.copy(), sure.copy()
            colour[seeds.region], sure[seeds.region] = seeds.palette_index, 1
        yield PaintedFrame(index, ink, look.regions.label, colour, sure, palette.colour)


def report(figures: Mapping[str, Mapping[str, float]]) -> None:
    """Print the table."""
    names = ("t+1", "t+5", "t+20", "mean", "pix_acc", "flagged", "calibration")
    print(f"{'':<12}" + "".join(f"{name:>12}" for name in names) + "       flips  frames/s")
    for method, row in figures.items():
        cells = "".join(f"{row[name]:>12.4f}" for name in names)
        print(
            f"{method:<12}{cells}{row['flips']:>6.0f} of {row['tracked']:.0f}"
            f"{row['frames_per_s']:>8.1f}"
        )
    some = next(iter(figures.values()))
    print(f"reachable regions: {some['reachable']}, unreachable: {some['unreachable']}")


if __name__ == "__main__":
    raise SystemExit(main())
