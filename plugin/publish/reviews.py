"""What people have looked at and allowed: by name, with a reason, for frames and a place."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, JobError
from ..header import Window
from ..shot import FramesError, parse_frames

REVIEWABLE = ("doubtful", "flips", "unpainted")
"""The rules that a person may overrule: those that judge, not those that measure."""

FILE_NAME = "reviews.toml"
_KEYS = {"rule", "frames", "box", "by", "reason"}


@dataclass(frozen=True)
class Review:
    """One person's word.

    Attributes:
        rule: One of `REVIEWABLE`.
        frames: The frames it holds for.
        box: Where, counted as the files count; None for the whole picture.
        by: Who says so.
        reason: Why.

    """

    rule: str
    frames: frozenset[int]
    box: Window | None
    by: str
    reason: str

    def covers(self, rule: str, frame: int, place: Window) -> bool:
        """Whether it holds for all of a place."""
        if rule != self.rule or frame not in self.frames:
            return False
        return self.box is None or Window.around([self.box, place]) == self.box


def read_reviews(path: Path) -> tuple[Review, ...]:
    """Reviews from a TOML or JSON file: a list `review` of tables.

    Raises:
        FileError: It cannot be read.
        JobError: It does not say what a review has to say; holds every problem.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    try:
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise JobError([f"{path} is no {path.suffix[1:].upper()} file: {error}"]) from error
    entries = document.get("review") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or set(document) != {"review"}:
        raise JobError([f"{path} holds a list `review` ([[review]] in TOML) and nothing else."])
    problems: list[str] = []
    reviews = []
    for number, entry in enumerate(entries, start=1):
        wrong = _problems_of(entry)
        problems += [f"{path}: review {number}: {problem}" for problem in wrong]
        if not wrong:
            box = None if entry.get("box") is None else Window(*entry["box"])
            frames = frozenset(parse_frames(str(entry["frames"])))
            reviews.append(Review(entry["rule"], frames, box, entry["by"], entry["reason"]))
    if problems:
        raise JobError(problems)
    return tuple(reviews)


def _problems_of(entry: Any) -> list[str]:
    if not isinstance(entry, Mapping):
        return ["it is no table."]
    problems = [f"`{key}` is no key of a review." for key in entry if key not in _KEYS]
    if entry.get("rule") not in REVIEWABLE:
        problems.append(f"`rule` is one of {', '.join(REVIEWABLE)}.")
    problems += [
        f"`{key}` is missing: text."
        for key in ("by", "reason")
        if not isinstance(entry.get(key), str) or not entry[key].strip()
    ]
    try:
        parse_frames(str(entry.get("frames", "")))
    except FramesError as error:
        problems.append(f"`frames`: {error}.")
    box = entry.get("box")
    if box is not None and not (
        isinstance(box, list) and len(box) == 4 and all(type(edge) is int for edge in box)
    ):
        problems.append("`box` is [x, y, width, height], whole pixels.")
    return problems
