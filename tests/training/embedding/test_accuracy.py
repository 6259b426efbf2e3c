from pathlib import Path

import numpy as np
import pytest

from celtint.engine.embedding.embedder import load_embedder
from celtint.engine.embedding.weights import save_embedder
from celtint.training.data.shards import read_shots
from celtint.training.embedding.accuracy import METHODS, Tally, _count, score
from celtint.training.embedding.clips import see
from celtint.training.embedding.task import MatchingTask


def test_parts_of_a_shape_add_up_and_what_is_lost_can_be_flagged() -> None:
    ink, identity = np.zeros((32, 96), np.uint8), np.zeros((32, 96), np.uint16)
    ink[:, 32], ink[:, 64] = 255, 255
    for number in range(3):
        identity[:, 32 * number : 32 * number + 32] = number + 1
    seen = see(ink, identity, picture_px=96)
    order = [int(seen.identity[region]) for region in range(3)]
    rows = {
        1: [0.3, 0.3, 0.4, 0.0],  # two parts of its own shape have more than another one alone
        2: [0.1, 0.1, 0.2, 0.6],  # not there, and flagged
        3: [0.2, 0.1, 0.5, 0.2],  # there and right
    }
    belief = np.array([rows[shape] for shape in order], np.float32)
    tally = Tally()
    _count(tally, belief, seen, np.array([1, 1, 3]))
    assert tally == Tally(reachable=2, right=2, lost=1, flagged=1, false_alarms=0)
    assert tally.figures()["right"] == 1


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    task = MatchingTask().eval()
    save_embedder(task.network, task.matcher, tmp_path / "fresh.safetensors")
    return tmp_path / "fresh.safetensors"


def test_flow_follows_shapes_that_hardly_move(shapes_set: Path, weights: Path) -> None:
    figures = score(read_shots(shapes_set), load_embedder(weights), strides=(1,)).figures()
    assert set(figures) == set(METHODS)
    assert figures["flow"]["1"]["regions"] > 20
    assert figures["flow"]["1"]["right"] > 0.9
