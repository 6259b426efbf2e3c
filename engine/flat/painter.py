"""One frame of the flat finish, from what is remembered, the drawing and its hints."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..frames import Contradiction, PaintedFrame, dabs_in
from ..palette import UNPAINTED, Palette
from ..settings import FlatSettings
from .carry import Carrier, FlowVote, Look
from .regions import Regions, find_regions
from .seeds import read_seeds


@dataclass(frozen=True, eq=False)
class Memory:
    """All that one frame hands to the next: a frame's worth of arrays, however long the shot.

    Attributes:
        ink: (H, W) uint8, the drawing.
        regions: Its regions.
        palette_index: (R,) int32, their colours.
        confidence: (R,) float32, 0..1.
        palette: The palette so far.
        look: What the carrier wants to know about the drawing.

    """

    ink: NDArray[np.uint8]
    regions: Regions
    palette_index: NDArray[np.int32]
    confidence: NDArray[np.float32]
    palette: Palette
    look: Look


@dataclass(frozen=True)
class FlatPainter:
    """Paints frame after frame; has no state of its own, so one may serve many shots.

    Attributes:
        settings: How regions are found.
        carrier: How colours get from one drawing to the next.

    """

    settings: FlatSettings = field(default_factory=FlatSettings)
    carrier: Carrier = field(default_factory=FlowVote)

    def step(
        self,
        memory: Memory | None,
        index: int,
        ink: NDArray[np.uint8],
        hint: NDArray[np.floating] | None = None,
    ) -> tuple[Memory, PaintedFrame]:
        """Paint one frame.

        Args:
            memory: What the previous frame in the flow handed over; None for the first one.
            index: Place of the frame in the shot.
            ink: (H, W) uint8, 0..255.
            hint: (H, W, 4) straight RGBA, working space, floating; or None.

        Raises:
            FrameError: The hint is not what it should be.

        """
        is_held = memory is not None and np.array_equal(ink, memory.ink)
        if memory is not None and is_held:
            regions, look = memory.regions, memory.look
            palette_index, confidence = memory.palette_index, memory.confidence
        else:
            regions = find_regions(ink, self.settings)
            look = self.carrier.look(ink, regions)
            if memory is None:
                palette_index = np.full(regions.count, UNPAINTED, np.int32)
                confidence = np.zeros(regions.count, np.float32)
            else:
                palette_index, confidence = self.carrier.carry(
                    memory.look, memory.palette_index, memory.confidence, look
                )
        palette = Palette() if memory is None else memory.palette
        contradictions: tuple[Contradiction, ...] = ()
        if hint is not None:
            counts = dabs_in(hint, index, (ink.shape[0], ink.shape[1]))
            if counts.any():
                seeds = read_seeds(hint, counts, regions, palette)
                palette, contradictions = seeds.palette, seeds.contradictions
                palette_index, confidence = palette_index.copy(), confidence.copy()
                palette_index[seeds.region] = seeds.palette_index
                confidence[seeds.region] = 1.0
        palette_index, confidence = _through_necks(regions, palette_index, confidence)
        memory = Memory(ink, regions, palette_index, confidence, palette, look)
        is_sure = confidence >= self.settings.min_confidence
        painted = PaintedFrame(
            index=index,
            ink=ink,
            region=regions.label,
            region_palette_index=np.where(is_sure, palette_index, np.int32(UNPAINTED)),
            region_confidence=confidence,
            palette=palette.colour,
            contradictions=contradictions,
        )
        return memory, painted


NECK_CONFIDENCE = 0.5
"""What is left of the confidence of a colour that came through a neck."""


def _through_necks(
    regions: Regions, palette_index: NDArray[np.int32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Paint the unpainted parts of what was divided where it is hardly a gap.

    A part takes the colour of those it hangs together with, if they have but one.
    """
    if not len(regions.neck) or (palette_index[regions.neck] != UNPAINTED).all():
        return palette_index, confidence
    palette_index, confidence = palette_index.copy(), confidence.copy()
    neighbours: dict[int, set[int]] = {}
    for one, other in regions.neck.tolist():
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    while True:
        found = {}
        for part, around in neighbours.items():
            painted = [other for other in around if palette_index[other] != UNPAINTED]
            if palette_index[part] == UNPAINTED and len(set(palette_index[painted])) == 1:
                found[part] = max(painted, key=lambda other: confidence[other])
        if not found:
            return palette_index, confidence
        for part, source in found.items():
            palette_index[part] = palette_index[source]
            confidence[part] = NECK_CONFIDENCE * confidence[source]
