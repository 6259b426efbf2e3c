"""Colours for the whole shot at once, from seeds on its graph.

Every region holds shares of the palette's colours and of *unknown*. From the key frames, shares
flow forward in time along the links, each drawing hearing those 1, 2, 4, 8 and 16 before it, and
backward likewise; seeds stay what they are. In between, both flows are mixed. How much each linked
drawing is heard, for each region, is weighed by a small model that was learned on whole shots,
flowing and all (`training/graph`): an opinion that has passed through a muddle counts little.

Why not a random walk with absorbing seeds, or loopy belief propagation: a walk turns back and forth
in time, and what it says of a drawing twenty away from a key frame is mostly how long it took. Two
directed sweeps visit every link twice, need no convergence, and a path from any drawing to a key
frame has but a few links, so that little is lost on it. The sweeps go by time, not by the order in
which anything was computed, so the answer depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from ..palette import UNPAINTED
from ..settings import FlatSettings
from .analysis import FrameAnalysis
from .mixing import Mixer
from .necks import through_necks
from .perceptron import Perceptron
from .seeding import ShotSeeds
from .shot import ShotGraph
from .solution import Dispute, Solution
from .sureness import Flowed, Sureness
from .wiring import Inlet

WEIGHTS = Path(__file__).with_name("solver.safetensors")

DISPUTED = 0.8
"""A dab is disputed if other key frames hold its region for another colour at least so surely."""

LEAST_SHARE = 0.03
"""A region that has less of every colour stays unpainted: nothing reaches it."""

LEAST_CONFIDENCE = 0.01
"""What is painted at all, even guessed, is told from what is not."""

THROUGH_NECK = 0.9
"""Share of a colour that gets through a neck, from one half of what is most likely one thing."""


@dataclass(frozen=True, eq=False)
class Solver:
    """The models of the solution.

    Attributes:
        sweep: Mixes what linked drawings say.
        merge: Mixes the flows from before and from after.
        sure: Judges how sure the outcome is; None takes the share of its colour for it.

    """

    sweep: Mixer
    merge: Mixer
    sure: Sureness | None = None

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Solver:
        """The solver whose arrays are called `sweep.mean` and so on."""
        knows = "sure.mean" in arrays
        return cls(
            Mixer.from_arrays(arrays, "sweep"),
            Mixer.from_arrays(arrays, "merge"),
            Sureness(Perceptron.from_arrays(arrays, "sure")) if knows else None,
        )


@cache
def default_solver() -> Solver:
    """The models that come with the engine."""
    return Solver.from_arrays(load_file(WEIGHTS))


def solve(
    graph: ShotGraph,
    seeds: ShotSeeds,
    settings: FlatSettings | None = None,
    solver: Solver | None = None,
) -> Solution:
    """Colour all regions of a shot.

    Args:
        graph: The shot.
        seeds: Its dabs.
        settings: Whether regions that nothing reaches are guessed.
        solver: The models; None takes those that come with the engine.

    """
    keyed = graph.with_keys(seeds.region)
    return _Solving(keyed, seeds, settings or FlatSettings(), solver or default_solver()).solution()


def flowed(graph: ShotGraph, seeds: ShotSeeds, solver: Solver) -> Flowed:
    """What a solution finds of all regions on its way to their colours."""
    keyed = graph.with_keys(seeds.region)
    return _Solving(keyed, seeds, FlatSettings(), solver).flowed()


_Colours = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]


class _Solving:
    """One solution in the making: the arrays that its steps share."""

    def __init__(
        self, graph: ShotGraph, seeds: ShotSeeds, settings: FlatSettings, solver: Solver
    ) -> None:
        self._graph, self._seeds, self._settings, self._solver = graph, seeds, settings, solver
        self._colours = len(seeds.palette)
        self._first = graph.first_region
        # The dabs of a hold's frames, in their order: a later one overrides an earlier one.
        self._keys: dict[int, list[int]] = {}
        for index in sorted(seeds.region):
            self._keys.setdefault(int(graph.drawing_of_frame[index]), []).append(index)
        self._keys_at = set(seeds.region)
        self._last_frame: _Colours | None = None

    def solution(self) -> Solution:
        before, after, flowed = self._flowed()
        colour = winners(flowed.evened)
        sure = self._sure(flowed, colour)
        found = [
            self._of_frame(index, flowed.evened, colour, sure)
            for index in range(self._graph.frames)
        ]
        return Solution(
            palette=self._seeds.palette,
            palette_index=tuple(one[0] for one in found),
            confidence=tuple(one[1] for one in found),
            runner_up=tuple(one[2] for one in found),
            contradictions=dict(self._seeds.contradictions),
            disputes=tuple(self._disputes(before, after)),
        )

    def flowed(self) -> Flowed:
        """What came of both flows."""
        return self._flowed()[2]

    def _sure(self, flowed: Flowed, colour: NDArray[np.int32]) -> NDArray[np.float32]:
        if self._solver.sure is None:
            share = flowed.evened[np.arange(len(colour)), colour]
            return np.where(colour == UNPAINTED, np.float32(0), share)
        return self._solver.sure(flowed, colour)

    def _flowed(self) -> tuple[_Flow, _Flow, Flowed]:
        """Both flows, and what came of them."""
        before = self._sweep(range(len(self._graph.drawings)), self._graph.from_earlier)
        after = self._sweep(range(len(self._graph.drawings) - 1, -1, -1), self._graph.from_later)
        merged = self._merged(before, after)
        regions = np.diff(self._first)
        flowed = Flowed(
            evened=self._graph.tracks.evened(merged, self._dabbed()),
            merged=merged,
            flows=(before.state, after.state),
            away=(np.repeat(before.away, regions), np.repeat(after.away, regions)),
            log_share=self._graph.log_share,
        )
        return before, after, flowed

    def _sweep(self, order: Iterable[int], inlets: Sequence[Inlet]) -> _Flow:
        """Let colours flow through the drawings, in the order of time or against it."""
        count, forward = len(self._graph.drawings), inlets is self._graph.from_earlier
        state = np.zeros((self._first[-1], self._colours), np.float32)
        state[:, UNPAINTED] = 1
        heard = state.copy()
        away = np.full(count, np.inf, np.float32)
        is_key = np.zeros(count, bool)
        is_key[list(self._keys)] = True
        last = None
        for number in order:
            rows = slice(self._first[number], self._first[number + 1])
            inlet = inlets[number]
            if last is not None and len(inlet.steps):
                log_share = self._graph.log_share[rows]
                said = inlet.messages(state)
                trust = _trust(said, inlet.steps, abs(number - last))
                away_from = number - inlet.steps if forward else number + inlet.steps
                direct = is_key[away_from.astype(np.intp)]
                heard[rows] = self._solver.sweep(
                    said, inlet.steps, log_share, inlet.silent, trust=trust, direct=direct
                )
            state[rows] = heard[rows]
            if number in self._keys:
                last = number
                self._plant(number, state[rows], forward=forward)
            if last is not None:
                away[number] = abs(number - last)
        return _Flow(state, heard, away)

    def _plant(self, number: int, state: NDArray[np.float32], *, forward: bool) -> None:
        """Put the seeds of a drawing into its state, in place."""
        seeded = self._seeded(number, None if forward else -1)
        drawing = self._graph.drawings[number]
        sure = (seeded != UNPAINTED).astype(np.float32)
        spread, _ = through_necks(drawing.neck, seeded, sure)
        # What the other half is known for otherwise stands; only the unknown is won.
        through = (spread != seeded) & (state[:, UNPAINTED] > 0.5)
        for rows, share in ((np.flatnonzero(through), THROUGH_NECK), (np.flatnonzero(seeded), 1)):
            state[rows] = 0
            state[rows, UNPAINTED] = 1 - share
            state[rows, spread[rows]] = share

    def _seeded(self, number: int, frame: int | None) -> NDArray[np.int32]:
        """(R,) dabbed colours of a drawing as they are at one of its frames, else 0.

        Where the frames of a hold contradict each other, each dab holds from its frame on; before
        it, the first one. None asks for the end of the hold, -1 for its beginning.
        """
        colour = np.full(self._graph.drawings[number].count, UNPAINTED, np.int32)
        keys = self._keys.get(number, [])
        behind = [index for index in keys if frame is not None and index > frame]
        for index in reversed(behind):
            colour[self._seeds.region[index]] = self._seeds.palette_index[index]
        for index in keys[: len(keys) - len(behind)]:
            colour[self._seeds.region[index]] = self._seeds.palette_index[index]
        return colour

    def _dabbed(self) -> NDArray[np.intp]:
        """The regions that have dabs, numbered through the shot."""
        found = [np.zeros(0, np.intp)]
        for number in sorted(self._keys):
            dabbed = np.flatnonzero(self._seeded(number, None) != UNPAINTED)
            found.append(dabbed + self._first[number])
        return np.concatenate(found)

    def _merged(self, before: _Flow, after: _Flow) -> NDArray[np.float32]:
        """Mix both flows, drawing by drawing."""
        state = before.state.copy()
        for number in range(len(self._graph.drawings)):
            rows = slice(self._first[number], self._first[number + 1])
            flows = [flow for flow in (before, after) if np.isfinite(flow.away[number])]
            if len(flows) == 1:
                state[rows] = flows[0].state[rows]
            elif flows:
                opinion = np.stack([flow.state[rows] for flow in flows])
                away = np.array([flow.away[number] for flow in flows], np.float32)
                log_share = self._graph.log_share[rows]
                state[rows] = self._solver.merge(opinion, away, log_share, opinion[..., UNPAINTED])
        return state

    def _of_frame(
        self,
        index: int,
        state: NDArray[np.float32],
        winner: NDArray[np.int32],
        sure: NDArray[np.float32],
    ) -> _Colours:
        """Colours, confidence and runners-up of one frame."""
        number = int(self._graph.drawing_of_frame[index])
        is_held = index > 0 and number == self._graph.drawing_of_frame[index - 1]
        if is_held and index not in self._keys_at and self._last_frame is not None:
            return self._last_frame
        rows = slice(self._first[number], self._first[number + 1])
        share = state[rows]
        each = np.arange(len(share))
        known = _winning(share)
        colour = winner[rows].copy()
        if self._settings.unreached == "guess":
            known = self._guessed(number, share)
            colour = known.argmax(axis=1).astype(np.int32)
        confidence = np.where(
            colour == UNPAINTED, np.float32(0), np.maximum(sure[rows], LEAST_CONFIDENCE)
        )
        known[each, colour] = -1
        runner_up = known.argmax(axis=1).astype(np.int32)
        seeded = self._seeded(number, index)
        dabbed = seeded != UNPAINTED
        colour[dabbed], confidence[dabbed] = seeded[dabbed], 1
        drawing = self._graph.drawings[number]
        colour, confidence = through_necks(drawing.neck, colour, confidence)
        self._last_frame = colour, confidence, runner_up
        return self._last_frame

    def _guessed(self, number: int, share: NDArray[np.float32]) -> NDArray[np.float32]:
        """(R, C) shares where every region has some colour, if any hint has.

        What has none takes that of the dabbed region it is most like, of all key frames.
        """
        known = share.copy()
        known[:, UNPAINTED] = 0
        empty = np.flatnonzero(known.max(axis=1) < LEAST_SHARE)
        if not self._keys or not len(empty):
            return known
        drawing = self._graph.drawings[number]
        likeness, colour = [], []
        for index, region in sorted(self._seeds.region.items()):
            key = self._graph.drawings[self._graph.drawing_of_frame[index]]
            likeness.append(_likeness(drawing, empty, key, region))
            colour.append(self._seeds.palette_index[index])
        most = np.concatenate(likeness, axis=1).argmax(axis=1)
        known[empty, np.concatenate(colour)[most]] += LEAST_SHARE
        return known

    def _disputes(self, before: _Flow, after: _Flow) -> Iterator[Dispute]:
        """Dabs that what flows in from other key frames speaks against."""
        for index in sorted(self._seeds.region):
            number = int(self._graph.drawing_of_frame[index])
            at = self._first[number] + self._seeds.region[index]
            hinted = self._seeds.palette_index[index]
            for flow in (before, after):
                share = flow.heard[at]
                expected = share.argmax(axis=1)
                sure = share[np.arange(len(at)), expected]
                against = (expected != hinted) & (expected != UNPAINTED) & (sure >= DISPUTED)
                for row in np.flatnonzero(against).tolist():
                    yield Dispute(
                        frame=index,
                        region=int(self._seeds.region[index][row]),
                        hinted=int(hinted[row]),
                        expected=int(expected[row]),
                        sure=float(sure[row]),
                    )


def winners(state: NDArray[np.float32]) -> NDArray[np.int32]:
    """(N,) the colour of each region by (N, C) shares; 0 where it has hardly any of all."""
    return _winning(state).argmax(axis=1).astype(np.int32)


def _winning(share: NDArray[np.float32]) -> NDArray[np.float32]:
    known = share.copy()
    known[:, UNPAINTED] = LEAST_SHARE  # no colour with less than this wins
    return known


def _likeness(
    drawing: FrameAnalysis, rows: NDArray[np.intp], key: FrameAnalysis, columns: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(rows, columns) how alike some regions of two drawings are, by looks or by measures."""
    if drawing.embedding is not None and key.embedding is not None:
        one, other = drawing.embedding[rows], key.embedding[columns]
        return one.astype(np.float64) @ other.astype(np.float64).T
    one, other = (
        np.column_stack(
            [
                np.log(np.maximum(of.area_px[which], 1)),
                np.log(np.maximum(of.box_px[which, 2:], 1)),
                np.log(np.maximum(of.outline_px[which], 1)),
                4 * of.centre_px[which] / np.hypot(*of.shape),
            ]
        )
        for of, which in ((drawing, rows), (key, columns))
    )
    return -((one[:, None] - other[None]) ** 2).sum(axis=2)


def _trust(
    said: NDArray[np.float32], steps: NDArray[np.float32], to_key: int
) -> NDArray[np.float32] | None:
    """(S, R) how much what comes from beyond the last key frame counts; None for all the same.

    Only as far as the key frame, and what came after it, does not know a region: else a dab that
    corrects a colour would be overruled by what it corrects.
    """
    beyond = steps > to_key
    if not beyond.any() or beyond.all():
        return None
    trust = np.ones(said.shape[:2], np.float32)
    trust[beyond] = said[~beyond, :, UNPAINTED].min(axis=0)
    return trust


@dataclass(frozen=True, eq=False)
class _Flow:
    """Colours after a sweep.

    Attributes:
        state: (regions of the shot, C) shares of colours, seeds included.
        heard: The same before seeds were planted: what other drawings say.
        away: (D,) drawings to the nearest key frame on that side; infinite without one.

    """

    state: NDArray[np.float32]
    heard: NDArray[np.float32]
    away: NDArray[np.float32]
