from pathlib import Path

import numpy as np
import pytest

from celtint.engine.graph.cues import PAIR_CUES
from celtint.engine.graph.matcher import Matcher
from celtint.engine.graph.seeding import ShotSeeds
from celtint.engine.graph.solve import Solver, solve
from celtint.training.data.shards import read_shots
from celtint.training.errors import TrainingError
from celtint.training.graph.examples import graph_of
from celtint.training.graph.fit_describer import DescriberFit
from celtint.training.graph.fit_graph import GraphFit, fit_graph
from celtint.training.graph.fit_matcher import MatcherFit
from celtint.training.graph.fit_solver import SolverFit
from celtint.training.graph.fit_sureness import SurenessFit
from celtint.training.graph.known import known_drawings

SHORT = GraphFit(
    describer=DescriberFit(updates=30),
    first_matcher=MatcherFit(updates=30, rounds=1),
    matcher=MatcherFit(updates=60, rounds=2),
    solver=SolverFit(rounds=3),
    sureness=SurenessFit(updates=60),
    per_step=3,
)


class Twin:
    """A network that knows every region by its size, and matches those of like size."""

    name = "twin"

    def embed(self, ink, regions):
        size = np.log(np.maximum(regions.area_px, 1))
        return np.column_stack([np.cos(size), np.sin(size)]).astype(np.float16)

    def match_both(self, embedding_a, geometry_a, embedding_b, geometry_b, prior=None):
        like = np.exp(20 * (embedding_a.astype(np.float32) @ embedding_b.astype(np.float32).T - 1))
        forth = np.column_stack([like, np.full(len(like), 0.01)])
        back = np.column_stack([like.T, np.full(like.shape[1], 0.01)])
        return (
            (forth / forth.sum(1, keepdims=True)).astype(np.float32),
            (back / back.sum(1, keepdims=True)).astype(np.float32),
        )


@pytest.mark.parametrize("network", [None, Twin()])
def test_what_is_learned_carries_colours_through_a_shot(coloured_set: Path, network):
    shots = list(known_drawings(read_shots(coloured_set), network))
    matcher, solver = fit_graph(shots, network, SHORT)
    assert len(matcher["0.pair.mean"]) == len(PAIR_CUES)
    graph = graph_of(shots[0], Matcher.from_arrays(matcher), network)
    colour = shots[0].colours[0]
    known = np.flatnonzero(colour).astype(np.int32)
    palette = np.zeros((1 + colour.max(), 3), np.float32)
    seeds = ShotSeeds(palette, {0: known}, {0: colour[known].astype(np.int32)}, {})
    solution = solve(graph, seeds, solver=Solver.from_arrays(solver))
    right = [
        (found == truth)[truth > 0].mean()
        for found, truth in zip(solution.palette_index[1:], shots[0].colours[1:], strict=True)
    ]
    assert np.mean(right) > 0.8


def test_the_same_seed_gives_the_same_models_and_progress_is_told(coloured_set: Path):
    shots = list(known_drawings(read_shots(coloured_set), None))[:2]
    told = []
    one = fit_graph(shots, None, SHORT, tell=lambda *what: told.append(what))
    other = fit_graph(shots, None, SHORT)
    for first, second in zip(one, other, strict=True):
        assert all((first[name] == second[name]).all() for name in first)
    assert told[0] == ("pictures of regions", 1, 2)
    assert told[-1] == ("links", 2, 2)


def test_a_set_without_movement_is_refused():
    with pytest.raises(TrainingError, match="two drawings"):
        fit_graph([], None, SHORT)
