import resource
from contextlib import contextmanager

import pytest
import torch

from celtint.training.errors import CheckpointError
from celtint.training.loop.checkpoint import (
    Checkpoint,
    clear_partials,
    read_checkpoint,
    steps_of,
    write_checkpoint,
)


def checkpoint(step, size=4):
    generator = torch.Generator().manual_seed(step)
    tensors = {"generator/first.weight": torch.randn(size, generator=generator)}
    return Checkpoint(step, tensors, {"data": {"clips": step}})


@contextmanager
def small_disk():
    """No file may grow beyond 4096 bytes: what a full disk does, without one.

    Around the one call only: a log that the tests' own output goes to is a file as well.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_written_comes_back(tmp_path):
    written = checkpoint(7)
    write_checkpoint(tmp_path, written, keep=3)
    found = read_checkpoint(tmp_path)
    assert found.step == 7
    assert found.state["data"] == {"clips": 7}
    part = found.part("generator")
    assert torch.equal(part["first.weight"], written.tensors["generator/first.weight"])


def test_the_last_ones_are_kept(tmp_path):
    for step in (5, 10, 15, 20):
        write_checkpoint(tmp_path, checkpoint(step), keep=2)
    assert steps_of(tmp_path) == [15, 20]
    assert read_checkpoint(tmp_path).step == 20


def test_where_nothing_was_written_there_is_none(tmp_path):
    assert read_checkpoint(tmp_path / "absent") is None


def test_a_full_disk_leaves_the_old_checkpoint_and_nothing_half_written(tmp_path):
    write_checkpoint(tmp_path, checkpoint(5), keep=1)
    told = r"step 10 cannot be written.*go on from step 5"
    with pytest.raises(CheckpointError, match=told), small_disk():
        write_checkpoint(tmp_path, checkpoint(10, size=5000), keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000005"]
    assert read_checkpoint(tmp_path).step == 5


def test_a_checkpoint_that_was_killed_while_it_was_written_is_none(tmp_path):
    write_checkpoint(tmp_path, checkpoint(5), keep=2)
    partial = tmp_path / ".step-00000010.0123abcd.partial"
    partial.mkdir()
    (partial / "state.safetensors").write_bytes(b"half")
    assert read_checkpoint(tmp_path).step == 5
    clear_partials(tmp_path)
    assert not partial.exists()


@pytest.mark.parametrize("file", ["state.json", "state.safetensors"])
def test_a_damaged_checkpoint_is_told(tmp_path, file):
    folder = write_checkpoint(tmp_path, checkpoint(5), keep=2)
    (folder / file).write_bytes(b"\x00")
    with pytest.raises(CheckpointError, match=r"step-00000005 cannot be read"):
        read_checkpoint(tmp_path)


def test_a_checkpoint_of_another_format_is_told(tmp_path):
    folder = write_checkpoint(tmp_path, checkpoint(5), keep=2)
    (folder / "state.json").write_text('{"format": 99}')
    with pytest.raises(CheckpointError, match="of format 99, this celtint reads 1"):
        read_checkpoint(tmp_path)
