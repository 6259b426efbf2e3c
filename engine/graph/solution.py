"""What a solution says: the colour of every region of a shot, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..frames import Contradiction


@dataclass(frozen=True)
class Dispute:
    """A dab whose region other key frames hold for another colour.

    The dab is honoured; somewhere between the key frames the colour changes. Either that is meant,
    or one of the dabs is wrong, or the region was followed wrongly.

    Attributes:
        frame: Index of the frame of the dab.
        region: Its region.
        hinted: Palette index that the dab says.
        expected: Palette index that the other key frames say.
        sure: How sure they are, 0..1.

    """

    frame: int
    region: int
    hinted: int
    expected: int
    sure: float


@dataclass(frozen=True, eq=False)
class Solution:
    """The colours of a shot.

    Attributes:
        palette: (P, 3) float32, working space; row 0 is *unpainted*.
        palette_index: By frame, (R,) int32, colour of each region; 0 where nothing reaches it. The
            frames of a hold share one array.
        confidence: By frame, (R,) float32, 0..1, how sure it is: 0.25 where the colour is as likely
            right as wrong, see `sureness`; 0 where unpainted.
        runner_up: By frame, (R,) int32, the colour that comes second; 0 for none or unknown.
        contradictions: Hints that could not be honoured, by frame.
        disputes: Dabs that other key frames speak against.

    """

    palette: NDArray[np.float32]
    palette_index: tuple[NDArray[np.int32], ...]
    confidence: tuple[NDArray[np.float32], ...]
    runner_up: tuple[NDArray[np.int32], ...]
    contradictions: dict[int, tuple[Contradiction, ...]]
    disputes: tuple[Dispute, ...]
