"""What became of each shot: a small JSON file a shot, whole or not at all, in the farm's folder."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .doubts import Doubt
from .shots import write_text

RECORDS = "records"
WAITING, BEGUN, DONE, FAILED, CANCELLED = "waiting", "begun", "done", "failed", "cancelled"


@dataclass(frozen=True)
class Record:
    """What became of a shot.

    Attributes:
        shot: Its name.
        state: `begun`, `done`, `failed` or `cancelled`. What is still `begun` when nobody works on
            it was killed, or its machine was lost.
        attempt: How often it was begun, from 1.
        host: The machine of the last attempt.
        begun_at: When the last attempt began, local time, `2026-03-01 21:04:11`.
        seconds: Wall time of the last attempt.
        seconds_in_all: Wall time of every attempt that ended.
        frames: How many frames the shot has; 0 where it was not got that far.
        painted: How many the last attempt painted.
        kept: How many were right before it.
        peak_memory_mb: Of the worker, in 10^6 bytes.
        exit_code: Of the last attempt.
        problems: Why it failed, for an artist to read.
        warnings: What an artist should know.
        doubts: Where the paint is doubtful, worst first.
        doubtful: How many such places there are in all.

    """

    shot: str
    state: str = WAITING
    attempt: int = 0
    host: str = ""
    begun_at: str = ""
    seconds: float = 0.0
    seconds_in_all: float = 0.0
    frames: int = 0
    painted: int = 0
    kept: int = 0
    peak_memory_mb: float = 0.0
    exit_code: int = 0
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = field(default=())
    doubtful: int = 0

    @classmethod
    def from_dict(cls, document: Any) -> Record:
        """A record from JSON values; keys that this version does not know are left out.

        Raises:
            ValueError, TypeError: It is no record.

        """
        if not isinstance(document, dict):
            raise TypeError("a record is a JSON object")
        known = {one.name for one in fields(cls)}
        values = {key: value for key, value in document.items() if key in known}
        for key in ("problems", "warnings"):
            values[key] = tuple(values.get(key, ()))
        values["doubts"] = tuple(Doubt(**doubt) for doubt in values.get("doubts", ()))
        return cls(**values)


def path_of(folder: Path, shot: str) -> Path:
    """The file of a shot's record."""
    return folder / f"{shot}.json"


def read(folder: Path, shot: str) -> Record:
    """The record of a shot; a shot without one, or with one that is damaged, waits."""
    try:
        return Record.from_dict(json.loads(path_of(folder, shot).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Record(shot)


def write(folder: Path, record: Record) -> None:
    """Write a record.

    Raises:
        FileError: It cannot be written.

    """
    text = json.dumps(asdict(record), indent=1, ensure_ascii=True)
    write_text(path_of(folder, record.shot), text + "\n")


def now() -> str:
    """The local time as records have it."""
    return time.strftime("%Y-%m-%d %H:%M:%S")
