"""`celtint nuke`: where Nuke finds the node."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from .engine import EngineMissingError, engine_python
from .gizmo import write_nodes

app = typer.Typer(help="The node in Nuke.", no_args_is_help=True)


@app.command()
def path() -> None:
    """Print the folder to put on NUKE_PATH.

    Example: export NUKE_PATH="$(celtint nuke path)"
    """
    typer.echo(str(nuke_folder()))
    try:
        found = engine_python()
    except EngineMissingError:
        found = ""
    # Folders, because the Pythons of all environments are links to one and the same file.
    if not found or Path(found).parent.resolve() != Path(sys.executable).parent.resolve():
        # The node cannot tell by itself which Python this is.
        typer.echo(f"also set CELTINT_PYTHON={sys.executable}", err=True)


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="Where to; else where Nuke finds the node.")] = (
        Path()
    ),
) -> None:
    """Write the gizmo and the group from their one source, after a change to it.

    Example: celtint nuke write
    """
    for file in write_nodes(folder if folder != Path() else nuke_folder()):
        typer.echo(str(file))


def nuke_folder() -> Path:
    """The folder that Nuke reads: menu, gizmo and group."""
    return Path(str(files("celtint.nuke_menu").joinpath("")))
