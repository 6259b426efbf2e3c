import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.belief import Surroundings
from celtint.engine.graph.cues import Glimpse, find_candidates
from celtint.engine.graph.matcher import HOPELESS, believed, compare, default_matcher
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.motion import Flow, Look


def rings(seed, shift=0):
    """Thirty ellipses somewhere on a page."""
    random = np.random.default_rng(seed)
    ink = np.zeros((360, 640), np.uint8)
    for _ in range(30):
        x, y = random.integers(0, [640, 360]).tolist()
        axes = random.integers(8, 90, 2).tolist()
        turned = float(random.uniform(0, 180))
        cv2.ellipse(ink, (x + shift, y), axes, turned, 0, 360, 255, 2, cv2.LINE_AA)
    return ink


@pytest.mark.parametrize(("other", "is_cut"), [(rings(1, 6), False), (rings(2), True)])
def test_where_lines_hardly_meet_regions_tell_whether_it_is_a_cut(other, is_cut):
    matcher = default_matcher()
    looks = [Look.at(analyse(ink, FlatSettings()), matcher.describe) for ink in (rings(1), other)]
    forth, back, _ = compare(*looks, Flow.of(*looks))
    pair = Glimpse.of(looks[0]), Glimpse.of(looks[1])
    links = matcher.match(pair, (forth, back), 1, None, is_cut=True)
    assert bool(links.is_cut) == is_cut
    assert not matcher.match(pair, (forth, back), 1, None).is_cut


def test_pairs_without_hope_are_left_out_and_change_nothing_for_the_others():
    matcher = default_matcher()
    one, other = (analyse(rings(1, shift), FlatSettings()) for shift in (0, 6))
    looks = [Look.at(drawing, matcher.describe) for drawing in (one, other)]
    overlaps = compare(*looks, Flow.of(*looks))[:2]
    all_pairs = find_candidates(*map(Glimpse.of, looks), overlaps, 1)
    first = full = believed(all_pairs, matcher.rounds[0])
    surroundings = Surroundings(all_pairs, one, other)
    for again in matcher.rounds[1:]:
        full = believed(all_pairs, again, surroundings.context(full))
    found, belief = matcher.believe(all_pairs, one, other)
    kept = np.maximum(first.forth, first.back) > HOPELESS
    assert kept.mean() < 0.7
    np.testing.assert_array_equal(found.source, all_pairs.source[kept])
    np.testing.assert_array_equal(found.target, all_pairs.target[kept])
    np.testing.assert_array_equal(found.cue, all_pairs.cue[kept])
    np.testing.assert_allclose(belief.forth, full.forth[kept], atol=0.01)
    np.testing.assert_allclose(belief.back, full.back[kept], atol=0.01)
    np.testing.assert_allclose(belief.lost, full.lost, atol=0.01)
    assert full.forth[~kept].max() < 0.01
