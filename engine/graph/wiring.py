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
        message: (N,) intp, the messages that have a speaker, those with the most speakers first.
        ranks: How many of them have a first speaker, a second one, and so on.
        source: (M,) intp, regions that speak, numbered through the whole shot: the first speakers
            of all messages, then the second ones of those that have one, and so on.
        weight: (M,) float32, belief of the region in each of them.
        silent: (S, R) float32, belief that nothing speaks for a region: it is new, or lost.
        regions: R.

    """

    steps: NDArray[np.float32]
    message: NDArray[np.intp]
    ranks: tuple[int, ...]
    source: NDArray[np.intp]
    weight: NDArray[np.float32]
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
            return cls(zero, none, (), none, zero, np.zeros((0, regions), np.float32), regions)
        message, first, speakers = np.unique(
            np.concatenate(messages), return_index=True, return_counts=True
        )
        most = np.argsort(-speakers, kind="stable")
        ranks = np.cumsum(np.bincount(speakers)[::-1])[::-1][1:].tolist()
        order = np.concatenate(
            [first[most[:many]] + rank for rank, many in enumerate(ranks)] or [most]
        )
        return cls(
            steps=np.array(steps, np.float32),
            message=message[most],
            ranks=tuple(ranks),
            source=np.concatenate(sources)[order],
            weight=np.concatenate(weights)[order].astype(np.float32),
            silent=np.stack(silent).astype(np.float32),
            regions=regions,
        )

    @property
    def message_of_speaker(self) -> NDArray[np.intp]:
        """(M,) which message each of `source` has a part in."""
        parts = [self.message[:many] for many in self.ranks]
        return np.concatenate([np.zeros(0, np.intp), *parts])

    def messages(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """(S, R, C) what each linked drawing says: shares of colours, 0 being unknown.

        Args:
            state: (regions of the shot, C) shares of colours of every region.

        """
        colours = state.shape[1]
        said = np.zeros((len(self.steps) * self.regions, colours), np.float32)
        spoken = state[self.source]
        spoken *= self.weight[:, None]
        total, begin = spoken[: len(self.message)], len(self.message)
        for many in self.ranks[1:]:
            total[:many] += spoken[begin : begin + many]
            begin += many
        said[self.message] = total
        by_region = said.reshape(len(self.steps), self.regions, colours)
        by_region[..., UNPAINTED] += self.silent
        return by_region
