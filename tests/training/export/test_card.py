from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from celtint.engine.painted.weights import save_weights
from celtint.training.data.shards import SetInfo, Shard
from celtint.training.export.card import card_of
from celtint.training.export.figures import Figures
from celtint.training.export.weights import Exported, export_weights

SET = SetInfo(
    name="train",
    seed=7,
    drawings=12000,
    frames=24000,
    shards=(Shard("train-000000.tar", 1000, 5),),
    made={"command": "prepare drawings", "size": [512, 512]},
)
FIGURES = Figures(
    rows=(
        {
            "set": "held_out",
            "protocol": "patches",
            "previous": "own",
            "finish": "as painted",
            "frames": 480,
            "psnr": 21.234,
            "ssim": 0.8123,
            "frechet": None,
            "acc_thres": 0.5,
            "reachable": 0.5,
            "pix_acc": 0.75,
            "flips": 0.01,
            "tc": 1.5,
        },
    ),
    frechet="FD(x)",
)


@pytest.fixture
def exported(trained: Callable[..., Path], tmp_path: Path) -> Exported:
    return export_weights(trained(), tmp_path / "out.safetensors")


def test_the_card_tells_what_the_files_tell(exported: Exported) -> None:
    text = card_of(
        exported, "first", licence="Apache-2.0", sets={"drawings/train": SET}, figures=[FIGURES]
    )
    assert "# Model card: first" in text
    assert exported.weights.sha256 in text
    parameters = sum(p.numel() for p in exported.weights.generator.parameters())
    assert f"| parameters | {parameters // 1000} {parameters % 1000:03d} |" in text
    assert "`drawings/train`: 1 000 shots, 12 000 drawings, 24 000 frames of film, seed 7" in text
    assert "command prepare drawings, size 512, 512." in text
    assert "40 steps of 4 clips" in text
    assert "hints = { none = 1.0 }" in text
    row = "| patches | its own | as painted | 480 | 21.23 | 0.812 | - | 0.500 | 0.500 | 0.7500 |"
    assert row in text
    assert "FD(x)" in text


def test_what_is_not_known_is_said_to_be_unknown(exported: Exported, tmp_path: Path) -> None:
    bare = tmp_path / "bare.safetensors"
    save_weights(exported.weights.generator, bare)
    silent = export_weights(bare, bare)
    text = card_of(silent, "bare", licence="MIT", sets={}, figures=[])
    assert "Unknown: no set was named" in text
    assert "Unknown: the file carries no configuration" in text
    assert "None yet: no report was given" in text
