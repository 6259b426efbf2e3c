"""The command line: `celtint-train prepare`, `fit`, `adapt`, `evaluate` and `export`.

Each command has a module of its own, which imports torch and what else takes seconds only when it
runs, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from .data.commands import prepare
from .embedding.commands import fit_matching, score_matching
from .evaluate_commands import evaluate
from .export_commands import export
from .fit_commands import adapt, fit
from .graph.commands import fit_graph
from .toy_commands import toy

app = typer.Typer(
    help="Train painters for celtint: prepare data, fit, evaluate, export.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(prepare, name="prepare")
app.command()(fit)
app.command()(adapt)
app.command()(evaluate)
app.command()(export)
app.command()(toy)
app.command()(fit_matching)
app.command()(fit_graph)
app.command()(score_matching)


def main() -> None:
    """Entry of the `celtint-train` command."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for stream in (sys.stdout, sys.stderr):
        # A file's name that the terminal or the log has no letters for is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


@app.callback(invoke_without_command=True)
def about(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.")
    ] = False,
) -> None:
    """Train painters for celtint: prepare data, fit, evaluate, export.

    Example: celtint-train fit toy --out runs/toy
    """
    if show_version:
        typer.echo(version("celtint"))
        raise typer.Exit
