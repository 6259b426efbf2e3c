"""The command line: `celtint colorize`, `celtint info` and `celtint sheet`."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Iterable
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from .blender.commands import app as blender
from .client import exit_code
from .console import asked_by_signals, errors_told, refuse
from .errors import JobError
from .events import BAD_INPUT, PROTOCOL, Checked, Event, Failed, Finished, Hello
from .farm.commands import farm
from .job import Job, Output, Source
from .matrix_threads import single_matrix_thread
from .memory import reuse_freed_memory
from .nuke.commands import app as nuke
from .palette.commands import palette, recolour
from .publish.commands import publish
from .regions_command import regions
from .review.commands import review

app = typer.Typer(
    help="Colour line-art animation from a few artist hints.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(blender, name="blender")
app.add_typer(farm, name="farm")
app.add_typer(nuke, name="nuke")


app.command()(publish)
app.command()(palette)
app.command()(recolour)
app.command()(review)
app.command()(regions)


class Finish(StrEnum):
    """How the paint looks: exact flat colours, or painted by a network."""

    flat = "flat"
    painted = "painted"


def main() -> None:
    """Entry of the `celtint` command."""
    single_matrix_thread()
    reuse_freed_memory()
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
    """Colour line-art animation from a few artist hints."""
    if show_version:
        typer.echo(version("celtint"))
        raise typer.Exit


@app.command()
def colorize(
    context: typer.Context,
    *,
    line: Annotated[
        str | None,
        typer.Option(help="Line art: line.####.exr, line.%04d.exr, or one frame of it."),
    ] = None,
    hint: Annotated[
        str | None,
        typer.Option(help="Hints, likewise; left out where the line art has a layer `hint`."),
    ] = None,
    out: Annotated[str | None, typer.Option(help="Where to paint: paint.####.exr.")] = None,
    line_layer: Annotated[str | None, typer.Option(help="Layer of the line art.")] = None,
    hint_layer: Annotated[str | None, typer.Option(help="Layer of the hints.")] = None,
    line_colorspace: Annotated[
        str | None, typer.Option(help="Colour space of the line art, as OpenColorIO names it.")
    ] = None,
    hint_colorspace: Annotated[str | None, typer.Option(help="Colour space of the hints.")] = None,
    out_colorspace: Annotated[
        str | None, typer.Option(help="Colour space of the paint; else that of the line art.")
    ] = None,
    out_layers: Annotated[
        str,
        typer.Option(
            help="all, or rgba for the paint under the line alone; then index, cryptomatte."
        ),
    ] = "all",
    frames: Annotated[
        str | None, typer.Option(help="Frames, 1001-1048x2,1060; else all that are on disk.")
    ] = None,
    finish: Annotated[Finish, typer.Option(help="How the paint looks.")] = Finish.flat,
    gap: Annotated[
        float | None, typer.Option(help="Close gaps in outlines up to this many pixels.")
    ] = None,
    trace: Annotated[
        str | None,
        typer.Option(
            help="Hues of colour-trace lines that vanish in the paint: red,blue; auto, or off."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Named model or weight file of the painted finish.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "auto",
    ocio: Annotated[
        str | None, typer.Option(help="OpenColorIO config; else $OCIO, else the ACES one.")
    ] = None,
    palette: Annotated[
        str | None,
        typer.Option(help="A palette (.json, .gpl) whose names and numbers the colours get."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that celtint did not write.")
    ] = False,
    job: Annotated[
        Path | None, typer.Option(help="A job file (JSON) that says all of the above instead.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a contact sheet (PNG) of the result.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as JSON lines, for programs.")
    ] = False,
) -> None:
    """Paint a shot from its line art and a few hints.

    Example: celtint colorize --line line.####.exr --hint hint.####.exr --out paint.####.exr
    """
    if job is None:
        if line is None or out is None:
            raise typer.BadParameter("give --line and --out, or --job")
        asked = {"gap_px": gap, "trace": trace}
        settings: dict[str, Any] = {
            name: value for name, value in asked.items() if value is not None
        }
        hint_source = None
        if hint is not None or hint_layer is not None or hint_colorspace is not None:
            hint_source = Source(hint or line, hint_layer, hint_colorspace)
        whole = _made_job(
            as_json=as_json,
            line=Source(line, line_layer, line_colorspace),
            hint=hint_source,
            out=Output(out, out_colorspace, out_layers),
            frames=frames,
            finish=finish.value,
            settings=settings,
            model=model,
            device=device,
            ocio=ocio,
            palette=palette,
            overwrite=overwrite,
        )
    else:
        said = _said_beside(context, "job", "sheet", "as_json")
        if said:
            raise typer.BadParameter(f"--job says everything: leave {', '.join(said)} out")
        whole = _read_job(job, as_json=as_json)
    if sheet is not None:
        _check_sheet(sheet, as_json=as_json)
    last, hint_frames = _run(whole, as_json=as_json)
    if sheet is not None and isinstance(last, Finished):
        _write_sheet(whole, sheet, hint_frames=hint_frames, as_json=as_json)
    raise typer.Exit(exit_code(last))


@app.command()
def info(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Image files or patterns.")
    ] = None,
    ocio: Annotated[str | None, typer.Option(help="OpenColorIO config.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what files hold; or, without files, what celtint runs on.

    Example: celtint info line.####.exr
    """
    from .info import describe  # noqa: PLC0415 - `--help` need not import the image libraries

    with errors_told():
        for text in describe(paths or [], ocio=ocio, as_json=as_json):
            typer.echo(text)


