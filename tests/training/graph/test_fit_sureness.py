from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from celtint.engine.graph.matcher import default_matcher
from celtint.engine.graph.mixing import OPINION_CUES
from celtint.engine.graph.seeding import ShotSeeds
from celtint.engine.graph.solve import Solver, flowed, winners
from celtint.training.data.shards import read_shots
from celtint.training.graph.examples import graph_of
from celtint.training.graph.fit_solver import KnownShot
from celtint.training.graph.fit_sureness import SurenessFit, fit_sureness
from celtint.training.graph.known import known_drawings

FIT = SurenessFit(updates=150, regions_a_step=256)


def even_solver():
    """Hears all opinions alike."""
    cues = len(OPINION_CUES)
    return {
        f"{name}.{part}": array
        for name in ("sweep", "merge")
        for part, array in {
            "mean": np.zeros(cues, np.float32),
            "scale": np.ones(cues, np.float32),
            "inner": np.zeros((cues, 1), np.float32),
            "inner_bias": np.zeros(1, np.float32),
            "outer": np.zeros((1, 1), np.float32),
            "outer_bias": np.zeros(1, np.float32),
            "sharpness": np.ones(1, np.float32),
        }.items()
    }


@pytest.fixture(scope="module")
def shot(coloured_set: Path):
    known = next(known_drawings(read_shots(coloured_set), None))
    return KnownShot(graph_of(known, default_matcher(), None), known.colours, [0])


def test_what_turned_out_wrong_is_less_sure_than_what_was_right(shot):
    # As if one shape had been taken for another from the second drawing on.
    mistaken = [
        np.where(colour == 3, 4, colour) if at else colour for at, colour in enumerate(shot.colour)
    ]
    shot = replace(shot, colour=mistaken)
    solver = even_solver()
    solver |= fit_sureness([shot], solver, FIT)
    judge = Solver.from_arrays(solver)
    assert judge.sure is not None
    first = shot.colour[0].astype(np.int32)
    each = np.arange(len(first), dtype=np.int32)
    seeds = ShotSeeds(np.zeros((5, 3), np.float32), {0: each}, {0: first}, {})
    found = flowed(shot.graph, seeds, judge)
    colour = winners(found.evened)
    sure = judge.sure(found, colour)
    truth, late = np.concatenate(mistaken), np.arange(len(colour)) >= len(each)
    painted = (colour > 0) & (truth > 0) & late
    right, wrong = painted & (colour == truth), painted & (colour != truth)
    assert wrong.any()
    assert sure[right].mean() > 0.2 + sure[wrong].mean()


def test_the_same_seed_gives_the_same_judge(shot):
    one, other = (fit_sureness([shot], even_solver(), FIT) for _ in range(2))
    assert all((one[name] == other[name]).all() for name in one)


def test_without_shots_nothing_is_learned():
    assert fit_sureness([], even_solver(), FIT) == {}
