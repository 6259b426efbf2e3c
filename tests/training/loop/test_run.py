import io
import threading

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from celtint.engine.errors import WeightsError
from celtint.engine.painted.weights import load_weights
from celtint.training.errors import CheckpointError, ConfigError, DataError
from celtint.training.loop.checkpoint import read_checkpoint, steps_of
from celtint.training.loop.run import fit, with_steps


@pytest.fixture
def train(disc_set, tmp_path):
    """(config, name, ...) -> trained on discs into a folder of that name."""

    def run(config, name="run", **settings):
        console = Console(file=io.StringIO())
        return fit(config, disc_set, tmp_path / name, console=console, **settings)

    return run


@pytest.mark.parametrize("network", ["paper2019", "guided"])
def test_40_steps_are_20_and_20_more_to_the_bit(train, config, tmp_path, network):
    """Weights, averages, optimisers, random state and place in the data."""
    sections = {
        "model": {"width": 2, "discriminator_width": 2},
        "data": {"recoloured": 1.0, "hints": {"clean": 1.0, "dabs_some": 1.0}},
        "optimiser": {"schedule": "cosine", "clip_norm": 1.0, "warmup_steps": 5},
        "batch": {"clips": 1},
        "run": {"steps": 40, "picture_steps": 100},
    }
    whole = config(network, **sections)
    train(whole, "whole")
    stop = threading.Event()
    train(whole, "halves", minutes=None, stop=_StopsAt(stop, 20))
    assert steps_of(tmp_path / "halves" / "checkpoints") == [20]
    train(whole, "halves", is_resumed=True)
    one, other = (read_checkpoint(tmp_path / name / "checkpoints") for name in ("whole", "halves"))
    assert one.step == other.step == 40
    assert one.state == other.state
    assert one.tensors.keys() == other.tensors.keys()
    assert all(torch.equal(one.tensors[key], other.tensors[key]) for key in one.tensors)
    weights = [tmp_path / name / "weights.safetensors" for name in ("whole", "halves")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


class _StopsAt(threading.Event):
    """Is set when it has been asked so many times: once a step."""

    def __init__(self, inner, asked):
        super().__init__()
        self._left = asked

    def is_set(self):
        self._left -= 1
        return self._left <= 0


def test_a_tiny_painter_overfits_one_shot(config, tmp_path, one_shot):
    """Without hints: it has to learn the colours, and paints them at the end."""
    tiny = config(
        "guided",
        model={"width": 8},
        data={"recoloured": 0.0, "flipped": 0.0, "whole": 1.0, "hints": {"none": 1.0}},
        batch={"target": "paint", "clips": 2},
        loss={"adversarial": 0.0},
        optimiser={"lr": 3e-3, "beta1": 0.9, "clip_norm": 1.0},
        run={"steps": 50},
    )
    fit(tiny, one_shot, tmp_path / "run", console=Console(file=io.StringIO()))
    losses = _scalars(tmp_path / "run", "loss/l1")
    assert len(losses) == 50
    assert np.mean(losses[-5:]) < 0.25 * losses[0]


def _scalars(run, name):
    board = EventAccumulator(str(run / "tensorboard"))
    board.Reload()
    return [event.value for event in board.Scalars(name)]


def test_a_run_leaves_weights_that_the_engine_takes_configuration_log_and_strips(
    train, config, tmp_path
):
    made = config(optimiser={"ema_decay": 0.5})
    done = train(made)
    assert (done.step, done.steps) == (4, 4)
    loaded = load_weights(done.weights)
    assert loaded.preset.name == "paper2019"
    average = read_checkpoint(tmp_path / "run" / "checkpoints").part("average")
    stored = load_file(done.weights)
    assert all(torch.equal(stored[key], average[key]) for key in average)
    assert sorted(path.name for path in (tmp_path / "run" / "strips").iterdir()) == [
        "step-00000001.png",
        "step-00000002.png",
        "step-00000004.png",
    ]
    for name in ("loss/l1", "loss/adversarial", "loss/discriminator", "samples per second"):
        assert len(_scalars(tmp_path / "run", name)) == 4
    assert done.samples_per_s > 0


def test_a_folder_that_holds_a_run_is_not_overwritten(train, config):
    train(config())
    with pytest.raises(CheckpointError, match=r"holds a run of 4 steps already: --resume"):
        train(config())


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_again(train, config, tmp_path):
    (tmp_path / "run" / "checkpoints" / ".step-00000002.01234567.partial").mkdir(parents=True)
    assert train(config(), is_resumed=True).step == 4
    assert steps_of(tmp_path / "run" / "checkpoints") == [4]
    assert len(list((tmp_path / "run" / "checkpoints").iterdir())) == 1


def test_a_finished_run_can_be_made_longer(train, config):
    train(config())
    assert train(with_steps(config(), 6), is_resumed=True).step == 6
    assert train(with_steps(config(), 6), is_resumed=True).step == 6


def test_another_configuration_is_not_gone_on_with_and_all_differences_are_told(train, config):
    train(config())
    other = config(optimiser={"lr": 0.5}, loss={"l1": 3.0}, run={"log_steps": 2})
    with pytest.raises(ConfigError) as told:
        train(other, is_resumed=True)
    assert sorted(told.value.problems) == [
        "loss.l1 is 3.0, the run that is to go on had 10.0",
        "optimiser.lr is 0.5, the run that is to go on had 0.001",
    ]


def test_no_minutes_are_one_step(train, config):
    assert train(config(), minutes=0).step == 1


def test_a_run_can_start_from_weights(train, config):
    first = train(config(optimiser={"ema_decay": 0.0}))
    still = config(optimiser={"lr": 0.0, "ema_decay": 0.0})
    second = train(still, "second", init=first.weights)
    stored = [load_file(done.weights) for done in (first, second)]
    assert all(torch.equal(stored[0][key], stored[1][key]) for key in stored[0])


def test_weights_of_another_network_are_told(train, config, tmp_path):
    first = train(config())
    with pytest.raises(ConfigError, match="paper2019 of width 4 with 1 blocks, the run is of gui"):
        train(config("guided"), "second", init=first.weights)
    (tmp_path / "bad.safetensors").write_bytes(b"no safetensors")
    with pytest.raises(WeightsError, match=r"bad\.safetensors is not a safetensors file"):
        train(config(), "third", init=tmp_path / "bad.safetensors")


def test_a_missing_set_is_told_and_nothing_is_made(config, tmp_path):
    with pytest.raises(DataError):
        fit(config(), tmp_path / "absent", tmp_path / "run")
    assert not (tmp_path / "run").exists()
