"""Samples a second of a training step: as it runs, and plain (float32, default layout, eager).

    python benchmarks/training_step.py --data sets/train --preset paper2019-lineart --small

Both steps see the same clips in one process. A sample is one frame of a clip. With --cpu-time the
seconds are the process's own, for a machine that others use too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from celtint.training.config import Config, load_config
from celtint.training.data.clips import ClipBatch, ClipLoader
from celtint.training.loop.run import Machine, make_fabric
from celtint.training.loop.trainer import Trainer
from celtint.training.painter_task import PainterTask


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="paper2019-lineart")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--cpu-time", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    clock = time.process_time if options.cpu_time else time.perf_counter
    config = load_config(options.preset, options.set, is_small=options.small)
    loader = ClipLoader(options.data, config.data, batch=config.batch.clips)
    batches = iter(loader)
    next(batches)  # opens the set
    began = clock()
    clips = [next(batches) for _ in range(options.steps)]
    loading = samples(config) * len(clips) / (clock() - began)
    ours = rate(config, clips, clock, is_plain=False)
    plain = rate(config, clips, clock, is_plain=True)
    print(
        f"{options.preset}{' --small' if options.small else ''}, batches of {config.batch.clips} "
        f"clips of {config.data.frames} frames of {config.data.crop_px} px"
    )
    print(f"ours   {ours:7.1f} samples/s")
    print(f"plain  {plain:7.1f} samples/s   ours is {ours / plain:.1f} times as fast")
    print(f"loader {loading:7.1f} samples/s   {loading / ours:.1f} times as fast as our step")


def samples(config: Config) -> int:
    """Frames of a step."""
    return config.batch.clips * config.data.frames


def rate(
    config: Config, clips: list[ClipBatch], clock: Callable[[], float], *, is_plain: bool
) -> float:
    """Samples a second, after one step to warm up."""
    layout = torch.channels_last
    if is_plain:
        config = replace(config, run=replace(config.run, precision="fp32"))
        torch.channels_last = torch.contiguous_format  # all that lays pictures out asks for this
    try:
        fabric = make_fabric(config, Machine())
        torch.manual_seed(config.run.seed)
        trainer = Trainer(config, PainterTask(config, fabric.device, fabric.autocast), fabric)
        trainer.train_step(clips[0])
        began = clock()
        for batch in clips:
            trainer.train_step(batch)
        return samples(config) * len(clips) / (clock() - began)
    finally:
        torch.channels_last = layout


if __name__ == "__main__":
    main()
