"""`celtint-train evaluate`: weights held against shots whose colours are known."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import CANCELLED, asked_by_signals, errors_told
from .errors import ConfigError

if TYPE_CHECKING:
    from .evaluation.evaluate import Ask
    from .evaluation.subjects import Subject


class Hints(StrEnum):
    """Which hints are shown."""

    patches = "patches"
    patches_first = "patches-first"
    dabs = "dabs"
    dabs_first = "dabs-first"
    none = "none"


_SEES = ("ink", "canny", "greyscale")


def evaluate(
    weights: Annotated[
        list[str],
        typer.Argument(
            help="Weight files, folders of runs or registered names, each with a label of your "
            "choice: ours=FILE.",
            metavar="[LABEL=]WEIGHTS...",
        ),
    ],
    *,
    data: Annotated[
        list[str],
        typer.Option(help="A prepared set, or the folder of a shot (line/, truth/); repeatable."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the report; made if it is missing.")],
    hints: Annotated[
        list[Hints] | None,
        typer.Option(
            help="Which hints: 1 % patches on every frame or on the first, dabs on every 12th or "
            "on the first, none; repeatable. Else patches, patches-first and dabs-first."
        ),
    ] = None,
    true_previous: Annotated[
        bool,
        typer.Option("--true-previous", help="Everything again with the true frame before each."),
    ] = False,
    sees: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL=ink, canny or greyscale, where it is not what the file was trained on."
        ),
    ] = None,
    no_hints: Annotated[
        list[str] | None,
        typer.Option(help="Label of weights that take no hints, where the file does not say so."),
    ] = None,
    frames: Annotated[
        int, typer.Option(min=0, help="Cut longer shots into clips of so many frames; 0: whole.")
    ] = 24,
    shots: Annotated[
        int | None, typer.Option(min=1, help="Take only the first so many shots of each set.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the hints.")] = 0,
    inception: Annotated[
        Path | None,
        typer.Option(help="Weights of FID's network; else another Frechet distance, so named."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "auto",
) -> None:
    """Hold weights against shots whose colours are known, painted exactly as they ship.

    Each frame follows the one painted before it, the first a blank one. The folder gets report.md,
    report.json, curves.svg and sheet.png. A run that was stopped goes on when it is called again.

    Example: celtint-train evaluate ours=ours.safetensors baseline=tcvc.safetensors
    --data data/drawings/held_out --out reports/first
    """
    stop = threading.Event()
    with errors_told(), asked_by_signals(stop):
        from .evaluation.evaluate import Ask, StoppedError  # noqa: PLC0415 - torch takes seconds
        from .evaluation.protocols import PROTOCOLS  # noqa: PLC0415

        chosen = hints or [Hints.patches, Hints.patches_first, Hints.dabs_first]
        ask = Ask(
            subjects=_subjects(weights, sees or [], no_hints or [], device),
            places=data,
            protocols=[PROTOCOLS[name] for name in dict.fromkeys(chosen)],
            with_true_previous=true_previous,
            frames=frames,
            most_shots=shots,
            seed=seed,
        )
        try:
            _evaluate(ask, out, inception, stop)
        except StoppedError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(CANCELLED) from error


def _evaluate(ask: Ask, out: Path, inception: Path | None, stop: threading.Event) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from .evaluation.evaluate import evaluate as run  # noqa: PLC0415
    from .evaluation.features import choose_features  # noqa: PLC0415
    from .evaluation.report import write_report  # noqa: PLC0415

    features = choose_features(inception)
    columns = (
        TextColumn("frames"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("frames", total=None, rate="")

        def told(done: int, total: int) -> None:
            speed = progress.tasks[0].speed
            rate = f"{speed:.1f}/s" if speed else ""
            progress.update(task, completed=done, total=total, rate=rate)

        results = run(ask, features, out, on_progress=told, stop=stop)
    for path in write_report(ask, results, out):
        typer.echo(path)


def _subjects(
    weights: Sequence[str], sees: Sequence[str], no_hints: Sequence[str], device: str
) -> list[Subject]:
    """Load what is to be evaluated; every mistake is told before any file is opened."""
    from celtint.engine.errors import WeightsError  # noqa: PLC0415 - torch takes seconds

    from .evaluation.subjects import load_subject  # noqa: PLC0415

    problems: list[str] = []
    files: dict[str, str] = {}
    for given in weights:
        match = re.fullmatch(r"([^/\\=]+)=(.+)", given)
        label, file = (match[1], match[2]) if match else (Path(given).stem, given)
        if label in files:
            problems.append(f"two weights are called {label}: give them labels, {label}-2={file}")
        files[label] = file
    seen: dict[str, str] = {}
    for given in sees:
        label, _, what = given.partition("=")
        if label not in files or what not in _SEES:
            problems.append(
                f"--sees {given}: expected LABEL={'|'.join(_SEES)} with a label out of "
                f"{', '.join(files)}"
            )
        seen[label] = what
    problems += [
        f"--no-hints {label}: no weights are called so, only {', '.join(files)}"
        for label in no_hints
        if label not in files
    ]
    subjects = []
    for label, file in files.items():
        shown = seen.get(label)
        try:
            subject = load_subject(
                file,
                label=label,
                is_greyscale=None if shown is None else shown == "greyscale",
                takes_hints=False if label in no_hints else None,
                lines="canny" if shown == "canny" else "ink" if shown == "ink" else None,
                device=device,
            )
            subjects.append(subject)
        except WeightsError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError(problems)
    return subjects
