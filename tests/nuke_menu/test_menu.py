"""What Nuke runs as it starts: it works, and whatever is wrong it cannot stop Nuke."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from celtint.plugin.nuke.commands import nuke_folder


class Menu:
    def __init__(self) -> None:
        self.commands: dict[str, str] = {}
        self.below: dict[str, Menu] = {}

    def addMenu(self, name: str, *, icon: str) -> Menu:  # noqa: N802
        assert (nuke_folder() / icon).is_file()
        return self.below.setdefault(name, Menu())

    def addCommand(self, name: str, command: str, *, icon: str) -> None:  # noqa: N802
        self.commands[name] = command


def run(name: str) -> None:
    path = nuke_folder() / name
    exec(compile(path.read_text(), name, "exec"), {"__file__": str(path)})  # noqa: S102


@pytest.fixture
def nuke(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nuke's module as `import nuke` finds it in menu.py."""
    module = ModuleType("nuke")
    nodes = Menu()
    module.menu = {"Nodes": nodes}.__getitem__  # type: ignore[attr-defined]
    module.nodes_menu = nodes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nuke", module)
    monkeypatch.delitem(sys.modules, "celtint_nuke", raising=False)
    return module


def test_the_menu_has_the_gizmo_and_the_group(nuke: Any) -> None:
    run("init.py")
    run("menu.py")
    commands = nuke.nodes_menu.below["Celtint"].commands
    made: list[str] = []

    assert list(commands) == ["Celtint", "Celtint as a group"]
    nuke.createNode, nuke.nodePaste = made.append, made.append
    for command in commands.values():
        exec(command, {"nuke": nuke})  # noqa: S102
    assert made[0] == "Celtint"
    assert (nuke_folder() / "Celtint.gizmo").is_file()
    assert Path(made[1]).is_file()


def test_without_init_the_menu_says_so_and_goes_on(
    nuke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run("menu.py")

    assert "Celtint has no menu" in capsys.readouterr().out


def test_a_broken_installation_is_printed_and_stops_nothing(tmp_path: Path) -> None:
    for name in ("init.py", "menu.py"):
        (tmp_path / name).write_text((nuke_folder() / name).read_text())
    (tmp_path / "celtint_nuke.py").write_text("this is no Python")
    start = f"for name in ('init.py', 'menu.py'): __file__ = {str(tmp_path)!r} + '/' + name; "
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + "exec(open(__file__).read())"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stderr == ""
    assert "Celtint is not available" in done.stdout
    assert "Celtint has no menu" in done.stdout
