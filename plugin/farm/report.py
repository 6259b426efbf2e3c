"""The report over all shots: what is done, what failed and why, where to look, what it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..shot import FramePattern
from . import records
from .records import Record
from .shots import Shot

REPORT_VERSION = 1
STATES = {
    records.DONE: "every frame is painted",
    records.FAILED: "ended with a problem",
    records.CANCELLED: "was cancelled",
    records.BEGUN: "was begun and has not ended: it runs, or it was killed",
    "incomplete": "was done, and frames are missing since",
    records.WAITING: "was not begun",
}
"""Every state a shot can be in, and what it says of it."""


@dataclass(frozen=True)
class Line:
    """One shot of the report.

    Attributes:
        record: What became of it.
        state: As the record says, or `incomplete` where frames have gone since.
        out: The pattern of its painted frames.
        frames: How many frames it has.
        on_disk: How many painted frames there are.

    """

    record: Record
    state: str
    out: str
    frames: int
    on_disk: int


@dataclass(frozen=True)
class Report:
    """The report over all shots, in order of name."""

    lines: tuple[Line, ...]

    @property
    def states(self) -> dict[str, int]:
        """How many shots are in each state that there is."""
        found = Counter(line.state for line in self.lines)
        return {state: found[state] for state in STATES if found[state]}

    @property
    def is_done(self) -> bool:
        """Whether every shot is done."""
        return all(line.state == records.DONE for line in self.lines)

    def figures(self) -> dict[str, float]:
        """Sums over all shots."""
        kept = [line.record for line in self.lines]
        painted = sum(record.painted for record in kept)
        seconds = sum(record.seconds for record in kept if record.painted)
        return {
            "shots": len(self.lines),
            "frames": sum(line.frames for line in self.lines),
            "frames_on_disk": sum(line.on_disk for line in self.lines),
            "worker_seconds": round(sum(record.seconds_in_all for record in kept), 3),
            "seconds_per_frame": round(seconds / painted, 4) if painted else 0.0,
            "peak_memory_mb": max((record.peak_memory_mb for record in kept), default=0.0),
            "doubtful_places": sum(record.doubtful for record in kept),
        }

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "celtint_farm_report": REPORT_VERSION,
            "states": self.states,
            "figures": self.figures(),
            "shots": [
                {
                    **asdict(line.record),
                    "state": line.state,
                    "out": line.out,
                    "frames": line.frames,
                    "on_disk": line.on_disk,
                }
                for line in self.lines
            ],
        }


def make_report(shots: Sequence[Shot], folder: Path) -> Report:
    """Look at the records and the painted frames of shots.

    Args:
        shots: The list.
        folder: Where records are.

    """
    lines = [_line(shot, records.read(folder, shot.name)) for shot in shots]
    return Report(tuple(sorted(lines, key=lambda line: line.record.shot)))


def _line(shot: Shot, record: Record) -> Line:
    frames = record.frames or shot.frames
    try:
        on_disk = min(len(FramePattern.parse(shot.job.out.path).frames_on_disk()), frames)
    except PluginError:
        on_disk = 0  # the folder is not there yet
    state = record.state
    if state == records.DONE and on_disk < frames:
        state = "incomplete"
    return Line(record, state, shot.job.out.path, frames, on_disk)
