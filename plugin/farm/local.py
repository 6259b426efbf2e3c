"""Shots on one workstation: several at a time, each in a worker's process of its own."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ..events import Checked, Event, FrameDone
from ..workers import Workers
from . import records
from .attempt import Running, follow
from .records import Record
from .shots import Shot
from .task import GRACE_S, sentence


class Shown(Protocol):
    """How the shots show: on a terminal, in a log, or to a program."""

    def event(self, shot: Shot, event: Event) -> None:
        """A run said something."""

    def record(self, shot: Shot, record: Record) -> None:
        """A shot has ended."""


def run_local(
    shots: Sequence[Shot], folder: Path, *, jobs: int, shown: Shown, stop: threading.Event
) -> list[Record]:
    """Paint shots, `jobs` at a time; none that fails stops the others.

    Args:
        shots: What to paint, in this order.
        folder: Where records are.
        jobs: How many at a time; each has a worker of its own, that stays for the next shot.
        shown: Is told everything, from one thread at a time.
        stop: Set it to cancel: frames in flight become whole, no other shot is begun.

    Returns:
        Records of the shots that were begun, in the order in which they ended.

    """
    to_do: queue.SimpleQueue[Shot] = queue.SimpleQueue()
    for shot in shots:
        to_do.put(shot)
    ended: list[Record] = []
    faults: list[BaseException] = []
    lock = threading.Lock()

    def tell(shot: Shot, event: Event) -> None:
        with lock:
            shown.event(shot, event)

    def work() -> None:
        workers = Workers()
        try:
            while not stop.is_set():
                try:
                    shot = to_do.get_nowait()
                except queue.Empty:
                    return
                record = _painted(shot, workers, folder, tell, stop)
                with lock:
                    ended.append(record)
                    shown.record(shot, record)
        except Exception as error:
            faults.append(error)  # raised again by the caller's thread
            stop.set()
        finally:
            workers.close()

    threads = [threading.Thread(target=work, name=f"celtint shots {n}") for n in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return ended


def _painted(
    shot: Shot,
    workers: Workers,
    folder: Path,
    tell: Callable[[Shot, Event], None],
    stop: threading.Event,
) -> Record:
    """One shot; a thread watches `stop` for as long as it runs."""
    over = threading.Event()

    def watch(run: Running) -> None:
        def wait() -> None:
            while not over.wait(0.1):
                if stop.is_set():
                    run.cancel(grace_s=GRACE_S)
                    return

        threading.Thread(target=wait, name="celtint stop", daemon=True).start()

    try:
        return follow(
            shot, lambda: workers.start(shot.job), folder, lambda event: tell(shot, event), watch
        )
    finally:
        over.set()


@contextmanager
def shown(shots: Sequence[Shot], *, as_json: bool) -> Iterator[Shown]:
    """Bars where a terminal watches, else a line a shot, or JSON lines."""
    console = Console(highlight=False, soft_wrap=True)
    if as_json:
        yield _Json()
    elif console.is_terminal:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
        ) as progress:
            yield _Bars(progress, shots)
    else:
        yield _Log(console)


class _Json:
    def event(self, shot: Shot, event: Event) -> None:
        typer.echo(json.dumps({"shot": shot.name, **json.loads(event.to_line())}))

    def record(self, shot: Shot, record: Record) -> None:
        told = {"event": "shot", "state": record.state, "problems": record.problems}
        typer.echo(json.dumps({"shot": shot.name, **told, "seconds": record.seconds}))


class _Log:
    def __init__(self, console: Console) -> None:
        self._console = console

    def event(self, shot: Shot, event: Event) -> None:
        if isinstance(event, Checked):
            self._console.print(f"{shot.name}: begun, {event.frames} frames", markup=False)

    def record(self, shot: Shot, record: Record) -> None:  # noqa: ARG002 - as Shown has it
        self._console.print(sentence(record), markup=False)


class _Bars:
    """A bar over all the shots, and one for each that is being painted."""

    def __init__(self, progress: Progress, shots: Sequence[Shot]) -> None:
        self._progress = progress
        self._all = progress.add_task("all shots", total=len(shots))
        self._own: dict[str, TaskID] = {}

    def event(self, shot: Shot, event: Event) -> None:
        if isinstance(event, Checked):
            left = event.frames - event.kept
            self._own[shot.name] = self._progress.add_task(shot.name, total=left)
        elif isinstance(event, FrameDone):
            self._progress.update(self._own[shot.name], completed=event.done, total=event.total)

    def record(self, shot: Shot, record: Record) -> None:
        own = self._own.pop(shot.name, None)
        if own is not None:
            self._progress.remove_task(own)
        self._progress.advance(self._all)
        if record.state != records.DONE or record.doubtful:
            self._progress.console.print(sentence(record), markup=False)
