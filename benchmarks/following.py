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

From frame to frame, regions are also told apart by whether half of their paper at least was *seen*
on the frame before or was *uncovered* since; that needs the true motion, which rendered sets have.

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
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from following_tables import chart_of, figures_of, section, text_of
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
from judging import SEEN, UNCOVERED, Verdict, judge, shares_in
from pages import PAGE, write_section
from painters import OURS, PAINTERS, Hints, Painter, add_embedding, embedder_of
from records import Records, engine_fingerprint, flat_fingerprint
from uncovered import SEEN_SHARE, seen_before

from celtint.training.data.shots import EncodedShot

ONE_STEP = "one-step"
HINTS = ("first", "first+last", EVERY_REGION, "1", "3", "5", "10", ONE_STEP)
METHODS = (OURS, "flow voting", "ceiling")
BESIDE = ("first", "first+last", EVERY_REGION, ONE_STEP)

Key = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """What is to be measured of a shot in one line style.

    Attributes:
        keys: What to measure; all of one shot and one style.
        encoded: The shot.
        embedding: See `embedder_of`.

    """

    keys: tuple[Key, ...]
    encoded: EncodedShot
    embedding: str


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
    figures = figures_of([records[key] for key in wanted if key in records])
    if not figures:
        print("following: nothing is known yet", file=sys.stderr)
        return 1
    print(text_of(figures))
    report = {"engine": engine_fingerprint(), "embedding": options.embedding, "rows": figures}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if options.page:
        write_section(options.page, "following", section(report))
        chart = options.page.parent / "images" / "following.svg"
        chart.parent.mkdir(exist_ok=True)
        chart.write_text(chart_of(figures), "utf-8")
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
    add_embedding(parser)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side (1)")
    parser.add_argument("--records", type=Path, help="keep what is measured in this file")
    parser.add_argument("--known", action="store_true", help="measure nothing: tell what is known")
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
                    if left and not options.known:
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
            "engine": engine_fingerprint() if method == OURS else flat_fingerprint(),
            "embedding": options.embedding if method == OURS else None,
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
    painters = {
        name: PAINTERS[name](shot, embedder_of(ask.embedding) if name == OURS else None)
        for name in methods
    }
    records = []
    for key in ask.keys:
        painter = painters[key["method"]]
        begun = time.process_time()
        verdict = (
            one_step(shot, painter, ask.encoded)
            if key["hints"] == ONE_STEP
            else painted_from(shot, painter, hints_for(shot, key["hints"]))
        )
        seconds = {"look": painter.seconds, "paint": time.process_time() - begun}
        size = {"frames": len(shot.holds), "drawings": len(shot.ink)}
        records.append({"key": key, **size, "cpu_s": seconds, "verdict": verdict.to_json()})
    return records


def hints_for(shot: Shot, name: str) -> Hints:
    """The hints of the frames that have some."""
    last = len(shot.holds) - 1
    keys = {"first": (0,), "first+last": (0, last)}
    dabs = FULL if name in keys else name
    return {key: hint_on(shot, shot.holds[key], dabs) for key in keys.get(name, (0,))}


def painted_from(shot: Shot, painter: Painter, hints: Hints) -> Verdict:
    """Paint a shot and hold it against its truth."""
    return judge(shot, painter.cells, painter.paint(hints), hints)


def one_step(shot: Shot, painter: Painter, encoded: EncodedShot) -> Verdict:
    """Every drawing from the true one before it; there is no flip to speak of."""
    verdict = Verdict()
    for frame in range(1, len(shot.holds)):
        before, now = shot.holds[frame - 1], shot.holds[frame]
        if before == now:
            continue
        cells = painter.cells[now]
        shown = set(np.unique(painter.cells[before].truth).tolist())
        painting = painter.step(frame)
        verdict.count(cells, painting, shown, ["t+1", "mean"])
        seen = seen_before(encoded, now) if before == now - 1 else None
        if seen is not None:
            is_seen = shares_in(shot, now, seen) >= SEEN_SHARE
            for name, regions in ((SEEN, is_seen), (UNCOVERED, ~is_seen)):
                part = cells.part(regions)
                verdict.add(name, part.score(painting.colour[part.found], shown))
    return verdict


if __name__ == "__main__":
    sys.exit(main())
