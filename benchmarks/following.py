"""How far colour follows a shot from one or two hinted frames: ours beside flow voting, in one run.

    python benchmarks/following.py SET [SET ...]
    python benchmarks/following.py SET --shots 3 --hints first 5px --styles clean scan
    python benchmarks/following.py SET --records out/following.jsonl --json out.json --page

SET is a folder of shards, as `celtint-train prepare drawings` makes them. Hints are

    first, first+last   the whole truth on the first frame of a shot, or on the first and the last
    5px                 a dab of 5 px in every true region of the first frame
    1, 3, 5, 10, ...    so many dabs in all on the first frame, on its largest regions
    one-step            the whole truth on the frame before, for every frame that shows another
                        drawing than that one

All frames without hints are held against the truth. *Reachable* are regions over 10 pixels whose
true colour some hint shows; of the others it is asked whether they are *flagged*: unpainted, or
less sure than 0.25. *Needless* is the share of reachable regions that are right and flagged all the
same. *Calibration* is the share of wrong reachable regions that lie in the least sure tenth of all.
*Flips* are changes of colour of a shape from a frame to the next one without a hint on it; *own*
are those that would not happen if every region that is found had its truest colour.

*Ceiling* paints every region that is found in the line art with the colour that most of it truly
has: where two colours meet without a line between them, nobody who fills regions does better.
*Flow voting* carries colours from each frame to the next, both ways of the optical flow, as the
flat finish did before it solved whole shots.

Every shot is analysed once in each line style, whatever hints are asked for. What is measured is
kept in --records, so that a run that was stopped goes on, as long as the engine stays the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from following_tables import figures_of, section, text_of
from held_out import (
    CLEAN,
    EVERY_REGION,
    FULL,
    STYLES,
    Shot,
    describe_set,
    encoded_shots,
    hint_on,
    shot_of,
)
from judging import Cells, Painting, Verdict, judge
from numpy.typing import NDArray
from pages import PAGE, write_section
from records import Records, engine_fingerprint

from celtint.engine import FlatSettings
from celtint.engine.flat.carry import FlowVote
from celtint.engine.flat.carry import Look as FlowLook
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.frames import dabs_in
from celtint.engine.graph.analysis import RegionEmbedder
from celtint.engine.graph.painter import analyse_shot
from celtint.engine.graph.seeding import ShotSeeds, seeds_of
from celtint.engine.graph.solution import Solution
from celtint.engine.graph.solve import solve
from celtint.engine.palette import Palette
from celtint.training.data.shots import EncodedShot

OURS, ONE_STEP = "ours", "one-step"
HINTS = ("first", "first+last", EVERY_REGION, "1", "3", "5", "10", ONE_STEP)
METHODS = (OURS, "flow voting", "ceiling")
BESIDE = ("first", "first+last", EVERY_REGION, ONE_STEP)
SHIPPED = "shipped"

Hints = dict[int, NDArray[np.float32]]
Key = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """What is to be measured of a shot in one line style.

    Attributes:
        keys: What to measure; all of one shot and one style.
        encoded: The shot.
        embedding: A matching network, or "shipped"; None for none.

    """

    keys: tuple[Key, ...]
    encoded: EncodedShot
    embedding: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    options = _parser().parse_args(arguments)
    unknown = [one for one in options.hints if one not in HINTS and not one.isdigit()]
    if unknown:
        print(f"following: --hints {' '.join(unknown)}: expected numbers or {' '.join(HINTS)}")
        return 2
    records = Records(options.records)
    wanted: list[Key] = []
    begun = time.monotonic()
    for ask in asks(options, records, wanted):
        print(f"{len(wanted)} measured or known, {time.monotonic() - begun:.0f} s: {ask}", end="\r")
    print()
    figures = figures_of([records[key] for key in wanted])
    print(text_of(figures))
    report = {"engine": engine_fingerprint(), "embedding": options.embedding, "rows": figures}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if options.page:
        write_section(options.page, "following", section(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--hints", nargs="+", default=list(HINTS), metavar="HINTS")
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=[CLEAN], metavar="STYLE")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument(
        "--beside",
        nargs="+",
        default=[*BESIDE],
        metavar="HINTS",
        help=f"the hints for which others than ours are measured ({' '.join(BESIDE)})",
    )
    parser.add_argument("--frames", type=int, default=24, help="of film, from the first on (24)")
    parser.add_argument("--shots", type=int, help="only the first so many of each set")
    parser.add_argument("--embedding", help="a matching network's file, or `shipped` (none)")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side (1)")
    parser.add_argument("--records", type=Path, help="keep what is measured in this file")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=PAGE, help="also write the tables into this page"
    )
    return parser


def asks(options: argparse.Namespace, records: Records, wanted: list[Key]) -> Iterator[str]:
    """Measure what is not known yet, shot by shot; what is wanted is added to a list."""

    def missing() -> Iterator[Ask]:
        for folder in options.sets:
            name = str(describe_set(folder)["set"])
            for number, encoded in encoded_shots(folder, options.shots):
                for style in options.styles:
                    keys = keys_of(options, name, encoded.info.name, number, style)
                    wanted.extend(keys)
                    left = tuple(key for key in keys if key not in records)
                    if left:
                        yield Ask(left, encoded, options.embedding)

    if options.jobs == 1:
        for ask in missing():
            records.add(measure(ask))
            yield f"{ask.encoded.info.name}, {ask.keys[0]['style']}"
        return
    # Fresh processes: a forked one would share OpenCV's threads with this one.
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        queue: list[tuple[Ask, Future[list[dict[str, Any]]]]] = []
        for ask in missing():
            queue.append((ask, pool.submit(measure, ask)))
            if len(queue) > 2 * options.jobs:
                yield _taken(queue, records)
        while queue:
            yield _taken(queue, records)


def _taken(queue: list[tuple[Ask, Future[list[dict[str, Any]]]]], records: Records) -> str:
    ask, future = queue.pop(0)
    records.add(future.result())
    return f"{ask.encoded.info.name}, {ask.keys[0]['style']}"


def keys_of(
    options: argparse.Namespace, name: str, shot: str, number: int, style: str
) -> list[Key]:
    """What is to be measured of a shot in one style."""
    return [
        {
            "engine": engine_fingerprint(),
            "embedding": options.embedding,
            "set": name,
            "shot": shot,
            "number": number,
            "frames": options.frames,
            "style": style,
            "hints": hints,
            "method": method,
        }
        for hints in options.hints
        for method in options.methods
        if method == OURS or hints in options.beside
    ]


def measure(ask: Ask) -> list[dict[str, Any]]:
    """Measure a shot; the analysis is made once."""
    cv2.setNumThreads(1)
    some = ask.keys[0]
    shot = shot_of(ask.encoded, some["style"], some["number"], some["frames"])
    methods = dict.fromkeys(key["method"] for key in ask.keys)
    painters = {name: PAINTERS[name](shot, _embedder(ask.embedding)) for name in methods}
    records = []
    for key in ask.keys:
        painter = painters[key["method"]]
        begun = time.process_time()
        verdict = (
            one_step(shot, painter)
            if key["hints"] == ONE_STEP
            else painted_from(shot, painter, hints_for(shot, key["hints"]))
        )
        seconds = {"look": painter.seconds, "paint": time.process_time() - begun}
        size = {"frames": len(shot.holds), "drawings": len(shot.ink)}
        records.append({"key": key, **size, "cpu_s": seconds, "verdict": verdict.to_json()})
    return records


@cache
def _embedder(named: str | None) -> RegionEmbedder | None:
    if named is None:
        return None
    from celtint.engine.embedding.embedder import load_embedder  # noqa: PLC0415 - brings torch

    return load_embedder(None if named == SHIPPED else named)


def hints_for(shot: Shot, name: str) -> Hints:
    """The hints of the frames that have some."""
    last = len(shot.holds) - 1
    keys = {"first": (0,), "first+last": (0, last)}
    dabs = FULL if name in keys else name
    return {key: hint_on(shot, shot.holds[key], dabs) for key in keys.get(name, (0,))}


def painted_from(shot: Shot, painter: Painter, hints: Hints) -> Verdict:
    """Paint a shot and hold it against its truth."""
    return judge(shot, painter.cells, painter.paint(hints), hints)


def one_step(shot: Shot, painter: Painter) -> Verdict:
    """Every drawing from the true one before it; there is no flip to speak of."""
    verdict = Verdict()
    for frame in range(1, len(shot.holds)):
        before, now = shot.holds[frame - 1], shot.holds[frame]
        if before != now:
            shown = set(np.unique(painter.cells[before].truth).tolist())
            painting = painter.step(frame)
            verdict.count(painter.cells[now], painting, shown, ["t+1", "mean"])
    return verdict


class Painter:
    """A way to paint shots.

    Attributes:
        shot: The shot.
        cells: Its paper by drawing, parted by the regions that this way has found.
        seconds: Processor time of what does not depend on hints.

    """

    def __init__(self, shot: Shot, embedder: RegionEmbedder | None) -> None:
        self.shot, begun = shot, time.process_time()
        labels = self.look(embedder)
        self.seconds = time.process_time() - begun
        self.cells = {at: Cells.of(shot, at, label) for at, label in enumerate(labels)}

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:
        """Look at all drawings; the region map of each."""
        raise NotImplementedError

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Every frame of the shot."""
        raise NotImplementedError

    def step(self, frame: int) -> Painting:
        """One frame, the truth known of the one before it."""
        raise NotImplementedError


