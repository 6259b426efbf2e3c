"""Real Blenders: the `bpy` wheels, each in an environment of its own beside the tests' one.

`CELTINT_BLENDERS` names the versions to try, `4.2 4.5 5.0`; left out, the newest alone, which is
what CI does. `CELTINT_BPY_FOLDER` is where the environments are kept; left out, inside the
environment that runs the tests. A wheel that cannot be had skips its tests by name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from numpy.typing import NDArray

from celtint.plugin.blender.build import build

CHECKOUT = Path(__file__).resolve().parents[2]
MEADOW = CHECKOUT / "samples" / "meadow"
INSIDE = Path(__file__).with_name("inside.py")
WHEELS = {"4.2": "bpy==4.2.*", "4.5": "bpy==4.5.*", "5.0": "bpy==5.0.*"}
FRAMES = range(1001, 1007)
LONG = range(1001, 1061)
"""So many that a run of them is still at work when its first frame is seen."""
_INSTALL_S, _SCENARIO_S = 170, 120


@dataclass
class Blender:
    """One version of Blender; a scenario is run once, and its result kept."""

    version: str
    python: Path
    zip_file: Path
    shot: Path
    folder: Path
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.version

    @property
    def shows_layered_files(self) -> bool:
        return self.version != "4.2"

    def folder_of(self, scenario: str) -> Path:
        return self.folder / scenario

    def result(self, scenario: str) -> dict[str, Any]:
        """What a scenario of `inside.py` found."""
        if scenario not in self.results:
            folder = self.folder_of(scenario)
            folder.mkdir(parents=True)
            environment = {
                **os.environ,
                "BLENDER_USER_RESOURCES": str(self.folder / f"{scenario} resources"),
                "CELTINT_PYTHON": sys.executable,
                # What a studio's own set-up might do, and must not reach the engine.
                "PYTHONPATH": str(poisoned(self.folder)),
            }
            Path(environment["BLENDER_USER_RESOURCES"]).mkdir()
            done = subprocess.run(
                [self.python, INSIDE, scenario, self.zip_file, self.shot, folder],
                capture_output=True,
                text=True,
                env=environment,
                timeout=_SCENARIO_S,
                check=False,
            )
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
            self.results[scenario] = json.loads((folder / "result.json").read_text())
        return self.results[scenario]


def poisoned(folder: Path) -> Path:
    """A folder for PYTHONPATH whose numpy stops whoever imports it; Blender has its own first."""
    poison = folder / "poison"
    if not poison.exists():
        poison.mkdir(parents=True)
        (poison / "OpenImageIO.py").write_text("raise SystemExit('poisoned')\n")
        (poison / "typer.py").write_text("raise SystemExit('poisoned')\n")
    return poison


def versions() -> list[str]:
    return os.environ.get("CELTINT_BLENDERS", "5.0").split()


def python_with_bpy(version: str) -> Path:
    """The Python of a Blender's environment; made where it is not there yet."""
    home = Path(os.environ.get("CELTINT_BPY_FOLDER", Path(sys.prefix) / "blender")) / version
    python = home / "bin" / "python"
    complete = home / "is complete"
    if complete.exists():
        return python
    if sys.version_info[:2] != (3, 11) or os.name != "posix":
        pytest.skip(f"Blender {version}: its wheel is for Python 3.11 and POSIX paths are assumed")
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=60)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    try:
        # No extra index and no cache: it is 350 MB.
        subprocess.run(
            [*pip, "--no-cache-dir", WHEELS[version]],
            check=True,
            timeout=_INSTALL_S,
            capture_output=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(home, ignore_errors=True)
        pytest.skip(f"Blender {version}: its wheel cannot be had here: {type(error).__name__}")
    complete.touch()
    return python


@pytest.fixture(scope="session")
def small_shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frames of the sample shot.

    `both/` holds line art and hints in one file a frame, `long/` the line art over and over.
    """
    shot = tmp_path_factory.mktemp("shot")
    for kind in ("line", "hint", "both", "long"):
        (shot / kind).mkdir()
    for frame in FRAMES:
        line = MEADOW / "line" / f"line.{frame}.exr"
        shutil.copy(line, shot / "line")
        hint = MEADOW / "hint" / f"hint.{frame}.exr"
        if hint.exists():
            shutil.copy(hint, shot / "hint")
        both = oiio.ImageBufAlgo.channel_append(whole(line, "line"), whole(hint, "hint"))
        both.set_write_format("half")
        assert both.write(str(shot / "both" / f"both.{frame}.exr")), both.geterror()
    for frame in LONG:
        again = FRAMES[(frame - LONG[0]) % len(FRAMES)]
        (shot / "long" / f"long.{frame}.exr").hardlink_to(shot / "line" / f"line.{again}.exr")
    return shot


def whole(path: Path, layer: str) -> oiio.ImageBuf:
    """A layer on its whole display window; transparent where there is no file."""
    if path.exists():
        return oiio.ImageBufAlgo.crop(oiio.ImageBuf(str(path)), oiio.ROI(0, 1280, 0, 720))
    spec = oiio.ImageSpec(1280, 720, 4, "half")
    spec.channelnames = tuple(f"{layer}.{c}" for c in "RGBA")
    return oiio.ImageBuf(spec)


@pytest.fixture(scope="session", params=versions())
def blender(
    request: pytest.FixtureRequest, small_shot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Blender:
    """A Blender with the extension built by its own tool."""
    python = python_with_bpy(request.param)
    folder = tmp_path_factory.mktemp(f"blender {request.param}")
    zip_file = build(folder, blender=python)
    return Blender(request.param, python, zip_file, small_shot, folder)


@pytest.fixture(scope="session")
def painted_by_command(small_shot: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`celtint colorize` on the same files: a function of frames, layers and name to a folder."""
    made: dict[tuple[str, str, str], Path] = {}

    def colorize(frames: str, layers: str, line: str = "line") -> Path:
        key = (frames, layers, line)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("command")
            command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--device", "cpu"]
            command += ["--line", str(small_shot / line / f"{line}.####.exr")]
            if line != "both":
                command += ["--hint", str(small_shot / "hint" / "hint.####.exr")]
            command += ["--out", str(made[key] / f"{line}.paint.####.exr")]
            command += ["--out-layers", layers, "--frames", frames]
            subprocess.run(command, check=True, capture_output=True)
        return made[key]

    return colorize


def pixels(path: Path) -> NDArray[np.float32]:
    """(H, W, 4) of R, G, B, A."""
    buffer = oiio.ImageBuf(str(path))
    assert not buffer.has_error, buffer.geterror()
    order = [buffer.spec().channelnames.index(name) for name in "RGBA"]
    return np.asarray(buffer.get_pixels(oiio.FLOAT))[..., order]


@pytest.fixture(scope="session")
def read_rgba() -> Any:
    """The function `pixels`, for tests, which import no conftest."""
    return pixels
