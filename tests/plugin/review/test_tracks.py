from __future__ import annotations

import numpy as np

from celtint.engine.graph.links import Links
from celtint.plugin.review.tracks import partners


def links(*pairs: tuple[int, int, float, float]) -> Links:
    columns = list(zip(*pairs, strict=True))
    return Links(
        source=np.array(columns[0], np.int32),
        target=np.array(columns[1], np.int32),
        forth=np.array(columns[2], np.float32),
        back=np.array(columns[3], np.float32),
        lost=np.zeros(4, np.float32),
        new=np.zeros(4, np.float32),
        is_cut=np.array(False),
    )


def test_regions_that_take_each_other_for_their_own_are_one_thing() -> None:
    source, target = partners(links((0, 1, 0.9, 0.8), (1, 0, 0.9, 0.2), (2, 2, 0.4, 1.0)))
    assert (source.tolist(), target.tolist()) == ([0], [1])


def test_a_region_is_one_thing_and_no_more() -> None:
    source, target = partners(links((0, 0, 0.5, 1.0), (0, 1, 0.5, 0.6), (1, 1, 1.0, 0.5)))
    assert sorted(zip(source.tolist(), target.tolist(), strict=True)) == [(0, 0), (1, 1)]
