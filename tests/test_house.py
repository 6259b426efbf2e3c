"""The house keeps its shape: packaging, imports and what hosts may load."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("engine", "plugin", "training", "nuke_menu", "blender_addon")
PLUGIN_FOR_HOSTS = ("job", "client", "process", "workers", "events", "errors")
PLUGIN_FOR_NUKE = ("__init__", "buttons", "engine", "exr", "request", "session")
NOT_FOR_BLENDER = ("build", "commands")  # what the engine's own Python runs
HOST_SIDE = (
    *(CHECKOUT / "plugin" / f"{name}.py" for name in PLUGIN_FOR_HOSTS),
    *(CHECKOUT / "plugin" / "nuke" / f"{name}.py" for name in PLUGIN_FOR_NUKE),
    *sorted((CHECKOUT / "nuke_menu").rglob("*.py")),
    *sorted((CHECKOUT / "blender_addon").rglob("*.py")),
    *(
        path
        for path in sorted((CHECKOUT / "plugin" / "blender").glob("*.py"))
        if path.stem not in NOT_FOR_BLENDER
    ),
)
HOST_MODULES = {"nuke", "nukescripts", "celtint_nuke", "bpy", "bl_ui"}


def modules_of(room: str) -> list[str]:
    package = importlib.import_module(f"celtint.{room}")
    found = pkgutil.walk_packages(package.__path__, prefix=f"celtint.{room}.")
    return [f"celtint.{room}", *(module.name for module in found)]


def imported_names(source: Path, *, with_relative: bool = False) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (with_relative or not node.level):
            names.add("." * node.level + (node.module or ""))
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_every_sub_package_is_listed_for_packaging(room: str) -> None:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    listed = set(settings["tool"]["setuptools"]["packages"])
    folders = {path.parent for path in (CHECKOUT / room).rglob("__init__.py")}
    expected = {".".join(["celtint", *folder.relative_to(CHECKOUT).parts]) for folder in folders}
    assert expected
    assert expected <= listed


def test_the_installed_version_is_the_one_in_pyproject() -> None:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    assert version("celtint") == settings["project"]["version"]


def test_no_file_imports_a_room_by_its_bare_name() -> None:
    sources = [
        path for room in (*ROOMS, "tests", "benchmarks") for path in (CHECKOUT / room).rglob("*.py")
    ]
    guilty = {
        (str(path.relative_to(CHECKOUT)), name)
        for path in sources
        for name in imported_names(path)
        if name.split(".")[0] in ROOMS
    }
    assert len(sources) > 20
    assert guilty == set()


@pytest.mark.parametrize("room", ROOMS)
def test_doctests_hold(room: str) -> None:
    for name in modules_of(room):
        if name.endswith("__main__"):
            continue
        if room == "blender_addon" and not name.endswith(room):
            continue  # they import bpy, and are tried in real Blenders
        failed = doctest.testmod(importlib.import_module(name)).failed
        assert failed == 0, name


@pytest.mark.parametrize("source", HOST_SIDE, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_host_side_modules_are_python_3_9_and_standard_library_only(source: Path) -> None:
    ast.parse(source.read_text(), feature_version=(3, 9))
    allowed = sys.stdlib_module_names | HOST_MODULES
    absolute = imported_names(source) - {"celtint.plugin.job", "celtint.plugin.client"}
    assert {name.split(".")[0] for name in absolute} <= allowed
    relative = imported_names(source, with_relative=True) - imported_names(source)
    if source.parent.name == "plugin":
        assert relative <= {f".{name}" for name in PLUGIN_FOR_HOSTS}
    if source.parent.name == "blender":
        beside = {f".{path.stem}" for path in source.parent.glob("*.py")}
        beside -= {f".{name}" for name in NOT_FOR_BLENDER}
        assert relative <= beside | {f"..{name}" for name in PLUGIN_FOR_HOSTS}
    if source.parent.name == "nuke":
        above = {f"..{name}" for name in PLUGIN_FOR_HOSTS}
        assert relative <= above | {f".{name}" for name in PLUGIN_FOR_NUKE}
