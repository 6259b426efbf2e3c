"""The runs of the paper's experiment, all of one size and one budget, one after the other.

    python benchmarks/experiment.py --data data/256/train --out runs/experiment
    python benchmarks/experiment.py --data data/256/train --out runs/experiment --full

Baseline, the paper's model and ours, greyscale and on line art. The paper's two run in two stages:
at a constant rate, as the paper, then while the rate falls to nothing, in OUT/<preset> and
OUT/<preset>-end; ours has a rate that falls all along, and runs for the steps of both, in
OUT/<preset>-end. What is done is kept, so a run that was stopped goes on. docs/reproduction.md says
what was scaled down; --full takes the presets as they are, in one stage of the paper's length.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAPERS = ("paper2019-lineart", "tcvc2019-lineart", "paper2019-greyscale", "tcvc2019-greyscale")
OURS = ("guided", "guided-greyscale")
PRESETS = (*PAPERS, *OURS)

SIZE = (
    "model.width=16",
    "data.crop_px=64",
    "data.zoom=1.0",
    "data.whole=0.0",
    "batch.clips=4",
)
SMALL = (
    *SIZE,
    "model.discriminator_width=16",
    "loss.style=100.0",
    "optimiser.discriminator_lr=1e-5",
    "optimiser.ema_decay=0.998",
)
CONSTANT = ("optimiser.lr=4e-4",)
# Ours is shown what the paper's are: as many frames a clip, the same colours and hints, and the
# finished frame to paint. Its lines are drawn ink: it divides regions by them, which edges do not
# enclose.
ALIKE = (
    *SIZE,
    "data.frames=3",
    "data.stride=1",
    "data.lines={ink=1.0}",
    "data.styled=0.0",
    "data.recoloured=0.0",
    "data.hints={paper=1.0}",
    "batch.target=finished",
)
FALLING = ("optimiser.lr=3e-4", "optimiser.schedule=cosine", "data.seed=1", "run.seed=2")


@dataclass(frozen=True)
class Stage:
    """One call of `celtint-train fit`.

    Attributes:
        preset: What is trained.
        folder: The run's folder.
        options: What the call has beside that.

    """

    preset: str
    folder: Path
    options: tuple[str, ...]

    def command(self, data: Path) -> list[str]:
        """The call; of a run that was begun, the one that goes on with it."""
        fit = ["celtint-train", "fit"]
        places = ["--data", str(data), "--out", str(self.folder)]
        config = self.folder / "config.toml"
        if config.exists():
            steps = self.options[self.options.index("--steps") :][:2]
            return [*fit, str(config), *places, "--resume", *steps]
        return [*fit, self.preset, *places, *self.options]


def stages(preset: str, out: Path, steps: Sequence[int], *, is_full: bool) -> list[Stage]:
    """The stages of a run, first to last."""
    end = out / f"{preset}-end"
    if is_full:
        return [Stage(preset, end, ("--steps", "78125"))]
    if preset in OURS:
        return [Stage(preset, end, (*_set(ALIKE), "--steps", str(sum(steps))))]
    begin = out / preset
    small = ("--small", *_set(SMALL))
    return [
        Stage(preset, begin, (*small, *_set(CONSTANT), "--steps", str(steps[0]))),
        Stage(
            preset,
            end,
            (
                *small,
                *_set(FALLING),
                "--init",
                str(begin / "weights.safetensors"),
                "--steps",
                str(steps[1]),
            ),
        ),
    ]


def _set(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for part in ("--set", value))


def main() -> int:
    """Run what is left to run; return the exit code of the first call that fails, else 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the training set")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=PRESETS)
    parser.add_argument("--steps", type=int, nargs=2, default=(6000, 1500), help="of both stages")
    parser.add_argument("--full", action="store_true", help="the paper's own size and length")
    options = parser.parse_args()
    for preset in options.presets:
        for stage in stages(preset, options.out, options.steps, is_full=options.full):
            print(f"{stage.folder}", flush=True)
            done = subprocess.run(stage.command(options.data), check=False)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
