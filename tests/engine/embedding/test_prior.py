import numpy as np

from celtint.engine.embedding.prior import dense_prior
from celtint.engine.graph.motion import Overlap


def overlap(pairs: list[tuple[int, int, float]], count: int) -> Overlap:
    source, target, share = zip(*pairs, strict=True)
    return Overlap(
        source=np.array(source),
        target=np.array(target),
        share=np.array(share),
        inside=np.ones(count),
        flow_px=np.zeros((count, 2)),
    )


def test_both_ways_stand_side_by_side() -> None:
    forth = overlap([(0, 0, 0.75), (0, 1, 0.25), (1, 2, 1.0)], count=2)
    back = overlap([(0, 0, 1.0), (1, 0, 0.5), (2, 1, 0.9)], count=3)
    prior = dense_prior(forth, back)
    assert prior.dtype == np.float32
    np.testing.assert_allclose(prior[..., 0], [[0.75, 0.25, 0], [0, 0, 1]])
    np.testing.assert_allclose(prior[..., 1], [[1, 0.5, 0], [0, 0, 0.9]])
