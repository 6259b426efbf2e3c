"""What optical flow says of a pair of drawings, as the matching network wants it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..graph.motion import Overlap


def dense_prior(forth: Overlap, back: Overlap) -> NDArray[np.float32]:
    """Overlaps both ways as one array.

    Args:
        forth: Where the A regions of the first drawing land in the second one.
        back: Where the B regions of the second land in the first.

    Returns:
        (A, B, 2) float32, 0..1: share of each region of the first that lands on each of the
        second, and the other way round.

    """
    prior = np.zeros((len(forth.inside), len(back.inside), 2), np.float32)
    prior[forth.source, forth.target, 0] = forth.share
    prior[back.target, back.source, 1] = back.share
    return prior
