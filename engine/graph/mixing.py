"""Several opinions on the colours of regions to one: how much each is heard was learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .perceptron import Perceptron

OPINION_CUES = (
    "share of the first colour",
    "share of the second colour",
    "share that is unknown",
    "log2 of the drawings to where it comes from",
    "log area of the region, by the drawing",
    "belief that nothing speaks for the region",
    "agreement with the mean of all opinions",
    "whether it comes straight from a key frame",
)


@dataclass(frozen=True, eq=False)
class Mixer:
    """Weighs opinions by what they look like, and sharpens the mixture.

    Attributes:
        hearing: Logit of each opinion to be heard, from its cues, see OPINION_CUES.
        sharpness: Power that shares are raised to: an opinion that passes through many hands
            must not fade.

    """

    hearing: Perceptron
    sharpness: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Mixer:
        """The mixer whose arrays are called `name.mean`, `name.sharpness` and so on."""
        return cls(Perceptron.from_arrays(arrays, name), float(arrays[f"{name}.sharpness"][0]))

    def __call__(
        self,
        opinion: NDArray[np.float32],
        steps: NDArray[np.float32],
        log_share: NDArray[np.float32],
        silent: NDArray[np.float32],
        *,
        trust: NDArray[np.float32] | None = None,
        direct: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """(R, C) one opinion of (K, R, C) several, each a share of colours that sums up to 1.

        Args:
            opinion: What each says; colour 0 is unknown.
            steps: (K,) drawings to where each comes from.
            log_share: (R,) log area of the regions, by the drawing.
            silent: (K, R) belief that nothing speaks for a region.
            trust: (K, R) factors of how much each is heard; None for 1. At least one of each
                region's is not 0.
            direct: (K,) whether each comes straight from a key frame; None for no.

        """
        cue = opinion_cues(opinion, steps, log_share, silent, direct)
        logit = self.hearing(cue.reshape(-1, cue.shape[-1])).reshape(cue.shape[:2])
        logit -= logit.max(axis=0)
        heard = np.exp(logit)
        if trust is not None:
            heard *= trust
        heard /= heard.sum(axis=0)
        mixed = np.einsum("kr,krc->rc", heard, opinion)
        np.power(mixed, self.sharpness, out=mixed)
        mixed /= np.maximum(mixed.sum(axis=1, keepdims=True), 1e-12)
        return mixed


def opinion_cues(
    opinion: NDArray[np.float32],
    steps: NDArray[np.float32],
    log_share: NDArray[np.float32],
    silent: NDArray[np.float32],
    direct: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """(K, R, 8) what the hearing of an opinion is judged by, see OPINION_CUES."""
    cue = np.empty((*opinion.shape[:2], len(OPINION_CUES)), np.float32)
    if opinion.shape[2] > 2:
        two = np.partition(opinion[..., 1:], opinion.shape[2] - 3, axis=2)[..., -2:]
        cue[..., 0], cue[..., 1] = two[..., 1], two[..., 0]
    else:
        cue[..., 0], cue[..., 1] = opinion[..., 1:].sum(axis=2), 0
    cue[..., 2] = opinion[..., 0]
    cue[..., 3] = np.log2(np.maximum(steps, 1))[:, None]
    cue[..., 4] = log_share
    cue[..., 5] = silent
    cue[..., 6] = np.einsum("krc,rc->kr", opinion, opinion.mean(axis=0))
    cue[..., 7] = 0 if direct is None else direct[:, None]
    return cue
