"""The links of a shot as flat arrays: what a solution reads over and over, made once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..palette import UNPAINTED
from .links import Links


@dataclass(frozen=True, eq=False)
class Inlet:
    """All that flows into one drawing from one side in time.

    A *message* is what one linked drawing says of one region of this one. There are S x R of
    them, S linked drawings by R regions, numbered s * R + r.

    Attributes:
        steps: (S,) float32, drawings from each linked drawing to this one.
        source: (M,) intp, regions that speak, numbered through the whole shot.
        weight: (M,) float32, belief of the region in each of them; ordered by message.
        message: (N,) intp, the messages that have a speaker, ascending.
        start: (N,) intp, where the speakers of each begin.
        silent: (S, R) float32, belief that nothing speaks for a region: it is new, or lost.
        regions: R.

    """

    steps: NDArray[np.float32]
    source: NDArray[np.intp]
    weight: NDArray[np.float32]
    message: NDArray[np.intp]
    start: NDArray[np.intp]
    silent: NDArray[np.float32]
    regions: int

    @classmethod
    def of(
        cls, links: Iterable[tuple[int, int, Links]], regions: int, *, from_later: bool
    ) -> Inlet:
        """Gather the links of one drawing.

        Args:
            links: Steps, number of the linked drawing's first region, and links.
            regions: R of this drawing.
            from_later: Whether the linked drawings are the later ones.

        """
        steps, sources, weights, messages, silent = [], [], [], [], []
        for at, (step, offset, one) in enumerate(links):
            source, target, belief = (
                (one.target, one.source, one.forth)
                if from_later
                else (one.source, one.target, one.back)
            )
            order = np.argsort(target, kind="stable")
            steps.append(step)
            sources.append(source[order].astype(np.intp) + offset)
            weights.append(belief[order])
            messages.append(target[order].astype(np.intp) + at * regions)
            silent.append(np.maximum(1 - np.bincount(target, belief, regions), 0))
        if not steps:
            none = np.zeros(0, np.intp)
            zero = np.zeros(0, np.float32)
            return cls(zero, none, zero, none, none, np.zeros((0, regions), np.float32), regions)
        message = np.concatenate(messages)
        found, start = np.unique(message, return_index=True)
        return cls(
            steps=np.array(steps, np.float32),
            source=np.concatenate(sources),
            weight=np.concatenate(weights).astype(np.float32),
            message=found,
            start=start,
            silent=np.stack(silent).astype(np.float32),
            regions=regions,
        )

    def messages(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """(S, R, C) what each linked drawing says: shares of colours, 0 being unknown.

        Args:
            state: (regions of the shot, C) shares of colours of every region.

        """
        colours = state.shape[1]
        said = np.zeros((len(self.steps) * self.regions, colours), np.float32)
        if len(self.start):
            spoken = state[self.source]
            spoken *= self.weight[:, None]
            said[self.message] = np.add.reduceat(spoken, self.start, axis=0)
        by_region = said.reshape(len(self.steps), self.regions, colours)
        by_region[..., UNPAINTED] += self.silent
        return by_region
