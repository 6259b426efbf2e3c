"""How fast the flat finish paints new drawings, EXR to EXR, beside the floor of what it has to do.

The floor is the bare decode of the line art and the bare encode of the painted channels, on as
many threads as the machine has cores. Both are measured in the same run, in turns, because
machines differ and are never quite quiet. Then each stage on one thread, beside the least it could
be.

    python benchmarks/speed.py
    python benchmarks/speed.py --frames 48 480 --repeats 3 --json speed.json

The shot is the sample shot enlarged to the size asked for, there and back again as often as
needed, with a slow pan so that no drawing comes twice. The pace of a run counts everything from the
check to the last frame: looking at the drawings and linking them too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
import torch

from celtint.engine import FlatSettings
from celtint.engine.embedding.embedder import load_embedder
from celtint.engine.embedding.sight import look_at
from celtint.engine.flat.regions import find_regions
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.motion import Look, flow_between
from celtint.engine.graph.shot import GraphBuilder
from celtint.plugin.images import Window, place, read_layer, write_frame

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "meadow"
CORES = os.cpu_count() or 1
FIRST_FRAME = 1001
STAGE_FRAMES = 36
"""Of these the median is taken: half of them have drawings at every stride behind them."""
LAYER_CHANNELS = "RGBA"
MATRIX_THREADS = "OPENBLAS_NUM_THREADS"


@dataclass(frozen=True)
class Shot:
    """A shot on disk, and where its paint goes."""

    folder: Path
    frames: int

    def line(self, frame: int) -> Path:
        """The line art of a frame."""
        return self.folder / f"line.{frame}.exr"

    def paint(self, frame: int) -> Path:
        """The paint of a frame."""
        return self.folder / "out" / f"paint.{frame}.exr"

    def numbers(self) -> range:
        """Its frames."""
        return range(FIRST_FRAME, FIRST_FRAME + self.frames)


@dataclass(frozen=True)
class Run:
    """One shot painted, beside its floor; times are medians over the turns, or the best."""

    frames: int
    ms_a_frame: float
    floor_ms_a_frame: float
    best_ms_a_frame: float
    best_floor_ms_a_frame: float
    whole_process_s: float
    peak_memory_mb: float
    stages_ms_a_frame: dict[str, float]


@dataclass(frozen=True)
class Stage:
    """Milliseconds of one thread a frame: a stage, and the least that its work could take."""

    name: str
    ms: float
    floor_ms: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, nargs="+", default=[48], help="lengths of the shot")
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080], metavar=("W", "H"))
    parser.add_argument("--repeats", type=int, default=3, help="turns of run and floor")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="celtint-speed-") as folder:
        for frames in options.frames:
            shot = make_shot(Path(folder) / str(frames), frames, *options.size)
            runs.append(measure_run(shot, options.repeats))
            print_run(runs[-1])
            if frames == options.frames[0]:
                stages = measure_stages(shot)
            shutil.rmtree(shot.folder)
    print_stages(stages)
    if options.json:
        figures = {
            "cores": CORES,
            "size": options.size,
            "runs": [asdict(run) for run in runs],
            "stages": [asdict(stage) for stage in stages],
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def make_shot(folder: Path, frames: int, width: int, height: int) -> Shot:
    """Enlarge the sample shot, and pan over it so that no drawing comes twice."""
    folder.mkdir(parents=True)
    shot = Shot(folder, frames)
    drawings = sorted((SAMPLE / "line").glob("*.exr"))
    there_and_back = [*range(len(drawings)), *range(len(drawings) - 2, 0, -1)]
    hinted: set[int] = set()
    for place_in_shot, frame in enumerate(shot.numbers()):
        drawing = there_and_back[place_in_shot % len(there_and_back)]
        # By no whole number of pixels, and back again before the drawing has left the frame; the
        # last term keeps the way back from showing the drawings of the way there again.
        pan_px = 0.37 * min(place_in_shot % 400, 400 - place_in_shot % 400) + 0.013 * place_in_shot
        how = Enlarged((width, height), pan_px)
        how.write(drawings[drawing], shot.line(frame), "line", cv2.INTER_CUBIC)
        hint = Path(str(drawings[drawing]).replace("line", "hint"))
        if hint.exists() and drawing not in hinted:
            hinted.add(drawing)
            to = folder / f"hint.{frame}.exr"
            how.write(hint, to, "hint", cv2.INTER_NEAREST)
    return shot


@dataclass(frozen=True)
class Enlarged:
    """How a file's layer is put at another size and place.

    Attributes:
        size: Width and height.
        pan_px: How far it is moved to the right.

    """

    size: tuple[int, int]
    pan_px: float

    def write(self, source: Path, to: Path, layer: str, interpolation: int) -> None:
        """One layer of a file, as a file of its own."""
        read = read_layer(source, layer)
        whole = place(read, read.display_window).astype(np.float32)
        across, along = (new / old for new, old in zip(self.size, whole.shape[1::-1], strict=True))
        # Centres of pixels stay centres.
        matrix = np.array(
            [[across, 0, (across - 1) / 2 + self.pan_px], [0, along, (along - 1) / 2]], np.float32
        )
        moved = cv2.warpAffine(whole, matrix, self.size, flags=interpolation)
        pixels = np.clip(moved, 0, None).astype(np.float16)
        pixels[..., 3] = np.minimum(pixels[..., 3], np.float16(1))
        window = Window(0, 0, *self.size)
        channels = [f"{layer}.{channel}" for channel in LAYER_CHANNELS]
        write_frame(to, pixels, channels, window=window, display_window=window)


def measure_run(shot: Shot, repeats: int) -> Run:
    """The run and its floor in turns."""
    events, processes_s, floors_ms = [], [], []
    for _ in range(repeats):
        shutil.rmtree(shot.folder / "out", ignore_errors=True)
        started = time.perf_counter()
        events.append(paint(shot))
        processes_s.append(time.perf_counter() - started)
        floors_ms.append(1000 * floor_s(shot) / shot.frames)
    # From the check to the last frame, and not from the start of Python.
    ours_ms = [1000 * event["seconds"] / shot.frames for event in events]
    best = events[int(np.argmin(ours_ms))]
    return Run(
        frames=shot.frames,
        ms_a_frame=statistics.median(ours_ms),
        floor_ms_a_frame=statistics.median(floors_ms),
        best_ms_a_frame=min(ours_ms),
        best_floor_ms_a_frame=min(floors_ms),
        whole_process_s=statistics.median(processes_s),
        peak_memory_mb=max(event["peak_memory_mb"] for event in events),
        stages_ms_a_frame={
            name: 1000 * seconds / shot.frames for name, seconds in best["stages_s"].items()
        },
    )


def paint(shot: Shot) -> dict[str, Any]:
    """Paint the shot as a user would, in a process of its own; its last event."""
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--json"]
    command += ["--line", str(shot.folder / "line.####.exr"), "--line-colorspace", "ACEScg"]
    command += ["--hint", str(shot.folder / "hint.####.exr"), "--hint-colorspace", "ACEScg"]
    command += ["--out", str(shot.folder / "out" / "paint.####.exr")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    last = json.loads(result.stdout.splitlines()[-1]) if result.stdout else {}
    if result.returncode or last.get("event") != "finished":
        raise SystemExit(f"celtint colorize failed ({result.returncode}): {result.stderr}{last}")
    return last


def floor_s(shot: Shot) -> float:
    """Seconds to decode every line and encode every painted frame, and do nothing else."""
    decoded = decode(shot.paint(FIRST_FRAME))
    spec = painted_spec(shot)
    targets = shot.folder / "floor"
    targets.mkdir(exist_ok=True)

    def one(frame: int) -> None:
        decode(shot.line(frame))
        encode(targets / f"{frame}.exr", spec, decoded)

    with ThreadPoolExecutor(CORES) as pool:
        started = time.perf_counter()
        list(pool.map(one, shot.numbers()))
        elapsed = time.perf_counter() - started
    shutil.rmtree(targets)
    return elapsed


def decode(path: Path) -> np.ndarray:
    """All channels of a file."""
    source = oiio.ImageInput.open(str(path))
    pixels = source.read_image(0, 0, 0, source.spec().nchannels, "half")
    source.close()
    return pixels


def painted_spec(shot: Shot) -> oiio.ImageSpec:
    """The header of a painted frame."""
    source = oiio.ImageInput.open(str(shot.paint(FIRST_FRAME)))
    spec = source.spec()
    source.close()
    return spec


def encode(path: Path, spec: oiio.ImageSpec, pixels: np.ndarray) -> None:
    """A file of the same channels."""
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(pixels), target.geterror()
    assert target.close()


def measure_stages(shot: Shot) -> list[Stage]:
    """Each stage alone on one thread, beside the least that its work could take."""
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", -1)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    settings, embedder = FlatSettings(), load_embedder()
    lines = [shot.line(frame) for frame in list(shot.numbers())[:STAGE_FRAMES]]
    inks = [alpha_as_ink(line) for line in lines]
    found = [find_regions(ink, settings) for ink in inks]
    sights = [look_at(ink, regions) for ink, regions in zip(inks, found, strict=True)]
    analyses = [analyse(ink, settings, embedder) for ink in inks]
    looks = [Look.at(analysis) for analysis in analyses]
    builder = GraphBuilder(network=embedder)
    builder.add(analyses[0])
    painted, spec = decode(shot.paint(FIRST_FRAME)), painted_spec(shot)
    target = shot.folder / "encoded.exr"

    def least_encode(_: int) -> None:
        encode(target, spec, painted)

    def whole_encode(_: int) -> None:
        window = Window(0, 0, painted.shape[1], painted.shape[0])
        write_frame(target, painted, spec.channelnames, window=window, display_window=window)

    return [
        stage("decode", lambda at: read_layer(lines[at]), lambda at: decode(lines[at])),
        stage(
            "regions",
            lambda at: find_regions(inks[at], settings),
            lambda at: least_regions(inks[at]),
        ),
        stage(
            "describe",
            lambda at: embedder.embed(inks[at], found[at]),
            lambda at: embedder.described(sights[at]),
        ),
        stage(
            "match",
            lambda at: builder.add(analyses[at]),
            lambda at: flow_both_ways(looks[at - 1], looks[at]),
        ),
        stage("encode", whole_encode, least_encode),
    ]


def stage(name: str, ours: Callable[[int], object], least: Callable[[int], object]) -> Stage:
    """The median over frames, ours and the least in turns, of the processor's time."""
    spent_s: dict[Callable[[int], object], list[float]] = {ours: [], least: []}
    for at in range(1, STAGE_FRAMES):
        for work, seconds in spent_s.items():
            started = time.process_time()
            work(at)
            seconds.append(time.process_time() - started)
    ours_ms, least_ms = (1000 * statistics.median(seconds) for seconds in spent_s.values())
    return Stage(name, ours_ms, least_ms)


