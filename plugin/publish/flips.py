"""Whether neighbouring frames agree: patches whose colour the frame before contradicts.

The judge is the engine's own carrier: patches of one colour vote along the optical flow between two
painted frames, both ways. That tells a patch that turned another colour from one that moved. What
it cannot tell: whether a colour is right, if all frames agree on it; a change across a cut or where
the drawing moves too far to be followed, of which it is not sure; and patches below a size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine.flat.carry import FlowVote, Look
from celtint.engine.flat.regions import Regions

from ..header import Window
from .measure import is_painted, rgb_of
from .options import Limits
from .shot import Spot, Turned

_CARRIER = FlowVote()
_WIDTH_PX = 960
_MOST_TURNED = 32

STAYED_SHARE = 0.5
"""A patch did not turn if this much of it, or more, had its colour in the same place before."""


@dataclass(frozen=True, eq=False)
class Patches:
    """The patches of one colour of a painted frame, small.

    Attributes:
        paint: (h, w) uint64, packed paint, every `stride`-th pixel.
        ink: (h, w) uint8, 255 where there is line, else 0.
        regions: The patches; row 0 are the rims, of no colour.
        colour: (R,) uint64, packed paint of each patch.
        is_hinted: (R,) bool, whether a hint of this frame speaks for the patch.
        box: (R, 4) int32, left, top, width and height, in small pixels.
        stride: Pixels of the file to a small one.
        window: Where the file's pixels lie.

    """

    paint: NDArray[np.uint64]
    ink: NDArray[np.uint8]
    regions: Regions
    colour: NDArray[np.uint64]
    is_hinted: NDArray[np.bool_]
    box: NDArray[np.int32]
    stride: int
    window: Window

    @cached_property
    def look(self) -> Look:
        """What the carrier keeps of the frame; made where it is asked, which is seldom."""
        return _CARRIER.look(self.ink, self.regions)


def stride_for(window: Window) -> int:
    """Pixels of a file to a pixel that is looked at."""
    return max(1, round(max(window.width, window.height) / _WIDTH_PX))


def patches_of(
    paint: NDArray[np.uint64],
    composite: NDArray[np.uint64],
    hinted: NDArray[np.bool_] | None,
    window: Window,
) -> Patches:
    """Look at a painted frame.

    Args:
        paint: (h, w) packed paint, every `stride_for`-th pixel both ways, contiguous.
        composite: The same of line over paint: where it differs there is line.
        hinted: The same, bool, of what the hints of this frame speak for; None without hints.
        window: Where the file's pixels lie.

    """
    inside = np.ones(paint.shape, np.uint8)
    inside[:, :-1] &= paint[:, 1:] == paint[:, :-1]
    inside[:-1] &= paint[1:] == paint[:-1]
    count, found, figures, centre = cv2.connectedComponentsWithStats(inside, connectivity=4)
    label, stats = found.astype(np.int32, copy=False), figures.astype(np.int32, copy=False)
    colour = np.zeros(count, np.uint64)
    colour[label.reshape(-1)] = paint.reshape(-1)  # a patch has one colour, whoever writes it last
    colour[0] = 0
    is_hinted = np.zeros(count, bool)
    if hinted is not None:
        is_hinted[np.unique(label[hinted])] = True
    regions = Regions(
        label=label,
        paper=inside,
        area_px=stats[:, cv2.CC_STAT_AREA],
        centre_px=np.nan_to_num(centre),
        size_px=np.maximum(stats[:, 2:4], 1),
        neck=np.zeros((0, 2), np.int32),
    )
    ink = (paint != composite).view(np.uint8) * np.uint8(255)
    return Patches(paint, ink, regions, colour, is_hinted, stats[:, :4], stride_for(window), window)


def turned_between(
    before: Patches, now: Patches, source_frame: int, limits: Limits
) -> tuple[Turned, ...]:
    """Patches of `now` that the frame that colour came from holds for another colour.

    A patch that for the most part stands where its colour stood before did not turn; only where
    there is another patch is motion looked for.

    Args:
        before: The frame that colour came from.
        now: The frame that is judged.
        source_frame: The number of `before`.
        limits: `flip_px` and `flip_share`.

    """
    if before.paint.shape != now.paint.shape:
        return ()
    area = now.regions.area_px * now.stride**2
    asked = (area >= limits.flip_px) & ~now.is_hinted & is_painted(now.colour)
    asked[0] = False
    if not asked.any():
        return ()
    stayed = now.regions.label[now.paint == before.paint]
    asked &= np.bincount(stayed, minlength=len(area)) < STAYED_SHARE * now.regions.area_px
    if not asked.any():
        return ()
    known, index = np.unique(
        np.concatenate([[np.uint64(0)], before.colour, now.colour]), return_inverse=True
    )
    painted = np.where(is_painted(known)[index], index + 1, 0).astype(np.int32)[1:]
    was, found = painted[: len(before.colour)], painted[len(before.colour) :]
    if not was.any():
        return ()
    expected, sure = _CARRIER.carry(before.look, was, np.ones(len(was), np.float32), now.look)
    turned = asked & (expected != found) & (expected > 0) & (sure >= limits.flip_share)
    rows = np.flatnonzero(turned)
    told = []
    for row in rows[np.argsort(-area[rows], kind="stable")][:_MOST_TURNED].tolist():
        x, y, width, height = (now.box[row] * now.stride).tolist()
        box = Window(x + now.window.x, y + now.window.y, width, height)
        told.append(
            Turned(
                spot=Spot(box, int(area[row]), float(sure[row])),
                source_frame=source_frame,
                was=rgb_of(int(known[expected[row] - 1])),
                now=rgb_of(int(known[found[row] - 1])),
            )
        )
    return tuple(told)
