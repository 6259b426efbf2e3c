"""How fast the flat finish paints, EXR to EXR, beside the floor of what it has to do.

The floor is the bare decode of the line art and the bare encode of the painted channels, on as
many threads as the machine has cores. Both are measured in the same run, in turns, because
machines differ and are never quite quiet. Then each stage on one thread, beside the least it could
be.

    python benchmarks/speed.py
    python benchmarks/speed.py --frames 48 480 --repeats 3 --json speed.json

The shot is the sample shot enlarged to the size asked for, there and back again as often as needed.
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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio

from celtint.engine import FlatSettings
from celtint.engine.flat.carry import FlowVote
from celtint.engine.flat.regions import find_regions
from celtint.plugin.images import Window, place, read_layer, write_frame

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "meadow"
CORES = os.cpu_count() or 1
FIRST_FRAME = 1001
LAYER_CHANNELS = "RGBA"


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, nargs="+", default=[48], help="lengths of the shot")
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080], metavar=("W", "H"))
    parser.add_argument("--repeats", type=int, default=3, help="turns of floor and run")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    figures: dict[str, object] = {"cores": CORES, "size": options.size, "runs": []}
    with tempfile.TemporaryDirectory(prefix="celtint-speed-") as folder:
        for frames in options.frames:
            shot = make_shot(Path(folder) / str(frames), frames, *options.size)
            run = measure_run(shot, options.repeats)
            figures["runs"] = [*figures["runs"], run]  # type: ignore[misc]
            print_run(run)
            stages = measure_stages(shot, run)
            shutil.rmtree(shot.folder)
        figures["stages"] = stages
    print_stages(stages)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def make_shot(folder: Path, frames: int, width: int, height: int) -> Shot:
    """Enlarge the sample shot; repeated drawings are links to the first."""
    folder.mkdir(parents=True)
    shot = Shot(folder, frames)
    drawings = sorted((SAMPLE / "line").glob("*.exr"))
    there_and_back = [*range(len(drawings)), *range(len(drawings) - 2, 0, -1)]
    written: dict[int, Path] = {}
    hinted: set[int] = set()
    for place_in_shot, frame in enumerate(shot.numbers()):
        drawing = there_and_back[place_in_shot % len(there_and_back)]
        if drawing in written:
            os.link(written[drawing], shot.line(frame))
        else:
            enlarge(drawings[drawing], shot.line(frame), "line", (width, height), cv2.INTER_CUBIC)
            written[drawing] = shot.line(frame)
        hint = Path(str(drawings[drawing]).replace("line", "hint"))
        if hint.exists() and drawing not in hinted:
            hinted.add(drawing)
            to = folder / f"hint.{frame}.exr"
            enlarge(hint, to, "hint", (width, height), cv2.INTER_NEAREST)
    return shot


def enlarge(source: Path, to: Path, layer: str, size: tuple[int, int], how: int) -> None:
    """One layer of a file at another size, as a file of its own."""
    read = read_layer(source, layer)
    whole = place(read, read.display_window).astype(np.float32)
    pixels = np.clip(cv2.resize(whole, size, interpolation=how), 0, None).astype(np.float16)
    pixels[..., 3] = np.minimum(pixels[..., 3], np.float16(1))
    window = Window(0, 0, *size)
    channels = [f"{layer}.{channel}" for channel in LAYER_CHANNELS]
    write_frame(to, pixels, channels, window=window, display_window=window)


def measure_run(shot: Shot, repeats: int) -> dict[str, object]:
    """The floor and the run in turns; the median of each, and what the best run said of itself."""
    runs, floors = [], []
    for _ in range(repeats):
        shutil.rmtree(shot.folder / "out", ignore_errors=True)
        runs.append(paint(shot))
        floors.append(floor_s(shot) / shot.frames)
    best = min(runs, key=lambda run: run["seconds_a_frame"])
    return {
        "frames": shot.frames,
        "seconds_a_frame": statistics.median(run["seconds_a_frame"] for run in runs),
        "whole_process_s": statistics.median(run["whole_process_s"] for run in runs),
        "floor_seconds_a_frame": statistics.median(floors),
        "best_seconds_a_frame": best["seconds_a_frame"],
        "best_floor_seconds_a_frame": min(floors),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
        "stages_s": best["stages_s"],
    }


def paint(shot: Shot) -> dict[str, object]:
    """Paint the shot as a user would, in a process of its own."""
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--json", "--no-sheet"]
    command += ["--line", shot.folder / "line.####.exr", "--hint", shot.folder / "hint.####.exr"]
    command += ["--out", shot.folder / "out" / "paint.####.exr", "--line-colorspace", "ACEScg"]
    command += ["--hint-colorspace", "ACEScg"]
    started = time.perf_counter()
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    last = json.loads(result.stdout.splitlines()[-1]) if result.stdout else {}
    if result.returncode or last.get("event") != "finished":
        raise SystemExit(f"celtint colorize failed ({result.returncode}): {result.stderr}{last}")
    return {
        "seconds_a_frame": 1.0 / last["frames_per_s"],
        "whole_process_s": elapsed,
        "peak_memory_mb": last["peak_memory_mb"],
        "stages_s": last["stages_s"],
    }


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


def measure_stages(shot: Shot, run: dict[str, object]) -> list[dict[str, object]]:
    """Milliseconds of one thread a frame: each stage, and the least its work could take."""
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", -1)
    cv2.setNumThreads(1)
    settings, carrier = FlatSettings(), FlowVote()
    numbers = list(shot.numbers())[:12]
    inks = [alpha_as_ink(shot.line(frame)) for frame in numbers]
    found = [find_regions(ink, settings) for ink in inks]
    looks = [carrier.look(ink, regions) for ink, regions in zip(inks, found, strict=True)]
    painted = decode(shot.paint(FIRST_FRAME))
    spec = painted_spec(shot)
    target = shot.folder / "encoded.exr"

    def carry(place_in_shot: int) -> None:
        before, now = looks[place_in_shot - 1], looks[place_in_shot]
        colours = np.ones(before.regions.count, np.int32), np.ones(before.regions.count, np.float32)
        carrier.look(inks[place_in_shot], found[place_in_shot])
        carrier.carry(before, *colours, now)

    stages_s, frames = run["stages_s"], shot.frames
    in_run = {name: 1000 * seconds / frames for name, seconds in stages_s.items()}  # type: ignore[attr-defined]
    return [
        stage("decode", lambda i: read_layer(shot.line(numbers[i])), lambda i: decode(shot.line(numbers[i]))),
        stage("regions", lambda i: find_regions(inks[i], settings), lambda i: least_regions(inks[i])),
        stage("carry", carry, lambda i: least_carry(looks[i - 1].line_distance, looks[i].line_distance)),
        stage("encode", lambda _: encode(target, spec, painted), lambda _: encode(target, spec, painted)),
        {"in_run_ms": in_run},
    ]  # fmt: skip


def stage(
    name: str, ours: Callable[[int], object], least: Callable[[int], object]
) -> dict[str, object]:
    """The median over frames, ours and the least in turns."""
    ours_s, least_s = [], []
    for place_in_shot in range(1, 12):
        for work, times in ((ours, ours_s), (least, least_s)):
            started = time.perf_counter()
            work(place_in_shot)
            times.append(time.perf_counter() - started)
    return {
        "stage": name,
        "ms": 1000 * statistics.median(ours_s),
        "floor_ms": 1000 * statistics.median(least_s),
    }


def least_regions(ink: np.ndarray) -> None:
    """What no segmentation of this kind can leave out: label the paper, spread under the ink."""
    paper = cv2.threshold(ink, 19, 1, cv2.THRESH_BINARY_INV)[1]
    cv2.connectedComponents(paper, connectivity=4)
    cv2.distanceTransform(1 - paper, cv2.DIST_L2, 5)


def least_carry(before: np.ndarray, now: np.ndarray) -> None:
    """What no flow voting can leave out: optical flow, once each way."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow.calc(before, now, None)
    flow.calc(now, before, None)


