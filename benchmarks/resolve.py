"""What a changed hint costs in a flat shot that was painted before.

The sample shot, enlarged to 1920x1080, there and back again with a slow pan so that no drawing
comes twice. It is painted once; then run again unchanged, with one dab of another colour, with one
drawing edited, and without what was kept of the drawings. For each run: how many drawings were
analysed and frames written, the seconds of the whole run, and of the solution alone (repeated,
least of five).

    python benchmarks/resolve.py
    python benchmarks/resolve.py --frames 24 --size 1280 720
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.seeding import seeds_of
from celtint.engine.graph.solve import solve
from celtint.plugin.check import check
from celtint.plugin.events import Finished
from celtint.plugin.hint_colours import HintColours
from celtint.plugin.images import Window, place, read_layer, write_frame
from celtint.plugin.job import Job, Output, Source
from celtint.plugin.reading import Reader
from celtint.plugin.run import run_job
from celtint.plugin.solving import solve_shot
from celtint.plugin.stream import Clock

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "meadow"
DRAWINGS, WIDTH, HEIGHT = 26, 1280, 720


def drawing(kind: str, step: int) -> tuple[NDArray[np.float32], int]:
    """The sample's layer at a step of the walk, and which of its drawings that is."""
    there = step % (2 * DRAWINGS - 2)
    number = min(there, 2 * DRAWINGS - 2 - there)
    path = SAMPLE / kind / f"{kind}.{1001 + number}.exr"
    if not path.exists():
        return np.zeros((HEIGHT, WIDTH, 4), np.float32), number
    layer = read_layer(path, kind, role=kind)
    return place(layer, Window(0, 0, WIDTH, HEIGHT)).astype(np.float32), number


def write(path: Path, pixels: NDArray[np.float32], size: tuple[int, int]) -> None:
    """Write a frame without any metadata."""
    window = Window(0, 0, *size)
    write_frame(path, np.clip(pixels, 0, 1), tuple("RGBA"), window=window, display_window=window)


def make(folder: Path, frames: int, size: tuple[int, int]) -> None:
    """Write the shot; hints on the first frame and on the sample's second key frame."""
    scale = size[0] / WIDTH
    for kind in ("line", "hint"):
        (folder / kind).mkdir()
    for step in range(frames):
        pan = np.array([[scale, 0, 0.3 * step], [0, scale, 0]], np.float32)
        line, number = drawing("line", step)
        write(folder / "line" / f"line.{1001 + step}.exr", cv2.warpAffine(line, pan, size), size)
        if number == step and step in (0, 12):
            hint, _ = drawing("hint", step)
            moved = cv2.warpAffine(hint, pan, size, flags=cv2.INTER_NEAREST)
            write(folder / "hint" / f"hint.{1001 + step}.exr", moved, size)


def job_in(folder: Path) -> Job:
    """The job of the shot."""
    return Job(
        line=Source(str(folder / "line" / "line.####.exr")),
        hint=Source(str(folder / "hint" / "hint.####.exr")),
        out=Output(str(folder / "paint" / "paint.####.exr")),
    )


def run(folder: Path, what: str) -> None:
    """Run the job and print what it cost."""
    before = kept_drawings(folder)
    begun = time.perf_counter()
    last = run_job(job_in(folder), lambda _: None, threading.Event())
    assert isinstance(last, Finished), last
    seconds = time.perf_counter() - begun
    new = len(kept_drawings(folder) - before)
    print(f"| {what} | {new} | {last.painted} of {last.frames} | {seconds:.2f} |", flush=True)


def kept_drawings(folder: Path) -> set[str]:
    """Names of what is kept of drawings."""
    return {path.name for path in folder.glob("paint/.celtint/analysis/*.drawing")}


def recolour_a_dab(folder: Path) -> None:
    """Give the dab nearest to the middle of the second key frame another colour."""
    path = max((folder / "hint").iterdir())
    layer = read_layer(path, None, role="hint")
    pixels: Any = layer.pixels.astype(np.float32)
    count, label, _, centre = cv2.connectedComponentsWithStats((pixels[..., 3] > 0).astype("u1"))
    middle = np.array([layer.window.width / 2, layer.window.height / 2])
    nearest = 1 + int(np.argmin(((centre[1:count] - middle) ** 2).sum(axis=1)))
    pixels[label == nearest] = (0.1, 0.6, 0.9, 1)
    write(path, pixels, (layer.window.width, layer.window.height))


def solution_alone(folder: Path) -> None:
    """Print what reading the dabs and solving take, the drawings being known."""
    plan = check(job_in(folder), threading.Event())
    solved = solve_shot(plan, stop=threading.Event(), clock=Clock())
    reader = Reader(plan, Clock())
    colours = HintColours(plan.spaces.colour)
    hints = {index: reader.working_hint(index, colours) for index in plan.hints}
    wall, work = [], []
    for _ in range(5):
        at, of = time.perf_counter(), time.process_time()
        solve(solved.graph, seeds_of(solved.graph, hints))
        wall.append(time.perf_counter() - at)
        work.append(time.process_time() - of)
    regions = sum(one.count for one in solved.graph.drawings)
    print(
        f"\nsolved anew in {min(wall):.3f} s ({min(work):.3f} s of processor time): "
        f"{regions} regions on {len(solved.graph.drawings)} drawings, {len(solved.graph.links)} "
        f"pairs of drawings, {len(solved.solution.palette) - 1} colours"
    )
    kept = list((folder / "paint" / ".celtint" / "analysis").iterdir())
    size_mb = sum(path.stat().st_size for path in kept) / 1e6
    print(f"kept beside the paint: {size_mb:.1f} MB in {len(kept)} files")


def main() -> None:
    """Make the shot, run it five times, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080))
    given = parser.parse_args()
    size = (given.size[0], given.size[1])
    with tempfile.TemporaryDirectory(prefix="celtint-resolve-") as temporary:
        folder = Path(temporary)
        make(folder, given.frames, size)
        print("| run | drawings analysed | frames written | seconds |\n|---|---|---|---|")
        run(folder, "from nothing")
        run(folder, "unchanged")
        recolour_a_dab(folder)
        run(folder, "one dab of another colour")
        edited = folder / "line" / f"line.{1001 + given.frames // 2}.exr"
        pixels = read_layer(edited, None, role="line").pixels.astype(np.float32)
        cv2.circle(pixels, (size[0] // 8, size[1] // 8), 12, (0, 0, 0, 1), 4)
        write(edited, pixels, size)
        run(folder, "one drawing edited")
        shutil.rmtree(folder / "paint" / ".celtint" / "analysis")
        run(folder, "nothing kept of the drawings")
        solution_alone(folder)


if __name__ == "__main__":
    main()
