import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from celtint.engine.embedding.weights import load_networks
from celtint.training.embedding.checkpoint import CHECKPOINT_FILE
from celtint.training.embedding.fit import LOG_FILE, WEIGHTS_FILE, fit_matching
from celtint.training.embedding.settings import MatchingSettings
from celtint.training.errors import CheckpointError, DataError

SMALL = MatchingSettings(clips=1, drawings=2, frame_px=64, priors=1, warm_up=2, steps=4)


def test_four_steps_are_two_and_two_more(shapes_set: Path, tmp_path: Path) -> None:
    straight = fit_matching(shapes_set, tmp_path / "straight", SMALL)
    asked = iter([False, False, True])
    halted = fit_matching(
        shapes_set, tmp_path / "halted", SMALL, is_asked_to_stop=lambda: next(asked)
    )
    assert (straight.step, halted.step) == (4, 2)
    resumed = fit_matching(shapes_set, tmp_path / "halted", SMALL, resume=True)
    assert resumed.step == 4
    once, twice = load_file(straight.weights), load_file(resumed.weights)
    assert all(torch.equal(once[name], twice[name]) for name in once)


def test_a_run_is_not_overwritten_unasked(shapes_set: Path, tmp_path: Path) -> None:
    fit_matching(shapes_set, tmp_path, SMALL, steps=1)
    with pytest.raises(CheckpointError, match="resume"):
        fit_matching(shapes_set, tmp_path, SMALL)


def test_what_is_kept_follows_what_is_learned(shapes_set: Path, tmp_path: Path) -> None:
    fresh = fit_matching(shapes_set, tmp_path / "fresh", SMALL, minutes=0)
    taught = fit_matching(shapes_set, tmp_path / "taught", SMALL)
    before, after = load_file(fresh.weights), load_file(taught.weights)
    for name in ("network.stem.weigh.weight", "matcher.final.weight"):
        assert not torch.equal(before[name], after[name])


def test_weights_and_log_are_left(shapes_set: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    fit_matching(
        shapes_set, tmp_path, MatchingSettings(**(vars(SMALL) | {"steps": 20})), tell=told.append
    )
    load_networks(tmp_path / WEIGHTS_FILE)
    lines = (tmp_path / LOG_FILE).read_text().splitlines()
    assert [json.loads(line) for line in lines] == told
    assert told[0]["step"] == 20
    assert told[0]["matching"] > 0


def test_time_ends_a_run_that_goes_on_later(shapes_set: Path, tmp_path: Path) -> None:
    assert fit_matching(shapes_set, tmp_path, SMALL, minutes=0).step == 0
    assert fit_matching(shapes_set, tmp_path, SMALL, steps=1, resume=True).step == 1


def test_a_run_begins_with_the_weights_of_another(shapes_set: Path, tmp_path: Path) -> None:
    taught = fit_matching(shapes_set, tmp_path / "taught", SMALL)
    before = load_file(tmp_path / "taught" / CHECKPOINT_FILE)
    other = replace(SMALL, seed=5, steps=7)
    begun = fit_matching(
        shapes_set, tmp_path / "begun", other, minutes=0, start_from=taught.weights.parent
    )
    assert (begun.step, begun.steps) == (0, 7)
    after = load_file(tmp_path / "begun" / CHECKPOINT_FILE)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_missing_set_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        fit_matching(tmp_path / "nowhere", tmp_path / "run", SMALL)
    assert not (tmp_path / "run").exists()
