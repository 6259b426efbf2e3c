from pathlib import Path

import pytest
import torch

from celtint.training.embedding.checkpoint import CHECKPOINT_FILE, Run, load_run, save_run
from celtint.training.embedding.settings import MatchingSettings
from celtint.training.errors import CheckpointError

CPU = torch.device("cpu")


def trained() -> Run:
    run = Run.new(MatchingSettings(seed=3), CPU)
    for parameter in run.task.parameters():
        parameter.grad = torch.full_like(parameter, 0.1)
    run.optimizer.step()
    run.remember(0)
    return run


def test_a_run_comes_back_with_everything(tmp_path: Path) -> None:
    run = trained()
    save_run(run, 17, tmp_path)
    again, step = load_run(tmp_path, CPU)
    assert step == 17
    assert again.settings == run.settings
    for name, tensor in run.task.state_dict().items():
        torch.testing.assert_close(again.task.state_dict()[name], tensor, rtol=0, atol=0)
        torch.testing.assert_close(again.mean[name], run.mean[name], rtol=0, atol=0)
    expected, found = (one.optimizer.state_dict()["state"] for one in (run, again))
    assert expected.keys() == found.keys()
    for number, state in expected.items():
        for name, tensor in state.items():
            assert torch.equal(tensor, found[number][name])


def test_the_mean_follows_quickly_at_first_and_slowly_later() -> None:
    run = Run.new(MatchingSettings(memory=0.99), CPU)
    name = "matcher.likeness"
    with torch.no_grad():
        run.task.matcher.likeness.fill_(20.0)
    run.remember(0)
    assert run.mean[name].item() == pytest.approx(19.0)  # a tenth of 10, nine tenths of 20
    run.mean[name].fill_(10.0)
    run.remember(100_000)
    assert run.mean[name].item() == pytest.approx(10.1)


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    save_run(trained(), 1, tmp_path)
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_run(tmp_path, CPU)


def test_nothing_partial_stays(tmp_path: Path) -> None:
    save_run(trained(), 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT_FILE]
