"""Scores of many frames as the rows of a table and the curves of a chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from ..metrics import (
    FeatureStatistics,
    Flips,
    RegionScore,
    WarpError,
    frechet_distance,
    temporal_consistency,
)
from .parts import Part
from .scoring import FrameScore

Adds = TypeVar("Adds", RegionScore, Flips, WarpError)

AS_PAINTED, SNAPPED = "as painted", "snapped"
PROPAGATED_TO = (1, 5, 20)
"""Frames after the hinted one at which propagated accuracy is told."""


@dataclass(frozen=True)
class Curve:
    """Means over clips, by frame since the clip's first.

    Attributes:
        psnr: dB.
        ssim: 0..1.
        pix_acc: Share of paper pixels that are right.
        acc_thres: Share of regions over 10 px that are right.
        chroma: Colourfulness over that of the truth: 1 is as colourful, 0 is grey.

    """

    psnr: tuple[float, ...]
    ssim: tuple[float, ...]
    pix_acc: tuple[float, ...]
    acc_thres: tuple[float, ...]
    chroma: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One way to paint one set, over all its clips.

    Attributes:
        set: Name of the set.
        weights: Label of the weights.
        sees: `line art (ink)`, `line art (canny)` or `greyscale`.
        protocol: Which hints were shown, or that the weights take none.
        previous: `own` or `true`: what a frame followed.
        finish: `as painted` or `snapped`.
        clips, frames: How many.
        psnr, psnr_paper, ssim, within: Means over frames.
        frechet: The Frechet distance named in the report; nan where too few frames are there.
        acc, acc_thres, reachable, pix_acc, pix_f_acc, pix_b_miou: Shares; see `metrics.regions`.
        flips: Share of tracked things that changed colour.
        tc: Warp error over that of the truth.
        chroma: Colourfulness over that of the truth.
        seconds: For one frame, painting alone.
        propagated: Frames after the first to (Acc-Thres, Pix-Acc) there, where hints are on the
            first frame alone.
        curve: By frame.
        by_clip: Clip to PSNR.

    """

    set: str
    weights: str
    sees: str
    protocol: str
    previous: str
    finish: str
    clips: int
    frames: int
    psnr: float
    psnr_paper: float
    ssim: float
    within: float
    frechet: float
    acc: float
    acc_thres: float
    reachable: float
    pix_acc: float
    pix_f_acc: float
    pix_b_miou: float
    flips: float
    tc: float
    chroma: float
    seconds: float
    propagated: dict[int, tuple[float, float]]
    curve: Curve
    by_clip: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values; None for what could not be measured."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["curve"] = {item.name: getattr(self.curve, item.name) for item in fields(Curve)}
        plain["propagated"] = {str(after): shares for after, shares in self.propagated.items()}
        return {name: _finite(value) for name, value in plain.items()}


def summarise(
    parts: Sequence[tuple[str, Part, Part]],
    *,
    finish: str,
    is_first_only: bool,
    **names: str,
) -> Row | None:
    """Put clips together.

    Args:
        parts: For every clip its name, what came of it, and the part of its truth.
        finish: AS_PAINTED or SNAPPED.
        is_first_only: Whether hints were on the first frame alone.
        **names: set, weights, sees, protocol, previous.

    Returns:
        The row; None where nothing could be snapped.

    """
    is_painted = finish == AS_PAINTED
    of_clips = [
        (name, list(part.painted if is_painted else part.snapped)) for name, part, _ in parts
    ]
    scores = [score for _, clip in of_clips for score in clip if score is not None]
    if not scores:
        return None
    regions = _added([score.regions for score in scores], RegionScore())
    flips = _added([score.flips for score in scores], Flips())
    warp = _added([score.warp for score in scores], WarpError())
    true_warp = _added([score.true_warp for score in scores], WarpError())
    curve = _curve([clip for _, clip in of_clips])
    propagated = {
        after: (curve.acc_thres[after], curve.pix_acc[after])
        for after in PROPAGATED_TO
        if is_first_only and after < len(curve.psnr)
    }
    painted_for = sum(len(part.painted) for _, part, _ in parts)
    return Row(
        **names,
        finish=finish,
        clips=len(parts),
        frames=len(scores),
        psnr=_mean([score.psnr for score in scores]),
        psnr_paper=_mean([score.psnr_paper for score in scores]),
        ssim=_mean([score.ssim for score in scores]),
        within=_mean([score.within for score in scores]),
        frechet=_distance(parts) if is_painted else math.nan,
        acc=regions.acc,
        acc_thres=regions.acc_thres,
        reachable=regions.reachable_acc_thres,
        pix_acc=regions.pix_acc,
        pix_f_acc=regions.pix_f_acc,
        pix_b_miou=regions.pix_b_miou,
        flips=flips.rate,
        tc=temporal_consistency(warp, true_warp),
        chroma=_ratio([s.chroma for s in scores], [s.true_chroma for s in scores]),
        seconds=sum(part.seconds for _, part, _ in parts) / max(painted_for, 1),
        propagated=propagated,
        curve=curve,
        by_clip={name: _mean([s.psnr for s in clip if s is not None]) for name, clip in of_clips},
    )


def _curve(clips: Sequence[Sequence[FrameScore | None]]) -> Curve:
    length = max(len(clip) for clip in clips)
    at: list[list[FrameScore]] = [[] for _ in range(length)]
    for clip in clips:
        for index, score in enumerate(clip):
            if score is not None:
                at[index].append(score)
    regions = [_added([score.regions for score in scores], RegionScore()) for scores in at]
    return Curve(
        psnr=tuple(_mean([score.psnr for score in scores]) for scores in at),
        ssim=tuple(_mean([score.ssim for score in scores]) for scores in at),
        pix_acc=tuple(count.pix_acc for count in regions),
        acc_thres=tuple(count.acc_thres for count in regions),
        chroma=tuple(
            _ratio([s.chroma for s in scores], [s.true_chroma for s in scores]) for scores in at
        ),
    )


def _distance(parts: Sequence[tuple[str, Part, Part]]) -> float:
    painted, true = (FeatureStatistics(parts[0][1].features.shape[1]) for _ in range(2))
    for _, part, truth in parts:
        painted.add(part.features)
        true.add(truth.features)
    return frechet_distance(painted, true)


def _added(counts: Sequence[Adds], nothing: Adds) -> Adds:
    total = nothing
    for count in counts:
        total = total + count
    return total


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _ratio(values: Sequence[float], over: Sequence[float]) -> float:
    return sum(values) / sum(over) if sum(over) else math.nan


def _finite(value: Any) -> Any:
    """The same for JSON, which has no nan."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_finite(inner) for inner in value]
    return value
