"""A new, transparent hint layer for line art, opened for painting."""

from __future__ import annotations

import os
from typing import Any, Optional

import bpy

from ..plugin.blender.blank import blank_exr
from ..plugin.blender.image_header import read_header
from ..plugin.blender.strips import StripSequence, padded
from ..plugin.errors import FileError, JobError, PluginError
from . import compat, timeline


class NewHintLayer(bpy.types.Operator):
    """Make a transparent image for each drawing of the line art, and open them for painting"""  # noqa: D400, D415

    bl_idname = "sequencer.celtint_new_hints"
    bl_label = "New Hint Layer"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender reads this name

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether a strip of images is active."""
        strip = compat.active_strip(context)
        return strip is not None and strip.type == "IMAGE" and not strip.celtint.is_paint

    def execute(self, context: Any) -> set[str]:
        """Make the files, the strip and the image."""
        line = compat.active_strip(context)
        try:
            hints = write_hints(line)
            strip = timeline.show_hints(compat.sequencer_scene(context), line, hints)
        except PluginError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        line.celtint.hint_from = "STRIP"
        line.celtint.hint_strip = strip.name
        image = open_image(hints)
        _show_for_painting(context, image, line, hints)
        self.report({"INFO"}, f"Paint on {image.name}; the hints are in {hints.folder}")
        return {"FINISHED"}


def write_hints(line: Any) -> StripSequence:
    """Transparent images, one for each drawing; those that are there stay as they are.

    Raises:
        PluginError: The strip is no sequence, its size is not known, or nothing can be written.

    """
    drawings = timeline.sequence_of(line)
    folder = os.path.join(os.path.dirname(drawings.folder), "hint_" + line.name)
    folder = os.path.join(os.path.dirname(folder), bpy.path.clean_name(os.path.basename(folder)))
    names = [
        "hint.exr" if one.frame is None else f"hint.{padded(one.frame, drawings.width)}.exr"
        for one in drawings.shown
    ]
    hints = StripSequence.of(line.name, folder, names)
    try:
        os.makedirs(folder, exist_ok=True)
        missing = sorted(set(names) - set(os.listdir(folder)))
        if missing:
            blank = blank_exr(*_size(os.path.join(drawings.folder, drawings.shown[0].name)))
            for name in missing:
                with open(os.path.join(folder, name), "xb") as file:
                    file.write(blank)
    except (OSError, RuntimeError) as error:
        raise FileError(f"The hint layer cannot be written to {folder}: {error}") from error
    return hints


def open_image(hints: StripSequence) -> Any:
    """The image of the hints, as a sequence."""
    path = os.path.join(hints.folder, hints.shown[0].name)
    image = bpy.data.images.load(path, check_existing=True)
    if not hints.is_still:
        image.source = "SEQUENCE"
    return image


def save_painted(line: Any) -> None:
    """Write hints that were painted in Blender and not saved yet.

    Raises:
        JobError: They cannot be written.

    """
    name = line.celtint.hint_strip
    folder = _folder_of_strip(line, name)
    if folder is None or line.celtint.hint_from != "STRIP":
        return
    for image in bpy.data.images:
        if not image.is_dirty or _folder(image) != folder:
            continue
        try:
            if image.source == "SEQUENCE":
                with bpy.context.temp_override(edit_image=image):
                    bpy.ops.image.save_sequence()
            else:
                image.save()
        except RuntimeError as error:
            raise JobError(
                [
                    f"The hints in {image.name} are painted but not saved: in the Image Editor "
                    f"choose Image > Save Sequence. ({error})"
                ]
            ) from error


def _folder_of_strip(line: Any, name: str) -> Optional[str]:
    for scene in bpy.data.scenes:
        for strip, _ in compat.all_strips(scene):
            if strip.name == name and strip.type == "IMAGE" and scene == line.id_data:
                return os.path.normpath(bpy.path.abspath(strip.directory))
    return None


def _folder(image: Any) -> str:
    return os.path.normpath(os.path.dirname(bpy.path.abspath(image.filepath)))


def _size(path: str) -> tuple[int, int]:
    """Width and height of the drawing as the artist sees it, in pixels."""
    header = read_header(path)
    if header is not None:
        return header.width, header.height
    image = bpy.data.images.load(path)
    try:
        width, height = image.size
    finally:
        bpy.data.images.remove(image)
    if not width or not height:
        raise JobError([f"{path} cannot be read, so the size of the hints is not known."])
    return width, height


def _show_for_painting(context: Any, image: Any, line: Any, hints: StripSequence) -> None:
    """Show the hints in the image editor that is there, or in a new window, ready to paint."""
    if bpy.app.background:
        return
    window = context.window
    area = next((one for one in window.screen.areas if one.type == "IMAGE_EDITOR"), None)
    if area is None:
        # A window of its own: the artist's layout stays as it is.
        bpy.ops.wm.window_new()
        area = context.window_manager.windows[-1].screen.areas[0]
        area.ui_type = "IMAGE_EDITOR"
    space = area.spaces.active
    space.image = image
    space.ui_mode = "PAINT"
    if hints.is_still or hints.shown[0].frame is None:
        return
    # Blender shows file number (timeline frame - start + 1 + offset).
    user = space.image_user
    user.frame_duration = len(hints.shown)
    user.frame_start = compat.timeline_frames(line).start
    user.frame_offset = hints.shown[0].frame - 1
    user.use_auto_refresh = True


def register() -> None:
    """Register the operator."""
    bpy.utils.register_class(NewHintLayer)


def unregister() -> None:
    """Take it away."""
    bpy.utils.unregister_class(NewHintLayer)
