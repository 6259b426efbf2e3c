import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.shot import GraphBuilder


class Store:
    """Keeps everything, and remembers what was asked for."""

    def __init__(self):
        self.kept, self.asked = {}, []

    def analysis(self, index):
        return None

    def keep_analysis(self, index, analysis):
        raise AssertionError("the builder keeps links alone")

    def links(self, key):
        self.asked.append(key)
        return self.kept.get(key)

    def keep_links(self, key, links):
        assert key not in self.kept
        self.kept[key] = links


def scene(seed, shift=0, size=(360, 640)):
    random = np.random.default_rng(seed)
    ink = np.zeros(size, np.uint8)
    for _ in range(30):
        x, y = random.integers(0, [size[1], size[0]]).tolist()
        axes = random.integers(8, 90, 2).tolist()
        turned = float(random.uniform(0, 180))
        cv2.ellipse(ink, (x + shift, y), axes, turned, 0, 360, 255, 2, cv2.LINE_AA)
    return ink


def best(links, target):
    """The source that a target most likely comes from."""
    rows = np.flatnonzero(links.target == target)
    return int(links.source[rows[links.back[rows].argmax()]])


def test_held_frames_are_one_drawing(graph_of, boxes):
    one, other = boxes((20, 20, 60, 40)), boxes((26, 20, 60, 40))
    graph = graph_of(one, one, one, other, other)
    assert len(graph.drawings) == 2
    assert graph.drawing_of_frame.tolist() == [0, 0, 0, 1, 1]
    assert set(graph.links) == {(0, 1)}


def test_moved_boxes_are_linked_with_themselves(graph_of, boxes):
    graph = graph_of(
        boxes((20, 20, 60, 40), (150, 60, 40, 80)), boxes((29, 22, 60, 40), (144, 57, 40, 80))
    )
    labels = [drawing.regions().label for drawing in graph.drawings]
    links = graph.links[0, 1]
    for (y0, x0), (y1, x1) in (((40, 50), (42, 58)), ((100, 170), (97, 164)), ((2, 2), (2, 2))):
        assert best(links, labels[1][y1, x1]) == labels[0][y0, x0]


def test_beliefs_and_no_match_sum_up_to_1(graph_of):
    links = graph_of(scene(1), scene(1, 4)).links[0, 1]
    forth = links.lost + np.bincount(links.source, links.forth, len(links.lost))
    back = links.new + np.bincount(links.target, links.back, len(links.new))
    assert (
        np.abs(np.concatenate([forth, back]) - 1).max() < 0.05
    )  # hardly believed ones are dropped
    assert np.concatenate([forth, back]).max() < 1 + 1e-4


def test_the_parts_of_a_divided_box_both_come_from_it(graph_of, boxes):
    whole, divided = boxes((60, 30, 100, 100)), boxes((60, 30, 100, 100))
    cv2.line(divided, (110, 30), (110, 130), 255, 2)
    graph = graph_of(whole, divided)
    labels = [drawing.regions().label for drawing in graph.drawings]
    for x in (85, 135):
        assert best(graph.links[0, 1], labels[1][80, x]) == labels[0][80, 110]


def test_a_cut_is_found_and_not_bridged(graph_of):
    graph = graph_of(scene(1), scene(1, 3), scene(2), scene(2, 3))
    assert graph.cuts() == [2]
    assert set(graph.links) == {(0, 1), (2, 3)}


def test_behind_a_flash_the_scene_goes_on(graph_of):
    graph = graph_of(scene(1), scene(1, 3), scene(5), scene(1, 6), scene(1, 9))
    assert graph.scene.tolist() == [0, 0, 1, 0, 0]
    assert (1, 3) in graph.links
    assert not any(2 in pair for pair in graph.links)


def test_a_pan_is_no_cut(graph_of):
    page = scene(3, size=(360, 700))
    graph = graph_of(page[:, :640].copy(), page[:, 12:652].copy())
    assert graph.cuts() == []


def test_a_drawing_that_comes_back_is_linked_with_itself_however_late(graph_of, boxes):
    inks = [boxes((20 + 3 * step, 20, 60, 40)) for step in range(20)]
    graph = graph_of(*inks, inks[0])
    links = graph.links[0, 20]
    assert links.source.tolist() == links.target.tolist() == list(range(graph.drawings[0].count))
    assert (links.back == 1).all()


def test_what_a_store_knows_is_not_matched_again():
    store = Store()
    drawings = [analyse(scene(1, 3 * at), FlatSettings()) for at in range(4)]

    class Blind:
        """Knows what a matcher would call the links, and refuses to find them."""

        def __init__(self, matcher):
            self.links_key, self.describe = matcher.links_key, None

    builder = GraphBuilder(store)
    for drawing in drawings:
        builder.add(drawing)
    graph = builder.graph()
    again = GraphBuilder(store, Blind(builder.matcher))
    for drawing in drawings:
        again.add(drawing)
    for pair, links in again.graph().links.items():
        assert links is graph.links[pair]
    assert sorted(store.kept) == sorted(set(store.asked))


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (13, 17)])
def test_drawings_of_any_size_are_linked(graph_of, shape):
    blank = np.zeros(shape, np.uint8)
    dotted = blank.copy()
    dotted[0, 0] = 255
    graph = graph_of(blank, dotted)
    assert set(graph.links) == {(0, 1)}
