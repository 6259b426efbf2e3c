"""Check many painted frames, and say how fast beside plain decoding of the same files.

    python benchmarks/publish.py --frames 1000

A shot is made of links to a few frames that celtint painted, 1920x1080, so that the disk holds few
files while as many are opened, decoded and judged as there are frames. Plain decoding reads
every channel of every file with the same library on as many threads and does nothing with it.
Each way is timed in a process of its own, after a round of a few frames that warms the disk's
cache; memory is the peak of that process after these few frames and at the end, and has to be flat.
`whole check` is what `celtint publish` does: it also hashes the line art and the hints, reads
the hints again and runs every rule. What shapes drift decides how often motion is looked for: with
`--drift 60` in every frame.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio

from celtint.plugin.job import Job, Output, Source
from celtint.plugin.memory import peak_memory_bytes
from celtint.plugin.publish.gather import gather
from celtint.plugin.publish.judge import judge
from celtint.plugin.publish.options import Options
from celtint.plugin.publish.scan import scan

WIDTH, HEIGHT = 1920, 1080
FIRST = 1001
WAYS = ("decoding", "rules", "rules and flips", "whole check")
COLOURS = ((0.8, 0.1, 0.05), (0.1, 0.3, 0.7), (0.2, 0.6, 0.2), (0.9, 0.85, 0.7))


def main() -> int:
    """Make the shot, time every way by itself, print a table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--frames", type=int, default=1000, help="frames to check")
    parser.add_argument("--painted", type=int, default=6, help="how many of them are painted")
    parser.add_argument("--drift", type=int, default=2, help="pixels that shapes move a frame")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--shot", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measured(options.shot, options.way, options.threads)))
        return 0
    with tempfile.TemporaryDirectory(prefix="celtint-publish-") as folder:
        shot = Path(folder)
        make_shot(shot, options.painted, options.drift)
        make_links(shot, options.frames, options.painted)
        bytes_of_first = (shot / "paint" / f"paint.{FIRST}.exr").stat().st_size
        figures: dict[str, object] = {
            "frames": options.frames,
            "size": f"{WIDTH}x{HEIGHT}, {bytes_of_first} bytes a frame",
            "threads": options.threads,
        }
        rates = {}
        for way in WAYS:
            found = in_a_process(shot, way, options.threads)
            rates[way] = found["frames/s"]
            figures |= {f"{way}: {name}": value for name, value in found.items()}
    for way in WAYS[1:]:
        figures[f"{way} over decoding"] = round(rates[way] / rates["decoding"], 3)
    figures["rules and flips over decoding"] = round(
        rates["rules and flips"] / rates["decoding"], 3
    )
    for name, value in figures.items():
        print(f"{name:44} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def make_shot(shot: Path, count: int, drift: int) -> None:
    """Draw and paint `count` frames: boxes and discs that drift, dabbed on the first."""
    for step in range(count):
        write(shot / f"line.{FIRST + step}.exr", drawing(step * drift))
    hint = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for place, (x, y) in enumerate(places(0)):
        hint[y - 6 : y + 6, x - 6 : x + 6] = (*COLOURS[place % 3], 1)
    hint[4:24, 4:24] = (*COLOURS[3], 1)
    write(shot / f"hint.{FIRST}.exr", hint)
    job = Job(
        line=Source(str(shot / "line.####.exr")),
        hint=Source(str(shot / "hint.####.exr")),
        out=Output(str(shot / "paint" / "paint.####.exr")),
        device="cpu",
    )
    path = shot / "job.json"
    path.write_text(job.to_json())
    # In a process of its own, so that its memory is not counted here.
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--job", str(path)]
    subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)


def places(shift: int) -> list[tuple[int, int]]:
    """Centres of the shapes, x and y."""
    return [
        (120 + 150 * column + shift, 110 + 140 * row) for row in range(7) for column in range(12)
    ]