def alpha_as_ink(path: Path) -> np.ndarray:
    """Black line art's coverage."""
    return np.rint(read_layer(path).pixels[..., 3].astype(np.float32) * 255).astype(np.uint8)


def print_run(run: dict[str, object]) -> None:
    """One length, in words."""
    ours, floor = run["seconds_a_frame"], run["floor_seconds_a_frame"]
    print(
        f"{run['frames']} frames on {CORES} cores: {1 / ours:.2f} frames/s "  # type: ignore[operator]
        f"({1000 * ours:.0f} ms a frame; floor {1000 * floor:.0f} ms; "  # type: ignore[operator]
        f"{ours / floor:.2f} times the floor), peak memory {run['peak_memory_mb']:.0f} MB, "  # type: ignore[operator]
        f"whole process {run['whole_process_s']:.1f} s"
    )


def print_stages(stages: list[dict[str, object]]) -> None:
    """The stages as a table."""
    print("\nstage      one thread    floor   ratio   (ms a frame)")
    for row in rows(stages):
        print(
            f"{row['stage']:<10} {row['ms']:>9.1f} {row['floor_ms']:>9.1f} "
            f"{row['ms'] / row['floor_ms']:>7.2f}"  # type: ignore[operator]
        )
    print("\nin the run, ms a frame summed over threads:")
    for name, milliseconds in stages[-1]["in_run_ms"].items():  # type: ignore[attr-defined]
        print(f"  {name:<20} {milliseconds:>7.1f}")


def rows(stages: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Only the measured stages."""
    return (row for row in stages if "stage" in row)


if __name__ == "__main__":
    main()
