"""A script painted in a render session, as a farm does it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from celtint.nuke_menu import celtint_paint


@pytest.fixture
def nuke(make_nuke: Callable[..., Any]) -> Any:
    return make_nuke(gui=False)


def test_every_celtint_node_is_painted_and_the_script_saved(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = connect(nuke, last=1002)
    script = str(tmp_path / "sc010.nk")

    assert celtint_paint.main(nuke, [script, "--save"]) == 0
    assert node["status"].value().startswith("Done: 2")
    assert capsys.readouterr().out.startswith("Celtint1: Done: 2 frames painted")
    assert nuke.saves == [script]
    assert not sys.modules["celtint_nuke"].plugin("nuke.buttons")._workers


def test_a_node_that_is_not_there_fails_with_its_name(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(nuke, last=1002)

    assert celtint_paint.main(nuke, [str(tmp_path / "sc010.nk"), "Celtint7"]) == 1
    assert "no Celtint node Celtint7" in capsys.readouterr().err
    assert nuke.executed == []


def test_a_node_that_cannot_be_painted_fails_and_saves_nothing(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(nuke, last=1002)["gap"].setValue(900.0)

    assert celtint_paint.main(nuke, [str(tmp_path / "sc010.nk"), "--save"]) == 1
    assert "gap_px" in capsys.readouterr().err
    assert nuke.saves == []
