"""The runs of the experiment; `python benchmarks/experiment.py` trains them."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from celtint.training.config import load_config

PRESETS = ("paper2019-lineart", "tcvc2019-lineart", "paper2019-greyscale", "tcvc2019-greyscale")
OURS = ("guided", "guided-greyscale")


@pytest.fixture
def experiment() -> ModuleType:
    return importlib.import_module("experiment")


def small_stages(experiment: ModuleType, preset: str, folder: Path) -> Any:
    return experiment.stages(preset, folder, (60, 15), is_full=False)


def test_the_paper_s_four_have_one_budget(experiment: ModuleType, tmp_path: Path) -> None:
    assert set(experiment.PRESETS) == {*PRESETS, *OURS}
    first, *others = (
        [
            [option.replace(preset, "PRESET") for option in stage.options]
            for stage in small_stages(experiment, preset, tmp_path)
        ]
        for preset in PRESETS
    )
    assert others == [first] * 3


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_knows_what_is_set(experiment: ModuleType, preset: str) -> None:
    config = load_config(preset, [*experiment.SMALL, *experiment.FALLING], is_small=True)
    assert (config.model.width, config.data.crop_px, config.batch.clips) == (16, 64, 4)
    assert config.optimiser.schedule == "cosine"


@pytest.mark.parametrize("preset", OURS)
def test_ours_has_the_budget_of_the_paper_s(
    experiment: ModuleType, tmp_path: Path, preset: str
) -> None:
    (stage,) = small_stages(experiment, preset, tmp_path)
    ours = load_config(preset, experiment.ALIKE)
    papers = load_config("paper2019-lineart", experiment.SMALL, is_small=True)
    assert stage.options[-2:] == ("--steps", "75")
    assert ours.batch.clips == papers.batch.clips
    assert ours.model.width == papers.model.width
    for what in ("crop_px", "frames", "zoom", "whole", "hints", "recoloured", "lanes"):
        assert getattr(ours.data, what) == getattr(papers.data, what)


def test_the_second_stage_starts_from_the_weights_of_the_first(
    experiment: ModuleType, tmp_path: Path
) -> None:
    first, second = small_stages(experiment, PRESETS[0], tmp_path)
    at = second.options.index("--init")
    assert Path(second.options[at + 1]) == first.folder / "weights.safetensors"


def test_what_was_begun_goes_on(experiment: ModuleType, tmp_path: Path) -> None:
    stage = small_stages(experiment, PRESETS[0], tmp_path)[0]
    assert "--resume" not in stage.command(Path("set"))
    stage.folder.mkdir()
    (stage.folder / "config.toml").write_text("")
    assert stage.command(Path("set"))[2:] == [
        str(stage.folder / "config.toml"),
        *("--data", "set", "--out", str(stage.folder), "--resume", "--steps", "60"),
    ]


def test_the_full_experiment_is_the_paper_s_own(experiment: ModuleType, tmp_path: Path) -> None:
    (stage,) = experiment.stages(PRESETS[0], tmp_path, (60, 15), is_full=True)
    assert stage.options == ("--steps", "78125")
