import numpy as np
import pytest

from celtint.engine.graph.links import Links
from celtint.engine.graph.smoothing import Tracks


def chain(drawings, regions=2):
    """Drawings that are linked with their next two for sure."""
    links = {
        (at, at + step): Links.identity(regions)
        for at in range(drawings)
        for step in (1, 2)
        if at + step < drawings
    }
    return links, np.arange(drawings + 1) * regions


def shares(*colours, sure=0.8):
    """(N, 3) shares: each region surely of a colour, else unknown."""
    state = np.zeros((len(colours), 3), np.float32)
    state[:, 0] = 1 - sure
    state[np.arange(len(colours)), colours] += sure
    return state


def test_one_mistake_is_outvoted_by_the_drawings_around():
    tracks = Tracks.of(*chain(5, 1))
    found = tracks.evened(shares(1, 1, 2, 1, 1), np.zeros(0, np.intp))
    assert found.argmax(axis=1).tolist() == [1, 1, 1, 1, 1]
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_dab_is_not_outvoted():
    tracks = Tracks.of(*chain(5, 1))
    found = tracks.evened(shares(1, 1, 2, 1, 1), np.array([2]))
    assert found.argmax(axis=1)[2] == 2
    assert found[2].tolist() == shares(2)[0].tolist()


def test_regions_that_are_not_linked_keep_what_they_have():
    links, first = chain(4)
    tracks = Tracks.of(links, first)
    state = shares(1, 2, 1, 2, 1, 2, 1, 2)
    assert np.allclose(tracks.evened(state, np.zeros(0, np.intp)), state, atol=1e-5)
    alone = Tracks.of({}, first)
    assert np.allclose(alone.evened(state, np.zeros(0, np.intp)), state)


def test_a_doubtful_link_hardly_counts():
    links, first = chain(2, 1)
    one = links[0, 1]
    faint = np.array([0.3], np.float32)
    links[0, 1] = Links(one.source, one.target, faint, faint, 1 - faint, 1 - faint, one.is_cut)
    found = Tracks.of(links, first).evened(shares(1, 2), np.zeros(0, np.intp))
    assert found.argmax(axis=1).tolist() == [1, 2]
    assert found[0, 1] > 0.75


def colours(state, dabbed=(), links=None):
    """The colours of a strand of one region a drawing, as they come out."""
    known, first = chain(len(state), 1)
    found = Tracks.of(known if links is None else links, first)
    return found.evened(state, np.array(dabbed, np.intp)).argmax(axis=1).tolist()


def test_a_thing_that_is_followed_for_sure_holds_one_colour():
    assert colours(shares(1, 1, 1, 1, 1, 1, 2, 2, 2, 2)) == [1] * 10


def test_what_is_followed_less_surely_may_change_its_colour():
    links, _ = chain(10, 1)
    one, less = links[5, 6], np.array([0.85], np.float32)
    links = {pair: link for pair, link in links.items() if pair not in ((4, 6), (5, 7))}
    links[5, 6] = Links(one.source, one.target, less, less, 1 - less, 1 - less, one.is_cut)
    state = shares(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, sure=1)
    assert colours(state, links=links) == [1] * 6 + [2] * 4


def test_a_dab_colours_the_thing_on_all_its_drawings():
    assert colours(shares(1, 1, 1, 1, 2, 1, 1, 1), dabbed=[4]) == [2] * 8


def test_a_thing_that_is_dabbed_in_two_colours_changes_on_the_way():
    found = colours(shares(1, 1, 1, 1, 2, 2, 2, 2), dabbed=[0, 7])
    assert found == [1] * 4 + [2] * 4


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_links_changes_nothing(reverse):
    links, first = chain(6, 3)
    ordered = dict(reversed(links.items())) if reverse else links
    state = np.random.default_rng(3).random((18, 4), np.float32)
    one = Tracks.of(links, first).evened(state, np.zeros(0, np.intp))
    assert one.tobytes() == Tracks.of(ordered, first).evened(state, np.zeros(0, np.intp)).tobytes()
