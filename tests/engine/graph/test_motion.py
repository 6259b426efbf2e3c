"""Motion between drawings: followed pixels, flow put together of halves, and scene cuts."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.graph import motion
from celtint.engine.graph.measure import analyse
from celtint.engine.graph.motion import MOST_VOTERS, Flow, Flows, Look, flow_between, overlap

SIZE = (160, 240)


def drawing(at: int, *, radius: int = 22) -> Look:
    """Two discs and a box; the first disc and the box move right with `at`."""
    ink = np.zeros(SIZE, np.uint8)
    cv2.circle(ink, (50 + at, 60), radius, 255, 2)
    cv2.circle(ink, (50 + at, 60), 8, 255, 2)
    cv2.rectangle(ink, (120 + at, 90), (160 + at, 130), 255, 2)
    return Look.at(analyse(ink, FlatSettings()))


def other_scene() -> Look:
    ink = np.zeros(SIZE, np.uint8)
    for x in range(15, 240, 37):
        cv2.line(ink, (x, 0), (x + 9, 160), 255, 2)
    return Look.at(analyse(ink, FlatSettings()))


def matched(source: Look, target: Look, flow: NDArray[np.float32]) -> list[int]:
    """Of each region of the source, the one most of it lands in."""
    found = overlap(source, target, flow)
    best = [-1] * source.analysis.count
    for one in np.argsort(found.share, kind="stable").tolist():
        best[int(found.source[one])] = int(found.target[one])
    return best


@pytest.fixture
def looks() -> list[Look]:
    return [drawing(6 * step) for step in range(5)]


def test_regions_land_where_they_moved_to(looks: list[Look]) -> None:
    flow = flow_between(looks[0], looks[1])
    assert matched(looks[0], looks[1], flow) == list(range(looks[0].analysis.count))
    found = overlap(looks[0], looks[1], flow)
    smallest = int(looks[0].analysis.area_px.argmin())
    np.testing.assert_allclose(found.flow_px[smallest], (6, 0), atol=1.5)


def test_shares_of_a_region_are_of_all_its_pixels_though_few_are_followed() -> None:
    still, half = drawing(0), np.zeros(SIZE, np.uint8)
    cv2.line(half, (0, 80), (239, 80), 255, 2)
    split = Look.at(analyse(half, FlatSettings()))
    nowhere = np.zeros((*still.picture.shape, 2), np.float32)
    background = int(still.analysis.area_px.argmax())
    assert still.analysis.area_px[background] > 10 * MOST_VOTERS
    assert (still.region == background).sum() == MOST_VOTERS
    found = overlap(still, split, nowhere)
    shares = found.share[found.source == background]
    label, paper = still.analysis.run_map().label(), still.analysis.run_map().paper() > 0
    inside = (label == background) & paper
    above = split.analysis.run_map().label() == 0
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx((inside & above).sum() / inside.sum(), abs=0.01)


def test_what_leaves_the_frame_lands_nowhere() -> None:
    look = drawing(0)
    away = np.full((*look.picture.shape, 2), 1000, np.float32)
    found = overlap(look, look, away)
    assert not len(found.source)
    assert not found.inside.any()


def test_flow_of_four_drawings_is_put_together_of_neighbours(
    looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counted(source: Look, target: Look) -> NDArray[np.float32]:
        asked.append((looks.index(source), looks.index(target)))
        return flow_between(source, target)

    monkeypatch.setattr(motion, "flow_between", counted)
    flow = Flows(looks.__getitem__).between(0, 4)
    assert sorted(asked) == sorted(
        pair for one in range(4) for pair in ((one, one + 1), (one + 1, one))
    )
    assert not flow.is_cut
    same = list(range(looks[0].analysis.count))
    assert matched(looks[0], looks[4], flow.forth) == same
    assert matched(looks[4], looks[0], flow.back) == same


def test_no_flow_leads_through_another_scene(looks: list[Look]) -> None:
    shown = [looks[0], other_scene(), looks[1]]
    flows = Flows(shown.__getitem__)
    assert flows.between(0, 1).is_cut
    assert flows.between(1, 2).is_cut
    across = flows.between(0, 2)
    assert not across.is_cut
    np.testing.assert_array_equal(across.forth, flow_between(looks[0], looks[1]))


def test_what_is_forgotten_is_found_again_the_same(looks: list[Look]) -> None:
    flows = Flows(looks.__getitem__)
    before = flows.between(1, 3)
    flows.forget(2)
    np.testing.assert_array_equal(flows.between(1, 3).forth, before.forth)


def test_tiny_drawings_stand_still() -> None:
    ink = np.zeros((9, 12), np.uint8)
    ink[:, 6] = 255
    look = Look.at(analyse(ink, FlatSettings()))
    assert not flow_between(look, look).any()
    assert Flow.of(look, look).forth.shape == (*look.picture.shape, 2)


def test_a_large_drawing_is_sampled_as_its_whole_map_would_be() -> None:
    ink = np.zeros((1080, 1920), np.uint8)
    cv2.circle(ink, (900, 500), 300, 255, 6)
    analysis = analyse(ink, FlatSettings())
    look = Look.at(analysis)
    assert look.stride == 3
    np.testing.assert_array_equal(look.label, analysis.run_map().label()[::3, ::3])
