import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.links import Links
from celtint.engine.graph.seeding import seeds_of
from celtint.engine.graph.solve import solve
from celtint.engine.graph.suggest import suggest

RED, BLUE, GREEN = (0.9, 0.1, 0.1), (0.1, 0.2, 0.9), (0.2, 0.8, 0.3)


@pytest.fixture
def walk(boxes):
    """Two boxes on their way, eight drawings: where they are, and the drawings."""
    places = [((20 + 8 * at, 20, 50, 40), (160 - 6 * at, 90, 60, 50)) for at in range(8)]
    return places, [boxes(*both) for both in places]


def colours_at(graph, solution, frame, places):
    """Of the outside and of each box: its colour, and how sure it is."""
    label = graph.drawings[graph.drawing_of_frame[frame]].regions().label
    spots = [(2, 2), *((y + height // 2, x + width // 2) for x, y, width, height in places)]
    regions = [label[spot] for spot in spots]
    palette = solution.palette[solution.palette_index[frame][regions]]
    return [
        tuple(round(value, 3) for value in one.tolist()) for one in palette
    ], solution.confidence[frame][regions]


def middle(place):
    return place[0] + place[2] // 2, place[1] + place[3] // 2


def everything(hint, places):
    (x0, y0), (x1, y1) = (middle(place) for place in places)
    return hint((3, 3, GREEN), (x0, y0, RED), (x1, y1, BLUE))


@pytest.mark.parametrize("key", [0, 3, 7])
def test_two_boxes_on_their_way_keep_their_colours_both_ways_in_time(walk, graph_of, hint, key):
    places, inks = walk
    graph = graph_of(*inks)
    solution = solve(graph, seeds_of(graph, {key: everything(hint, places[key])}))
    for frame in range(8):
        found, sure = colours_at(graph, solution, frame, places[frame])
        assert found == [GREEN, RED, BLUE]
        assert (sure > 0.7).all()
        assert (sure == 1).all() == (frame == key)


def test_key_frames_at_both_ends_complete_each_other(walk, graph_of, hint):
    places, inks = walk
    graph = graph_of(*inks)
    one, other = middle(places[0][0]), middle(places[7][1])
    hints = {0: hint((3, 3, GREEN), (*one, RED)), 7: hint((*other, BLUE))}
    solution = solve(graph, seeds_of(graph, hints))
    for frame in range(8):
        assert colours_at(graph, solution, frame, places[frame])[0] == [GREEN, RED, BLUE]


def test_what_nothing_reaches_stays_unpainted(boxes, graph_of, hint):
    page = ((20, 20, 50, 40), (160, 90, 60, 50))
    graph = graph_of(boxes(*page), boxes(*page, (30, 100, 30, 30)))
    solution = solve(graph, seeds_of(graph, {0: hint((45, 40, RED))}))
    label = graph.drawings[1].regions().label
    for spot in ((2, 2), (115, 190)):
        assert solution.palette_index[1][label[spot]] == 0
        assert solution.confidence[1][label[spot]] == 0


def test_what_nothing_reaches_is_guessed_if_asked_and_marked_by_its_confidence(
    boxes, graph_of, hint
):
    page = ((20, 20, 50, 40), (160, 90, 60, 50))
    graph = graph_of(boxes(*page), boxes(*page))
    hints = {0: hint((3, 3, GREEN), (45, 40, RED))}
    solution = solve(graph, seeds_of(graph, hints), FlatSettings(unreached="guess"))
    for frame in (0, 1):
        found, sure = colours_at(graph, solution, frame, page)
        assert found == [GREEN, RED, RED]  # the box is more like a box
        assert sure[2] < 0.25


def test_a_dab_that_corrects_holds_from_its_frame_on_and_is_told(walk, graph_of, hint):
    places, inks = walk
    graph = graph_of(*inks)
    hints = {0: everything(hint, places[0]), 4: hint((*middle(places[4][0]), BLUE))}
    solution = solve(graph, seeds_of(graph, hints))
    for frame in (4, 5, 6, 7):
        assert colours_at(graph, solution, frame, places[frame])[0] == [GREEN, BLUE, BLUE]
    assert colours_at(graph, solution, 0, places[0])[0] == [GREEN, RED, BLUE]
    assert {(one.frame, one.hinted, one.expected) for one in solution.disputes} == {
        (0, 2, 3),
        (4, 3, 2),
    }


def test_contradicting_dabs_within_a_hold_hold_from_their_frames_on(boxes, graph_of, hint):
    box = (20, 20, 50, 40)
    graph = graph_of(*[boxes(box)] * 5)
    hints = {1: hint((3, 3, GREEN), (45, 40, RED)), 3: hint((45, 40, BLUE))}
    solution = solve(graph, seeds_of(graph, hints))
    found = [colours_at(graph, solution, frame, [box])[0][1] for frame in range(5)]
    assert found == [RED, RED, RED, BLUE, BLUE]
    assert solution.palette_index[1] is solution.palette_index[2]


def test_a_blank_frame_does_not_let_the_outside_in(walk, graph_of, hint, blank):
    places, inks = walk
    inks = [*inks[:4], blank, *inks[4:]]
    graph = graph_of(*inks)
    solution = solve(graph, seeds_of(graph, {0: everything(hint, places[0])}))
    for frame in (5, 8):
        found, _ = colours_at(graph, solution, frame, places[frame - 1])
        assert found == [GREEN, RED, BLUE]


def test_what_was_hidden_comes_back_with_its_colour(boxes, graph_of, hint):
    small, large = (100, 60, 30, 24), (150, 40, 70, 70)
    slide = [150, 120, 95, 90, 95, 120, 150]  # over the small box, and back
    inks = [boxes(small, (x, *large[1:])) for x in slide]
    graph = graph_of(*inks)
    x, y = middle(large)
    solution = solve(graph, seeds_of(graph, {0: hint((3, 3, GREEN), (115, 72, RED), (x, y, BLUE))}))
    assert colours_at(graph, solution, 6, (small, large))[0] == [GREEN, RED, BLUE]


def test_nothing_crosses_a_cut(walk, graph_of, hint):
    places, inks = walk
    graph = graph_of(*inks[:2])
    graph.links.clear()  # as a cut leaves it, see test_shot
    solution = solve(graph, seeds_of(graph, {0: everything(hint, places[0])}))
    assert not solution.palette_index[1].any()


def test_the_order_of_hints_and_of_links_changes_nothing(walk, graph_of, hint):
    places, inks = walk
    graph, again = graph_of(*inks), graph_of(*inks)
    hints = {0: everything(hint, places[0]), 7: everything(hint, places[7])}
    links = dict(reversed(list(again.links.items())))
    again.links.clear()
    again.links.update(links)
    one = solve(graph, seeds_of(graph, hints))
    other = solve(again, seeds_of(again, dict(reversed(list(hints.items())))))
    assert one.palette.tobytes() == other.palette.tobytes()
    for name in ("palette_index", "confidence", "runner_up"):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert a.tobytes() == b.tobytes()


def test_without_links_nothing_flows(walk, graph_of, hint):
    places, inks = walk
    graph = graph_of(*inks[:3])
    for pair, links in list(graph.links.items()):
        graph.links[pair] = Links(
            links.source[:0],
            links.target[:0],
            links.forth[:0],
            links.back[:0],
            np.ones_like(links.lost),
            np.ones_like(links.new),
            links.is_cut,
        )
    solution = solve(graph, seeds_of(graph, {0: everything(hint, places[0])}))
    assert not solution.palette_index[1].any()
    assert not solution.confidence[2].any()


def test_the_suggested_dab_is_on_what_is_unknown_longest(walk, graph_of, hint):
    """The outside and one box are dabbed on the first frame: the other box is worth the dab."""
    places, inks = walk
    graph = graph_of(*inks)
    known = hint((3, 3, GREEN), (*middle(places[0][0]), RED))
    solution = solve(graph, seeds_of(graph, {0: known}))
    (best,) = suggest(graph, solution)
    x, y = middle(places[best.frame][1])
    label = graph.drawings[best.frame].regions().label
    assert best.region == label[y, x]
    assert 4 < best.settles <= 8
    hints = {0: known}
    hints[best.frame] = hint((x, y, BLUE)) + hints.get(best.frame, 0)
    after = solve(graph, seeds_of(graph, hints))
    for frame in range(8):
        assert colours_at(graph, after, frame, places[frame])[0] == [GREEN, RED, BLUE]
    assert sum(one.settles for one in suggest(graph, after, 3)) < best.settles


def test_where_all_is_sure_nothing_is_suggested(boxes, graph_of, hint):
    box = (20, 20, 50, 40)
    graph = graph_of(boxes(box))
    solution = solve(graph, seeds_of(graph, {0: hint((3, 3, GREEN), (45, 40, RED))}))
    assert suggest(graph, solution, 5) == []
