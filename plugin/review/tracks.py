"""Regions that are one thing through time, so that one fault is one entry of a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celtint.engine.graph.links import Links
from celtint.engine.graph.shot import ShotGraph

LEAST_BELIEF = 0.5
"""Two regions are one thing where each takes the other for its own at least so surely."""


def tracks_of(graph: ShotGraph) -> tuple[NDArray[np.int32], ...]:
    """The thing that each region is.

    Returns:
        By drawing, (R,) int32 numbers of things, counted through the shot. A thing has at most one
        region in a drawing; what is hidden for a while is another thing when it comes back.

    """
    tracks: list[NDArray[np.int32]] = []
    count = 0
    for number, drawing in enumerate(graph.drawings):
        own = np.full(drawing.count, -1, np.int32)
        links = graph.links.get((number - 1, number))
        if links is not None:
            source, target = partners(links)
            own[target] = tracks[number - 1][source]
        new = np.flatnonzero(own < 0)
        own[new] = np.arange(count, count + len(new))
        count += len(new)
        tracks.append(own)
    return tuple(tracks)


def partners(links: Links) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The pairs that take each other for their own, each region in one of them at most."""
    sure = (links.forth >= LEAST_BELIEF) & (links.back >= LEAST_BELIEF)
    source, target = links.source[sure], links.target[sure]
    # Beliefs of a region sum up to one, but two of exactly one half may be left.
    order = np.argsort(-(links.forth * links.back)[sure], kind="stable")
    source, target = source[order], target[order]
    once = np.zeros(len(source), bool)
    taken_sources: set[int] = set()
    taken_targets: set[int] = set()
    for at, (one, other) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
        if one not in taken_sources and other not in taken_targets:
            once[at] = True
            taken_sources.add(one)
            taken_targets.add(other)
    return source[once], target[once]
