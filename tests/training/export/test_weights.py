from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from celtint.engine.errors import WeightsError
from celtint.engine.painted.weights import load_weights
from celtint.training.errors import CheckpointError
from celtint.training.export.weights import export_weights


def test_weights_are_halved_and_keep_what_they_say(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run, out = trained(), tmp_path / "deep" / "out.safetensors"
    exported = export_weights(run, out)
    with safe_open(out, framework="pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118
    source = load_weights(run / "weights.safetensors")
    assert exported.source_sha256 == source.sha256
    assert exported.description.metadata["steps"] == "40"
    assert not exported.description.takes_hints
    pairs = zip(
        source.generator.state_dict().values(),
        exported.weights.generator.state_dict().values(),
        strict=True,
    )
    for full, half in pairs:
        torch.testing.assert_close(half, full.half().float(), rtol=0, atol=0)


def test_the_same_run_gives_the_same_bytes_and_so_does_its_export(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    files = [tmp_path / f"{k}.safetensors" for k in range(4)]
    for file in files:
        export_weights(run, file)
    assert len({file.read_bytes() for file in files}) == 1
    again = export_weights(files[0], tmp_path / "again.safetensors")
    assert again.file.read_bytes() == files[0].read_bytes()
    in_place = export_weights(files[1], files[1])
    assert in_place.weights.sha256 == again.weights.sha256


def test_nothing_else_is_left_behind(trained: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "folder" / "out.safetensors"
    export_weights(trained(), out)
    assert list(out.parent.iterdir()) == [out]


def test_what_is_no_run_or_no_name_is_refused(trained: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no weights.safetensors"):
        export_weights(tmp_path, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match=r"exported as FILE.safetensors"):
        export_weights(trained(), tmp_path / "x.pt")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"no weights")
    with pytest.raises(WeightsError, match=r"damaged"):
        export_weights(damaged, tmp_path / "x.safetensors")


def test_weights_too_large_for_half_precision_are_refused(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    path = run / "weights.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors["first.weight"] = tensors["first.weight"] * 0 + 1e6
    save_file(tensors, path, metadata)
    with pytest.raises(WeightsError, match=r"first.weight"):
        export_weights(run, tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()
