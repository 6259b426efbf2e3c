"""The engine's Python is found from where the plug-in is installed, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from celtint.plugin.nuke.engine import EngineMissingError, engine_python


def install(root: Path, python: str, place: str) -> Path:
    (root / python).parent.mkdir(parents=True)
    (root / python).touch()
    (root / "pyvenv.cfg").touch()
    here = root / place / "celtint" / "plugin" / "nuke" / "engine.py"
    here.parent.mkdir(parents=True)
    here.touch()
    return here


@pytest.mark.parametrize(
    ("python", "place"),
    [
        ("bin/python", "lib/python3.11/site-packages"),
        ("Scripts/python.exe", "Lib/site-packages"),
    ],
)
def test_the_environment_that_the_plugin_is_installed_in(
    tmp_path: Path, python: str, place: str
) -> None:
    here = install(tmp_path / "venv", python, place)

    assert engine_python({}, here) == str((tmp_path / "venv" / python).resolve())


def test_the_environment_beside_a_checkout(tmp_path: Path) -> None:
    install(tmp_path / ".venv", "bin/python", "lib")
    here = tmp_path / "plugin" / "nuke" / "engine.py"
    here.parent.mkdir(parents=True)

    assert engine_python({}, here) == str((tmp_path / ".venv" / "bin" / "python").resolve())


def test_what_is_named_comes_first(tmp_path: Path) -> None:
    here = install(tmp_path / "venv", "bin/python", "lib")
    other = tmp_path / "other"
    other.touch()

    assert engine_python({"CELTINT_PYTHON": str(other)}, here) == str(other)


def test_a_name_that_is_wrong_is_not_replaced_by_a_guess(tmp_path: Path) -> None:
    here = install(tmp_path / "venv", "bin/python", "lib")

    with pytest.raises(EngineMissingError, match="there is no such file"):
        engine_python({"CELTINT_PYTHON": str(tmp_path / "gone")}, here)


def test_where_there_is_none_the_message_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError, match="set CELTINT_PYTHON"):
        engine_python({}, tmp_path / "plugin" / "nuke" / "engine.py")
