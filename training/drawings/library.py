"""The drawings that shots are made of: which files are taken, and which are held out.

Only accepted drawings are used (`accepted.txt`), so that the same folder always gives the same
shots. What is held out is decided by a drawing's name alone, never by shot or frame.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ..errors import DataError

Split = Literal["train", "held_out"]
HELD_OUT_SHARE = 0.15
SPLIT_VERSION = 1  # another number would divide the drawings otherwise
COLOUR_WORDS = ("red", "green", "yellow", "blue", "cyan", "orange", "violet", "pink", "brown")
POSE_MARK = "--"  # head-12--3.svg is another pose of head-12


@dataclass(frozen=True)
class Entry:
    """One drawing of a library.

    Attributes:
        name: Path below its folder, without the ending; poses share one.
        files: Its file, or one for each pose.
        kind: `inked` has its own lines; `flat` has none and is outlined.
        role: `character` or `prop`.

    """

    name: str
    files: tuple[Path, ...]
    kind: str
    role: str

    @property
    def is_head(self) -> bool:
        """Whether it is one of the heads that are made by the hundred."""
        return "/" not in self.name


def series_of(name: str) -> str:
    """Name of the series that a drawing belongs to, which is never divided between the splits.

    A series is what differs in a counter or a colour's name: as a rule one drawing in variants.

    >>> series_of("animals/mammals/dog_04_drawn_with_strai_02")
    'dog_04_drawn_with_strai'
    >>> series_of("people/people_juliane_krug_01c")
    'people_juliane_krug'
    """
    stem = name.rsplit("/", 1)[-1].lower()
    stem = re.sub(rf"_({'|'.join(COLOUR_WORDS)})(?=_|$)", "", stem)
    return re.sub(r"([_.-]*\d+[a-z]?)*[_.-]*$", "", stem) or stem


def split_of(name: str) -> Split:
    """Where a drawing belongs, by a hash of its series; heads by the mark of their style.

    Heads of a style share their parts, so a style is never divided.
    """
    style = accepted().get(_style(name)) if "/" not in name else None
    if style is not None:
        return "held_out" if style.mark == "held-out" else "train"
    if series_of(name) in _always_held_out():
        return "held_out"
    digest = hashlib.sha256(f"{SPLIT_VERSION} {series_of(name)}".encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") < HELD_OUT_SHARE * 2**64 else "train"


@dataclass(frozen=True)
class _Accepted:
    kind: str
    role: str
    mark: str


@lru_cache(maxsize=1)
def accepted() -> dict[str, _Accepted]:
    """Every accepted name, and what it is."""
    text = files(__package__).joinpath("accepted.txt").read_text(encoding="utf-8")
    rows = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, role, mark, name = line.split(maxsplit=3)
            rows[name] = _Accepted(kind, role, mark)
    return rows


@lru_cache(maxsize=1)
def _always_held_out() -> frozenset[str]:
    return frozenset(series_of(n) for n, row in accepted().items() if row.mark == "held-out")


def find_drawings(folders: Sequence[Path], split: Split | None = None) -> list[Entry]:
    """All accepted drawings below the folders, by name; a name counts once.

    Raises:
        DataError: A folder is missing, or no accepted drawing lies below any.

    """
    missing = [str(f) for f in folders if not f.is_dir()]
    if missing:
        raise DataError(f"no such folder of drawings: {', '.join(missing)}")
    rows = accepted()
    poses: dict[str, list[Path]] = {}
    for folder in folders:
        here: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*.svg")):
            name = _accepted_name(path.relative_to(folder).with_suffix("").as_posix(), rows)
            if name is not None:
                here.setdefault(name, []).append(path)
        for name, paths in here.items():
            poses.setdefault(name, paths)
    if not poses:
        raise DataError(
            f"no accepted drawing lies in {', '.join(map(str, folders))}: `celtint-train prepare "
            "drawings --help` names the collections that are known"
        )
    found = []
    for name in sorted(poses):
        row = rows[name] if name in rows else rows[_style(name)]
        if split is None or split_of(name) == split:
            found.append(Entry(name, tuple(poses[name]), row.kind, row.role))
    return found


def _accepted_name(name: str, rows: dict[str, _Accepted]) -> str | None:
    """The name in the list that a path below any folder ends in; None where it is not accepted."""
    pieces = name.partition(POSE_MARK)[0].split("/")
    if _style(pieces[-1]) in rows:
        return pieces[-1]
    for start in range(len(pieces)):
        if "/".join(pieces[start:]) in rows:
            return "/".join(pieces[start:])
    return None


def _style(name: str) -> str:
    """Heads that are made by the hundred are accepted by their style: `adventurer-*`."""
    return re.sub(r"\d+$", "*", name)
