import numpy as np
import pytest

from celtint.engine.graph.links import Links
from celtint.engine.graph.wiring import Inlet


def links(pairs, regions, seed=0):
    """Links between drawings of some regions; beliefs are random."""
    random = np.random.default_rng(seed)
    source, target = np.array(sorted(pairs), np.int32).reshape(-1, 2).T
    belief = random.uniform(0.01, 0.2, (2, len(source))).astype(np.float32)
    none = np.zeros(regions, np.float32)
    return Links(source, target, *belief, none, none, np.array(False))


def said_by(inlet_of, state, regions, *, from_later):
    """What `Inlet.messages` says, pair by pair."""
    said = np.zeros((len(inlet_of), regions, state.shape[1]), np.float32)
    for at, (_, offset, one) in enumerate(inlet_of):
        ways = (
            (one.target, one.source, one.forth)
            if from_later
            else (one.source, one.target, one.back)
        )
        silent = np.ones(regions)
        for speaker, listener, belief in zip(*ways, strict=True):
            said[at, listener] += belief * state[offset + speaker]
            silent[listener] -= belief
        said[at, :, 0] += silent
    return said


@pytest.mark.parametrize("from_later", [True, False])
def test_each_linked_drawing_says_the_sum_of_what_its_regions_hold(from_later):
    many = [(speaker, 2) for speaker in range(5)] + [(2, listener) for listener in range(5)]
    gathered = [
        (1, 0, links({*many, (4, 4), (0, 1)}, 5)),
        (2, 5, links({(3, 0)}, 5, seed=1)),
        (4, 10, links(set(), 5)),
    ]
    state = np.random.default_rng(2).dirichlet(np.ones(4), 15).astype(np.float32)
    inlet = Inlet.of(gathered, 5, from_later=from_later)
    assert inlet.steps.tolist() == [1, 2, 4]
    expected = said_by(gathered, state, 5, from_later=from_later)
    np.testing.assert_allclose(inlet.messages(state), expected, atol=1e-6)


def test_every_speaker_knows_its_message():
    one = links({(0, 1), (1, 1), (2, 1), (2, 0)}, 3)
    inlet = Inlet.of([(1, 0, one)], 3, from_later=False)
    assert inlet.ranks == (2, 1, 1)
    heard = sorted(zip(inlet.source.tolist(), inlet.message_of_speaker.tolist(), strict=True))
    assert heard == [(0, 1), (1, 1), (2, 0), (2, 1)]


@pytest.mark.parametrize("gathered", [[], [(1, 0, links(set(), 3))]])
def test_where_nothing_speaks_all_is_unknown(gathered):
    inlet = Inlet.of(gathered, 3, from_later=False)
    said = inlet.messages(np.ones((3, 2), np.float32))
    assert said.shape == (len(gathered), 3, 2)
    assert (said == [1, 0]).all()
    assert not len(inlet.message_of_speaker)
