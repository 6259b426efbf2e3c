"""A list of shots, checked as a whole before anything is written; every farm reads this file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..atomic import replacing
from ..check import can_be_output, frames_of, settings_of
from ..errors import FileError, JobError, PluginError
from ..job import Job
from ..network import find_network
from ..problems import Problems
from ..shot import FramePattern

SHOTS_VERSION = 1
SHOTS_FILE = "shots.json"

_NAME = re.compile(r"[\w][\w.+-]{0,127}", re.ASCII)
_SOURCE_COLUMNS = {
    f"{role}{suffix}": (role, key)
    for role in ("line", "hint")
    for suffix, key in (("", "path"), ("_layer", "layer"), ("_colorspace", "colorspace"))
}
_OUTPUT_COLUMNS = {
    "out": ("out", "path"),
    "out_colorspace": ("out", "colorspace"),
    "out_layers": ("out", "layers"),
}
_NESTED = _SOURCE_COLUMNS | _OUTPUT_COLUMNS
_PLAIN = ("frames", "finish", "model", "device", "ocio", "overwrite")
_PATHS = ("line", "hint", "out")
_SETTING = "settings."
NEEDED_COLUMNS = ("shot", "line", "out")
COLUMNS = ("shot", *_NESTED, *_PLAIN)
"""What can be said of a shot in a list; beside these, `settings.gap_px` and its like."""


@dataclass(frozen=True)
class Row:
    """What a list says of one shot.

    Attributes:
        where: The place in the list, for messages: `episode.csv, line 3`.
        values: Column to text; empty text says nothing.
        base: The folder that relative paths start from.

    """

    where: str
    values: Mapping[str, str]
    base: Path


@dataclass(frozen=True)
class Shot:
    """One shot of a list.

    Attributes:
        name: What people call it; unique in the list, and fit for a file name.
        job: What to paint; its paths are absolute.
        frames: How many frames it had when the list was made.

    """

    name: str
    job: Job
    frames: int


def is_column(name: str) -> bool:
    """Whether a list may have a column of this name."""
    return name in COLUMNS or (name.startswith(_SETTING) and len(name) > len(_SETTING))


def gather(rows: Sequence[Row], defaults: Mapping[str, str], problems: Problems) -> list[Shot]:
    """Shots from the rows of a list, the longest first; everything that is wrong is noted.

    Nothing is written and no image is decoded: whether each frame can be read is found by the run
    that paints the shot.

    Args:
        rows: What the list says.
        defaults: What holds where a row says nothing, column to text.
        problems: Where everything wrong with any shot is noted.

    Returns:
        The shots that can be painted, as far as can be told. Longest first, because a farm takes
        them in this order, and a long shot that begins last is waited for alone.

    """
    if not rows:
        problems.add("The list has no shots.")
    shots: list[Shot] = []
    looked_at: list[tuple[Row, Shot]] = []
    for row in rows:
        own = Problems()
        shot = _shot(row, defaults, own)
        if shot is not None:
            looked_at.append((row, shot))
        problems.add(*(f"{row.where}: {text}" for text in own.found))
        if shot is not None and not own.found:
            shots.append(shot)
    _refuse_clashes(looked_at, problems)
    return sorted(shots, key=lambda shot: (-shot.frames, shot.name))


def _shot(row: Row, defaults: Mapping[str, str], problems: Problems) -> Shot | None:
    """The shot of a row; None where its job is none."""
    said = {**defaults, **{key: text for key, text in row.values.items() if text.strip()}}
    name = said.get("shot", "")
    if not _NAME.fullmatch(name):
        problems.add(
            f"`shot` is {name!r}: a shot's name is letters, digits, `_`, `-`, `+` and `.`, "
            "because files are named after it."
            if name
            else "`shot` is empty: every shot has a name."
        )
    missing = [key for key in NEEDED_COLUMNS[1:] if not said.get(key)]
    problems.add(*(f"`{key}` is empty." for key in missing))
    if missing:
        return None
    try:
        job = Job.from_dict(_document(said, row.base, problems))
    except JobError as error:
        problems.add(*error.problems)
        return None
    return Shot(name, job, _looked_at(job, problems))


def _document(said: Mapping[str, str], base: Path, problems: Problems) -> dict[str, Any]:
    """The job of a row, as JSON values."""
    document: dict[str, Any] = {"celtint_job": 1, "settings": {}}
    for key, text in said.items():
        if key in _NESTED:
            part, field = _NESTED[key]
            value = _absolute(text, base) if key in _PATHS else text
            document.setdefault(part, {})[field] = value
        elif key.startswith(_SETTING):
            document["settings"][key.removeprefix(_SETTING)] = _setting(text)
        elif key == "overwrite":
            if text.lower() not in ("true", "false"):
                problems.add(f"`overwrite` is true or false, not {text!r}.")
            document[key] = text.lower() == "true"
        elif key in ("model", "ocio") and (text.startswith(".") or "/" in text):
            is_uri = "://" in text
            document[key] = text if is_uri else _absolute(text, base)
        elif key in _PLAIN:
            document[key] = text
    hint = document.get("hint")
    if hint is not None and "path" not in hint:
        hint["path"] = document["line"]["path"]
    return document


def _setting(text: str) -> bool | int | float | str:
    """A setting as it would stand in a job: a number, true, false or text."""
    try:
        value = json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _absolute(text: str, base: Path) -> str:
    """A path that means the same on every machine that has the same disks."""
    return os.path.normpath(base.absolute() / text)


def _looked_at(job: Job, problems: Problems) -> int:
    """Look at a job as far as names and folders go; return how many frames it has."""
    settings = settings_of(job, problems)
    if job.finish == "painted" and settings is not None:
        from celtint.engine import PaintedSettings  # noqa: PLC0415 - imports torch: seconds

        assert isinstance(settings, PaintedSettings)  # noqa: S101 - as the finish says
        if job.device in ("auto", "cpu"):  # the farm's devices are not this machine's
            problems.attempt(lambda: find_network(job, settings))
    line = problems.attempt(lambda: FramePattern.parse(job.line.path))
    frames = None if line is None else problems.attempt(lambda: frames_of(job, line, []))
    if job.hint is not None:
        _look_at_hints(job.hint.path, frames, problems)
    out = problems.attempt(lambda: FramePattern.parse(job.out.path))
    if out is not None:
        can_be_output(out, len(frames or ()), problems)
    return len(frames or ())


def _look_at_hints(path: str, frames: tuple[int, ...] | None, problems: Problems) -> None:
    pattern = problems.attempt(lambda: FramePattern.parse(path))
    if pattern is None:
        return
    found = problems.attempt(pattern.require_frames)
    if found and frames and not pattern.is_still and not set(found) & set(frames):
        problems.add(f"no frame of the shot has a hint file {pattern}")


def _refuse_clashes(looked_at: Sequence[tuple[Row, Shot]], problems: Problems) -> None:
    """Note names given twice, outputs of two shots, and outputs that another shot reads."""
    names: dict[str, str] = {}
    outputs: dict[tuple[str, str, str], str] = {}
    for row, shot in looked_at:
        if shot.name in names:
            problems.add(f"{row.where}: shot {shot.name} is in {names[shot.name]} already.")
        names.setdefault(shot.name, row.where)
        files = _files(shot.job.out.path)
        if files is not None and files in outputs:
            problems.add(
                f"{row.where}: shot {shot.name} would be painted over that of {outputs[files]}: "
                f"both go to {shot.job.out.path}."
            )
        elif files is not None:
            outputs[files] = f"{row.where} ({shot.name})"
    for row, shot in looked_at:
        sources = {"line art": shot.job.line, "hints": shot.job.hint}
        for role, source in sources.items():
            files = None if source is None else _files(source.path)
            if source is not None and files in outputs:
                problems.add(
                    f"{row.where}: the {role} {source.path} would be painted over by "
                    f"{outputs[files]}."
                )


def _files(path: str) -> tuple[str, str, str] | None:
    """What tells the files of one pattern from another's, whatever the padding; None if bad."""
    try:
        pattern = FramePattern.parse(path)
    except PluginError:
        return None
    return (os.path.realpath(pattern.folder), pattern.base, pattern.ext)