def least_regions(ink: np.ndarray) -> None:
    """What no segmentation of this kind can leave out: label the paper, spread under the ink."""
    paper = cv2.threshold(ink, 19, 1, cv2.THRESH_BINARY_INV)[1]
    cv2.connectedComponents(paper, connectivity=4)
    cv2.distanceTransform(1 - paper, cv2.DIST_L2, 5)


def flow_both_ways(before: Look, now: Look) -> None:
    """What no matching by motion can leave out."""
    flow_between(before, now)
    flow_between(now, before)


def alpha_as_ink(path: Path) -> np.ndarray:
    """Black line art's coverage."""
    return np.rint(read_layer(path).pixels[..., 3].astype(np.float32) * 255).astype(np.uint8)


def print_run(run: Run) -> None:
    """One length, in words."""
    print(
        f"{run.frames} frames on {CORES} cores: {1000 / run.ms_a_frame:.2f} frames/s "
        f"({run.ms_a_frame:.0f} ms a frame; floor {run.floor_ms_a_frame:.0f} ms; "
        f"{run.ms_a_frame / run.floor_ms_a_frame:.2f} times the floor, "
        f"{run.best_ms_a_frame / run.best_floor_ms_a_frame:.2f} best to best), "
        f"peak memory {run.peak_memory_mb:.0f} MB, whole process {run.whole_process_s:.1f} s"
    )
    print("  in the run, ms a frame summed over its threads:")
    for name, milliseconds in run.stages_ms_a_frame.items():
        print(f"    {name:<18} {milliseconds:>7.1f}")


def print_stages(stages: list[Stage]) -> None:
    """The stages as a table."""
    print("\nalone on one thread, ms a frame\nstage          ours     floor   ratio")
    for row in stages:
        print(f"{row.name:<10} {row.ms:>8.1f} {row.floor_ms:>9.1f} {row.ms / row.floor_ms:>7.2f}")


if __name__ == "__main__":
    if MATRIX_THREADS not in os.environ:  # as in a run; numpy, which is there by now, asks but once
        again = os.environ | {MATRIX_THREADS: "1"}
        os.execve(sys.executable, [sys.executable, *sys.argv], again)  # noqa: S606 - this script
    main()
