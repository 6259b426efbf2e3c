"""What differs between Blender 4.2 and 5.x; nothing else here asks for a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

# Sequence until 4.3, Strip from 4.4.
STRIP_CLASS: Any = getattr(bpy.types, "Strip", None) or bpy.types.Sequence

SHOWS_LAYERED_FILES: bool = bpy.app.version >= (4, 5)
"""Up to 4.4 the sequencer shows no EXR that holds more than R, G, B and A."""


def sequencer_scene(context: Any) -> Any:
    """The scene whose strips the sequencer shows; from 5.0 it need not be the active one."""
    return getattr(context, "sequencer_scene", None) or context.scene


def strips_of(owner: Any) -> Any:
    """The strips of a sequence editor or of a meta strip."""
    # An empty collection is false, so it is asked whether it exists.
    return owner.strips if hasattr(owner, "strips") else owner.sequences


def all_strips(scene: Any) -> Iterator[tuple[Any, Any]]:
    """Every strip of a scene with its owner, inside meta strips too."""
    if scene.sequence_editor is None:
        return
    waiting = [scene.sequence_editor]
    while waiting:
        owner = waiting.pop()
        for strip in strips_of(owner):
            yield strip, owner
            if strip.type == "META":
                waiting.append(strip)


def timeline_frames(strip: Any) -> range:
    """The timeline frames that a strip covers."""
    if hasattr(strip, "left_handle"):  # the names from 5.2 on; the old ones go in 6.0
        return range(int(strip.left_handle), int(strip.right_handle))
    return range(int(strip.frame_final_start), int(strip.frame_final_end))


def active_strip(context: Any) -> Any:
    """The active strip of the sequencer; None where there is none."""
    scene = sequencer_scene(context)
    if scene is None or scene.sequence_editor is None:
        return None
    return scene.sequence_editor.active_strip


def new_image_strip(
    owner: Any, name: str, folder: str, names: list[str], *, channel: int, start: int
) -> Any:
    """An image strip that shows one file a timeline frame."""
    first = folder.rstrip("/\\") + "/" + names[0]
    strip = strips_of(owner).new_image(
        name=name, filepath=first, channel=channel, frame_start=start
    )
    for later in names[1:]:
        strip.elements.append(later)
    return strip


def colour_spaces(strip: Any) -> list[str]:
    """The colour spaces that a strip can be set to."""
    return strip.colorspace_settings.bl_rna.properties["name"].enum_items.keys()


def set_colour_space(strip: Any, space: str) -> None:
    """Set a strip to a colour space.

    In a window Blender 5.2 crashes within a few runs where this is done to a strip that it shows:
    it lets go of pictures that it goes on to draw. A muted strip is not shown.
    """
    was_muted = strip.mute
    strip.mute = True
    refresh(strip)
    strip.colorspace_settings.name = space
    strip.mute = was_muted


def identity(data: Any) -> Any:
    """What a data-block keeps through undo and a change of its name."""
    return data.session_uid


def refresh(strip: Any) -> None:
    """Show the files of a strip as they are on disk now."""
    if bpy.app.background:
        caches = strip.bl_rna.functions["invalidate_cache"].parameters["type"].enum_items
        for kind in (one.identifier for one in caches):
            strip.invalidate_cache(kind)
        return
    # In a window threads read strips ahead, and this operator stops them first. It also forgets
    # which files were missing.
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type != "SEQUENCE_EDITOR":
                continue
            region = next((one for one in area.regions if one.type == "WINDOW"), None)
            with bpy.context.temp_override(window=window, area=area, region=region):
                if bpy.ops.sequencer.refresh_all.poll():
                    bpy.ops.sequencer.refresh_all()
            area.tag_redraw()


def remove_strip(owner: Any, strip: Any) -> None:
    """Take a strip away, as a hand would.

    Blender's own operator stops the threads that read strips ahead; a removal by script does not.
    """
    names = {one.name: one.select for one in strips_of(owner)}
    name = strip.name
    refresh(strip)
    for window in bpy.context.window_manager.windows if bpy.context.window_manager else ():
        for area in window.screen.areas:
            if area.type != "SEQUENCE_EDITOR" or name not in strips_of(owner):
                continue
            region = next((one for one in area.regions if one.type == "WINDOW"), None)
            for one in strips_of(owner):
                one.select = one.name == name
            with bpy.context.temp_override(window=window, area=area, region=region):
                if bpy.ops.sequencer.delete.poll():
                    bpy.ops.sequencer.delete()
    for one in strips_of(owner):
        one.select = names.get(one.name, False)
    if name in strips_of(owner):
        strips_of(owner).remove(strips_of(owner)[name])


def redraw() -> None:
    """Draw the sequencer's panels and the status bar again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()
