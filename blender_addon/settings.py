"""What is stored with a strip: on line art what to do with it, on paint where it came from."""

# No `from __future__ import annotations` here: Blender reads the annotations themselves.
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, PointerProperty, StringProperty

from . import compat


def _image_strips(_self: Any, context: Any, text: str) -> list[str]:
    scene = compat.sequencer_scene(context)
    return sorted(
        strip.name
        for strip, _ in compat.all_strips(scene)
        if strip.type == "IMAGE" and text.casefold() in strip.name.casefold()
    )


class CeltintStripSettings(bpy.types.PropertyGroup):
    """Settings of one strip."""

    hint_from: EnumProperty(
        name="Hints",
        description="Where the hints are",
        items=[
            ("STRIP", "Hint strip", "The hints are a strip of their own"),
            ("LAYER", "Layer of the line art", "The line art's EXR files hold the hints too"),
        ],
        default="STRIP",
    )
    hint_strip: StringProperty(
        name="Hint strip",
        description="The strip with the hints; left empty, the other selected image strip",
        search=_image_strips,
    )
    hint_layer: StringProperty(
        name="Hint layer",
        description="The layer with the hints; left empty, the one called hint",
    )
    hint_match: EnumProperty(
        name="Match",
        description="Which hint belongs to which drawing",
        items=[
            ("NUMBER", "By number", "hint.1013.exr belongs to line.1013.exr, wherever it stands"),
            ("TIMELINE", "By timeline", "A hint belongs to the drawing that it stands over"),
        ],
        default="NUMBER",
    )
    line_layer: StringProperty(
        name="Line layer",
        description="The layer with the line art; left empty, the one called line, or the only one",
    )
    finish: EnumProperty(
        name="Finish",
        description="How the paint looks",
        items=[
            ("flat", "Flat", "Exact colours of the hints, one for each region"),
            ("painted", "Painted", "Painted by a network; needs a model"),
        ],
        default="flat",
    )
    gap_px: FloatProperty(
        name="Close gaps",
        description="Gaps in outlines up to this wide count as closed, in pixels of the line art",
        default=6.0,
        min=0.0,
        max=64.0,
    )
    model: StringProperty(
        name="Model",
        description="Name or weight file of the network; left empty, the finish's own choice",
        subtype="FILE_PATH",
    )
    palette: StringProperty(
        name="Palette",
        description="A palette file (.json, .gpl) that gives colours their names; dabs that are "
        "not in it are told",
        subtype="FILE_PATH",
    )
    device: EnumProperty(
        name="Device",
        description="What the engine paints on",
        items=[
            (
                "auto",
                "Automatic",
                "The graphics card if the engine can use one, else the processor",
            ),
            ("cpu", "Processor", ""),
            ("cuda", "Graphics card", ""),
        ],
        default="auto",
    )
    folder: StringProperty(
        name="Output",
        description="Folder of the painted frames; left empty, it is chosen and written here",
        subtype="DIR_PATH",
    )

    is_paint: BoolProperty(options={"HIDDEN"})
    token: StringProperty(options={"HIDDEN"})
    line_strip: StringProperty(options={"HIDDEN"})
    job: StringProperty(options={"HIDDEN"})


def register() -> None:
    """Give every strip its settings."""
    bpy.utils.register_class(CeltintStripSettings)
    compat.STRIP_CLASS.celtint = PointerProperty(type=CeltintStripSettings)


def unregister() -> None:
    """Take the settings away; what strips hold stays in the file."""
    del compat.STRIP_CLASS.celtint
    bpy.utils.unregister_class(CeltintStripSettings)
