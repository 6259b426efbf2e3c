"""The engine's front door: a sequence of line art and hints in, painted frames out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import FrameError, SettingsError
from .frames import PaintedFrame, dabs_in, ink_of
from .graph.analysis import RegionEmbedder
from .graph.painter import paint_sequence
from .graph.store import AnalysisStore
from .palette import Palette
from .settings import FlatSettings

if TYPE_CHECKING:
    from .painted.settings import PaintedSettings

Finish = Literal["flat", "painted"]


def flow_order(count: int, hinted_indices: Iterable[int]) -> list[tuple[int, int | None]]:
    """Painted finish: the order in which colour flows, each index with the one it flows from.

    From the first hinted frame to the end, then from there back to the start. Without any
    hint, from the start to the end.

    Args:
        count: Frames of the shot.
        hinted_indices: Indices of the frames that have dabs (see `dabs_in`), in any order.

    Returns:
        Every index once, with its predecessor; None for the first. A predecessor always stands
        earlier in the list.

    >>> flow_order(4, [2, 3])
    [(2, None), (3, 2), (1, 2), (0, 1)]

    """
    if count <= 0:
        return []
    first = min(hinted_indices, default=0)
    forth: list[tuple[int, int | None]] = [(first, None)]
    forth += [(index, index - 1) for index in range(first + 1, count)]
    back: list[tuple[int, int | None]] = [(index, index + 1) for index in range(first - 1, -1, -1)]
    return forth + back


def upstream_of(
    order: list[tuple[int, int | None]],
    wanted: Container[int],
    remembered: Container[int] = (),
) -> list[tuple[int, int | None]]:
    """The part of the flow that leads to something wanted, from what is remembered on.

    These are the frames that `colorize_sequence` asks for in the painted finish, in that order.

    Args:
        order: As from `flow_order`.
        wanted: Indices to paint.
        remembered: Indices that colour can flow on from without being painted again.

    >>> upstream_of(flow_order(5, [0]), {3}, {1})
    [(2, 1), (3, 2)]

    """
    needed: set[int] = set()
    for index, before in reversed(order):
        if index in wanted or index in needed:
            needed.add(index)
            if before is not None and before not in remembered:
                needed.add(before)
    return [entry for entry in order if entry[0] in needed]


def colorize_sequence(
    line_art: Sequence[NDArray[np.generic]],
    hints: Mapping[int, NDArray[np.floating]],
    *,
    finish: Finish = "flat",
    model: str | Path | None = None,
    settings: FlatSettings | PaintedSettings | None = None,
    device: str = "auto",
    wanted: Container[int] | None = None,
    remembered: Mapping[int, NDArray[np.float32]] | None = None,
    embedder: RegionEmbedder | None = None,
    store: AnalysisStore | None = None,
    analysed: Callable[[int], None] | None = None,
) -> Iterator[PaintedFrame]:
    """Paint a shot.

    The flat finish asks for its frames in two passes. The first takes every frame that `store`
    does not know, in film order, looks at it and links its regions to those of drawings near
    and far in time; the second asks again for those that are wanted, in film order, and paints
    them. Between the passes the hints are read, and colours are solved for the whole shot at
    once: forward and backward in time from all key frames. `graph.painter` has the three steps by
    themselves.

    The painted finish asks for each frame once, in the order in which colour flows, and not at
    all for those that nothing wanted depends on.

    Args:
        line_art: Frames of one size, in film order. See `ink_of` for what a frame may be.
        hints: Index to (H, W, 4) straight RGBA in the working space, floating. A dab
            counts where alpha is at least one half; its colours may be any finite values. May
            load lazily. Painted finish: the hint that starts the flow may be asked for twice.
        finish: "flat", exact palette colours in closed regions; or "painted", by a network.
        model: Painted finish: a registered name or a weight file; None takes the registered one.
        settings: `FlatSettings` or `PaintedSettings`, as the finish; None for the defaults.
        device: Painted finish: "auto", "cpu", "cuda" or "cuda:N".
        wanted: Indices to yield; None for all. Painted finish: frames not wanted are stepped
            through only as far as colour has to flow through them.
        remembered: Painted finish: index to `PaintedFrame.painted_srgb` of an earlier run with
            the same input. Colour flows on from there, instead of through all that lies before.
        embedder: Flat finish: knows regions by their looks; None does without.
        store: Flat finish: where analyses are kept from one run to the next, so that a changed
            hint only has to be solved again.
        analysed: Flat finish: called in the first pass with the index of each frame that is done.

    Returns:
        Painted frames, in film order in the flat finish, in the order of `flow_order` in the
        painted one. Without any dab a flat shot comes back unpainted, with confidence 0. What is
        held in memory is a few frames, and, in the flat finish, about 150 kB a drawing.

    Raises:
        FrameError: A frame or a hint is not what is asked for; named with its index, when it
            is reached. A hint outside of the shot, at once.
        SettingsError: The settings or the finish are not ones that exist, or the flat finish is to
            remember; at once.
        WeightsError: Painted finish: the model is missing or does not fit.
        DeviceError: Painted finish: the device is not there.

    """
    if finish == "flat":
        if not isinstance(settings, FlatSettings | None):
            raise SettingsError(f"settings: expected FlatSettings, got {type(settings).__name__}")
        if remembered:
            raise SettingsError("remembered: expected none in the flat finish, which solves fast")
    elif finish != "painted":
        raise SettingsError(f"finish: expected 'flat' or 'painted', got {finish!r}")
    count = len(line_art)
    for index in hints:
        if not 0 <= index < count:
            raise FrameError(f"hints[{index}]: expected an index in 0..{count - 1}, got {index}")
    if finish == "flat":
        return paint_sequence(
            line_art,
            hints,
            settings if isinstance(settings, FlatSettings) else FlatSettings(),
            embedder=embedder,
            store=store,
            analysed=analysed,
            wanted=wanted,
        )
    step = _stepper(model, settings, device)
    return _paint(line_art, hints, wanted, remembered or {}, step)


class Before(NamedTuple):
    """The frame before in the flow: what was painted, and its drawing."""

    painted: NDArray[np.float32]
    ink: NDArray[np.uint8]


class _Stepper(Protocol):
    """Paints one frame from what the frame before it in the flow handed over."""

    def __call__(
        self,
        before: Before | None,
        index: int,
        ink: NDArray[np.uint8],
        hint: NDArray[np.floating] | None,
        /,
    ) -> tuple[NDArray[np.float32], PaintedFrame]: ...


def _stepper(
    model: str | Path | None,
    settings: FlatSettings | PaintedSettings | None,
    device: str,
) -> _Stepper:
    # Only now: torch takes seconds to import, and the flat finish has no use for it.
    from .painted.painter import load_painter  # noqa: PLC0415
    from .painted.settings import PaintedSettings  # noqa: PLC0415

    if not isinstance(settings, PaintedSettings | None):
        raise SettingsError(f"settings: expected PaintedSettings, got {type(settings).__name__}")
    painter = load_painter(model, device, settings or PaintedSettings())
    palette = Palette().colour

    def step(
        before: Before | None,
        index: int,
        ink: NDArray[np.uint8],
        hint: NDArray[np.floating] | None,
    ) -> tuple[NDArray[np.float32], PaintedFrame]:
        if hint is not None:
            dabs_in(hint, index, (ink.shape[0], ink.shape[1]))
        if before is None:
            painted = painter.step(None, 255 - ink, hint)
        else:
            painted = painter.step(before.painted, 255 - ink, hint, 255 - before.ink)
        frame = PaintedFrame(
            index,
            ink,
            None,
            None,
            None,
            palette,
            painted,
            is_painted_with_lines=painter.weights.paints_lines,
        )
        return painted, frame

    return step


def _paint(
    line_art: Sequence[NDArray[np.generic]],
    hints: Mapping[int, NDArray[np.floating]],
    wanted: Container[int] | None,
    remembered: Mapping[int, NDArray[np.float32]],
    step: _Stepper,
) -> Iterator[PaintedFrame]:
    first = _first_with_dabs(hints)
    order = flow_order(len(line_art), [] if first is None else [first])
    needed = order if wanted is None else upstream_of(order, wanted, remembered)
    shape: tuple[int, ...] | None = None
    handed_over: dict[int, Before] = {}
    for index, before in needed:
        ink = ink_of(line_art[index], index)
        if shape is not None and ink.shape != shape:
            raise FrameError(
                f"line_art[{index}]: expected {shape} as line_art[{needed[0][0]}], got {ink.shape}"
            )
        shape = ink.shape
        source = None if before is None else handed_over.get(before)
        if before is not None and source is None:
            source = Before(remembered[before], ink_of(line_art[before], before))
        memory, painted = step(source, index, ink, hints.get(index))
        # Both runs of the flow start from the first frame; all others hand over to one frame only.
        handed_over = {at: handed_over[at] for at in handed_over if at == order[0][0]}
        handed_over[index] = Before(memory, ink)
        if wanted is None or index in wanted:
            yield painted


def _first_with_dabs(hints: Mapping[int, NDArray[np.floating]]) -> int | None:
    for index in sorted(hints):
        if dabs_in(hints[index], index).any():
            return index
    return None
