"""`celtint-train toy`: everything once, in minutes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from .console import CANCELLED, asked_by_signals, errors_told


def toy(
    sample: Annotated[Path, typer.Argument(help="A sample shot: samples/meadow of the checkout.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the set, the run and the strip.")],
    steps: Annotated[int | None, typer.Option(min=1, help="Steps; else 150.")] = None,
    minutes: Annotated[float, typer.Option(min=0, help="The most that training takes.")] = 2.5,
) -> None:
    """Train a toy painter on a sample shot, paint the shot with it, show a strip.

    Example: celtint-train toy samples/meadow --out runs/toy
    """
    with errors_told():
        from rich.console import Console  # noqa: PLC0415 - torch takes seconds to import

        from .loop.strips import read_picture  # noqa: PLC0415 - as above
        from .toy import in_terminal, train_toy  # noqa: PLC0415 - as above

        console, stop = Console(), threading.Event()
        with asked_by_signals(stop):
            done, strip = train_toy(
                sample, out, steps=steps, minutes=minutes, stop=stop, console=console
            )
        if console.is_terminal:
            console.print(in_terminal(read_picture(strip), console.width))
        typer.echo(f"{done.step} of {done.steps} steps, {done.samples_per_s:.1f} samples/s")
        typer.echo(f"line, hint, painted and truth of some frames: {strip}")
        typer.echo(f"weights: {done.weights}")
        if stop.is_set():
            raise typer.Exit(CANCELLED)
