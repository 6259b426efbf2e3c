"""Time from the press of a button to the first painted frame on disk, and what it is made of.

    python benchmarks/hosts.py --rounds 5

Three presses of the same job, as a host makes them: *cold* starts a worker; *prepared* has one
that was started a while before, as the Nuke node does while it renders its inputs; *warm* finds the
worker of the run before. Medians over the rounds. What a host adds before (rendering its
inputs) and after (drawing the frame in its viewer, at most 0.1 s of waiting for its own timer) is
not in it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.weights import save_weights
from celtint.plugin.events import Checked, Finished, FrameDone, Hello
from celtint.plugin.job import Job, Output, Source
from celtint.plugin.workers import Workers

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "meadow"
WAYS = ("cold", "prepared", "warm")
STEPS = ("answers", "checked", "first frame")


def main() -> int:
    """Measure and print a table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", default="1001-1008")
    parser.add_argument("--device", default="cpu", help="of the painted finish")
    parser.add_argument("--width", type=int, default=64, help="of the network, random weights")
    parser.add_argument("--finish", choices=("flat", "painted", "both"), default="both")
    options = parser.parse_args()
    finishes = ("flat", "painted") if options.finish == "both" else (options.finish,)
    with tempfile.TemporaryDirectory(prefix="celtint-hosts-") as folder:
        weights = Path(folder) / "random.safetensors"
        torch.manual_seed(1)
        save_weights(Generator(inputs=8, width=options.width, blocks=8), weights)
        out = Path(folder) / "paint"
        print("| finish | press | " + " | ".join(f"{step}, s" for step in STEPS) + " |")
        print("|---" * (2 + len(STEPS)) + "|")
        for finish in finishes:
            is_flat = finish == "flat"
            job = Job(
                line=Source(str(SAMPLE / "line" / "line.####.exr")),
                hint=Source(str(SAMPLE / "hint" / "hint.####.exr")),
                out=Output(str(out / "paint.####.exr")),
                frames=options.frames,
                finish=finish,
                model=None if is_flat else str(weights),
                device="auto" if is_flat else options.device,
            )
            for way in WAYS:
                times = [press(job, way, out) for _ in range(options.rounds)]
                medians = [statistics.median(column) for column in zip(*times, strict=True)]
                cells = " | ".join(f"{value:.2f}" for value in medians)
                print(f"| {finish} | {way} | {cells} |", flush=True)
    return 0


def press(job: Job, way: str, out: Path) -> list[float]:
    """Seconds from a press to each of `STEPS`."""
    workers = Workers(python=sys.executable)
    try:
        if way == "prepared":
            workers.prepare()
            time.sleep(5)
        if way == "warm":
            finish(workers, job, lambda _: None)
        shutil.rmtree(out, ignore_errors=True)
        seen: dict[type, float] = {}
        begun = time.monotonic()
        finish(workers, job, lambda kind: seen.setdefault(kind, time.monotonic() - begun))
        return [seen[kind] for kind in (Hello, Checked, FrameDone)]
    finally:
        workers.close()


def finish(workers: Workers, job: Job, note: Callable[[type], object]) -> None:
    """Have the job done, and note when each kind of event comes."""
    run = workers.start(job)
    for event in run:
        note(type(event))
    assert isinstance(run.last_event, Finished), run.last_event


if __name__ == "__main__":
    sys.exit(main())
