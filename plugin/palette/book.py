"""A palette as it is kept: entries with a number, a name and an exact colour, in JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import JobError

VERSION = 1
MOST_ENTRIES = 2048
"""A half float holds every whole number up to here, and the index layer is of half floats."""

_MOST_NAME = 200

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class FirstDab:
    """Where a colour was first dabbed: frame on the film, pixel of the display window's raster."""

    frame: int
    x: int
    y: int


@dataclass(frozen=True)
class Entry:
    """One colour.

    Attributes:
        index: Its number in the index layer, 1..2048; 0 is what is unpainted.
        name: What the artist calls it; no two entries of a palette share one.
        working: In display-referred sRGB, float32 values; None where only `scene` is said.
        scene: As painted files store it, half-float values in the palette's `scene_space`; None
            where only `working` is said.
        first_dab: None for a colour that nobody dabbed in this shot.

    """

    index: int
    name: str
    working: Rgb | None
    scene: Rgb | None = None
    first_dab: FirstDab | None = None


@dataclass(frozen=True)
class Book:
    """A palette.

    Attributes:
        entries: By ascending index.
        shot: What the palette belongs to: `output`, `line` and `frames`; empty for a palette of a
            whole show.
        working_space: The colour config's name of display-referred sRGB.
        scene_space: The space of `Entry.scene`, as the colour config names it; "" for none.
        unused: Names of colours that the shot had once, so that a name is not lost with a dab.

    """

    entries: tuple[Entry, ...]
    shot: Mapping[str, str] = field(default_factory=dict)
    working_space: str = ""
    scene_space: str = ""
    unused: tuple[Entry, ...] = ()

    def to_json(self) -> str:
        """Text that a person can edit; the same palette gives the same text."""
        document = {
            "celtint_palette": VERSION,
            "shot": dict(self.shot),
            "working_space": self.working_space,
            "scene_space": self.scene_space,
            "entries": [_entry_document(entry) for entry in self.entries],
            "unused": [_entry_document(entry) for entry in self.unused],
        }
        # One entry a line: a hundred colours can be looked through, and compared by tools.
        lines = json.dumps(document, indent=1, ensure_ascii=False)
        return _one_line_each(lines) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Book:
        """The palette in a text.

        Raises:
            JobError: It is not JSON or no palette; holds every problem.

        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise JobError([f"The palette is not JSON: {error}"]) from error
        problems = _document_problems(document)
        if problems:
            raise JobError(problems)
        return cls(
            entries=_entries(document["entries"]),
            shot=dict(document.get("shot", {})),
            working_space=document.get("working_space", ""),
            scene_space=document.get("scene_space", ""),
            unused=_entries(document.get("unused", [])),
        )


def name_problem(name: str) -> str | None:
    """Why a text cannot be an entry's name; None if it can."""
    if not name.strip() or name != name.strip():
        return "is empty or has blanks around it"
    if len(name) > _MOST_NAME:
        return f"is longer than {_MOST_NAME} characters"
    if not name.isprintable():
        return "has characters in it that cannot be seen"
    # Compositors separate the names they picked by commas.
    return 'has a comma or a " in it' if "," in name or '"' in name else None


def _entry_document(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any] = {"index": entry.index, "name": entry.name}
    if entry.working is not None:
        document["working"] = list(entry.working)
    if entry.scene is not None:
        document["scene"] = list(entry.scene)
    if entry.first_dab is not None:
        dab = entry.first_dab
        document["first_dab"] = {"frame": dab.frame, "x": dab.x, "y": dab.y}
    return document


def _one_line_each(text: str) -> str:
    """The entries, which stand at the second level, each on a line of its own."""
    joined: list[str] = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(" "))
        if depth >= 3:
            opens = joined[-1].endswith(("{", "["))
            joined[-1] += ("" if opens or line.strip()[0] in "]}" else " ") + line.strip()
        elif depth == 2 and line.strip() in ("}", "},"):
            joined[-1] += line.strip()
        else:
            joined.append(line)
    return "\n".join(joined)


