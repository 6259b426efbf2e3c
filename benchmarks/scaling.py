"""How the flat finish's time grows: with the frames of a shot, and with the regions of a drawing.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --frames 24 48 96 192 --regions 50 200 800 --json scaling.json

*Frames*: the shot of `speed.py` at several lengths, painted from nothing and then run again with
one dab of another colour. *Regions*: drawings of ever more cells that drift and bend, looked at,
matched and solved in this process on one thread. Times are seconds of processor, not of the
clock, so that what else the machine does hardly counts. The exponent is the slope of the
logarithms from one row to the next: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from speed import Shot, make_shot, paint

from celtint.engine import FlatSettings
from celtint.engine.embedding.shipped import shipped_embedder
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.seeding import ShotSeeds
from celtint.engine.graph.shot import GraphBuilder
from celtint.engine.graph.solve import solve
from celtint.plugin.images import Window, read_layer, write_frame

SIZE = (1920, 1080)
DRAWINGS = 20
"""So many that every stride has links, of which the longest one is 16 drawings."""
COLOURS = 24

Result = TypeVar("Result")


@dataclass(frozen=True)
class Length:
    """A shot of a number of frames."""

    frames: int
    cpu_s: float
    wall_s: float
    again_cpu_s: float
    peak_memory_mb: float
    kept_mb: float


@dataclass(frozen=True)
class Density:
    """Drawings of a number of regions; milliseconds of one thread a drawing."""

    regions: float
    look_ms: float
    match_ms: float
    solve_ms: float
    kept_kb: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, nargs="*", default=[24, 48, 96, 192])
    parser.add_argument("--regions", type=int, nargs="*", default=[50, 100, 200, 400, 800])
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    lengths, densities = [], []
    if options.frames:
        print("| frames | processor, s | a frame, ms | exponent | clock, s | frames/s | again, s |"
              " memory, MB | kept, MB |\n" + "|---" * 9 + "|")  # fmt: skip
    for frames in options.frames:
        lengths.append(of_length(frames))
        print_length(lengths)
    if options.regions:
        print(
            "\n| regions | look, ms | match, ms | solve, ms | exponent | kept, kB |\n"
            + "|---" * 6
            + "|"
        )
    for count in options.regions:
        densities.append(of_density(count))
        print_density(densities)
    if options.json:
        figures = {"lengths": [*map(asdict, lengths)], "densities": [*map(asdict, densities)]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def of_length(frames: int) -> Length:
    """Paint a shot of so many frames, change a dab, and run again."""
    with tempfile.TemporaryDirectory(prefix="celtint-scaling-") as folder:
        shot = make_shot(Path(folder) / "shot", frames, *SIZE)
        begun, before = time.perf_counter(), children_cpu_s()
        last = paint(shot)
        cpu_s, wall_s = children_cpu_s() - before, time.perf_counter() - begun
        recolour_a_dab(shot)
        before = children_cpu_s()
        paint(shot)
        kept = (shot.folder / "out" / ".celtint" / "analysis").iterdir()
        return Length(
            frames=frames,
            cpu_s=cpu_s,
            wall_s=wall_s,
            again_cpu_s=children_cpu_s() - before,
            peak_memory_mb=last["peak_memory_mb"],
            kept_mb=sum(path.stat().st_size for path in kept) / 1e6,
        )


def children_cpu_s() -> float:
    """Processor seconds of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def recolour_a_dab(shot: Shot) -> None:
    """Give the smallest dab of the first key frame another colour."""
    path = min(shot.folder.glob("hint.*.exr"))
    layer = read_layer(path, None, role="hint")
    pixels = layer.pixels.copy()
    count, label, stats, _ = cv2.connectedComponentsWithStats((pixels[..., 3] > 0).astype("u1"))
    smallest = 1 + int(stats[1:count, cv2.CC_STAT_AREA].argmin())
    pixels[label == smallest] = (0.1, 0.6, 0.9, 1)
    window = Window(0, 0, layer.window.width, layer.window.height)
    channels = [f"hint.{channel}" for channel in "RGBA"]
    write_frame(path, pixels, channels, window=window, display_window=window)


