"""One painted frame after the other, held against the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from celtint.engine.flat.regions import Regions, find_regions
from celtint.engine.settings import FlatSettings

from ..data.hints import Hint
from ..data.recolour import inked
from ..metrics import (
    PAPER_INK,
    Flips,
    RegionScore,
    WarpError,
    count_flips,
    psnr,
    score_regions,
    share_within,
    ssim,
    truth_regions,
    warp_error,
)
from ..metrics.time import colours_of_things
from .clips import Clip, Motion, TrueFrame, as_float, packed
from .snapping import snapped
from .subjects import Painted

MOST_PSNR_DB = 60.0
"""No frame counts more in a mean: it is about what rounding to 8 bits leaves of a perfect one."""


@dataclass(frozen=True)
class FrameScore:
    """What one frame scored.

    Attributes:
        psnr: Of the finished frame, dB.
        psnr_paper: Of its pixels without ink, dB.
        ssim: Of the finished frame.
        within: Share of pixels without ink that are within 2 of 255 of the truth.
        regions: Counts of regions and pixels; nothing where only colour is known.
        flips: Things that changed colour since the frame before. Only of paint from a palette: what
            was painted freely has no colours that could be the same.
        warp: Warp error of what was painted, from the frame before.
        true_warp: The same of the truth.
        chroma: Mean over pixels of the largest less the least channel, 0..1: what a drift to grey
            loses.
        true_chroma: The same of the truth.

    """

    psnr: float
    psnr_paper: float
    ssim: float
    within: float
    regions: RegionScore
    flips: Flips
    warp: WarpError
    true_warp: WarpError
    chroma: float
    true_chroma: float

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; what cannot be measured is None."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FrameScore:
        """Read what `to_json` gave; TypeError or KeyError where it is something else."""
        parts = {
            "regions": RegionScore,
            "flips": Flips,
            "warp": WarpError,
            "true_warp": WarpError,
        }
        plain: dict[str, Any] = {}
        for field in fields(cls):
            value = values[field.name]
            if field.name in parts:
                plain[field.name] = parts[field.name](**value)
            else:
                plain[field.name] = math.nan if value is None else float(value)
        return cls(**plain)


class Scorer:
    """Scores the frames of a clip, in film order.

    Args:
        clip: Whose frames they are.

    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._known: set[int] = set()
        self._drawing = -1
        self._regions: Regions | None = None
        self._label: NDArray[np.int32] | None = None
        self._before: dict[str, NDArray[np.float32]] = {}
        self._colours: dict[int, int] = {}

    @property
    def known_colours(self) -> frozenset[int]:
        """Palette indices that hints have shown so far."""
        return frozenset(self._known)

    def score(
        self, painted: Painted
    ) -> tuple[FrameScore, FrameScore | None, NDArray[np.float32] | None]:
        """Score a frame as painted, and snapped to regions and to the palette of the hints so far.

        Returns:
            The score as painted; the score snapped, and the (H, W, 3) picture that is. The last two
            are None where there are no regions, or no hint has shown a colour yet.

        """
        true, clip = painted.true, self._clip
        if clip.drawing_number(painted.index) != self._drawing:
            self._drawing = clip.drawing_number(painted.index)
            self._regions = self._label = None
        motion = clip.motion(painted.index - 1) if painted.index else None
        true_warp = self._warped("true", as_float(true.finished), motion)
        hinted_things: set[int] = set()
        if true.colour is not None and painted.hint is not None:
            hinted_things = self._take_in(painted.hint, true)
        index = None
        if true.colour is not None:
            rgb = np.rint(np.clip(painted.picture, 0, 1) * 255).astype(np.uint8)
            # A pixel as it should be is right, also where a breath of ink darkens its colour.
            is_right = packed(rgb) == packed(true.finished)
            index = np.where(is_right, true.colour, clip.index_of(rgb)).astype(np.int32)
        warp = self._warped("painted", painted.picture, motion)
        plain = self._scored(true, painted.picture, index, warp=(warp, true_warp))
        if true.colour is None or true.ink is None or true.thing is None or not self._known:
            return plain, None, None
        if self._regions is None:
            self._regions = find_regions(true.ink, FlatSettings())
        index = snapped(painted.picture, self._regions, clip.palette, self._known)
        colours = colours_of_things(index, true.thing, true.ink)
        flips = count_flips(self._colours, colours, hinted_things)
        self._colours = colours
        picture = as_float(inked(clip.palette[index], true.ink))
        warp = self._warped("snapped", picture, motion)
        flat = self._scored(true, picture, index, warp=(warp, true_warp), flips=flips)
        return plain, flat, picture

    def _take_in(self, hint: Hint, true: TrueFrame) -> set[int]:
        """Remember the colours that hints show; the things that they lie on."""
        if true.ink is None or true.colour is None or true.thing is None:
            return set()
        shown = (hint.mask > 0) & (true.ink <= PAPER_INK)
        self._known |= set(np.unique(true.colour[shown]).tolist())
        return set(np.unique(true.thing[shown]).tolist())

    def _scored(
        self,
        true: TrueFrame,
        picture: NDArray[np.float32],
        index: NDArray[np.int32] | None,
        *,
        warp: tuple[WarpError, WarpError],
        flips: Flips | None = None,
    ) -> FrameScore:
        truth = as_float(true.finished)
        paper = np.ones(truth.shape[:2], bool) if true.ink is None else true.ink <= PAPER_INK
        regions = RegionScore()
        if index is not None and true.colour is not None and true.ink is not None:
            if self._label is None:
                self._label = truth_regions(true.colour, true.ink)
            regions = score_regions(
                index,
                true.colour,
                true.ink,
                hinted=self._known,
                background=self._clip.background_colours,
                label=self._label,
            )
        return FrameScore(
            psnr=min(psnr(picture, truth), MOST_PSNR_DB),
            psnr_paper=min(psnr(picture, truth, paper), MOST_PSNR_DB),
            ssim=ssim(picture, truth),
            within=share_within(picture, truth, paper),
            regions=regions,
            flips=flips or Flips(),
            warp=warp[0],
            true_warp=warp[1],
            chroma=chroma(picture),
            true_chroma=chroma(truth),
        )

    def _warped(self, name: str, picture: NDArray[np.float32], motion: Motion | None) -> WarpError:
        """From the last picture of this name; nothing without one."""
        before = self._before.get(name)
        self._before[name] = picture
        if motion is None or before is None:
            return WarpError()
        return warp_error(before, picture, motion.flow, motion.valid)


def chroma(picture: NDArray[np.float32]) -> float:
    """Mean over pixels of the largest less the least channel of (H, W, 3), 0..1."""
    red, green, blue = (picture[..., channel] for channel in range(3))
    most = np.maximum(np.maximum(red, green), blue)
    least = np.minimum(np.minimum(red, green), blue)
    return float((most - least).mean())