def save(path: Path, shots: Sequence[Shot]) -> None:
    """Write shots as the JSON that `load` reads, whole or not at all.

    Raises:
        FileError: The file cannot be written.

    """
    document = {
        "celtint_shots": SHOTS_VERSION,
        "shots": [
            {"shot": shot.name, "frames": shot.frames, "job": shot.job.to_dict()} for shot in shots
        ],
    }
    write_text(path, json.dumps(document, indent=1, ensure_ascii=True) + "\n")


def load(path: Path) -> list[Shot]:
    """Read shots that `save` wrote.

    Raises:
        JobError: It is no such file; holds every problem.

    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise JobError([f"{path}: cannot be read as a list of shots: {error}"]) from error
    if not isinstance(document, dict) or document.get("celtint_shots") != SHOTS_VERSION:
        raise JobError([f"{path}: this is no list of shots of version {SHOTS_VERSION}."])
    problems = Problems()
    unknown = sorted(set(document) - {"celtint_shots", "shots"})
    problems.add(*(f"{path}: `{key}` is not a key of a list of shots." for key in unknown))
    listed = document.get("shots")
    shots = []
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        try:
            shots.append(_entry(entry))
        except JobError as error:
            problems.add(*(f"{path}, shots[{number}]: {text}" for text in error.problems))
    if not isinstance(listed, list) or not listed:
        problems.add(f"{path}: the list has no shots.")
    problems.raise_any()
    return shots


def _entry(entry: Any) -> Shot:
    """One shot of the file."""
    if not isinstance(entry, dict):
        raise JobError(["a shot is a JSON object."])
    problems = Problems()
    unknown = sorted(set(entry) - {"shot", "frames", "job"})
    problems.add(*(f"`{key}` is not a key of a shot." for key in unknown))
    name, frames = entry.get("shot"), entry.get("frames")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.add(f"`shot` is {name!r}, which is no shot's name.")
    if type(frames) is not int or frames < 1:
        problems.add(f"`frames` is a number of frames, not {frames!r}.")
    job = problems.attempt(lambda: Job.from_dict(entry.get("job")))
    problems.raise_any()
    if job is None:
        raise AssertionError("a job failed without a problem")
    return Shot(str(name), job, int(entry["frames"]))


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; its folder is made.

    Raises:
        FileError: It cannot be written.

    """
    data = text.encode("utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{path.parent} cannot be made: {error.strerror}") from error
    with replacing(path, lambda written: written.stat().st_size == len(data)) as temporary:
        temporary.write_bytes(data)