def of_density(count: int) -> Density:
    """Look at, match and solve drawings of about so many regions."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    settings, embedder = FlatSettings(), shipped_embedder("cpu")
    embedder.load()
    builder = GraphBuilder(network=embedder)
    looked, matched, kept = [], [], []
    for ink in cells(count):
        spent, analysis = timed(lambda ink=ink: analyse(ink, settings, embedder))
        looked.append(spent)
        matched.append(timed(lambda analysis=analysis: builder.add(analysis))[0])
        kept.append(sum(array.nbytes for array in analysis.to_arrays().values()))
    graph = builder.graph()
    regions = np.arange(graph.drawings[0].count, dtype=np.int32)
    colour = 1 + regions % COLOURS
    palette = np.random.default_rng(1).random((COLOURS + 1, 3), np.float32)
    seeds = ShotSeeds(palette, {0: regions}, {0: colour}, {})
    solved_s, _ = timed(lambda: solve(graph, seeds))
    return Density(
        regions=float(np.mean([one.count for one in graph.drawings])),
        look_ms=1000 * float(np.median(looked)),
        match_ms=1000 * float(np.median(matched[16:])),
        solve_ms=1000 * solved_s / len(graph.drawings),
        kept_kb=float(np.mean(kept)) / 1000,
    )


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Processor seconds of this thread, and what came of it."""
    begun = time.thread_time()
    result = work()
    return time.thread_time() - begun, result


def cells(count: int) -> Iterator[NDArray[np.uint8]]:
    """Drawings of so many cells, about as large as one another, that drift and bend."""
    width, height = SIZE
    rng = np.random.default_rng(count)
    side = math.sqrt(width * height / count)
    x, y = np.meshgrid(np.arange(side / 2, width, side), np.arange(side / 2, height, side))
    points = np.stack([x, y], axis=-1).reshape(-1, 2)
    points += rng.uniform(-0.35, 0.35, points.shape) * side
    for step in range(DRAWINGS):
        bent = points + 4 * np.sin(points[:, ::-1] / 150 + step / 5) + (1.5 * step, 0)
        plane = cv2.Subdiv2D((-4000, -4000, width + 8000, height + 8000))
        plane.insert(bent.astype(np.float32).tolist())
        facets, _ = plane.getVoronoiFacetList([])
        ink = np.zeros((height, width), np.uint8)
        cv2.polylines(
            ink, [np.rint(8 * facet).astype(np.int32) for facet in facets], True, 255, 3,
            cv2.LINE_AA, 3,
        )  # fmt: skip
        yield ink


def exponent(before: float, now: float, size_before: float, size: float) -> float:
    """Slope of the logarithms."""
    return math.log(now / before) / math.log(size / size_before)


def print_length(rows: list[Length]) -> None:
    """The last row."""
    row = rows[-1]
    grows = (
        ""
        if len(rows) < 2
        else f"{exponent(rows[-2].cpu_s, row.cpu_s, rows[-2].frames, row.frames):.2f}"
    )
    print(
        f"| {row.frames} | {row.cpu_s:.1f} | {1000 * row.cpu_s / row.frames:.0f} | {grows} "
        f"| {row.wall_s:.1f} | {row.frames / row.wall_s:.2f} | {row.again_cpu_s:.1f} "
        f"| {row.peak_memory_mb:.0f} | {row.kept_mb:.1f} |",
        flush=True,
    )


def print_density(rows: list[Density]) -> None:
    """The last row."""
    row = rows[-1]
    grows = ""
    if len(rows) > 1:
        before = rows[-2]
        total, total_before = (one.look_ms + one.match_ms + one.solve_ms for one in (row, before))
        grows = f"{exponent(total_before, total, before.regions, row.regions):.2f}"
    print(
        f"| {row.regions:.0f} | {row.look_ms:.0f} | {row.match_ms:.0f} | {row.solve_ms:.1f} "
        f"| {grows} | {row.kept_kb:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
