import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat import carry
from celtint.engine.flat.carry import FlowVote, _flow
from celtint.engine.flat.regions import find_regions

CARRIER = FlowVote()


def look_at(ink):
    return CARRIER.look(ink, find_regions(ink, FlatSettings()))


def ring(x, y=90, radius=40, size=(180, 320)):
    ink = np.zeros(size, np.uint8)
    cv2.circle(ink, (x, y), radius, 255, 3, cv2.LINE_AA)
    return ink


def carried(before_ink, now_ink, colours, confidence=1.0):
    """Colours by place {(y, x): index} carried; a function that answers colour and confidence."""
    before, now = look_at(before_ink), look_at(now_ink)
    index = np.zeros(before.regions.count, np.int32)
    for (y, x), colour in colours.items():
        index[before.regions.label[y, x]] = colour
    sure = np.where(index > 0, np.float32(confidence), np.float32(0))
    new, new_sure = CARRIER.carry(before, index, sure, now)

    def at(y, x):
        region = now.regions.label[y, x]
        return int(new[region]), float(new_sure[region])

    return at


def test_a_moved_ring_keeps_its_colours():
    at = carried(ring(120), ring(132, 84), {(90, 120): 1, (5, 5): 2})
    assert at(84, 132)[0] == 1
    assert at(5, 5)[0] == 2
    assert at(84, 132)[1] > 0.9


def test_unpainted_stays_unpainted_with_confidence_0():
    at = carried(ring(120), ring(128), {(5, 5): 2})
    assert at(90, 128) == (0, 0)
    assert at(5, 5)[0] == 2


def test_confidence_never_rises_on_its_way():
    at = carried(ring(120), ring(122), {(90, 120): 1, (5, 5): 2}, confidence=0.5)
    assert 0.4 < at(90, 122)[1] <= 0.5
    assert at(5, 5)[1] <= 0.5


def test_what_appears_inside_a_region_is_half_sure_at_most():
    busy = ring(90)
    entered = busy.copy()
    cv2.circle(entered, (250, 90), 25, 255, 3, cv2.LINE_AA)
    at = carried(busy, entered, {(90, 90): 1, (5, 5): 2})
    assert at(90, 250)[1] <= 0.55
    assert at(90, 90)[1] > 0.9


def test_a_region_that_falls_apart_keeps_its_colour():
    divided = ring(120)
    cv2.line(divided, (120, 50), (120, 130), 255, 2)
    at = carried(ring(120), divided, {(90, 120): 1, (5, 5): 2})
    assert at(90, 105)[0] == at(90, 135)[0] == 1


def test_where_votes_are_split_size_and_shape_decide(monkeypatch):
    def still(source, target):
        return np.zeros((*source.shape, 2), np.float32)

    monkeypatch.setattr(carry, "_flow", still)
    page = ring(230, 90, 60)
    before, after = page.copy(), page.copy()
    cv2.rectangle(before, (40, 40), (70, 70), 255, 1)
    cv2.rectangle(after, (61, 40), (91, 70), 255, 1)  # a third of it is where it was
    at = carried(before, after, {(55, 55): 1, (5, 5): 2, (90, 230): 3})
    assert at(55, 76)[0] == 1
    assert at(90, 230)[0] == 3


def scribble(seed, size=(360, 640)):
    random = np.random.default_rng(seed)
    ink = np.zeros(size, np.uint8)
    for _ in range(30):
        centre = random.integers(0, [size[1], size[0]]).tolist()
        axes = random.integers(8, 90, 2).tolist()
        cv2.ellipse(ink, centre, axes, float(random.uniform(0, 180)), 0, 360, 255, 2, cv2.LINE_AA)
    return ink


def test_a_cut_carries_nothing():
    before, now = look_at(scribble(1)), look_at(scribble(2))
    count = before.regions.count
    index, confidence = CARRIER.carry(
        before, np.arange(1, count + 1, dtype=np.int32), np.ones(count, np.float32), now
    )
    assert not index.any()
    assert not confidence.any()


def test_a_pan_is_no_cut():
    page = scribble(1, (360, 700))
    before, now = look_at(page[:, :640].copy()), look_at(page[:, 12:652].copy())
    count = before.regions.count
    colours = np.arange(1, count + 1, dtype=np.int32)
    index, _ = CARRIER.carry(before, colours, np.ones(count, np.float32), now)
    inner = np.s_[20:340:10, 20:600:10]
    was = index[now.regions.label[inner]]
    true = colours[before.regions.label[20:340:10, 32:612:10]]
    assert (was == true).mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (13, 17), (33, 1001)])
def test_any_size_is_carried(shape):
    blank = np.zeros(shape, np.uint8)
    dotted = blank.copy()
    dotted[0, 0] = 255
    before, now = look_at(blank), look_at(dotted)
    index, confidence = CARRIER.carry(before, np.array([1], np.int32), np.ones(1, np.float32), now)
    assert index.tolist() == [1] * now.regions.count
    assert confidence.shape == index.shape


def test_flow_does_not_depend_on_the_number_of_threads():
    a, b = look_at(scribble(1)).line_distance, look_at(scribble(3)).line_distance
    threads = cv2.getNumThreads()
    flows = []
    try:
        for count in (1, 2, 3, 8):
            cv2.setNumThreads(count)
            flows.append(_flow(a, b))
    finally:
        cv2.setNumThreads(threads)
    assert np.abs(flows[0]).max() > 1
    for flow in flows[1:]:
        assert np.array_equal(flow, flows[0])
