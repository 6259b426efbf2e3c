"""`celtint review`: where a shot is unsure."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..console import asked_by_signals, errors_told, refuse
from ..events import CANCELLED


def review(
    job: Annotated[str, typer.Argument(help="A job (JSON), or the folder of painted frames.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The page to write; else paint.review.html.")
    ] = None,
    below: Annotated[
        float, typer.Option(help="Regions less sure than this are in doubt, 0 to 1.", min=0, max=1)
    ] = 0.6,
    least_px: Annotated[
        int, typer.Option(help="Regions of less area, in pixels, are left out.", min=0)
    ] = 10,
    most: Annotated[int, typer.Option(help="List at most so many things.", min=1)] = 300,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write what is doubtful about a shot as one page, worst first, and as JSON beside it.

    Each thing is told once, with the dab that would settle most of it. The page works offline.
    Example: celtint review paint/ --open
    """
    with errors_told():
        from celtint.engine import EngineError  # noqa: PLC0415 - keeps `celtint --help` quick

        from ..stream import Stopped  # noqa: PLC0415
        from .write import job_of, write_review  # noqa: PLC0415

        stop = threading.Event()
        try:
            with asked_by_signals(stop.set):
                done = write_review(
                    job_of(job),
                    out=out,
                    below=below,
                    least_px=least_px,
                    most=most,
                    stop=stop,
                    looked=_tell,
                )
        except Stopped:
            typer.echo("cancelled: no page was written", err=True)
            raise typer.Exit(CANCELLED) from None
        except EngineError as error:
            refuse([str(error)])
        more = f", and {done.not_listed} more that are not listed" if done.not_listed else ""
        typer.echo(f"{done.doubtful} doubtful and {done.unpainted} unpainted things{more}")
        typer.echo(f"the review is in {done.html}")
        if show and not webbrowser.open(done.html.absolute().as_uri()):
            typer.echo("no browser could be started: open the page yourself", err=True)


def _tell(done: int, total: int) -> None:
    if done == total or done % 20 == 0:
        typer.echo(f"looked at {done} of {total} drawings", err=True)
