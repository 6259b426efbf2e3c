"""`celtint-train fit-matching` and `score-matching`: the network that matches regions."""

from __future__ import annotations

import json
import threading
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ..console import CANCELLED, asked_by_signals, errors_told

SetFolder = Annotated[Path, typer.Option(help="A set that `prepare drawings` wrote.")]


def fit_matching(
    *,
    data: SetFolder,
    out: Annotated[Path, typer.Option(help="The run's folder: checkpoint, weights, log.")],
    steps: Annotated[int | None, typer.Option(min=1, help="Steps in all, those done too.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many minutes from now.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's checkpoint, by its own recipe.")
    ] = False,
    start_from: Annotated[
        Path | None, typer.Option(help="A run whose weights a new one begins with.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of a new run's chances.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: all.")] = 0,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that prepare drawings; 0: none of their own.")
    ] = 1,
) -> None:
    """Train the network that describes regions and finds them again.

    A run that was stopped, or killed, goes on with --resume; --start-from begins another where it
    ended, on other drawings say.

    Example: celtint-train fit-matching --data data/train --out runs/matching --minutes 60
    """
    with errors_told():
        import torch  # noqa: PLC0415 - takes seconds to import

        from . import fit  # noqa: PLC0415 - as above
        from .settings import MatchingSettings  # noqa: PLC0415 - as above

        if threads:
            torch.set_num_threads(threads)
        stop = threading.Event()
        with asked_by_signals(stop):
            done = fit.fit_matching(
                data,
                out,
                MatchingSettings(seed=seed),
                steps=steps,
                minutes=minutes,
                resume=resume,
                start_from=start_from,
                workers=workers,
                tell=_told,
                is_asked_to_stop=stop.is_set,
            )
        typer.echo(f"{done.step} of {done.steps} steps; weights in {done.weights}")
        if done.step < done.steps:
            typer.echo(f"go on with: celtint-train fit-matching --data {data} --out {out} --resume")
        if stop.is_set():
            raise typer.Exit(CANCELLED)


def score_matching(
    *,
    data: Annotated[Path, typer.Option(help="A held-out set that `prepare drawings` wrote.")],
    weights: Annotated[
        Path | None, typer.Option(help="Weights of fit-matching; without it, those that ship.")
    ] = None,
    shots: Annotated[int | None, typer.Option(min=1, help="So many shots, the first.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: all.")] = 0,
) -> None:
    """Tell how well regions are found again, by how many drawings lie between.

    Compares the overlap under optical flow, the descriptors alone, and the matcher without and
    with that overlap.

    Example: celtint-train score-matching --data data/held_out --report matching.json
    """
    with errors_told():
        import torch  # noqa: PLC0415 - takes seconds to import

        from celtint.engine.embedding.embedder import load_embedder  # noqa: PLC0415 - as above

        from ..data.shards import read_shots  # noqa: PLC0415 - as above
        from .accuracy import score  # noqa: PLC0415 - as above

        if threads:
            torch.set_num_threads(threads)
        embedder = load_embedder(weights)
        figures = score(islice(read_shots(data), shots), embedder).figures()
        for method, by_stride in figures.items():
            shares = (f"{stride} apart {found['right']:.1%}" for stride, found in by_stride.items())
            typer.echo(f"{method:18}{', '.join(shares)}")
        if report is not None:
            part = report.with_name(f".{report.name}.part")
            part.write_text(json.dumps({"weights": embedder.name, "methods": figures}, indent=1))
            part.replace(report)


def _told(means: dict[str, float]) -> None:
    typer.echo(
        f"step {means['step']:.0f}: loss {means['matching']:.3f}, {means['right']:.1%} right, "
        f"{means['right_with_prior']:.1%} with flow, {means['seconds_a_step']:.2f} s a step"
    )
