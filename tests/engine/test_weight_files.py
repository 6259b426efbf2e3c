from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from celtint.engine.errors import WeightsError
from celtint.engine.weight_files import write_weights

TENSORS = {"b": torch.arange(5.0), "a": torch.ones(2, 3, dtype=torch.float16)}
METADATA = {f"celtint.{letter}": letter for letter in "qwertyuiop"}


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    contents = set()
    for number in range(8):  # by chance, ten names come in one order once in three million
        path = tmp_path / f"{number}.safetensors"
        write_weights(path, dict(TENSORS), METADATA)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_what_is_written_can_be_read_by_anybody(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    write_weights(path, TENSORS, METADATA | {"celtint.odd": "ä" * 3})
    for name, tensor in load_file(path).items():
        assert torch.equal(tensor, TENSORS[name])
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == METADATA | {"celtint.odd": "ä" * 3}


@pytest.mark.parametrize(
    ("tensor", "told"),
    [
        (torch.tensor([1.0, torch.inf]), "not finite"),
        (torch.tensor([1, 2]), "expected floating point"),
    ],
)
def test_what_is_no_weight_is_refused(tmp_path: Path, tensor: torch.Tensor, told: str) -> None:
    with pytest.raises(WeightsError, match=told):
        write_weights(tmp_path / "weights.safetensors", {"a": tensor}, {})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be written"):
        write_weights(tmp_path / "none" / "weights.safetensors", TENSORS, {})
