"""From frame to frame: things that keep their colour, paint as steady as the original."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .regions import PAPER_INK, share


@dataclass(frozen=True)
class Flips:
    """Things seen on two frames running, and how many of them changed colour; adds up with `+`.

    Attributes:
        tracked: Pairs (thing, two frames running) without a hint for it on the later frame.
        flipped: Of these, painted with another colour on the later frame.

    """

    tracked: int = 0
    flipped: int = 0

    def __add__(self, other: Flips) -> Flips:
        return Flips(self.tracked + other.tracked, self.flipped + other.flipped)

    @property
    def rate(self) -> float:
        """Share that changed; nan where nothing was tracked."""
        return share(self.flipped, self.tracked)


@dataclass(frozen=True)
class WarpError:
    """Squared differences along the motion, summed; adds up with `+`.

    Attributes:
        total: Sum over pixels of the mean over channels.
        pixels: How many pixels.

    """

    total: float = 0.0
    pixels: int = 0

    def __add__(self, other: WarpError) -> WarpError:
        return WarpError(self.total + other.total, self.pixels + other.pixels)

    @property
    def mean(self) -> float:
        """Mean squared difference; nan where no pixel could be followed."""
        return self.total / self.pixels if self.pixels else float("nan")


def colours_of_things(
    painted_index: NDArray[np.integer],
    thing: NDArray[np.integer],
    ink: NDArray[np.uint8],
    pixels: NDArray[np.integer] | None = None,
) -> dict[int, int]:
    """The palette index that most paper pixels of every thing were painted with.

    Args:
        painted_index: (H, W), from 0.
        thing: (H, W) true identity, the same number on every frame; 0 is nothing.
        ink: (H, W) coverage 0..255; pixels above PAPER_INK do not count.
        pixels: How many pixels each element stands for, see `score_regions`; None for one each.

    """
    seen = (thing > 0) & (ink <= PAPER_INK)
    if not seen.any():
        return {}
    names, where = np.unique(thing[seen], return_inverse=True)
    painted = painted_index[seen].astype(np.int64)
    colours = int(painted.max()) + 1
    size = None if pixels is None else pixels[seen]
    votes = np.bincount(where * colours + painted, size, minlength=len(names) * colours)
    winner = votes.reshape(len(names), colours).argmax(axis=1)
    return dict(zip(names.tolist(), winner.tolist(), strict=True))


def count_flips(before: dict[int, int], now: dict[int, int], hinted: Collection[int] = ()) -> Flips:
    """Things that changed colour from one frame to the next without being asked to.

    Args:
        before: Thing to palette index, from `colours_of_things`.
        now: The same of the next frame.
        hinted: Things that a hint lies on in the next frame; they may change.

    """
    tracked = (before.keys() & now.keys()) - set(hinted)
    return Flips(len(tracked), sum(before[thing] != now[thing] for thing in tracked))


def warp_error(
    now: NDArray[np.floating],
    following: NDArray[np.floating],
    flow: NDArray[np.floating],
    valid: NDArray[np.bool_],
) -> WarpError:
    """How much the colour of what is seen changes on its way to the next frame.

    Lai et al., "Learning Blind Video Temporal Consistency" (2018), section 4.2: squared difference
    between a frame and the next one warped back to it, where the motion can be followed.

    Args:
        now: (H, W, 3) in [0, 1].
        following: The next frame, the same.
        flow: (H, W, 2) dx, dy in pixels, from `now` to `following`.
        valid: (H, W), where the flow is known and its end is not hidden.

    """
    height, width = valid.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    to_x, to_y = x + flow[..., 0].astype(np.float32), y + flow[..., 1].astype(np.float32)
    inside = (to_x >= 0) & (to_x <= width - 1) & (to_y >= 0) & (to_y <= height - 1)
    counts = valid & inside
    back = cv2.remap(
        following.astype(np.float32), to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    squared = np.square(back - now.astype(np.float32)).mean(axis=2)
    return WarpError(float(squared[counts].sum(dtype=np.float64)), int(counts.sum()))


def temporal_consistency(painted: WarpError, truth: WarpError) -> float:
    """TC: warp error of the output over that of the truth; 1 is as steady as the original.

    nan where the truth does not change at all along its motion, or nothing could be followed.
    """
    return painted.mean / truth.mean if truth.total else float("nan")
