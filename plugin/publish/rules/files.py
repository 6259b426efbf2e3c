"""Rules about the files of a shot: which there are, and what they are called."""

from __future__ import annotations

import re

from ...shot import format_frames
from ..shot import Finding, PaintedShot


def frame_range(shot: PaintedShot) -> list[Finding]:
    """Every frame of the shot is there, without a gap, and none beyond it.

    The range is what the production says (frameStart and frameEnd with their handles), else what
    the job painted. Missing frames can be painted from here: those that stand are not touched.
    """
    there = {one.frame for one in shot.frames}
    wanted, who = _wanted(shot)
    if not there:
        return [shot.finding(f"No frame {shot.pattern} is there.", "Paint the shot first.")]
    found = [
        shot.finding(
            f"It is missing; {who} has frames {format_frames(wanted)}.",
            "Repair, which paints what is missing, or run `celtint colorize` again.",
            frame,
        )
        for frame in sorted(wanted - there)
    ]
    return found + [
        shot.finding(
            f"It does not belong to the shot; {who} has frames {format_frames(wanted)}.",
            "Move the file elsewhere, or correct the range.",
            frame,
        )
        for frame in sorted(there - wanted)
    ]


def _wanted(shot: PaintedShot) -> tuple[set[int], str]:
    said = shot.said
    if said.first_frame is not None and said.last_frame is not None:
        return set(range(said.first_frame, said.last_frame + 1)), "the shot"
    if shot.lineage is not None:
        return set(shot.lineage.plan.frames), "the job"
    numbers = [one.frame for one in shot.frames] or [0]
    return set(range(min(numbers), max(numbers) + 1)), "what is on disk"


def padding(shot: PaintedShot) -> list[Finding]:
    """No frame is there twice, and every number is padded alike.

    `paint.101.exr` beside `paint.0101.exr` is one frame to one program and two to another. Files
    that are padded in another way can be renamed from here, where no other file has the name.
    """
    found = []
    there = {one.frame for one in shot.frames}
    for path in shot.odd_names:
        frame = odd_number(shot, path.name)
        if frame in there:
            what = f"{path.name} is a second file of this frame."
            do = f"Keep the one that is right, under the name {shot.pattern.path(frame).name}."
        else:
            what = f"{path.name} pads its number in another way than {shot.pattern}."
            do = f"Repair, which renames it to {shot.pattern.path(frame).name}."
        found.append(shot.finding(what, do, frame))
    return found


def odd_number(shot: PaintedShot, name: str) -> int:
    """The frame that a file of another padding stands for."""
    number = re.fullmatch(
        rf"{re.escape(shot.pattern.base)}(-?\d+){re.escape(shot.pattern.ext)}", name
    )
    if number is None:
        raise ValueError(f"expected a name of the sequence {shot.pattern}, got {name}")
    return int(number[1])


def decodes(shot: PaintedShot) -> list[Finding]:
    """Every frame opens, and every one of its pixels decodes.

    A file that was cut short opens in many programs and shows black where its pixels are missing.
    A damaged frame can be painted anew from here.
    """
    return [
        shot.finding(
            f"It cannot be decoded: {one.error}.", "Repair, which paints it anew.", one.frame
        )
        for one in shot.frames
        if one.error
    ]


def leftovers(shot: PaintedShot) -> list[Finding]:
    """No run is at work on the frames, and none was interrupted and left files behind.

    What was left can be removed from here; nobody misses it.
    """
    found = []
    if shot.is_being_painted:
        found.append(shot.finding("It is being painted right now.", "Wait for the run to end."))
    return found + [
        shot.finding(
            f"An interrupted run left {path.name} in {path.parent}.", "Repair, which removes it."
        )
        for path in shot.leftovers
    ]


def existing_version(shot: PaintedShot) -> list[Finding]:
    """A version that was published is never written again.

    Whoever uses it would get other pictures under the same name.
    """
    if shot.target is None or not shot.target.exists:
        return []
    return [
        shot.finding(
            f"{shot.target.folder} is there already.",
            "Publish as the next version: leave the version out, or raise it.",
        )
    ]
