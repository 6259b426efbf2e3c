"""The commands `celtint-train prepare video` and `prepare drawings`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ..console import CANCELLED, asked_by_signals, errors_told
from ..drawings.commands import drawings

if TYPE_CHECKING:
    from .films import Film
    from .video import Plan, Tally

prepare = typer.Typer(
    help="Make sets of shots to train on, from video or from drawings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
prepare.command("drawings")(drawings)


@prepare.command("video")
def video(
    files: Annotated[list[Path], typer.Argument(help="Video files: an episode each.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the sets, OUT/train and OUT/held_out.")],
    short_side: Annotated[
        int, typer.Option(help="Pixels to which the shorter side is scaled down.")
    ] = 256,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="A file to hold out; may be given several times. Hashes decide if none."),
    ] = None,
    held_out_share: Annotated[
        float, typer.Option(help="Share of the files that hashes of their names hold out, 0..1.")
    ] = 0.1,
    shots_per_shard: Annotated[int, typer.Option(help="Shots in a tar file.")] = 32,
) -> None:
    """Cut videos into shots, mark holds, leave out dark frames and credits, and store the rest.

    Example: celtint-train prepare video season1/*.mkv --out sets/show --held-out season1/e07.mkv

    Files are held out whole, never shots or frames. Frames keep their shape. All files are looked
    at before anything is written, and nothing is left behind by a run that is stopped (Ctrl-C).
    """
    # These import OpenCV and PySceneDetect, which takes a second.
    from .video import VideoConfig, plan_video, prepare_video  # noqa: PLC0415

    stop = threading.Event()
    with errors_told(), asked_by_signals(stop):
        config = VideoConfig(
            short_side_px=short_side,
            held_out_share=held_out_share,
            held_out=tuple(held_out or ()),
            shots_per_shard=shots_per_shard,
        )
        plan = plan_video(files, out, config)
        try:
            with _FrameProgress(plan) as progress:
                tallies = prepare_video(plan, stop=stop, on_frame=progress.advance)
        except KeyboardInterrupt:
            typer.echo("stopped: nothing was kept", err=True)
            raise typer.Exit(CANCELLED) from None
    for split, tally in tallies.items():
        typer.echo(_summary(out / split, tally))
        for warning in tally.warnings:
            typer.echo(f"warning: {warning}", err=True)


def _summary(folder: Path, tally: Tally) -> str:
    return (
        f"{folder}: {tally.shots} shots, {tally.drawings} drawings, {tally.frames} frames from "
        f"{tally.files} files; left out: {tally.dark} dark frames, {tally.credits} with credits, "
        f"{tally.short} in shots that are too short"
    )


class _Rate(ProgressColumn):
    """Frames a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} frames/s")


class _FrameProgress:
    """A bar on a terminal; a line for each film elsewhere."""

    def __init__(self, plan: Plan) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=plan.frames or None)
        self._film: Path | None = None

    def __enter__(self) -> _FrameProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, film: Film) -> None:
        """One more frame of a film was looked at."""
        if film.path != self._film:
            self._film = film.path
            self._bar.update(self._task, description=film.path.name)
            if self._bar.disable:
                self._console.print(f"reading {film.path.name}", markup=False)
        self._bar.advance(self._task)
