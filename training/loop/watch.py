"""What people see of a run: progress in the terminal, TensorBoard, picture strips."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch import Tensor

from .strips import write_picture

LINE_EVERY_S = 30.0
"""Where no terminal watches, a line is told this often."""


class Watch:
    """Shows one run.

    Args:
        folder: Of the run.
        step: Where it starts; what TensorBoard knows of later steps is dropped.
        steps: Where it ends.
        console: Where to show progress.

    """

    def __init__(self, folder: Path, *, step: int, steps: int, console: Console) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - only one process writes

        self._pictures = folder / "strips"
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step or None)
        self._console = console
        self._told_s = time.monotonic()
        self._steps = steps
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[told]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._bar = self._progress.add_task("training", total=steps, completed=step, told="")
        self._progress.start()

    def told(self, step: int, rate: float, scalars: Mapping[str, float]) -> None:
        """Scalars after a step, and how many frames a second are trained on."""
        for name, value in scalars.items():
            self._board.add_scalar(name, value, step)
        losses = "  ".join(
            f"{name.removeprefix('loss/')} {value:.4f}"
            for name, value in scalars.items()
            if name.startswith("loss/")
        )
        text = f"{rate:.1f} samples/s  {losses}"
        self._progress.update(self._bar, completed=step, told=text)
        if not self._console.is_terminal and time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            self.say(f"step {step}/{self._steps}  {text}")

    def stepped(self, step: int) -> None:
        """A step is done."""
        self._progress.update(self._bar, completed=step)

    def shown(self, step: int, picture: NDArray[np.uint8]) -> None:
        """A picture strip after a step."""
        self._board.add_image("strip", picture, step, dataformats="HWC")
        write_picture(self._pictures / f"step-{step:08d}.png", picture)

    def say(self, text: str) -> None:
        """Tell a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the terminal and the log in order."""
        self._progress.stop()
        self._board.close()


class Rate:
    """Frames a second, over the steps since the last question."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._frames = 0

    def count(self, frames: int) -> None:
        """Frames that were trained on."""
        self._frames += frames

    def asked(self) -> float:
        """Frames a second since it was asked last."""
        now = self._clock()
        rate = self._frames / max(now - self._since, 1e-9)
        self._since, self._frames = now, 0
        return rate


def means(sums: list[Mapping[str, Tensor]]) -> dict[str, float]:
    """The mean of each loss over steps."""
    names = sums[0] if sums else {}
    return {f"loss/{name}": float(sum(s[name] for s in sums)) / len(sums) for name in names}
