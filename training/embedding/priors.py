"""The prior of a pair of drawings: how far their regions overlap under optical flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celtint.engine.embedding.prior import dense_prior
from celtint.engine.graph.motion import Look, flow_between, overlap


def flow_prior(first: Look, second: Look) -> NDArray[np.float32]:
    """(A, B, 2), see `dense_prior`."""
    return dense_prior(
        overlap(first, second, flow_between(first, second)),
        overlap(second, first, flow_between(second, first)),
    )
