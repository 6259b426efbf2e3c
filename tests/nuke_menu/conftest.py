"""The fake Nuke, and the sample shot connected to a Celtint node in it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from celtint.plugin.nuke.commands import nuke_folder

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "samples" / "meadow"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def nuke_script() -> ModuleType:
    return load(HERE / "nuke_script.py")


@pytest.fixture
def make_nuke(
    nuke_script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Makes Nukes that have started with our folder on NUKE_PATH."""
    monkeypatch.setenv("CELTINT_PYTHON", sys.executable)
    fake = load(HERE / "fake_nuke.py")
    for name in [name for name in sys.modules if name.split(".")[0] == "_celtint_plugin"]:
        del sys.modules[name]
    sys.modules.pop("celtint_nuke", None)

    def make(*, gui: bool = True) -> Any:
        code = compile((nuke_folder() / "init.py").read_text(), "init.py", "exec")
        exec(code, {"__file__": str(nuke_folder() / "init.py")})  # noqa: S102
        return fake.FakeNuke(nuke_script, nuke_folder(), gui=gui)

    yield make
    if "celtint_nuke" in sys.modules:
        sys.modules["celtint_nuke"].plugin("nuke.buttons").close()


@pytest.fixture
def nuke(make_nuke: Callable[..., Any]) -> Any:
    """Nuke with a window."""
    return make_nuke()


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., Any]:
    """Makes a node on the sample, its script saved, four frames long."""

    def make(nuke: Any, *, first: int = 1001, last: int = 1004, group: bool = False) -> Any:
        root = nuke.root()
        root["name"].setValue(str(tmp_path / "sc010.nk"))
        root["colorManagement"].setValue("OCIO")
        root["OCIO_config"].setValue("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1")
        root["workingSpaceLUT"].setValue("scene_linear")
        if group:
            node = nuke.nodePaste(str(nuke_folder() / "Celtint_group.nk"))
        else:
            node = nuke.createNode("Celtint")
        line = nuke.read_node("Read1", str(SAMPLE / "line" / "line.%04d.exr"), first, last)
        hint = nuke.read_node("Read2", "", 1001, 1026)
        # A paint node that has dabs on one frame, and nothing on the others.
        blank = tmp_path / "blank.exr"
        write_blank(blank)
        hint.render = lambda frame: SAMPLE / "hint" / "hint.1001.exr" if frame == 1001 else blank
        node.setInput(0, line)
        node.setInput(1, hint)
        return node

    return make


def write_blank(path: Path) -> None:
    spec = OpenImageIO.ImageSpec(1280, 720, 4, "half")
    spec.channelnames = ("hint.R", "hint.G", "hint.B", "hint.A")
    out = OpenImageIO.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(np.zeros((720, 1280, 4), np.float16))
    assert out.close()
