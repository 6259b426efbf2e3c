"""The command `celtint-train prepare drawings`."""

from __future__ import annotations

import re
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ..console import CANCELLED, asked_by_signals, errors_told, refuse
from .library import Split


class WantedSplit(StrEnum):
    """Which sets are made."""

    both = "both"
    train = "train"
    held_out = "held-out"


SPLITS: dict[WantedSplit, tuple[Split, ...]] = {
    WantedSplit.both: ("train", "held_out"),
    WantedSplit.train: ("train",),
    WantedSplit.held_out: ("held_out",),
}


def drawings(
    *,
    folders: Annotated[
        list[Path],
        typer.Option("--drawings", help="Folder of SVG drawings; may be given several times."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the sets, OUT/train and OUT/held_out.")],
    shots: Annotated[int, typer.Option(help="Shots in all; of both splits 15 % are held out.")],
    frames: Annotated[int, typer.Option(help="Drawings of each shot.")] = 24,
    size: Annotated[str, typer.Option(help="Pixels, WIDTHxHEIGHT.")] = "512x512",
    seed: Annotated[int, typer.Option(help="What chance is made from.")] = 1,
    split: Annotated[WantedSplit, typer.Option(help="Which sets are made.")] = WantedSplit.both,
    workers: Annotated[int, typer.Option(help="Processes that render.")] = 1,
    sheet: Annotated[
        Path | None,
        typer.Option(help="PNG for a contact sheet of each set's first shot, to look at."),
    ] = None,
) -> None:
    """Render shots from drawings by people: exact ink, paint, shade, identity and flow.

    Example: celtint-train prepare drawings --drawings openclipart --drawings heads --out sets
    --shots 1000 --frames 24 --size 512x512 --seed 1 --workers 8

    Drawings are taken by name: those of Debian's openclipart-svg, and heads that heads.mjs (beside
    this command's module) writes with npm's @dicebear/collection and facesjs. docs/training.md says
    how to get both. Nothing is downloaded here. Drawings are split, never shots or frames: what is
    in OUT/held_out was never seen in OUT/train.
    """
    # What renders takes a second to import, which --help need not wait for.
    from .prepare import Order, prepare_drawings  # noqa: PLC0415
    from .rendering import Cancelled  # noqa: PLC0415

    match = re.fullmatch(r"(\d+)x(\d+)", size)
    if match is None:
        refuse([f"--size is WIDTHxHEIGHT in pixels, such as 512x512, not {size!r}"])
    with errors_told():
        order = Order(
            folders=tuple(folders),
            out=out,
            shots=shots,
            drawings=frames,
            width=int(match.group(1)),
            height=int(match.group(2)),
            seed=seed,
            splits=SPLITS[split],
            workers=workers,
            sheet=sheet,
        )
        stop = threading.Event()
        console = Console(stderr=True)
        began = time.monotonic()
        done = 0
        with _progress(console) as progress, asked_by_signals(stop):
            tasks: dict[Split, TaskID] = {}

            def told(which: Split, count: int) -> None:
                nonlocal done
                done += count
                if which not in tasks:
                    total = order.shots_of(which)
                    tasks[which] = progress.add_task(which, total=total, rate="")
                rate = done / max(time.monotonic() - began, 1e-9)
                progress.update(tasks[which], advance=1, rate=f"{rate:.1f} frames/s")

            try:
                prepare_drawings(order, on_shot=told, stop=stop)
            except Cancelled:
                typer.echo("stopped: the set in work was removed, finished ones stay", err=True)
                raise typer.Exit(CANCELLED) from None
        seconds = time.monotonic() - began
        typer.echo(f"{out}: {done} drawings in {seconds:.0f} s, {done / seconds:.1f} frames/s")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("shots"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
