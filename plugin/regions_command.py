"""`celtint regions`."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import asked_by_signals, errors_told
from .events import CANCELLED, DONE, FAILED_MIDWAY

if TYPE_CHECKING:
    from .job import Job
    from .regions import Drawn, Preview


def regions(
    *,
    out: Annotated[str, typer.Option(help="Where to draw: regions.####.png, or .exr.")],
    line: Annotated[
        str | None, typer.Option(help="Line art: line.####.exr, or one frame of it.")
    ] = None,
    line_layer: Annotated[str | None, typer.Option(help="Layer of the line art.")] = None,
    line_colorspace: Annotated[
        str | None, typer.Option(help="Colour space of the line art.")
    ] = None,
    out_colorspace: Annotated[
        str | None, typer.Option(help="Colour space of an EXR; else that of the line art.")
    ] = None,
    frames: Annotated[str | None, typer.Option(help="Frames, 1001-1048x2,1060; else all.")] = None,
    gap: Annotated[
        float | None, typer.Option(help="Close gaps in outlines up to this many pixels.")
    ] = None,
    speck: Annotated[
        int | None, typer.Option(help="Patches of fewer pixels than this join their neighbour.")
    ] = None,
    trace: Annotated[
        str | None, typer.Option(help="Hues of colour-trace lines: red,blue; auto, or off.")
    ] = None,
    ocio: Annotated[str | None, typer.Option(help="OpenColorIO config.")] = None,
    job: Annotated[
        Path | None, typer.Option(help="A job file, for its line art, frames and settings.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON line for every frame, for programs.")
    ] = False,
) -> None:
    """Draw what celtint takes for regions: closed gaps, specks and trace lines are marked.

    Example: celtint regions --line line.####.exr --out regions.####.png
    """
    if (job is None) == (line is None):
        raise typer.BadParameter("give --line, or --job")
    if job is not None and (line_layer or line_colorspace):
        raise typer.BadParameter("--job says which line art: leave the line's options out")
    with errors_told():
        from .job import Job, Output, Source  # noqa: PLC0415 - keeps `celtint --help` quick

        asked = {"gap_px": gap, "speck_px": speck, "trace": trace}
        settings = {name: value for name, value in asked.items() if value is not None}
        target = Output(out, out_colorspace)
        if job is None:
            source = Source(str(line), line_layer, line_colorspace)
            whole = Job(line=source, out=target, frames=frames, settings=settings, ocio=ocio)
        else:
            whole = Job.from_json(job.read_text(encoding="utf-8-sig"))
            whole = replace(
                whole,
                out=target,
                frames=frames or whole.frames,
                settings={**whole.settings, **settings},
                ocio=ocio or whole.ocio,
            )
    raise typer.Exit(_draw(whole, as_json=as_json, overwrite=overwrite))


def _draw(job: Job, *, as_json: bool, overwrite: bool) -> int:
    """Check, draw and tell; the exit code."""
    from .errors import PluginError  # noqa: PLC0415 - as above
    from .regions import check_preview, draw_preview  # noqa: PLC0415
    from .stream import Stopped  # noqa: PLC0415

    stop = threading.Event()
    drawn: list[Drawn] = []

    def tell(one: Drawn) -> None:
        drawn.append(one)
        typer.echo(_as_json(one) if as_json else _as_text(one))

    plan: Preview | None = None
    try:
        with asked_by_signals(stop.set):
            with errors_told():
                plan = check_preview(job, stop, overwrite=overwrite)
            for note in plan.notes:
                typer.echo(f"note: {note}", err=as_json)
            draw_preview(plan, tell, stop)
    except Stopped:
        total = 0 if plan is None else len(plan.line)
        typer.echo(f"cancelled: {len(drawn)} of {total} frames are drawn", err=True)
        return CANCELLED
    except PluginError as error:
        typer.echo(f"error: {error}", err=True)
        return FAILED_MIDWAY
    if not as_json:
        typer.echo(f"the preview is in {plan.out}")
    return DONE


def _as_text(one: Drawn) -> str:
    from .progress import left  # noqa: PLC0415 - as above

    return (
        f"frame {one.frame}: {one.done} of {one.total}, {one.regions} regions, "
        f"{one.gaps} gaps closed, {one.necks} narrow places, {left(one.seconds_left)} left"
    )


def _as_json(one: Drawn) -> str:
    said = asdict(one) | {"path": str(one.path)}
    del said["seconds_left"]
    return json.dumps(said)
