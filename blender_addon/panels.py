"""The sidebar, the strip menu and the status bar."""

import textwrap
from typing import Any

import bpy

from . import compat, hint_layer, operators, review, session

_LINE_LENGTH = 46


class CeltintPanel(bpy.types.Panel):
    """The sidebar of the sequencer, in the order of the artist's work."""

    bl_idname = "SEQUENCER_PT_celtint"
    bl_label = "Colorize Line Art"
    bl_category = "Celtint"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"

    def draw(self, context: Any) -> None:
        """Draw the run at work, or what can be done with the active strip."""
        layout = self.layout
        if session.current is not None:
            _draw_progress(layout, session.current)
            return
        strip = compat.active_strip(context)
        if strip is None:
            layout.label(text="Select a strip of line art")
        elif strip.celtint.is_paint:
            layout.label(text=f"Paint of '{strip.celtint.line_strip}'")
            layout.operator(operators.ColorizeLineArt.bl_idname, text="Colorize Again")
            layout.operator(review.OpenReview.bl_idname, icon="VIEWZOOM")
        elif strip.type != "IMAGE":
            layout.label(text="This is no image strip")
        else:
            _draw_settings(layout, strip)
        _draw_last_words(layout)


def _draw_settings(layout: Any, strip: Any) -> None:
    chosen = strip.celtint
    layout.use_property_split = True
    layout.use_property_decorate = False
    hints = layout.column()
    hints.prop(chosen, "hint_from")
    if chosen.hint_from == "STRIP":
        hints.prop(chosen, "hint_strip")
        hints.prop(chosen, "hint_match")
        hints.operator(hint_layer.NewHintLayer.bl_idname, icon="ADD")
    hints.prop(chosen, "hint_layer")
    hints.prop(chosen, "line_layer")
    look = layout.column()
    look.prop(chosen, "finish")
    if chosen.finish == "flat":
        look.prop(chosen, "gap_px")
        look.prop(chosen, "palette")
    else:
        look.prop(chosen, "model")
    look.prop(chosen, "device")
    look.prop(chosen, "folder")
    layout.operator(operators.ColorizeLineArt.bl_idname, icon="BRUSH_DATA")
    layout.operator(review.OpenReview.bl_idname, icon="VIEWZOOM")


def _draw_progress(layout: Any, running: session.Session) -> None:
    layout.progress(factor=running.share, text=f"{running.done} of {running.total or '...'}")
    _draw_text(layout, running.stage)
    row = layout.row()
    row.enabled = not running.is_stopping
    row.operator(operators.CancelColorize.bl_idname, text="Cancel", icon="CANCEL")


def _draw_last_words(layout: Any) -> None:
    if session.last_words:
        box = layout.box()
        for words in session.last_words:
            _draw_text(box, words)


def _draw_text(layout: Any, text: str) -> None:
    column = layout.column(align=True)
    for paragraph in text.splitlines():
        for line in textwrap.wrap(paragraph, _LINE_LENGTH) or [""]:
            column.label(text=line)


def _draw_status_bar(header: Any, _context: Any) -> None:
    running = session.current
    if running is not None:
        row = header.layout.row(align=True)
        row.progress(factor=running.share, text=f"Celtint {running.done}/{running.total or '...'}")
        row.operator(operators.CancelColorize.bl_idname, text="", icon="CANCEL")


def _draw_menu(menu: Any, _context: Any) -> None:
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.operator(operators.ColorizeLineArt.bl_idname)
    menu.layout.operator(hint_layer.NewHintLayer.bl_idname)
    menu.layout.operator(review.OpenReview.bl_idname)


def register() -> None:
    """Register the panel and add to the menus."""
    bpy.utils.register_class(CeltintPanel)
    bpy.types.SEQUENCER_MT_strip.append(_draw_menu)
    bpy.types.STATUSBAR_HT_header.append(_draw_status_bar)


def unregister() -> None:
    """Take them away."""
    bpy.types.STATUSBAR_HT_header.remove(_draw_status_bar)
    bpy.types.SEQUENCER_MT_strip.remove(_draw_menu)
    bpy.utils.unregister_class(CeltintPanel)
