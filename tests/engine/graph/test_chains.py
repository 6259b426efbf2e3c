import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.chains import Way
from celtint.engine.graph.links import Links
from celtint.engine.graph.measure import analyse


def links(pairs, earlier, later):
    """Links of (source, target, forth, back)."""
    source, target, forth, back = (np.array(column) for column in zip(*pairs, strict=True))
    return Links(
        source.astype(np.int32),
        target.astype(np.int32),
        forth.astype(np.float32),
        back.astype(np.float32),
        np.zeros(earlier, np.float32),
        np.zeros(later, np.float32),
        np.array(False),
    )


@pytest.fixture
def first():
    return links([(0, 0, 1.0, 0.5), (1, 0, 0.25, 0.5), (1, 2, 0.75, 1.0)], 2, 3)


def dense(way):
    table = np.zeros(way.regions)
    table[way.source, way.target] = way.share
    return table


def test_ways_go_on_as_their_tables_multiply(first):
    then = links([(0, 1, 0.9, 1.0), (1, 1, 1.0, 0.0), (2, 0, 0.6, 0.3)], 3, 2)
    there = Way.forth(first).then(Way.forth(then))
    assert np.allclose(dense(there), dense(Way.forth(first)) @ dense(Way.forth(then)))
    again = Way.back(then).then(Way.back(first))
    assert np.allclose(dense(again), dense(Way.back(then)) @ dense(Way.back(first)))
    assert there.regions == again.regions[::-1] == (2, 2)


def test_the_mean_of_ways_sums_pairs_that_both_have(first):
    other = links([(0, 1, 1.0, 1.0), (1, 2, 0.25, 1.0)], 2, 3)
    mean = Way.mean([Way.forth(first), Way.forth(other)])
    both = dense(Way.forth(first)) + dense(Way.forth(other))
    assert np.allclose(dense(mean), both / 2)
    assert (np.diff(mean.source * 3 + mean.target) > 0).all()


def test_what_is_hardly_believed_is_not_followed_on(first):
    faint = links([(0, 0, 0.003, 0.003), (2, 1, 1.0, 1.0)], 3, 2)
    assert Way.forth(first).then(Way.forth(faint)).source.tolist() == [1]


def test_a_way_as_overlap_tells_where_regions_move(boxes):
    here, there = (analyse(boxes((x, 20, 60, 40)), FlatSettings()) for x in (20, 50))
    box = int(np.argmin(here.area_px))
    way = Way.forth(Links.identity(here.count))
    overlap = way.overlap(here, there)
    assert overlap.share.tolist() == [1, 1]
    assert overlap.inside.tolist() == [1, 1]
    assert np.allclose(overlap.flow_px[box], (30, 0), atol=0.5)