def _entries(documents: list[dict[str, Any]]) -> tuple[Entry, ...]:
    made = []
    for place, document in enumerate(documents):
        dab = document.get("first_dab")
        made.append(
            Entry(
                index=document.get("index", place + 1),
                name=document["name"],
                working=_rgb(document.get("working")),
                scene=_rgb(document.get("scene")),
                first_dab=None if dab is None else FirstDab(dab["frame"], dab["x"], dab["y"]),
            )
        )
    return tuple(sorted(made, key=lambda entry: entry.index))


def _rgb(values: list[float] | None) -> Rgb | None:
    if values is None:
        return None
    red, green, blue = (float(np.float32(value)) for value in values)
    return red, green, blue


def _document_problems(document: Any) -> list[str]:
    """Everything that is wrong with a palette's JSON values."""
    if not isinstance(document, dict):
        return ["A palette is a JSON object."]
    version = document.get("celtint_palette")
    if version != VERSION or isinstance(version, bool):
        return [
            f"This is no palette of version {VERSION} (`celtint_palette` is {version!r}): use the "
            "celtint that wrote it."
        ]
    texts = {"working_space": "", "scene_space": ""}
    known = {"celtint_palette", "shot", "entries", "unused", *texts}
    problems = [
        f"`{key}` is not a key of a palette; known are {', '.join(sorted(known))}."
        for key in document
        if key not in known
    ]
    problems += [
        f"`{key}` is text."
        for key, default in texts.items()
        if not isinstance(document.get(key, default), str)
    ]
    shot = document.get("shot", {})
    if not isinstance(shot, dict) or not all(isinstance(value, str) for value in shot.values()):
        problems.append("`shot` holds names as text.")
    if "entries" not in document:
        problems.append("`entries` is missing: a list of colours.")
    for key in ("entries", "unused"):
        problems += _list_problems(key, document.get(key, []))
    return problems


def _list_problems(key: str, entries: Any) -> list[str]:
    if not isinstance(entries, list):
        return [f"`{key}` is a list of colours."]
    problems = []
    for place, entry in enumerate(entries):
        problems += [f"`{key}`, number {place + 1}: {what}." for what in _entry_problems(entry)]
    if problems or key == "unused":
        return problems
    indices = [entry.get("index", place + 1) for place, entry in enumerate(entries)]
    names = [entry["name"] for entry in entries]
    twice = sorted({str(index) for index in indices if indices.count(index) > 1})
    twice += sorted({f"`{name}`" for name in names if names.count(name) > 1})
    if twice:
        problems.append(f"`entries`: {', '.join(twice)} stand there more than once.")
    return problems


def _entry_problems(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return ["not a JSON object"]
    known = ("index", "name", "working", "scene", "first_dab")
    problems = [f"`{name}` is not a key of a colour" for name in entry if name not in known]
    index, name = entry.get("index", 1), entry.get("name")
    if not _is_whole(index) or not 1 <= index <= MOST_ENTRIES:
        problems.append(f"`index` is a whole number from 1 to {MOST_ENTRIES}")
    if not isinstance(name, str):
        problems.append("`name` is missing, or no text")
    elif (what := name_problem(name)) is not None:
        problems.append(f"the name {name!r} {what}")
    if entry.get("working") is None and entry.get("scene") is None:
        problems.append("`working` or `scene`, a colour, is missing")
    problems += [
        f"`{space}` is three finite numbers"
        for space in ("working", "scene")
        if entry.get(space) is not None and not _is_rgb(entry[space])
    ]
    dab = entry.get("first_dab")
    if dab is not None and not (
        isinstance(dab, dict)
        and set(dab) == {"frame", "x", "y"}
        and all(_is_whole(value) for value in dab.values())
    ):
        problems.append("`first_dab` is a frame, x and y")
    return problems


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_rgb(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) == 3
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        and all(math.isfinite(v) and abs(v) < 3e38 for v in values)
    )
