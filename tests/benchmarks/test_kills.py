"""A small pattern of kills; `python benchmarks/kills.py` runs the large one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.fixture(scope="module")
def kills() -> ModuleType:
    spec = importlib.util.spec_from_file_location("celtint_kills", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_killed_runs_end_byte_identical(kills: ModuleType, tmp_path: Path) -> None:
    kills.make_shot(tmp_path, frames=12, width=320, height=180)
    rounds = kills.pattern(tmp_path, count=4, seed=7)

    assert sum(len(one.kills_s) for one in rounds) == 4
    assert [one.faults for one in rounds] == [[]] * len(rounds)
    assert "4 kills" in kills.table(rounds)


def test_a_frame_that_is_not_whole_is_noticed(kills: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "paint.1001.exr").write_bytes(b"whole")
    expected = kills.digests(tmp_path)
    (tmp_path / "paint.1001.exr").write_bytes(b"who")
    result = kills.Round()

    assert kills.check_visible(tmp_path, expected, result) == 1
    assert result.faults == ["after a kill paint.1001.exr is not whole"]
