"""`celtint-train fit-graph`: the small models of the shot graph."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ..console import errors_told


def fit_graph(
    *,
    data: Annotated[Path, typer.Option(help="A set that `prepare drawings` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for matcher.safetensors and the solver's.")],
    shots: Annotated[int | None, typer.Option(min=1, help="So many shots, the first.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Weights of fit-matching; without it, those that ship.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is chosen at random.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: all.")] = 0,
) -> None:
    """Fit what cues of a match weigh, and whom to believe when a shot is solved.

    Nothing is written before all is fitted; a run that was stopped starts anew. The same set,
    weights and seed give the same models on one machine.

    Example: celtint-train fit-graph --data data/train --out runs/graph --shots 40
    """
    with errors_told():
        import torch  # noqa: PLC0415 - takes seconds to import

        from celtint.engine.embedding.embedder import load_embedder  # noqa: PLC0415 - as above

        from ..data.shards import read_shots  # noqa: PLC0415 - as above
        from . import fit_graph as fitting  # noqa: PLC0415 - as above
        from .known import known_drawings  # noqa: PLC0415 - as above

        if threads:
            torch.set_num_threads(threads)
        embedder = load_embedder(weights)
        begun = time.monotonic()

        def tell(what: str, done: int, total: int | None = None) -> None:
            minutes = (time.monotonic() - begun) / 60
            of = "" if total is None else f" of {total}"
            typer.echo(f"{minutes:5.1f} min  {what}: {done}{of} shots")

        known = []
        for shot in known_drawings(islice(read_shots(data), shots), embedder):
            known.append(shot)
            tell("analysed", len(known))
        settings = fitting.GraphFit.seeded(seed)
        matcher, solver = fitting.fit_graph(known, embedder, settings, tell=tell)
        fitting.write(out, matcher, solver)
        typer.echo(f"wrote {out / fitting.MATCHER} and {out / fitting.SOLVER}")
