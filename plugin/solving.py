"""The colours of a flat shot before a pixel is painted: its drawings, the graph of them, its hints.

What does not depend on hints is kept from one run to the next (`kept.py`). So where nothing but a
hint was changed, no drawing is decoded here, and the shot is solved anew in a fraction of a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from celtint.engine import DAB_ALPHA, FlatSettings
from celtint.engine.embedding.shipped import ShippedEmbedder
from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.measure import analysis_key
from celtint.engine.graph.seeding import ShotSeeds, seeds_of
from celtint.engine.graph.shot import GraphBuilder, ShotGraph
from celtint.engine.graph.solution import Solution
from celtint.engine.graph.solve import solve

from .check import Plan
from .errors import JobError, PluginError
from .fingerprint import facts_digest
from .hint_colours import HintColours
from .kept import KeptAnalyses
from .lines import Lines
from .memory import kept_for_good
from .observers import Observers, worth
from .observing import Observed
from .palette.book import FirstDab
from .reading import Reader
from .stream import Clock, ReadAhead, Stopped

_READERS, _AHEAD = 2, 3
"""Of threads that look, each with pixels of its own."""

_WAITING = 8
"""Threads that wait for processes that look: what those find while the network is being loaded."""

CONFIDENCE_STEPS = 64
"""Confidence is written in so many steps: what a dab elsewhere in the shot changes in the fifth
digit is no reason to write a frame anew."""


@dataclass(frozen=True, eq=False)
class Solved:
    """A flat shot whose colours are known.

    Attributes:
        graph: Its drawings and how they hang together.
        seeds: Its dabs.
        solution: The colour of every region; its confidence as it is written, in steps.
        colours: What was dabbed, for exact colours; one thread at a time.
        first_dabs: Row of the palette to where the colour was dabbed first.
        min_confidence: Regions less sure than this stay unpainted.

    """

    graph: ShotGraph
    seeds: ShotSeeds
    solution: Solution
    colours: HintColours
    first_dabs: Mapping[int, FirstDab]
    min_confidence: float

    def drawing(self, index: int) -> FrameAnalysis:
        """The drawing that a frame shows."""
        return self.graph.drawings[self.graph.drawing_of_frame[index]]

    def painted(self, index: int) -> NDArray[np.int32]:
        """(R,) palette index of every region of a frame, 0 for what stays unpainted."""
        is_sure = self.solution.confidence[index] >= self.min_confidence
        return np.where(is_sure, self.solution.palette_index[index], np.int32(0))


def solve_shot(
    plan: Plan,
    *,
    stop: threading.Event,
    clock: Clock,
    looked: Callable[[int, int], None] = lambda _done, _total: None,
    is_read_only: bool = False,
    lines: Lines | None = None,
) -> Solved:
    """Find the colours of a flat shot.

    Args:
        plan: The shot.
        stop: Asks to leave.
        clock: Where time is counted: `read`, `ink`, `analyse`, `match`, `solve`, and waits.
        looked: Told how many drawings of how many were looked at, where some are new.
        is_read_only: Whether nothing is kept that is found out.
        lines: Keeps what is laid over the paint of the drawings that are decoded here; None where
            nothing is painted.

    Raises:
        JobError: Drawings cannot be read; every one of them is named.
        FileError: A hint cannot be read.
        EngineError: A hint is not what it should be.
        Stopped: `stop` was set.

    """
    settings = cast("FlatSettings", plan.settings)
    store = KeptAnalyses(plan.out.folder, _names(plan, settings), is_read_only=is_read_only)
    reader = Reader(plan, clock)
    with plan.embedder.shared_by_threads() if plan.embedder else contextlib.nullcontext():
        graph = _graph(plan, store, lines, stop=stop, clock=clock, looked=looked)
        store.tidy()
        if stop.is_set():
            raise Stopped
        colours = HintColours(plan.spaces.colour)
        hints = _Hints(plan, reader, colours)
        with clock.time("solve"):  # which asks the network of key frames
            seeds = seeds_of(graph, hints)
            solution = solve(graph, seeds, settings)
    return Solved(
        graph=graph,
        seeds=seeds,
        solution=replace(solution, confidence=in_steps(solution.confidence)),
        colours=colours,
        first_dabs=hints.first_dabs(solution.palette),
        min_confidence=settings.min_confidence,
    )


def in_steps(confidence: tuple[NDArray[np.float32], ...]) -> tuple[NDArray[np.float32], ...]:
    """Confidences rounded to `CONFIDENCE_STEPS`; 1 and 0 stand for what is nothing else.

    The frames of a hold, which share an array, share the new one.
    """
    rounded: dict[int, NDArray[np.float32]] = {}
    for exact in confidence:
        if id(exact) not in rounded:
            steps = np.clip(np.rint(exact * CONFIDENCE_STEPS), 1, CONFIDENCE_STEPS - 1)
            steps = np.where(exact >= 1, CONFIDENCE_STEPS, np.where(exact <= 0, 0, steps))
            rounded[id(exact)] = (steps / CONFIDENCE_STEPS).astype(np.float32)
    return tuple(rounded[id(exact)] for exact in confidence)


class _Hints(Mapping[int, NDArray[np.float32]]):
    """The hints as the engine asks for them, each read once and not kept."""

    def __init__(self, plan: Plan, reader: Reader, colours: HintColours) -> None:
        self._plan, self._reader, self._colours = plan, reader, colours
        self._first: dict[bytes, FirstDab] = {}

    def __len__(self) -> int:
        return len(self._plan.hints)

    def __iter__(self) -> Iterator[int]:
        return iter(self._plan.hints)

    def __contains__(self, index: object) -> bool:
        return index in self._plan.hints

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        hint = self._reader.working_hint(index, self._colours)
        self._note(self._plan.frames[index], hint)
        return hint

    def first_dabs(self, palette: NDArray[np.float32]) -> dict[int, FirstDab]:
        """Row of a palette to the topmost pixel of its colour in the first frame that has it."""
        found = ((row, self._first.get(palette[row].tobytes())) for row in range(1, len(palette)))
        return {row: dab for row, dab in found if dab is not None}

    def _note(self, frame: int, hint: NDArray[np.float32]) -> None:
        at = np.flatnonzero(hint[..., 3].reshape(-1) >= DAB_ALPHA)
        colour = np.ascontiguousarray(hint.reshape(-1, 4)[at, :3])
        whole = colour.view(np.dtype((np.void, 12)))[:, 0]
        distinct, first = np.unique(whole, return_index=True)
        for value, place in zip(distinct.tolist(), at[first].tolist(), strict=True):
            y, x = divmod(place, hint.shape[1])
            dab = FirstDab(frame, x + self._plan.paper.x, y + self._plan.paper.y)
            if bytes(value) not in self._first or frame < self._first[bytes(value)].frame:
                self._first[bytes(value)] = dab


def _names(plan: Plan, settings: FlatSettings) -> dict[int, str]:
    """What the analysis of each frame depends on, as `KeptAnalyses` wants it."""
    # The key of an empty drawing covers all but the drawing: settings, network, version.
    empty = analysis_key(np.zeros((1, 1), np.uint8), settings, plan.embedder).tobytes().hex()
    shared = [empty, plan.spaces.line, plan.spaces.config_digest, list(plan.paper)]
    return {
        index: facts_digest({"file": seen.digest, "layer": seen.layer.name, "shared": shared})[:32]
        for index, seen in enumerate(plan.line)
    }


def _graph(
    plan: Plan,
    store: KeptAnalyses,
    lines: Lines | None,
    *,
    stop: threading.Event,
    clock: Clock,
    looked: Callable[[int, int], None],
) -> ShotGraph:
    builder = GraphBuilder(store, network=plan.embedder)
    problems: list[str] = []
    total, lacking = len(plan.frames), store.lacking()
    with contextlib.ExitStack() as stack:
        observers = stack.enter_context(Observers(plan, clock, worth(lacking), stop))
        analyst = _Analyst(store, observers, plan.embedder, clock, lines)
        threads, most = (_WAITING, _WAITING) if observers.processes else (_READERS, _AHEAD)
        ahead = stack.enter_context(
            ReadAhead(
                analyst.know, range(total), ahead=most, threads=threads, stop=stop, clock=clock
            )
        )
        if lacking and plan.embedder is not None:
            # While the first drawings are looked at.
            with clock.time("wait for the network"), kept_for_good():
                plan.embedder.load()
        for index in range(total):
            try:
                analysis = ahead.take(index)
            except PluginError as error:
                # Whoever mends one drawing wants to know of the others now, not run by run.
                where = f"Frame {plan.frames[index]}: "
                text = str(error)
                problems.append(text if text.startswith(where) else where + text)
                continue
            if not problems:
                with clock.time("match"):
                    builder.add(analysis)
            if store.made:
                looked(index + 1, total)
    if problems:
        raise JobError(problems)
    return builder.graph()


class _Analyst:
    """Knows drawings: as they were kept, or looked at now; called by several threads."""

    def __init__(
        self,
        store: KeptAnalyses,
        observers: Observers,
        embedder: ShippedEmbedder | None,
        clock: Clock,
        lines: Lines | None,
    ) -> None:
        self._store, self._observers, self._clock, self._lines = store, observers, clock, lines
        self._embedder = embedder
        self._describing = threading.Lock()
        self._last: dict[bytes, FrameAnalysis] = {}

    def know(self, index: int) -> FrameAnalysis:
        """All that is known of the drawing of a frame."""
        kept = self._store.analysis(index)
        if kept is not None:
            return kept
        lines = self._lines
        seen = self._observers.look(index, keeps_line=lines is not None and lines.has_room)
        if lines is not None and seen.line is not None:
            lines.keep(index, seen.line)
        found = self._described(seen)
        self._store.keep_analysis(index, found)
        return found

    def _described(self, seen: Observed) -> FrameAnalysis:
        """With what the network says of it."""
        if self._embedder is None or seen.sight is None:
            return seen.measured
        key = seen.measured.key.tobytes()
        # One at a time: they would but wait for each other's caches.
        with self._describing, self._clock.time("describe"):
            found = self._last.get(key)
            if found is None:
                descriptor = self._embedder.described(seen.sight)
                found = replace(seen.measured, embedding=descriptor)
                self._last = {key: found}
        return found


def paint_digest(solved: Solved, index: int, palette: NDArray[np.float16]) -> str:
    """A hash of all that the paint of a frame is: its regions, their colours and confidences.

    Args:
        solved: The shot.
        index: The frame.
        palette: (P, 3) float16, as it is written.

    """
    painted = solved.painted(index)
    digest = hashlib.blake2b(solved.drawing(index).key.tobytes(), digest_size=32)
    digest.update((painted > 0).tobytes())
    digest.update(np.where(painted[:, None] > 0, palette[painted], np.float16(0)).tobytes())
    digest.update(solved.solution.confidence[index].tobytes())
    return digest.hexdigest()