def drawing(shift: int) -> np.ndarray:
    """Premultiplied black ink, (H, W, 4)."""
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, (x, y) in enumerate(places(shift)):
        if place % 2:
            cv2.circle(ink, (x, y), 50, 255, 3, cv2.LINE_AA)
        else:
            cv2.rectangle(ink, (x - 48, y - 44), (x + 48, y + 44), 255, 3)
    rgba = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    rgba[..., 3] = ink / 255
    return rgba


def write(path: Path, pixels: np.ndarray) -> None:
    """Write a half-float EXR."""
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 4, "half")
    spec.attribute("compression", "zip")
    target = oiio.ImageOutput.create(str(path))
    assert target.open(str(path), spec), target.geterror()
    assert target.write_image(pixels), target.geterror()
    assert target.close()


def make_links(shot: Path, frames: int, painted: int) -> None:
    """Link as many frames as are wanted, there and back through the painted ones."""
    there = list(range(painted))
    cycle = there + there[-2:0:-1]
    (shot / "links").mkdir()
    (shot / "lines").mkdir()
    for step in range(frames):
        number = FIRST + cycle[step % len(cycle)]
        (shot / "links" / f"paint.{FIRST + step:04}.exr").symlink_to(
            shot / "paint" / f"paint.{number}.exr"
        )
        (shot / "lines" / f"line.{FIRST + step:04}.exr").symlink_to(shot / f"line.{number}.exr")
    job = Job(
        line=Source(str(shot / "lines" / "line.####.exr")),
        hint=Source(str(shot / "hint.####.exr")),
        out=Output(str(shot / "links" / "paint.####.exr")),
    )
    (shot / "links.json").write_text(job.to_json())


def in_a_process(shot: Path, way: str, threads: int) -> dict[str, float]:
    """The figures of one way, by a fresh process."""
    command = [sys.executable, __file__, "--way", way, "--shot", str(shot), "--threads", threads]
    ended = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def measured(shot: Path, way: str, threads: int) -> dict[str, float]:
    """Frames per second of one way, how many cores were busy, and memory early and at the end."""
    files = {int(path.name.split(".")[1]): path for path in sorted((shot / "links").iterdir())}
    few = dict(list(files.items())[:12])
    # Warms the cache, and takes what memory it takes.
    run_way("rules and flips" if way == "whole check" else way, few, threads)
    early = peak_memory_bytes()
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run_way(way, files, threads)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "frames/s": round(len(files) / wall, 2),
        "cores busy": round(cpu / wall, 2),
        "CPU ms a frame": round(cpu / len(files) * 1e3, 1),
        "peak memory after 12 frames, MB": round(early / 1e6),
        "peak memory at the end, MB": round(peak_memory_bytes() / 1e6),
    }


def run_way(way: str, files: dict[int, Path], threads: int) -> None:
    """Decode, or decode and judge, every file."""
    if way == "decoding":
        plain(files.values(), threads)
        return
    if way == "whole check":
        shot = next(iter(files.values())).parent.parent
        described = gather(str(shot / "links.json"), Options(), threads=threads)
        # The frames are links, so what they say of themselves cannot be true of every one of them.
        wrong_rules = {one.rule for one in judge(described) if one.findings}
        assert wrong_rules <= {"truth", "provenance"}, wrong_rules
        return
    options = Options(rules={"flips": "off"} if way == "rules" else {})
    frames = scan(files, None, options, is_flat=True, threads=threads)
    wrong = [one.frame for one in frames if one.error or one.pixels is None or one.pixels.faults]
    turned = [one.frame for one in frames if one.pixels and one.pixels.turned]
    assert not wrong, wrong
    assert not turned, turned


def plain(files: Iterable[Path], threads: int) -> None:
    """Decode every channel of every file, and drop it."""

    def decode(path: Path) -> int:
        source = oiio.ImageInput.open(str(path))
        pixels = source.read_image(0, 0, 0, source.spec().nchannels, "half")
        source.close()
        assert pixels is not None
        return 0

    with ThreadPoolExecutor(threads) as pool:
        sum(pool.map(decode, files))


if __name__ == "__main__":
    sys.exit(main())
