"""`celtint blender`: what a Blender user needs from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..console import errors_told

app = typer.Typer(help="The extension for Blender.", no_args_is_help=True)


@app.callback()
def blender() -> None:
    """The extension for Blender."""


@app.command()
def build(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the zip.")] = Path(),
    blender: Annotated[
        Path | None,
        typer.Option(help="A Blender, or a Python with bpy, whose own tool builds and validates."),
    ] = None,
) -> None:
    """Write the extension as a zip, to install from disk in Blender 4.2 or newer.

    Example: celtint blender build --out ~/Downloads
    """
    from .build import build as write  # noqa: PLC0415 - keeps `celtint --help` quick

    with errors_told():
        typer.echo(f"the extension is {write(out, blender=blender)}")
