"""Ways to paint a shot whose truth is known: ours, flow voting, and what cannot be done better."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from functools import cache

import numpy as np
from held_out import Shot
from judging import Cells, Painting
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.embedding.shipped import shipped_embedder
from celtint.engine.flat.carry import FlowVote
from celtint.engine.flat.carry import Look as FlowLook
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.frames import dabs_in
from celtint.engine.graph.analysis import RegionEmbedder
from celtint.engine.graph.painter import analyse_shot
from celtint.engine.graph.seeding import ShotSeeds, seeds_of
from celtint.engine.graph.solution import Solution
from celtint.engine.graph.solve import solve
from celtint.engine.palette import Palette

OURS = "ours"
SHIPPED = "shipped"

Hints = Mapping[int, NDArray[np.float32]]
"""Frame to (H, W, 4)."""


def add_embedding(parser: argparse.ArgumentParser) -> None:
    """The option that names the matching network."""
    parser.add_argument(
        "--embedding",
        default=SHIPPED,
        help="a matching network's file, `shipped` (default), `none`",
    )


@cache
def embedder_of(named: str) -> RegionEmbedder | None:
    """The network that ships, ready, one from a file, or None for "none"."""
    if named == "none":
        return None
    if named == SHIPPED:
        embedder = shipped_embedder("cpu")
        embedder.load()
        return embedder
    from celtint.engine.embedding.embedder import load_embedder  # noqa: PLC0415 - brings torch

    return load_embedder(named)


class Painter:
    """A way to paint shots.

    Attributes:
        shot: The shot.
        cells: Its paper by drawing, parted by the regions that this way has found.
        seconds: Processor time of what does not depend on hints.

    """

    def __init__(self, shot: Shot, embedder: RegionEmbedder | None) -> None:
        self.shot, begun = shot, time.process_time()
        labels = self.look(embedder)
        self.seconds = time.process_time() - begun
        self.cells = {at: Cells.of(shot, at, label) for at, label in enumerate(labels)}

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:
        """Look at all drawings; the region map of each."""
        raise NotImplementedError

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Every frame of the shot."""
        raise NotImplementedError

    def step(self, frame: int) -> Painting:
        """One frame, the truth known of the one before it."""
        raise NotImplementedError


class Ours(Painter):
    """The flat finish: `colorize_sequence` in its three steps."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:
        """Analyse the shot."""
        self.graph = analyse_shot(self.shot.frames(), embedder=embedder)
        first = np.unique(np.array(self.shot.holds), return_index=True)[1]
        drawing = self.graph.drawing_of_frame[first]
        return [self.graph.drawings[number].run_map().label() for number in drawing]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Solve the shot."""
        return self.painted(solve(self.graph, seeds_of(self.graph, hints)))

    def step(self, frame: int) -> Painting:
        """Solve the shot from one frame on which every region has its truest colour."""
        colour = self.cells[self.shot.holds[frame - 1]].ceiling
        known = np.flatnonzero(colour).astype(np.int32)
        region, says = {frame - 1: known}, {frame - 1: colour[known]}
        seeds = ShotSeeds(self.shot.colours, region, says, {})
        return self.painted(solve(self.graph, seeds))[frame]

    def painted(self, solution: Solution) -> dict[int, Painting]:
        """Every frame as a solution has it."""
        least = FlatSettings().min_confidence
        number = in_truth_numbers(solution.palette, self.shot.colours)
        return {
            frame: Painting(np.where(sure >= least, number[colour], 0), sure)
            for frame, (colour, sure) in enumerate(
                zip(solution.palette_index, solution.confidence, strict=True)
            )
        }


class FlowVoting(Painter):
    """The old way: each drawing from the one before it, hints on top, from the first frame on."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:  # noqa: ARG002
        """Find the regions of every drawing."""
        self._carrier = FlowVote()
        self._looks: list[FlowLook] = []
        for ink in self.shot.ink:
            self._looks.append(self._carrier.look(ink, find_regions(ink, FlatSettings())))
        return [look.regions.label for look in self._looks]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:
        """Carry colours from frame to frame."""
        palette, painted = Palette(), {}
        look = self._looks[self.shot.holds[0]]
        colour = np.zeros(look.regions.count, np.int32)
        sure = np.zeros(look.regions.count, np.float32)
        for frame, number in enumerate(self.shot.holds):
            now = self._looks[number]
            if now is not look:
                colour, sure = self._carrier.carry(look, colour, sure, now)
                look = now
            if frame in hints:
                seeds = read_seeds(hints[frame], dabs_in(hints[frame]), now.regions, palette)
                palette, colour, sure = seeds.palette, colour.copy(), sure.copy()
                colour[seeds.region], sure[seeds.region] = seeds.palette_index, 1
            painted[frame] = Painting(
                in_truth_numbers(palette.colour, self.shot.colours)[colour], sure
            )
        return painted

    def step(self, frame: int) -> Painting:
        """Carry the truest colours once."""
        before, now = (self.shot.holds[at] for at in (frame - 1, frame))
        colour = self.cells[before].ceiling
        sure = (colour > 0).astype(np.float32)
        return Painting(*self._carrier.carry(self._looks[before], colour, sure, self._looks[now]))


class Ceiling(Painter):
    """Every found region in the colour that most of it truly has."""

    def look(self, embedder: RegionEmbedder | None) -> list[NDArray[np.int32]]:  # noqa: ARG002
        """Find the regions of every drawing."""
        return [find_regions(ink, FlatSettings()).label for ink in self.shot.ink]

    def paint(self, hints: Hints) -> Mapping[int, Painting]:  # noqa: ARG002
        """What cannot be done better."""
        return {frame: self.step(frame) for frame in range(len(self.shot.holds))}

    def step(self, frame: int) -> Painting:
        """The same, of one frame."""
        colour = self.cells[self.shot.holds[frame]].ceiling
        return Painting(colour, np.ones(len(colour), np.float32))


PAINTERS: Mapping[str, type[Painter]] = {
    OURS: Ours,
    "flow voting": FlowVoting,
    "ceiling": Ceiling,
}


def in_truth_numbers(
    palette: NDArray[np.float32], colours: NDArray[np.float32]
) -> NDArray[np.int32]:
    """(P,) the true number of every palette row, 0 for row 0."""
    number = np.zeros(len(palette), np.int32)
    for at, colour in enumerate(palette[1:], 1):
        number[at] = 1 + int(np.abs(colours[1:] - colour).sum(axis=1).argmin())
    return number
