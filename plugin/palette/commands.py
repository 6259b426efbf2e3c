"""`celtint palette` and `celtint recolour`."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ..console import asked_by_signals, errors_told, refuse
from ..events import BUSY, CANCELLED, DONE, FAILED_MIDWAY


def palette(
    shot: Annotated[
        str,
        typer.Argument(help="A folder of painted frames, their pattern, a job, or a palette."),
    ],
    *,
    export: Annotated[
        Path | None, typer.Option(help="Write the palette to a file, .gpl (GIMP) or .json.")
    ] = None,
    names_from: Annotated[
        Path | None,
        typer.Option("--import", help="Take names for the colours from a file, .gpl or .json."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Name a colour by its number: --name 3=skin.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the palette of a painted shot, name its colours, or exchange it.

    Names stay when the shot is painted again. Example: celtint palette paint/ --name 3=skin
    """
    with errors_told():
        from . import files, naming  # noqa: PLC0415 - keeps `celtint --help` quick

        path = _palette_file(shot)
        book = files.read_palette(path)
        renamed = book
        if names_from is not None:
            from ..colour import Colour  # noqa: PLC0415 - as above

            other = files.with_working(files.read_palette(names_from), Colour())
            renamed, left = naming.with_names(renamed, other)
            if left:
                shown = ", ".join(left[:8]) + (" and more" if len(left) > 8 else "")
                typer.echo(f"note: no colour of the shot is {shown}", err=True)
        if name:
            renamed, problems = naming.rename(renamed, name)
            if problems:
                refuse(problems)
        if renamed != book:
            files.write_palette(path, renamed)
        if export is not None:
            files.write_palette(export, renamed)
        if as_json:
            typer.echo(json.dumps(json.loads(renamed.to_json())))
        else:
            for line in _listed(renamed):
                typer.echo(line)
        if export is not None and not as_json:
            typer.echo(f"the palette is in {export}")


def recolour(
    shot: Annotated[str, typer.Argument(help="Painted frames: paint.####.exr, or their folder.")],
    *,
    palette: Annotated[Path, typer.Option(help="New colours by name, .json or .gpl.")],
    out: Annotated[str, typer.Option(help="Where to write: night.####.exr.")],
    frames: Annotated[str | None, typer.Option(help="Frames; else all there are.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that celtint did not write.")
    ] = False,
) -> None:
    """Swap the palette of a painted shot, exactly, without painting it again.

    Example: celtint recolour paint/ --palette night.gpl --out night/paint.####.exr
    """
    with errors_told():
        from ..shot import format_frames  # noqa: PLC0415 - as above
        from . import files  # noqa: PLC0415
        from .recolour import plan_recolouring  # noqa: PLC0415

        source, _ = files.palette_of(shot)
        plan = plan_recolouring(str(source), palette, out, frames=frames, overwrite=overwrite)
        for what, names in (
            ("not in the new palette, so they stay", plan.swap.kept),
            ("not in this shot", plan.swap.unknown),
        ):
            if names:
                typer.echo(f"note: {what}: {', '.join(names)}")
        changed = ", ".join(plan.swap.changed) or "no colour"
        typer.echo(f"{format_frames(plan.frames)}: {changed} changes")
    raise typer.Exit(_recolour(plan))


def _recolour(plan: Any) -> int:
    """Run a palette swap and tell how it went; the exit code."""
    from ..errors import BusyError, PluginError  # noqa: PLC0415 - as above
    from ..stream import Stopped  # noqa: PLC0415
    from .recolour import recolour as run  # noqa: PLC0415

    stop, lock = threading.Event(), threading.Lock()
    total = len(plan.frames) - len(plan.kept)
    done: list[int] = []
    begun = time.monotonic()

    def tell(frame: int) -> None:
        with lock:
            done.append(frame)
            rate = len(done) / max(time.monotonic() - begun, 1e-6)
            typer.echo(f"frame {frame}: {len(done)} of {total}, {rate:.2f} frames/s")

    try:
        with asked_by_signals(stop.set):
            run(plan, tell, stop)
    except Stopped:
        left = total - len(done)
        typer.echo(
            f"cancelled: {len(done)} frames written, {left} left; run the same command again to "
            "go on from there",
            err=True,
        )
        return CANCELLED
    except BusyError as error:
        typer.echo(f"error: {error}", err=True)
        return BUSY
    except PluginError as error:
        typer.echo(f"error: {error}", err=True)
        return FAILED_MIDWAY
    kept = f", {len(plan.kept)} were right already" if plan.kept else ""
    typer.echo(f"{len(done)} frames written{kept}; the result is in {plan.out}")
    return DONE


def _palette_file(shot: str) -> Path:
    """The palette that a folder, a pattern, a job or a palette file names."""
    from ..job import Job  # noqa: PLC0415 - as above
    from ..shot import FramePattern  # noqa: PLC0415
    from . import files  # noqa: PLC0415

    path = Path(shot)
    if path.suffix.casefold() == ".json" and path.is_file():
        text = path.read_text(encoding="utf-8-sig")
        if '"celtint_job"' not in text:
            return path
        return files.palette_path(FramePattern.parse(Job.from_json(text).out.path))
    return files.palette_of(shot)[1]


def _listed(book: Any) -> list[str]:
    """The palette as aligned lines: number, name, code, where it was first dabbed."""
    from .naming import code_of  # noqa: PLC0415 - as above

    if not book.entries:
        return ["the palette has no colour"]
    rows = []
    for entry in book.entries:
        dab = entry.first_dab
        where = "" if dab is None else f"first dabbed on {dab.frame} at ({dab.x}, {dab.y})"
        code = "" if entry.working is None else code_of(entry.working)
        rows.append((str(entry.index), entry.name, code, where))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{number:>{widths[0]}}  {name:{widths[1]}}  {code:{widths[2]}}  {where}".rstrip()
        for number, name, code, where in rows
    ]
