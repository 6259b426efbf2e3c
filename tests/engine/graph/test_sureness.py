import numpy as np

from celtint.engine.graph.perceptron import Perceptron
from celtint.engine.graph.sureness import (
    FURTHEST,
    SURENESS_CUES,
    Flowed,
    Sureness,
    sureness_cues,
)

NOWHERE = np.full(2, np.inf, np.float32)


def shares(*rows):
    return np.array(rows, np.float32)


def flowed():
    """Two regions, two colours; nothing comes from after."""
    return Flowed(
        evened=shares((0.1, 0.7, 0.2), (1, 0, 0)),
        merged=shares((0.2, 0.5, 0.3), (1, 0, 0)),
        flows=(shares((0.2, 0.6, 0.2), (1, 0, 0)), shares((0, 1, 0), (0, 1, 0))),
        away=(np.array([3, 3], np.float32), NOWHERE),
        log_share=np.array([-4, -5], np.float32),
    )


def test_cues_are_what_they_are_called():
    cues = sureness_cues(flowed(), np.array([1, 0]))
    assert cues.dtype == np.float32
    assert cues.shape == (2, len(SURENESS_CUES))
    far = np.log2(1 + FURTHEST)
    np.testing.assert_allclose(cues[0], [0.7, 0.2, 0.1, 0.5, 0.6, 0, 2, far, -4], rtol=1e-6)


def test_what_is_unpainted_is_not_sure_at_all_and_the_rest_by_the_model():
    count = len(SURENESS_CUES)
    model = Perceptron(
        np.zeros(count, np.float32),
        np.ones(count, np.float32),
        np.eye(count, 1, dtype=np.float32),
        np.zeros(1, np.float32),
        np.full((1, 1), 10, np.float32),
        np.zeros(1, np.float32),
    )
    sure = Sureness(model)(flowed(), np.array([1, 0]))
    np.testing.assert_allclose(sure, [1 / (1 + np.exp(-7)), 0], rtol=1e-6)
