"""What a worker tells its host: one JSON object a line.

Standard library only and valid Python 3.9, because hosts read these with their own Python.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

PROTOCOL = 1
"""Raised whenever an older host could misunderstand a worker."""

DONE = 0
USAGE = 2
BAD_INPUT = 3
FAILED_MIDWAY = 4
BUSY = 5
INTERNAL = 6
CANCELLED = 130
"""The exit codes of the worker and of the command line (`docs/commands.md`)."""


@dataclass(frozen=True)
class Event:
    """Base of everything a worker says; `kind` is its name in JSON."""

    kind: ClassVar[str] = ""
    ends_run: ClassVar[bool] = False

    def to_line(self) -> str:
        """The event as one line of JSON, without the line's end."""
        return json.dumps({"event": self.kind, **asdict(self)}, ensure_ascii=True)


@dataclass(frozen=True)
class Hello(Event):
    """The worker is up; always its first event."""

    kind: ClassVar[str] = "hello"
    protocol: int
    version: str
    pid: int


@dataclass(frozen=True)
class Checked(Event):
    """Everything was checked and nothing is wrong; painting begins.

    Attributes:
        frames: How many frames the job has.
        kept: How many of them are whole and right already, and stay as they are.
        hint_frames: The frames that carry hints.
        notes: What was assumed, for the artist to confirm.
        warnings: What will be ignored, and where.

    """

    kind: ClassVar[str] = "checked"
    frames: int
    kept: int
    hint_frames: list[int]
    notes: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class Looked(Event):
    """One more drawing was looked at, before anything is painted: `done` of `total`."""

    kind: ClassVar[str] = "looked"
    done: int
    total: int


@dataclass(frozen=True)
class FrameDone(Event):
    """One frame is whole on disk. `done` of `total` frames that this run has to paint.

    `frames_per_s` is the pace since painting began, by which the rest is foretold.
    """

    kind: ClassVar[str] = "frame"
    frame: int
    path: str
    done: int
    total: int
    frames_per_s: float
    seconds_left: float


@dataclass(frozen=True)
class Warned(Event):
    """Something was met on the way that the artist should know; the run goes on."""

    kind: ClassVar[str] = "warning"
    message: str


@dataclass(frozen=True)
class Finished(Event):
    """Every frame of the job is whole on disk.

    Attributes:
        path: The pattern of the painted frames.
        frames: How many frames the job has: painted now, or kept.
        painted: How many were painted now.
        kept: How many were right already.
        seconds: Wall time of the whole run.
        frames_per_s: Painted frames over `seconds`: looking at the drawings counts too.
        stages_s: Seconds spent in each stage, summed over its threads and processes; waits apart.
        peak_memory_mb: Peak resident memory of the worker and of the processes that it started,
            summed, in 10^6 bytes.
        doubtful: Things that `celtint review` would list as worth a look; None where nobody knows.
        unpainted: Those of them that have no colour.

    """

    kind: ClassVar[str] = "finished"
    ends_run: ClassVar[bool] = True
    path: str
    frames: int
    painted: int
    kept: int
    seconds: float
    frames_per_s: float
    stages_s: dict[str, float]
    peak_memory_mb: float
    doubtful: int | None = None
    unpainted: int = 0


@dataclass(frozen=True)
class Failed(Event):
    """The run ended early; `problems` says why, each for an artist to read."""

    kind: ClassVar[str] = "failed"
    ends_run: ClassVar[bool] = True
    exit_code: int
    problems: list[str]


@dataclass(frozen=True)
class Cancelled(Event):
    """The run was asked to stop, and did; `painted` frames are whole, `left` are not begun."""

    kind: ClassVar[str] = "cancelled"
    ends_run: ClassVar[bool] = True
    painted: int
    left: int


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (Hello, Looked, Checked, FrameDone, Warned, Finished, Failed, Cancelled)
}


def from_line(line: str) -> Event | None:
    """The event in one line of a worker's output; None where the line is something else.

    Keys that this version does not know are left out, so that a worker may say more.
    """
    try:
        document: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    kind = KINDS.get(str(document.get("event")))
    if kind is None:
        return None
    known = {field.name for field in fields(kind)}
    try:
        return kind(**{key: value for key, value in document.items() if key in known})
    except TypeError:
        return None
