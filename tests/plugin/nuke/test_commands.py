"""`celtint nuke`, as a technical director runs it once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from celtint.plugin.cli import app
from celtint.plugin.nuke.gizmo import GIZMO, GROUP, gizmo_text, group_text


def test_path_prints_the_folder_that_nuke_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELTINT_PYTHON", sys.executable)
    done = CliRunner().invoke(app, ["nuke", "path"])
    folder = Path(done.stdout.strip())

    assert done.exit_code == 0
    assert done.stderr == ""
    for name in ("init.py", "menu.py", "celtint_nuke.py", GIZMO, GROUP, "Celtint.png"):
        assert (folder / name).is_file(), name


def test_path_says_which_python_to_name_where_the_node_could_not_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "python"
    other.touch()
    monkeypatch.setenv("CELTINT_PYTHON", str(other))
    done = CliRunner().invoke(app, ["nuke", "path"])

    assert done.stderr.strip() == f"also set CELTINT_PYTHON={sys.executable}"
    assert len(done.stdout.splitlines()) == 1


def test_write_makes_both_files(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["nuke", "write", str(tmp_path)])

    assert done.exit_code == 0
    assert (tmp_path / GIZMO).read_text() == gizmo_text()
    assert (tmp_path / GROUP).read_text() == group_text()
