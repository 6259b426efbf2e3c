"""Dabbing where the review page suggests it, against dabbing at random.

    python benchmarks/suggestion.py SET --shots 8
    python benchmarks/suggestion.py SET --dabs 60 --records out/suggestion.jsonl --page

SET is a folder of shards, as `celtint-train prepare drawings` makes them. Every shot begins without
a hint. Then one dab after another is set, each on one region of one frame, in the colour that the
truth has where the region is widest; after each, all regions of all frames are held against the
truth (regions over 10 px, unpainted ones count as wrong). Ways to choose the next dab:

    suggested     the first dab that the review page of `celtint review` suggests
    random        any region over 10 px of any drawing
    random wrong  any region over 10 px of any drawing that is not painted as it should be, as an
                  artist who looks at all frames would
    first frame   the largest region of the first frame that is not painted as it should be; when
                  there is none, of the second frame, and so on

The random ways are repeated. The chart has the mean over shots; the spread is the standard
deviation over shots.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from held_out import CLEAN, boxes_of, deepest_in, describe_set, encoded_shots, shot_of
from judging import Painting
from numpy.typing import NDArray
from pages import PAGE, percent, table, write_section
from painters import Ours, add_embedding, embedder_of
from records import Records, engine_fingerprint

from celtint.engine.graph.seeding import ShotSeeds
from celtint.engine.graph.solution import Solution
from celtint.engine.graph.solve import solve
from celtint.engine.graph.suggest import LEAST_PX, suggest
from celtint.training.data.shots import EncodedShot
from celtint.training.evaluation.chart import Panel, draw_chart
from celtint.training.metrics import RegionScore

SEED = 6
AT = (1, 2, 5, 10, 20, 40, 80)
SHARES = (0.5, 0.75, 0.9, 0.95)
Place = tuple[int, int]
"""A frame and one of its regions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    options = _parser().parse_args(arguments)
    records = Records(options.records)
    name = str(describe_set(options.set)["set"])
    wanted: list[dict[str, Any]] = []
    for number, encoded in encoded_shots(options.set, options.shots):
        keys = [
            {
                "engine": engine_fingerprint(),
                "set": name,
                "shot": encoded.info.name,
                "number": number,
                "frames": options.frames,
                "embedding": options.embedding,
                "dabs": options.dabs,
                "way": way,
                "repeat": repeat,
            }
            for way in WAYS
            for repeat in range(options.repeats if "random" in way else 1)
        ]
        wanted += keys
        left = [key for key in keys if key not in records]
        if left and not options.known:
            records.add(measure(encoded, left))
            print(f"{encoded.info.name}: {len(left)} curves", flush=True)
    report = {"set": name, "engine": engine_fingerprint(), "dabs": options.dabs}
    report["ways"] = curves_of([records[key] for key in wanted if key in records])
    if not report["ways"]:
        print("suggestion: nothing is known yet", file=sys.stderr)
        return 1
    print(figures_table(report))
    print(share_table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if options.page:
        write_section(options.page, "suggestion", section(report))
    if options.page or options.chart:
        chart = options.chart or options.page.parent / "images" / "suggestion.svg"
        chart.parent.mkdir(exist_ok=True)
        chart.write_text(chart_of(report), "utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, metavar="SET")
    parser.add_argument("--dabs", type=int, default=60, help="the longest curve (60)")
    parser.add_argument("--repeats", type=int, default=3, help="of what is random (3)")
    parser.add_argument("--frames", type=int, default=24, help="of film, from the first on (24)")
    parser.add_argument("--shots", type=int, help="only the first so many")
    add_embedding(parser)
    parser.add_argument("--records", type=Path, help="keep what is measured in this file")
    parser.add_argument("--known", action="store_true", help="measure nothing: tell what is known")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--chart", type=Path, help="also draw the curves into this SVG file")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=PAGE, help="also write the figures into this page"
    )
    return parser


def measure(encoded: EncodedShot, keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Curves of one shot; the analysis is made once."""
    cv2.setNumThreads(1)
    some = keys[0]
    shot = shot_of(encoded, CLEAN, some["number"], some["frames"])
    session = Session(Ours(shot, embedder_of(some["embedding"])))
    records = []
    for key in keys:
        random = np.random.default_rng([SEED, key["number"], key["repeat"]])
        scores = session.dabbed(WAYS[key["way"]], key["dabs"], random)
        records.append(
            {
                "key": dict(key),
                "regions": [one.acc_thres for one in scores],
                "pixels": [one.pix_acc for one in scores],
            }
        )
    return records


class Session:
    """An artist who dabs a shot, one dab after another.

    Attributes:
        ours: The shot, analysed.
        drawing: By the graph's number, the shot's number of a drawing.
        seeds: Frame to region to colour, all dabs so far.
        solution: The colours they give.
        painted: The same, frame by frame.

    """

    def __init__(self, ours: Ours) -> None:
        self.ours, shot = ours, ours.shot
        self.first_frame = [shot.holds.index(number) for number in range(len(shot.ink))]
        self._labels: dict[int, tuple[NDArray[np.int32], NDArray[np.intp]]] = {}
        self.clear()

    def clear(self) -> None:
        """Take all dabs away."""
        self.seeds: dict[int, dict[int, int]] = {}
        self._solve()

    def dabbed(self, choose: Choice, dabs: int, random: np.random.Generator) -> list[RegionScore]:
        """How right the shot is before the first dab and after each; what is done stays done."""
        self.clear()
        scores = [self.score()]
        for _ in range(dabs):
            place = choose(self, random)
            if place is not None and self._dab(*place):
                self._solve()
            scores.append(self.score())
        return scores

    def score(self) -> RegionScore:
        """All frames against the truth."""
        total = RegionScore()
        for number, frame in enumerate(self.first_frame):
            cells, held = self.ours.cells[number], self.ours.shot.holds.count(number)
            score = cells.score(self.painted[frame].colour[cells.found], ())
            for _ in range(held):
                total += score
        return total

    def wrong(self, number: int) -> NDArray[np.intp]:
        """The large regions of a drawing that are not painted as most of them truly is."""
        cells, area = self.ours.cells[number], self._area(number)
        painted = self.painted[self.first_frame[number]].colour
        return np.flatnonzero((painted != cells.ceiling) & (cells.ceiling > 0) & (area > LEAST_PX))

    def large(self, number: int) -> NDArray[np.intp]:
        """The large regions of a drawing whose colour is known."""
        known = self.ours.cells[number].ceiling > 0
        return np.flatnonzero(known & (self._area(number) > LEAST_PX))

    def largest(self, number: int, regions: NDArray[np.intp]) -> int:
        """The largest of some regions."""
        return int(regions[self._area(number)[regions].argmax()])

    def _area(self, number: int) -> NDArray[np.int32]:
        graph = self.ours.graph
        return graph.drawings[int(graph.drawing_of_frame[self.first_frame[number]])].area_px

    def _dab(self, frame: int, region: int) -> bool:
        """Dab the true colour where a region is widest, which is where the page says to."""
        number = self.ours.shot.holds[frame]
        if number not in self._labels:
            drawing = self.ours.graph.drawings[int(self.ours.graph.drawing_of_frame[frame])]
            label = drawing.run_map().label()
            self._labels[number] = label, boxes_of(label)
        label, boxes = self._labels[number]
        top, left, bottom, right = boxes[region]
        y, x = deepest_in(label[top:bottom, left:right] == region)
        colour = int(self.ours.shot.truth[number][top + y, left + x])
        if colour == 0:
            return False
        self.seeds.setdefault(frame, {})[region] = colour
        return True

    def _solve(self) -> None:
        region, says = {}, {}
        for frame, dabs in self.seeds.items():
            region[frame] = np.array(sorted(dabs), np.int32)
            says[frame] = np.array([dabs[one] for one in sorted(dabs)], np.int32)
        seeds = ShotSeeds(self.ours.shot.colours, region, says, {})
        self.solution: Solution = solve(self.ours.graph, seeds)
        self.painted: dict[int, Painting] = self.ours.painted(self.solution)


Choice = Callable[[Session, np.random.Generator], Place | None]


def suggested(session: Session, random: np.random.Generator) -> Place | None:  # noqa: ARG001
    """As the review page has it."""
    found = suggest(session.ours.graph, session.solution, 1)
    return (found[0].frame, found[0].region) if found else None


def at_random(session: Session, random: np.random.Generator) -> Place | None:
    """Any region."""
    return _any(session, random, session.large)


def wrong_at_random(session: Session, random: np.random.Generator) -> Place | None:
    """Any region that is wrong."""
    return _any(session, random, session.wrong)


def _any(
    session: Session, random: np.random.Generator, of: Callable[[int], NDArray[np.intp]]
) -> Place | None:
    places = [
        (frame, int(region))
        for number, frame in enumerate(session.first_frame)
        for region in of(number)
    ]
    return places[int(random.integers(len(places)))] if places else None


def first_frame_first(session: Session, random: np.random.Generator) -> Place | None:  # noqa: ARG001
    """The largest wrong region of the first frame that has one."""
    for number, frame in enumerate(session.first_frame):
        wrong = session.wrong(number)
        if len(wrong):
            return frame, session.largest(number, wrong)
    return None


WAYS: Mapping[str, Choice] = {
    "suggested": suggested,
    "random": at_random,
    "random wrong": wrong_at_random,
    "first frame": first_frame_first,
}


def curves_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By way: the mean curves over shots, and the spread; repeats of a shot are taken together."""
    found: dict[str, Any] = {}
    for way in dict.fromkeys(record["key"]["way"] for record in records):
        some = [record for record in records if record["key"]["way"] == way]
        shots = list(dict.fromkeys(record["key"]["shot"] for record in some))
        row: dict[str, Any] = {"shots": len(shots)}
        for what in ("regions", "pixels"):
            curves = np.array(
                [
                    np.mean([one[what] for one in some if one["key"]["shot"] == shot], axis=0)
                    for shot in shots
                ]
            )
            row[what] = np.round(curves.mean(axis=0), 5).tolist()
            row[f"{what}_spread"] = np.round(curves.std(axis=0), 5).tolist()
            row[f"{what}_by_shot"] = np.round(curves, 5).tolist()
        found[way] = row
    return found


def dabs_to(curve: Sequence[float], share: float) -> int | None:
    """How many dabs it takes until a curve reaches a share; None if it never does."""
    return next((dabs for dabs, value in enumerate(curve) if value >= share), None)


def figures_table(report: Mapping[str, Any]) -> str:
    """Regions right after some dabs, mean and spread."""
    at = [dabs for dabs in AT if dabs <= report["dabs"]]
    rows = {
        way: [
            f"{percent(row['regions'][dabs])} ± {percent(row['regions_spread'][dabs])}"
            for dabs in at
        ]
        for way, row in report["ways"].items()
    }
    return table(["regions right after", *(f"{dabs} dabs" for dabs in at)], rows)


def share_table(report: Mapping[str, Any]) -> str:
    """Dabs that it takes, by the mean curve; and shots in which a way is behind the suggestion."""
    best = np.array(report["ways"]["suggested"]["regions_by_shot"]).mean(axis=1)
    rows = {}
    for way, row in report["ways"].items():
        behind = int((np.array(row["regions_by_shot"]).mean(axis=1) < best).sum())
        cells = [dabs_to(row["regions"], share) for share in SHARES]
        rows[way] = ["-" if cell is None else str(cell) for cell in cells]
        rows[way].append("-" if way == "suggested" else f"{behind} of {row['shots']}")
    head = ["dabs until", *(f"{percent(share)} % right" for share in SHARES), "behind suggested in"]
    return table(head, rows)


def chart_of(report: Mapping[str, Any]) -> str:
    """Both curves as SVG: regions and pixels right against dabs."""
    return draw_chart(
        [
            Panel(
                f"{what} right",
                "%",
                {way: [100 * v for v in row[what.lower()]] for way, row in report["ways"].items()},
                across="dabs",
            )
            for what in ("Regions", "Pixels")
        ],
        columns=2,
    )


def section(report: Mapping[str, Any]) -> str:
    """The generated part of the page."""
    shots = report["ways"]["suggested"]["shots"]
    return "\n".join(
        [
            f"Engine `{report['engine']}`; {report['set']}: {shots} shots. Regions over 10 px of "
            "all frames, in %, mean ± standard deviation over shots.",
            "",
            figures_table(report),
            "",
            share_table(report),
            "",
            "![Regions and pixels right against dabs](images/suggestion.svg)",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
