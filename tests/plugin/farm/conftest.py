"""A small episode of real files: copies of the small shot, with what a test wants changed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from celtint.plugin.farm.lists import read_list
from celtint.plugin.farm.shots import Shot
from celtint.plugin.job import Job, Output, Source


@dataclass
class Episode:
    """Shots on disk under `show/NAME/line` and `show/NAME/hint`, painted to `show/NAME/paint`."""

    folder: Path
    source: Any
    names: list[str] = field(default_factory=list)

    def add(self, *names: str) -> None:
        for name in names:
            for role in ("line", "hint"):
                shutil.copytree(self.source.folder / role, self.show / name / role)
            self.names.append(name)

    @property
    def show(self) -> Path:
        return self.folder / "show"

    @property
    def patterns(self) -> dict[str, str]:
        return {
            role: str(self.show / "{shot}" / role / f"{role}.####.exr")
            for role in ("line", "hint", "paint")
        }

    @property
    def options(self) -> list[str]:
        """The list as arguments of the command line."""
        return [
            self.patterns["line"],
            *("--hint", self.patterns["hint"], "--out", self.patterns["paint"]),
            *("--set", "device=cpu"),
        ]

    def shots(self, **defaults: str) -> list[Shot]:
        said = {"hint": self.patterns["hint"], "out": self.patterns["paint"], "device": "cpu"}
        return read_list(self.patterns["line"], said | defaults)

    def line(self, name: str, frame: int) -> Path:
        return self.show / name / "line" / f"line.{frame}.exr"

    def damage(self, name: str, frame: int) -> bytes:
        """Cut a drawing short, so that it opens and cannot be decoded; returns it whole."""
        path = self.line(name, frame)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        return whole

    def painted(self, names: Sequence[str] | None = None) -> dict[str, bytes]:
        """Every painted frame by its name under the show."""
        return {
            str(path.relative_to(self.show)): path.read_bytes()
            for name in names or self.names
            for path in sorted((self.show / name).glob("paint/*.exr"))
        }

    def tree(self) -> set[str]:
        """Every file and folder there is."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


@pytest.fixture
def episode(shot: Any, tmp_path_factory: pytest.TempPathFactory) -> Episode:
    """Three shots: sh010, sh020 and sh030, of six frames each."""
    made = Episode(tmp_path_factory.mktemp("episode"), shot)
    made.add("sh010", "sh020", "sh030")
    return made


@dataclass(frozen=True)
class Big:
    """A shot long enough to be met at work."""

    job: Any
    out: Path
    frames: int


@pytest.fixture
def big(shot: Any, tmp_path_factory: pytest.TempPathFactory) -> Big:
    """Forty frames of 640x360."""
    folder = tmp_path_factory.mktemp("big")
    (folder / "line").mkdir()
    (folder / "hint").mkdir()
    for step in range(40):
        shot.write(folder / "line" / f"line.{1001 + step}.exr", shot.drawing(step % 8, 640, 360))
    shot.write(folder / "hint" / "hint.1001.exr", shot.dabs(640, 360))
    patterns = {role: str(folder / role / f"{role}.####.exr") for role in ("line", "hint", "paint")}
    job = Job(
        line=Source(patterns["line"]),
        hint=Source(patterns["hint"]),
        out=Output(patterns["paint"]),
        device="cpu",
    )
    return Big(job, folder / "paint", 40)
