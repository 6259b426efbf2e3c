"""Clips: a few drawings of a shot, as the network sees them, with the truth about their regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.embedding.sight import Sight, look_at
from celtint.engine.flat.regions import Regions
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.motion import Look

from ..data.line_art import true_ink
from ..data.line_styles import LineStyle, line_width_px, styled
from ..data.shots import EncodedShot
from ..errors import DataError
from .variety import Canvas, Placement, style_at_random

PURE_SHARE = 0.6
"""A region is one true shape if at least this share of its paper is."""

UNKNOWN = -1
"""Identity of a region that is no one shape."""

# How many drawings lie between two that are picked: mostly neighbours, for long ways come from
# the pairs that are further apart.
_STEPS = (1, 2, 3, 5, 8)
_STEP_CHANCES = (0.5, 0.2, 0.12, 0.1, 0.08)


@dataclass(frozen=True, eq=False)
class SeenDrawing:
    """A drawing, ready for the network.

    Attributes:
        sight: What the network sees.
        identity: (R,) int32, the true shape of each region, 0 for paper that is no shape, or
            UNKNOWN.
        area_px: (R,) int32 paper of each region.
        look: For optical flow.

    """

    sight: Sight
    identity: NDArray[np.int32]
    area_px: NDArray[np.int32]
    look: Look

    @property
    def count(self) -> int:
        """R."""
        return len(self.identity)


def see(
    ink: NDArray[np.uint8],
    identity: NDArray[np.uint16],
    *,
    picture_px: int,
    settings: FlatSettings | None = None,
) -> SeenDrawing:
    """Find the regions of a drawing, what the network sees of it, and what they truly are.

    Args:
        ink: (H, W) uint8 coverage.
        identity: (H, W) uint16 true shape of every pixel, 0 for none.
        picture_px: Long side of what the network sees, in pixels.
        settings: How regions are found.

    """
    analysis = analyse(ink, settings or FlatSettings())
    regions = analysis.regions()
    return SeenDrawing(
        sight=look_at(ink, regions, picture_px=picture_px),
        identity=identity_of(regions, identity),
        area_px=regions.area_px,
        look=Look.at(analysis),
    )


def identity_of(regions: Regions, identity: NDArray[np.uint16]) -> NDArray[np.int32]:
    """(R,) the true shape that makes up most of each region, or UNKNOWN."""
    on_paper = np.flatnonzero(regions.paper)
    shapes = int(identity.max()) + 1
    key = regions.label.reshape(-1)[on_paper].astype(np.int64) * shapes
    key += identity.reshape(-1)[on_paper]
    share = np.bincount(key, minlength=regions.count * shapes).reshape(-1, shapes)
    most = share.argmax(axis=1).astype(np.int32)
    pixels = share[np.arange(regions.count), most]
    most[pixels < np.maximum(PURE_SHARE * regions.area_px, 1)] = UNKNOWN
    return most


def pick(drawings: int, wanted: int, rng: np.random.Generator) -> list[int]:
    """Numbers of drawings of a shot, ascending; some may be the same where there are too few."""
    steps = rng.choice(_STEPS, wanted - 1, p=_STEP_CHANCES)
    while steps.sum() >= drawings and (steps > 1).any():
        steps[steps.argmax()] -= 1
    at = np.concatenate([[0], np.cumsum(steps)])
    at += rng.integers(0, max(1, drawings - at[-1]))
    return np.minimum(at, drawings - 1).tolist()


def clip_of(
    shot: EncodedShot,
    wanted: int,
    canvas: Canvas,
    rng: np.random.Generator,
    *,
    is_plain: bool = False,
) -> list[SeenDrawing]:
    """A few drawings of a shot, placed and drawn at random, or as they are where `is_plain`.

    Raises:
        DataError: The shot has no ink and regions: it was made from video.

    """
    placement, style, settings = Placement.plain(rng), LineStyle(), FlatSettings()
    if not is_plain:
        placement, style = Placement.at_random(rng), style_at_random(rng)
        settings = FlatSettings(gap_px=float(rng.choice([2.0, 4.0, 4.0, 6.0])))
    seen: dict[int, SeenDrawing] = {}
    width_px = None
    picked = pick(shot.info.drawings, wanted, rng)
    for number in picked:
        if number in seen:
            continue
        ink, identity = placement.placed(*truth_of(shot, number), canvas, rng)
        width_px = line_width_px(ink) if width_px is None else width_px
        ink = styled(ink, style, rng, width_px=width_px)
        seen[number] = see(ink, identity, picture_px=canvas.picture_px, settings=settings)
    return [seen[number] for number in picked]


def truth_of(shot: EncodedShot, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """(H, W) ink, trace lines among it, and (H, W) identities of a drawing.

    Raises:
        DataError: The shot has none: it was made from video.

    """
    drawing = shot.drawing(number, planes=("ink", "regions", "trace"))
    if drawing.ink is None or drawing.regions is None:
        raise DataError(
            f"{shot.place}: shot {shot.info.name} has no regions: it was cut from video. The "
            "matching network learns from drawings: prepare a set with `prepare drawings`"
        )
    return true_ink(drawing, shot.info.trace_rgb), drawing.regions
