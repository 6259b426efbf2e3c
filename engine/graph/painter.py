"""The flat finish of a whole shot: analyse every drawing, solve, then paint in order."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import FrameError
from ..frames import PaintedFrame, ink_of
from ..palette import UNPAINTED
from ..settings import FlatSettings
from .analysis import FrameAnalysis, RegionEmbedder
from .codec import RunMap
from .measure import analyse, analysis_key
from .network import RegionNetwork
from .seeding import seeds_of
from .shot import GraphBuilder, ShotGraph
from .solution import Solution
from .solve import solve
from .store import AnalysisStore


def analyse_shot(
    line_art: Sequence[NDArray[np.generic]],
    settings: FlatSettings | None = None,
    *,
    embedder: RegionEmbedder | None = None,
    store: AnalysisStore | None = None,
    analysed: Callable[[int], None] | None = None,
) -> ShotGraph:
    """Look at every drawing of a shot once, in film order, and link their regions.

    Args:
        line_art: Frames of one size, see `ink_of`; those that the store knows are not asked for.
        settings: How regions are found; None for the defaults.
        embedder: Knows regions by their looks; None does without.
        store: Where analyses are kept; None keeps none.
        analysed: Called with the index of each frame when it is part of the graph.

    Raises:
        FrameError: A frame is not what is asked for; named with its index.

    """
    settings = settings or FlatSettings()
    network = embedder if isinstance(embedder, RegionNetwork) else None
    builder = GraphBuilder(store, network=network)
    known: dict[bytes, FrameAnalysis] = {}
    shape: tuple[int, int] | None = None
    for index in range(len(line_art)):
        analysis = None if store is None else store.analysis(index)
        if analysis is None:
            ink = ink_of(line_art[index], index)
            _check_size(index, (ink.shape[0], ink.shape[1]), shape)
            key = analysis_key(ink, settings, embedder).tobytes()
            analysis = known.get(key) or analyse(ink, settings, embedder)
            if store is not None:
                store.keep_analysis(index, analysis)
        shape = _check_size(index, analysis.shape, shape)
        builder.add(known.setdefault(analysis.key.tobytes(), analysis))
        if analysed is not None:
            analysed(index)
    return builder.graph()


def _check_size(
    index: int, got: tuple[int, int], expected: tuple[int, int] | None
) -> tuple[int, int]:
    if expected is not None and got != expected:
        raise FrameError(f"line_art[{index}]: expected {expected} as line_art[0], got {got}")
    return got


@dataclass(frozen=True, eq=False)
class FlatPaint:
    """The paint of one frame, as regions and what each of them gets.

    Attributes:
        index: Place of the frame in the shot, from 0.
        drawing: What it shows.
        region: (H, W) int32, the region of every pixel, 0..R-1.
        palette_index: (R,) int32, palette index of every region, 0 where unpainted.
        confidence: (R,) float32, 0..1.

    """

    index: int
    drawing: FrameAnalysis
    runs: RunMap
    palette_index: NDArray[np.int32]
    confidence: NDArray[np.float32]


def flat_paint(
    graph: ShotGraph,
    solution: Solution,
    settings: FlatSettings | None = None,
    *,
    wanted: Container[int] | None = None,
) -> Iterator[FlatPaint]:
    """The paint of the wanted frames of a solved shot, in film order, without their line art.

    Args:
        graph: The shot.
        solution: Its colours.
        settings: As it was analysed with.
        wanted: Indices to paint; None for all.

    """
    settings = settings or FlatSettings()
    unpacked: int | None = None
    for index in range(graph.frames):
        if wanted is not None and index not in wanted:
            continue
        number = int(graph.drawing_of_frame[index])
        drawing = graph.drawings[number]
        if number != unpacked:
            unpacked, runs = number, drawing.run_map()
        colour, confidence = solution.palette_index[index], solution.confidence[index]
        is_sure = confidence >= settings.min_confidence
        yield FlatPaint(
            index=index,
            drawing=drawing,
            runs=runs,
            palette_index=np.where(is_sure, colour, np.int32(UNPAINTED)),
            confidence=confidence,
        )


def require_drawing(
    ink: NDArray[np.uint8],
    paint: FlatPaint,
    settings: FlatSettings | None = None,
    embedder: RegionEmbedder | None = None,
) -> None:
    """Raises FrameError unless ink is that of the drawing which was analysed.

    Args:
        ink: (H, W) uint8, coverage 0..255.
        paint: What is to be laid under it.
        settings: As it was analysed with.
        embedder: As it was analysed with.

    """
    key = analysis_key(ink, settings or FlatSettings(), embedder)
    if not np.array_equal(key, paint.drawing.key):
        raise FrameError(
            f"line_art[{paint.index}]: expected the drawing that was analysed, got another one"
        )


def paint_shot(
    line_art: Sequence[NDArray[np.generic]],
    graph: ShotGraph,
    solution: Solution,
    settings: FlatSettings | None = None,
    *,
    embedder: RegionEmbedder | None = None,
    wanted: Container[int] | None = None,
) -> Iterator[PaintedFrame]:
    """Paint the wanted frames of a solved shot, in film order; only they are asked for.

    Args:
        line_art: The frames that were analysed.
        graph: The shot.
        solution: Its colours.
        settings: As it was analysed with.
        embedder: As it was analysed with.
        wanted: Indices to paint; None for all.

    Raises:
        FrameError: A frame is another drawing than the one that was analysed.

    """
    runs: RunMap | None = None
    region = np.zeros((0, 0), np.int32)
    for paint in flat_paint(graph, solution, settings, wanted=wanted):
        if paint.runs is not runs:
            runs, region = paint.runs, paint.runs.label()
        ink = ink_of(line_art[paint.index], paint.index)
        require_drawing(ink, paint, settings, embedder)
        yield PaintedFrame(
            index=paint.index,
            ink=ink,
            region=region,
            region_palette_index=paint.palette_index,
            region_confidence=paint.confidence,
            palette=solution.palette,
            contradictions=solution.contradictions.get(paint.index, ()),
        )


def paint_sequence(
    line_art: Sequence[NDArray[np.generic]],
    hints: Mapping[int, NDArray[np.floating]],
    settings: FlatSettings,
    *,
    embedder: RegionEmbedder | None,
    store: AnalysisStore | None,
    analysed: Callable[[int], None] | None,
    wanted: Container[int] | None,
) -> Iterator[PaintedFrame]:
    """All three, see `colorize_sequence`."""
    graph = analyse_shot(line_art, settings, embedder=embedder, store=store, analysed=analysed)
    solution = solve(graph, seeds_of(graph, hints), settings)
    yield from paint_shot(line_art, graph, solution, settings, embedder=embedder, wanted=wanted)