class Ours(Painter):
    """The flat finish: `colorize_sequence` in its three steps."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:
        """Analyse the shot."""
        self.graph = analyse_shot(self.shot.frames(), embedder=embedder)
        first = np.unique(np.array(self.shot.holds), return_index=True)[1]
        drawing = self.graph.drawing_of_frame[first]
        return [self.graph.drawings[number].run_map().label() for number in drawing]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Solve the shot."""
        return self.painted(solve(self.graph, seeds_of(self.graph, hints)))

    def step(self, frame: int) -> Painting:
        """Solve the shot from one frame on which every region has its truest colour."""
        colour = self.cells[self.shot.holds[frame - 1]].ceiling
        known = np.flatnonzero(colour).astype(np.int32)
        region, says = {frame - 1: known}, {frame - 1: colour[known]}
        seeds = ShotSeeds(self.shot.colours, region, says, {})
        return self.painted(solve(self.graph, seeds))[frame]

    def painted(self, solution: Solution) -> dict[int, Painting]:
        """Every frame as a solution has it."""
        least = FlatSettings().min_confidence
        number = in_truth_numbers(solution.palette, self.shot.colours)
        return {
            frame: Painting(np.where(sure >= least, number[colour], 0), sure)
            for frame, (colour, sure) in enumerate(
                zip(solution.palette_index, solution.confidence, strict=True)
            )
        }


