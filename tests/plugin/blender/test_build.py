from __future__ import annotations

import ast
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from celtint.plugin.blender.build import build, stage
from celtint.plugin.cli import app
from celtint.plugin.errors import FileError


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged") / "celtint"
    stage(folder)
    return folder


def test_every_import_is_found_inside_the_zip_or_comes_with_blender(staged: Path) -> None:
    """Followed by hand, because the add-on cannot be imported without Blender."""
    files = {PurePosixPath(p.relative_to(staged)) for p in staged.rglob("*.py")}
    checked = 0
    for file in files:
        for node in ast.walk(ast.parse((staged / file).read_text(), feature_version=(3, 9))):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = file.parent
            for _ in range(node.level - 1):
                base = base.parent
            target = base / (node.module or "").replace(".", "/")
            names = {target / f"{alias.name}.py" for alias in node.names}
            assert target.with_suffix(".py") in files or names <= files or node.module, (file, node)
            if node.module:
                inside = target.with_suffix(".py") in files or target / "__init__.py" in files
                assert inside, (file, node.module)
            checked += 1
    assert checked > 40


def test_nothing_in_the_zip_imports_celtint_by_name(staged: Path) -> None:
    names = {
        alias.name
        for path in staged.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        node.module or ""
        for path in staged.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    assert "bpy" in names
    assert not {name for name in names if name.split(".")[0] == "celtint"}


def test_the_manifest_has_the_projects_version(staged: Path) -> None:
    manifest = tomllib.loads((staged / "blender_manifest.toml").read_text())

    assert manifest["version"] == version("celtint")
    assert manifest["id"] == "celtint"


def test_the_same_project_makes_the_same_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "a"), build(tmp_path / "b")

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert "plugin/blender/build.py" not in archive.namelist()


def test_the_command_says_where_the_zip_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["blender", "build", "--out", str(tmp_path)])

    assert done.exit_code == 0
    (zip_file,) = tmp_path.glob("*.zip")
    assert str(zip_file) in done.output


def test_a_python_without_bpy_and_a_folder_that_is_a_file_are_told(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho\n")
    python.chmod(0o755)

    with pytest.raises(FileError, match="has no bpy with the extension tool"):
        build(tmp_path, blender=python)
    with pytest.raises(FileError, match="cannot be written"):
        build(python)