@app.command()
def sheet(
    *,
    paint: Annotated[str, typer.Argument(help="Painted frames: paint.####.exr.")],
    out: Annotated[Path, typer.Option(help="The contact sheet to write (PNG).")],
    line: Annotated[str | None, typer.Option(help="Line art, for a row of its own.")] = None,
    hint: Annotated[str | None, typer.Option(help="Hints, to show the dabs.")] = None,
    truth: Annotated[str | None, typer.Option(help="The right colours, beside the paint.")] = None,
    frames: Annotated[str | None, typer.Option(help="Frames; else up to 24, evenly.")] = None,
    ocio: Annotated[str | None, typer.Option(help="OpenColorIO config.")] = None,
) -> None:
    """Write a contact sheet of a painted shot.

    Example: celtint sheet paint.####.exr --out sheet.png
    """
    from .sheet import write_sheet  # noqa: PLC0415 - as above

    with errors_told():
        write_sheet(
            out,
            Source(paint),
            line=Source(line) if line else None,
            hint=Source(hint) if hint else None,
            truth=Source(truth) if truth else None,
            frames=frames,
            ocio=ocio,
        )
        typer.echo(f"the contact sheet is in {out}")


def _said_beside(context: typer.Context, *names: str) -> list[str]:
    """The options that were given on the command line, but for those named."""
    return [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name not in names
        and getattr(context.get_parameter_source(name), "name", "") != "DEFAULT"
    ]


def _run(job: Job, *, as_json: bool) -> tuple[Event, list[int]]:
    """Run a job in this process; Ctrl-C stops it after the frames in flight.

    Returns:
        The last event, and the frames that have hints.

    """
    from .progress import shown  # noqa: PLC0415 - as above

    checked: list[Checked] = []
    stop = threading.Event()
    with shown(as_json=as_json) as show, asked_by_signals(stop.set):

        def say(event: Event) -> None:
            if isinstance(event, Checked):
                checked.append(event)
            show(event)

        say(_hello())
        from .run import run_job  # noqa: PLC0415 - seconds of imports, after the first word

        last = run_job(job, say, stop)
    return last, [frame for event in checked for frame in event.hint_frames]


def _hello() -> Hello:
    return Hello(protocol=PROTOCOL, version=version("celtint"), pid=os.getpid())


def _made_job(*, as_json: bool, **values: Any) -> Job:
    try:
        return Job(**values)
    except JobError as error:
        _fail(error.problems, as_json=as_json)


def _read_job(path: Path, *, as_json: bool) -> Job:
    try:
        return Job.from_json(path.read_text(encoding="utf-8-sig"))
    except JobError as error:
        _fail([f"{path}: {problem}" for problem in error.problems], as_json=as_json)
    except OSError as error:
        _fail([f"{path}: cannot be read: {error.strerror or error}"], as_json=as_json)
    except UnicodeDecodeError as error:
        _fail([f"{path}: cannot be read: {error}"], as_json=as_json)


def _check_sheet(path: Path, *, as_json: bool) -> None:
    """Refuse a contact sheet that could not be written, before hours of painting."""
    from .sheet import why_no_sheet  # noqa: PLC0415 - as above

    reason = why_no_sheet(path)
    if reason is not None:
        _fail([reason], as_json=as_json)


def _write_sheet(job: Job, path: Path, *, hint_frames: list[int], as_json: bool) -> None:
    from .sheet import write_sheet  # noqa: PLC0415 - as above

    with errors_told():
        hint = Source(job.line.path, "hint") if job.hint is None else job.hint
        write_sheet(
            path,
            Source(job.out.path),
            hint=hint,
            hint_frames=hint_frames,
            frames=job.frames,
            ocio=job.ocio,
        )
        if not as_json:
            typer.echo(f"the contact sheet is in {path}")


def _fail(problems: Iterable[str], *, as_json: bool) -> NoReturn:
    if not as_json:
        refuse(problems)
    for event in (_hello(), Failed(exit_code=BAD_INPUT, problems=list(problems))):
        typer.echo(event.to_line())
    raise typer.Exit(BAD_INPUT)


if __name__ == "__main__":
    main()
