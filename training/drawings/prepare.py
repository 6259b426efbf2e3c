"""Makes sets of shots from folders of drawings, with as many processes as wanted."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from ..data.shards import SET_FILE, ShotWriter
from ..data.shots import EncodedShot, encode_shot
from ..errors import ConfigError, DataError
from .library import HELD_OUT_SHARE, Entry, Split, find_drawings
from .rendering import Cancelled, render_shot, seed_of
from .sheet import write_sheet

FEWEST_DRAWINGS = 4  # a split of fewer would show the same drawing in every shot
SHOTS_PER_SHARD = 32
OFTEN_S = 0.2  # how often a wish to stop is looked for while workers render
LARGEST_SIDE_PX = 4096


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        folders: Of drawings.
        out: Folder of the sets, `train` and `held_out`.
        shots: In all splits together.
        drawings: Of each shot.
        width: Pixels.
        height: Pixels.
        seed: What everything that is left to chance is made from.
        splits: Which sets are made.
        workers: Processes that render.
        sheet: File for a contact sheet of the first shot of each split; the split's name is added.

    """

    folders: tuple[Path, ...]
    out: Path
    shots: int
    drawings: int
    width: int
    height: int
    seed: int = 1
    splits: tuple[Split, ...] = ("train", "held_out")
    workers: int = 1
    sheet: Path | None = None

    def __post_init__(self) -> None:
        problems = []
        if not self.folders:
            problems.append("no folder of drawings is named: --drawings DIR")
        if not self.splits:
            problems.append("no split is named")
        if self.shots < len(self.splits):
            problems.append(f"{self.shots} shots are too few for {len(self.splits)} sets")
        if not 1 <= self.drawings <= 9999:
            problems.append(f"a shot has 1 to 9999 drawings, not {self.drawings}")
        for name, side in (("width", self.width), ("height", self.height)):
            if not 32 <= side <= LARGEST_SIDE_PX:
                problems.append(f"the {name} is 32 to {LARGEST_SIDE_PX} px, not {side}")
        if self.workers < 1:
            problems.append(f"at least one worker is needed, not {self.workers}")
        if problems:
            raise ConfigError(problems)

    def shots_of(self, split: Split) -> int:
        """Shots of a split; of both, a share is held out like that of the drawings."""
        if len(self.splits) == 1:
            return self.shots
        held_out = max(1, round(self.shots * HELD_OUT_SHARE))
        return held_out if split == "held_out" else self.shots - held_out


def prepare_drawings(
    order: Order,
    *,
    on_shot: Callable[[Split, int], None] = lambda _split, _drawings: None,
    stop: threading.Event | None = None,
) -> None:
    """Render the sets: the same order gives the same bytes, however many workers render them.

    Args:
        order: What is to be made.
        on_shot: Told after each shot, with its split and how many drawings it has.
        stop: When set, the set in work is removed and Cancelled raised; finished sets stay.

    Raises:
        DataError: Folders are missing or hold too few drawings, a set is there already, or a
            worker died.
        Cancelled: `stop` was set.

    """
    entries = {split: find_drawings(order.folders, split) for split in order.splits}
    problems = [
        f"{order.out / split} holds a set already: name another folder, or delete it"
        for split in order.splits
        if (order.out / split / SET_FILE).exists()
    ]
    problems += [
        f"the split {split} has {len(found)} accepted drawings, and needs {FEWEST_DRAWINGS}"
        for split, found in entries.items()
        if len(found) < FEWEST_DRAWINGS
    ]
    if problems:
        raise DataError("; ".join(problems))
    for split in order.splits:
        _prepare_split(order, split, entries[split], on_shot, stop or threading.Event())


def _prepare_split(
    order: Order,
    split: Split,
    entries: list[Entry],
    on_shot: Callable[[Split, int], None],
    stop: threading.Event,
) -> None:
    made: dict[str, object] = {
        "command": "prepare drawings",
        "split": split,
        "drawings": len(entries),
        "size": [order.width, order.height],
    }
    name = split.replace("_", "-")
    with (
        ShotWriter(order.out / split, name, SHOTS_PER_SHARD, seed=order.seed, made=made) as writer,
        _Renderer(order, split, entries, stop) as renderer,
    ):
        for shot in renderer.shots(order.shots_of(split)):
            writer.add(shot)
            on_shot(split, shot.info.drawings)


class _Renderer:
    """Renders shots in this process or in others, in order."""

    def __init__(
        self, order: Order, split: Split, entries: list[Entry], stop: threading.Event
    ) -> None:
        self._task = (order, split, entries)
        self._stop = stop
        self._pool: ProcessPoolExecutor | None = None
        self._workers = order.workers
        if order.workers > 1:
            context = multiprocessing.get_context("spawn")
            self._workers_stop = context.Event()
            self._pool = ProcessPoolExecutor(
                order.workers,
                mp_context=context,
                initializer=_begin_worker,
                initargs=(self._task, self._workers_stop),
            )

    def __enter__(self) -> _Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._workers_stop.set()  # what is still rendered is not wanted
            self._pool.shutdown(wait=True, cancel_futures=True)

    def shots(self, count: int) -> Iterator[EncodedShot]:
        """The first shots of the split."""
        if self._pool is None:
            for number in range(count):
                yield _render(*self._task, number, self._stop.is_set)
            return
        waiting: deque[Future[EncodedShot]] = deque()
        try:
            for number in range(count):
                waiting.append(self._pool.submit(_render_in_worker, number))
                if len(waiting) > 2 * self._workers:  # so that memory stays bounded
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        except BrokenProcessPool as error:
            raise DataError(
                "a process that renders was killed, as happens when memory runs out: take fewer "
                "--workers"
            ) from error

    def _result(self, shot: Future[EncodedShot]) -> EncodedShot:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                return shot.result(timeout=OFTEN_S)
        raise Cancelled


_Task = tuple[Order, Split, list[Entry]]
_worker_task: tuple[_Task, Event] | None = None


def _begin_worker(task: _Task, stop: Event) -> None:
    global _worker_task  # noqa: PLW0603 - a process of a pool has no other place for it
    _worker_task = (task, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process tells when to stop


def _render_in_worker(number: int) -> EncodedShot:
    if _worker_task is None:
        raise RuntimeError("the worker was not begun")
    task, stop = _worker_task
    return _render(*task, number, stop.is_set)


def _render(
    order: Order,
    split: Split,
    entries: list[Entry],
    number: int,
    is_stopped: Callable[[], bool],
) -> EncodedShot:
    shot = render_shot(
        f"drawings-{split.replace('_', '-')}-s{order.seed}-{number:06d}",
        entries,
        drawings=order.drawings,
        width=order.width,
        height=order.height,
        seed=seed_of(order.seed, split, number),
        is_stopped=is_stopped,
    )
    if order.sheet is not None and number == 0:
        sheet = order.sheet
        write_sheet(sheet.with_name(f"{sheet.stem}-{split}{sheet.suffix or '.png'}"), shot)
    return encode_shot(shot)