class FlowVoting(Painter):
    """The old way: each drawing from the one before it, hints on top, from the first frame on."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:  # noqa: ARG002
        """Find the regions of every drawing."""
        self._carrier = FlowVote()
        self._looks: list[FlowLook] = []
        for ink in self.shot.ink:
            self._looks.append(self._carrier.look(ink, find_regions(ink, FlatSettings())))
        return [look.regions.label for look in self._looks]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Carry colours from frame to frame."""
        palette, painted = Palette(), {}
        look = self._looks[self.shot.holds[0]]
        colour = np.zeros(look.regions.count, np.int32)
        sure = np.zeros(look.regions.count, np.float32)
        for frame, number in enumerate(self.shot.holds):
            now = self._looks[number]
            if now is not look:
                colour, sure = self._carrier.carry(look, colour, sure, now)
                look = now
            if frame in hints:
                seeds = read_seeds(hints[frame], dabs_in(hints[frame]), now.regions, palette)
                palette, colour, sure = seeds.palette, colour.copy(), sure.copy()
                colour[seeds.region], sure[seeds.region] = seeds.palette_index, 1
            painted[frame] = Painting(
                in_truth_numbers(palette.colour, self.shot.colours)[colour], sure
            )
        return painted

    def step(self, frame: int) -> Painting:
        """Carry the truest colours once."""
        before, now = (self.shot.holds[at] for at in (frame - 1, frame))
        colour = self.cells[before].ceiling
        sure = (colour > 0).astype(np.float32)
        return Painting(*self._carrier.carry(self._looks[before], colour, sure, self._looks[now]))


class Ceiling(Painter):
    """Every found region in the colour that most of it truly has."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:  # noqa: ARG002
        """Find the regions of every drawing."""
        return [find_regions(ink, FlatSettings()).label for ink in self.shot.ink]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:  # noqa: ARG002
        """What cannot be done better."""
        return {frame: self.step(frame) for frame in range(len(self.shot.holds))}

    def step(self, frame: int) -> Painting:
        """The same, of one frame."""
        colour = self.cells[self.shot.holds[frame]].ceiling
        return Painting(colour, np.ones(len(colour), np.float32))


PAINTERS: Mapping[str, type[Painter]] = {
    OURS: Ours,
    "flow voting": FlowVoting,
    "ceiling": Ceiling,
}


def in_truth_numbers(
    palette: NDArray[np.float32], colours: NDArray[np.float32]
) -> NDArray[np.int32]:
    """(P,) the true number of every palette row, 0 for row 0."""
    number = np.zeros(len(palette), np.int32)
    for at, colour in enumerate(palette[1:], 1):
        number[at] = 1 + int(np.abs(colours[1:] - colour).sum(axis=1).argmin())
    return number


if __name__ == "__main__":
    sys.exit(main())
