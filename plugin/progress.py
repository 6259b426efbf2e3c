"""How a run shows on a terminal, in a log, or to a program."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .events import Cancelled, Checked, Event, Failed, Finished, FrameDone, Looked, Warned

Say = Callable[[Event], None]


@contextmanager
def shown(*, as_json: bool) -> Iterator[Say]:
    """What shows events: a bar where a terminal watches, else plain lines, or JSON lines."""
    # Neither markup nor emoji codes: a folder may be called [old] or :new:.
    plain: Any = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}
    out, errors = Console(**plain), Console(stderr=True, **plain)
    if as_json:
        yield lambda event: typer.echo(event.to_line())
    elif out.is_terminal:
        with _bar(out) as progress:
            yield _Bar(progress, errors)
    else:
        yield _Lines(out, errors)


def left(seconds: float) -> str:
    """A time to wait, as people say it: `9 s`, `3 min 20 s`, `1 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


class _Lines:
    """One line for each event; what went wrong goes to stderr."""

    def __init__(self, out: Console, errors: Console) -> None:
        self._out, self._errors = out, errors

    def __call__(self, event: Event) -> None:
        if isinstance(event, Looked):
            if event.done % 25 == 0 or event.done == event.total:
                self._out.print(f"looked at {event.done} of {event.total} drawings")
        elif isinstance(event, FrameDone):
            self._out.print(
                f"frame {event.frame}: {event.done} of {event.total}, "
                f"{event.frames_per_s:.2f} frames/s, {left(event.seconds_left)} left",
            )
        else:
            _tell(event, self._out, self._errors)


class _Bar:
    """A bar with rate and time left; everything else is printed above it."""

    def __init__(self, progress: Progress, errors: Console) -> None:
        self._progress, self._errors = progress, errors
        self._task = progress.add_task("checking", total=None, rate="", eta="")

    def __call__(self, event: Event) -> None:
        if isinstance(event, FrameDone):
            self._progress.update(
                self._task,
                completed=event.done,
                total=event.total,
                rate=f"{event.frames_per_s:.2f} frames/s",
                eta=f"{left(event.seconds_left)} left",
            )
            return
        if isinstance(event, Looked):
            self._progress.update(
                self._task, description="looking", completed=event.done, total=event.total
            )
            return
        if isinstance(event, Checked):
            self._progress.update(
                self._task,
                description="painting",
                completed=0,
                total=event.frames - event.kept,
            )
        if event.ends_run:
            self._progress.stop()
        _tell(event, self._progress.console, self._errors)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[eta]}"),
        console=console,
    )


def _tell(event: Event, out: Console, errors: Console) -> None:
    """Say an event that is not a frame, in an artist's words."""
    if isinstance(event, Checked):
        for note in event.notes:
            out.print(f"note: {note}")
        for warning in event.warnings:
            errors.print(f"warning: {warning}")
        kept = f", {event.kept} already painted" if event.kept else ""
        out.print(f"{_count(event.frames)}{kept}; hints on {_frames(event.hint_frames)}")
    elif isinstance(event, Warned):
        errors.print(f"warning: {event.message}")
    elif isinstance(event, Finished):
        if event.painted:
            took = f"{left(event.seconds)}, {event.frames_per_s:.2f} frames/s"
            out.print(f"{_count(event.painted)} painted in {took}")
        else:
            out.print("nothing to do: every frame is painted already")
        out.print(f"the result is in {event.path}")
        if event.doubtful:
            out.print(_doubts(event))
    elif isinstance(event, Failed):
        for problem in event.problems:
            errors.print(f"error: {problem}")
    elif isinstance(event, Cancelled):
        if event.painted + event.left == 0:
            errors.print("cancelled before anything was painted")
            return
        errors.print(
            f"cancelled: {_count(event.painted)} painted, {event.left} left; "
            "run the same command again to go on from there"
        )


def _doubts(event: Finished) -> str:
    """How much is worth a look, and where to look."""
    doubtful = (event.doubtful or 0) - event.unpainted
    parts = [
        f"{count} {what}"
        for count, what in ((doubtful, "doubtful"), (event.unpainted, "unpainted"))
        if count
    ]
    one = "thing" if doubtful + event.unpainted == 1 else "things"
    folder = Path(event.path).parent
    return (
        f"{' and '.join(parts)} {one} to look at: celtint review {shlex.quote(str(folder))} --open"
    )


def _count(frames: int) -> str:
    return f"{frames} frame" if frames == 1 else f"{frames} frames"


def _frames(frames: list[int]) -> str:
    if not frames:
        return "no frame"
    shown_frames = ", ".join(str(frame) for frame in frames[:6])
    more = f" and {len(frames) - 6} more" if len(frames) > 6 else ""
    return f"{'frame' if len(frames) == 1 else 'frames'} {shown_frames}{more}"
