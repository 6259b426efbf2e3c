"""Which hints are shown while a clip is painted: few or many, on one frame or on all."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..data.hints import Hint, dabs_on_colour, dabs_on_regions, patches
from .clips import TrueFrame, as_float

KEY_FRAMES_EVERY = 12
"""An artist's key frames: half a second apart."""

DABS_ON_COLOUR = 30
"""Dabs on a frame of which only colour is known."""

Kind = Literal["patches", "dabs", "none"]


@dataclass(frozen=True)
class Protocol:
    """A way to give hints.

    Attributes:
        name: What the command line calls it.
        title: What tables call it.
        kind: The paper's patches, an artist's dabs, or nothing.
        every: On every so-manieth frame, from the first on; 0 for the first alone.

    """

    name: str
    title: str
    kind: Kind
    every: int

    @property
    def is_first_only(self) -> bool:
        """Whether all that is known later has come from the first frame."""
        return self.kind != "none" and self.every == 0

    def is_hinted(self, index: int) -> bool:
        """Whether frame `index` of a clip, from 0, shows hints."""
        if self.kind == "none":
            return False
        return index == 0 if self.every == 0 else index % self.every == 0

    def hint(self, true: TrueFrame, clip: str, index: int, seed: int) -> Hint | None:
        """The hints on a frame: the same for the same clip, frame and seed, whoever paints."""
        if not self.is_hinted(index):
            return None
        rng = np.random.default_rng((seed, zlib.crc32(clip.encode()), index))
        if self.kind == "patches":
            return patches(true.finished, rng)
        if true.thing is None or true.ink is None:
            return dabs_on_colour(true.finished, rng, count=DABS_ON_COLOUR)
        return dabs_on_regions(true.paint, true.ink, true.thing, rng)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("patches", "1 % patches, every frame", "patches", 1),
        Protocol("patches-first", "1 % patches, first frame only", "patches", 0),
        Protocol("dabs-first", "a dab in every region, first frame only", "dabs", 0),
        Protocol("dabs", f"dabs, every {KEY_FRAMES_EVERY}th frame", "dabs", KEY_FRAMES_EVERY),
        Protocol("none", "no hints", "none", 0),
    )
}


def as_rgba(hint: Hint) -> NDArray[np.float32]:
    """(H, W, 4) float32 straight RGBA in [0, 1], as painters take hints."""
    return as_float(np.dstack([hint.colour, hint.mask]))
