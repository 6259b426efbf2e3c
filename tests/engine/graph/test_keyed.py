import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.shot import STEPS, GraphBuilder


class Store:
    """Keeps links, and counts what is added."""

    def __init__(self):
        self.kept, self.added = {}, 0

    def links(self, key):
        return self.kept.get(key)

    def keep_links(self, key, links):
        self.added += 1
        self.kept[key] = links


@pytest.fixture
def drawings(boxes):
    """Eight drawings: a small box is hidden by a large one, and comes back."""
    slide = [150, 130, 110, 90, 92, 112, 132, 152]
    inks = [boxes((100, 60, 30, 24), (x, 40, 70, 70)) for x in slide]
    return [analyse(ink, FlatSettings()) for ink in inks]


def built(drawings, store=None, network=None):
    builder = GraphBuilder(store, network=network)
    for drawing in drawings:
        builder.add(drawing)
    return builder.graph()


def test_a_key_frame_is_linked_with_all_that_are_not_linked_anyway(drawings):
    graph = built(drawings)
    direct = graph.with_keys([0]).key_links
    assert set(direct) == {(0, at) for at in range(1, 8) if at not in STEPS}
    both = graph.with_keys([3, 6]).key_links
    assert (3, 0) in both
    assert (3, 6) in both
    assert (6, 3) in both
    assert (3, 7) not in both, "the next key frame stands between"
    assert all(abs(key - other) not in STEPS for key, other in both)


def test_what_was_hidden_is_found_again_on_the_key_frame(drawings):
    direct = built(drawings).with_keys([0]).key_links[0, 7]
    here, there = (drawings[at].regions().label[70, 110] for at in (0, 7))
    rows = np.flatnonzero(direct.target == there)
    assert direct.source[rows[direct.back[rows].argmax()]] == here


def test_direct_links_are_made_once_and_kept(drawings):
    store = Store()
    built(drawings, store).with_keys([0])
    added = store.added
    again = built(drawings, store)
    assert again.with_keys([0]).key_links
    assert again.with_keys([0]) is again.with_keys([0, 0])
    assert store.added == added
    again.with_keys([0, 7])
    assert store.added > added


def test_an_edited_drawing_gives_other_links_over_it_and_no_others(drawings, boxes):
    store = Store()
    before = built(drawings, store).with_keys([0])
    edited = analyse(boxes((100, 60, 30, 24), (134, 40, 70, 70)), FlatSettings())
    after = built([*drawings[:6], edited, drawings[7]], store).with_keys([0])
    assert after.key_links[0, 3] is before.key_links[0, 3]
    assert after.key_links[0, 7] is not before.key_links[0, 7]


class Certain:
    """A network that is sure that every region matches none."""

    name = "certain"

    def __init__(self):
        self.asked = []

    def match_both(self, embedding_a, geometry_a, embedding_b, geometry_b, prior=None):
        self.asked.append(prior)
        forth, back = (
            np.zeros((len(one), len(other) + 1), np.float32)
            for one, other in ((embedding_a, embedding_b), (embedding_b, embedding_a))
        )
        forth[:, -1] = back[:, -1] = 1
        return forth, back


def test_a_network_is_asked_where_it_described_the_regions(drawings):
    network = Certain()
    built(drawings, network=network).with_keys([0])
    assert network.asked == []

    class Namer:
        name = "certain"

        def embed(self, ink, regions):
            return np.tile(np.float16([1, 0]), (regions.count, 1))

    boxes = [np.zeros((64, 64), np.uint8) for _ in range(2)]
    boxes[0][20, 20:40] = boxes[1][24, 20:40] = 255
    described = [analyse(ink, FlatSettings(), Namer()) for ink in boxes]
    doubted = built(described, network=network).links[0, 1]
    assert len(network.asked) == 1
    assert network.asked[0].shape == (described[0].count, described[1].count, 2)
    believed = built(described).links[0, 1]
    assert doubted.new.sum() > believed.new.sum()
