"""Strips in, sequences out; and the strip with the paint."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from typing import Any, Optional

import bpy

from ..plugin.blender.colours import blender_space
from ..plugin.blender.image_header import read_header
from ..plugin.blender.strips import Drawing, StripSequence
from ..plugin.errors import FileError, JobError
from . import compat

_MOST_CHANNELS = 128
_TRANSFORM = ("offset_x", "offset_y", "scale_x", "scale_y", "rotation", "origin")


def sequence_of(strip: Any) -> StripSequence:
    """The files that an image strip shows, one for each timeline frame.

    Raises:
        JobError: It is no image strip, or its files are no sequence.

    """
    if strip.type != "IMAGE":
        raise JobError(
            [
                f"The strip '{strip.name}' is no image strip: render it to an image sequence, and "
                "add that to the sequencer."
            ]
        )
    # Blender itself says what it shows, so cuts, reversing, holds and retiming are its own.
    elements = [strip.strip_elem_from_frame(frame) for frame in compat.timeline_frames(strip)]
    names = [element.filename for element in elements if element is not None]
    folder = os.path.normpath(bpy.path.abspath(strip.directory))
    return StripSequence.of(strip.name, folder, names)


def drawings_by_timeline(strip: Any) -> dict[int, Drawing]:
    """Timeline frame to drawing."""
    return dict(zip(compat.timeline_frames(strip), sequence_of(strip).shown))


def find_strip(scene: Any, name: str) -> tuple[Any, Any]:
    """A strip of a scene and its owner, by name.

    Raises:
        JobError: There is none.

    """
    for strip, owner in compat.all_strips(scene):
        if strip.name == name:
            return strip, owner
    raise JobError([f"There is no strip '{name}' in the scene '{scene.name}' any more."])


def paint_of(scene: Any, line_name: str) -> Optional[Any]:
    """The strip with the paint of a line-art strip; None before the first run."""
    for strip, _ in compat.all_strips(scene):
        if strip.celtint.is_paint and strip.celtint.line_strip == line_name:
            return strip
    return None


def with_token(scene: Any, token: str) -> Optional[Any]:
    """The strip that a run made; None where it is gone, by an undo for instance."""
    for strip, _ in compat.all_strips(scene):
        if token and strip.celtint.token == token:
            return strip
    return None


def new_token() -> str:
    """A mark that a strip keeps whatever it is called."""
    return uuid.uuid4().hex


def show_paint(scene: Any, line_name: str, hint_name: str, paint: StripSequence, token: str) -> Any:
    """A new strip above the line art and the hints that shows the paint.

    Raises:
        JobError: The line art's strip is gone, or every channel is taken.

    """
    line, owner = find_strip(scene, line_name)
    below = [line.channel]
    covered = compat.timeline_frames(line)
    below += [strip.channel for strip in compat.strips_of(owner) if strip.name == hint_name]
    channel = _free_channel(owner, max(below) + 1, covered)
    names = [drawing.name for drawing in paint.shown]
    strip = compat.new_image_strip(
        owner, line.name + " paint", paint.folder, names, channel=channel, start=covered.start
    )
    strip.alpha_mode = "PREMUL"
    strip.blend_type = "ALPHA_OVER"
    for name in _TRANSFORM:
        setattr(strip.transform, name, getattr(line.transform, name))
    strip.celtint.is_paint = True
    strip.celtint.token = token
    strip.celtint.line_strip = line.name
    return strip


def show_hints(scene: Any, line: Any, hints: StripSequence) -> Any:
    """The strip above the line art that shows a hint layer; the one that is there, if it is."""
    for strip, _ in compat.all_strips(scene):
        if strip.type == "IMAGE" and shows(strip, hints):
            return strip
    _, owner = find_strip(scene, line.name)
    covered = compat.timeline_frames(line)
    channel = _free_channel(owner, line.channel + 1, covered)
    names = [drawing.name for drawing in hints.shown]
    strip = compat.new_image_strip(
        owner, line.name + " hint", hints.folder, names, channel=channel, start=covered.start
    )
    strip.blend_type = "ALPHA_OVER"
    return strip


def set_colour_space(strip: Any, painted_file: str, line: Optional[Any]) -> None:
    """Set a strip to the colour space that a painted frame names, else to that of the line art."""
    try:
        header = read_header(painted_file)
    except FileError:
        return
    known = compat.colour_spaces(strip)
    space = blender_space(header.space, known) if header and header.space else None
    if space is None and line is not None:
        space = line.colorspace_settings.name
    if space is not None and strip.colorspace_settings.name != space:
        compat.set_colour_space(strip, space)


def shows(strip: Any, paint: StripSequence) -> bool:
    """Whether a strip shows these files, in this order."""
    folder = os.path.normpath(bpy.path.abspath(strip.directory))
    return folder == paint.folder and [one.filename for one in strip.elements] == [
        drawing.name for drawing in paint.shown
    ]


def remove(scene: Any, strip: Any) -> None:
    """Take a strip away."""
    _, owner = find_strip(scene, strip.name)
    compat.remove_strip(owner, strip)


def hint_beside(context: Any, line: Any) -> Optional[Any]:
    """The other selected image strip; None unless there is exactly one."""
    others = [
        strip
        for strip, _ in compat.all_strips(compat.sequencer_scene(context))
        if strip.select and strip.type == "IMAGE" and not strip.celtint.is_paint and strip != line
    ]
    return others[0] if len(others) == 1 else None


def line_of_two(first: Any, second: Any) -> tuple[Any, Any]:
    """Which of two strips is the line art and which the hints.

    A strip that says `hint` in its name is the hints; else the upper one is.
    """
    says_hint = [("hint" in strip.name.casefold()) for strip in (first, second)]
    if says_hint[0] != says_hint[1]:
        return (second, first) if says_hint[0] else (first, second)
    return (first, second) if first.channel < second.channel else (second, first)


def _free_channel(owner: Any, lowest: int, covered: range) -> int:
    taken = {
        strip.channel
        for strip in compat.strips_of(owner)
        if compat.timeline_frames(strip).start < covered.stop
        and compat.timeline_frames(strip).stop > covered.start
    }
    for channel in range(lowest, _MOST_CHANNELS + 1):
        if channel not in taken:
            return channel
    raise JobError(["Every channel above the line art is taken: free one for the paint."])


def default_folder(line: Any, folders_taken: Sequence[str]) -> str:
    """Where a strip's paint goes unless the artist says otherwise.

    Beside the Blender file where it is saved, else beside the folder of the line art.
    """
    base = "//" if bpy.data.filepath else os.path.join(_parent(line), "")
    plain = bpy.path.clean_name(line.name)
    for number in range(1, 10_000):
        folder = f"{base}paint/{plain}" + (f"-{number}" if number > 1 else "") + "/"
        if os.path.normpath(bpy.path.abspath(folder)) not in folders_taken:
            return folder
    raise JobError(["Choose an output folder: every name for one is taken."])


def _parent(line: Any) -> str:
    return os.path.dirname(os.path.normpath(bpy.path.abspath(line.directory)))
