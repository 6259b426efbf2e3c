"""Rules about where frames come from: that they say so, and that it is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ...shot import format_frames
from ..shot import Finding, Frame, PaintedShot

_SHARED = ("version", "finish", "settings", "job", "model")
_OWN = ("frame", "hint_frames", "fingerprint")


def provenance(shot: PaintedShot) -> list[Finding]:
    """Every frame says what it was painted by, and all say the same.

    The version, the model's hash, the job's hash, the settings and the hints that colour came from
    stand in the metadata. Frames of two runs with other settings do not belong to one shot.
    """
    readable = [frame for frame in shot.frames if frame.header is not None]
    usual = {key: _most_common(readable, key) for key in _SHARED}
    found = []
    for frame in readable:
        wanted = [*_OWN, *(key for key in _SHARED if usual[key] is not None)]
        missing = [key for key in wanted if key not in frame.celtint]
        if "fingerprint" in missing and len(missing) > 3:
            do = "Paint it with celtint, or take the file out of the folder."
            found.append(shot.finding("It was not painted by celtint.", do, frame.frame))
            continue
        wrong = [f"celtint:{key} is missing" for key in missing]
        wrong += [
            f"celtint:{key} is {frame.celtint[key]}, and {usual[key]} in the other frames"
            for key in _SHARED
            if key in frame.celtint and frame.celtint[key] != usual[key]
        ]
        wrong += _own_problems(shot, frame)
        if wrong:
            what = f"Its metadata does not hold together: {'; '.join(wrong)}."
            found.append(shot.finding(what, "Paint the frame again.", frame.frame))
    return found


def _own_problems(shot: PaintedShot, frame: Frame) -> list[str]:
    """What a frame says of itself that cannot be right."""
    wrong = []
    if "frame" in frame.celtint and frame.celtint["frame"] != frame.frame:
        wrong.append(f"celtint:frame is {frame.celtint['frame']}: the file was renamed")
    said = frame.celtint.get("hint_frames")
    lineage = shot.lineage
    if said is not None and lineage is not None and frame.frame in lineage.index_of:
        wanted = lineage.identity.hint_frames[lineage.index_of[frame.frame]]
        if said != wanted and not _hints_moved(shot):
            wrong.append(f"celtint:hint_frames is {said!r}, and its colour came from {wanted!r}")
    return wrong


def _hints_moved(shot: PaintedShot) -> bool:
    """Whether the hints themselves are others now, of which the rule of truth tells."""
    return any(_is_untrue(shot, frame) for frame in shot.frames)


def _most_common(frames: list[Frame], key: str) -> Any:
    said = Counter(frame.celtint[key] for frame in frames if key in frame.celtint)
    return said.most_common(1)[0][0] if said else None


def truth(shot: PaintedShot) -> list[Finding]:
    """Line art and hints on disk are still those that the frames were painted from.

    What every frame has to be is computed anew from the files. Whoever changed a drawing or a hint
    after painting has to paint again; only the frames whose paint it changes are painted anew.
    """
    if shot.lineage is None:
        do = "Put back what the shot was painted from, or paint it again."
        return [shot.finding(problem, do) for problem in shot.untold]
    untrue = [frame for frame in shot.frames if _is_untrue(shot, frame)]
    if not untrue:
        return []
    first = _first_in_flow(shot, untrue)
    rest = [frame.frame for frame in untrue if frame is not first]
    downstream = f" So it is with frames {format_frames(rest)}." if rest else ""
    what = (
        "It was painted from other line art, other hints or other settings than are on disk now."
        f"{downstream}"
    )
    return [shot.finding(what, "Run `celtint colorize` again.", first.frame)]


def _is_untrue(shot: PaintedShot, frame: Frame) -> bool:
    lineage, said = shot.lineage, frame.celtint.get("fingerprint")
    if lineage is None or said is None or frame.frame not in lineage.index_of:
        return False  # what does not say, or does not belong, other rules tell
    return bool(said != lineage.identity.fingerprints[lineage.index_of[frame.frame]])


def _first_in_flow(shot: PaintedShot, frames: list[Frame]) -> Frame:
    """The frame where what changed stands: colour reaches it first."""
    assert shot.lineage is not None  # noqa: S101 - untrue frames have one
    hints: Mapping[int, Any] = shot.lineage.plan.hints
    key = shot.lineage.plan.frames[min(hints)] if hints else frames[0].frame
    return min(frames, key=lambda frame: (abs(frame.frame - key), frame.frame < key))
