"""The operator that paints a strip, and the one that cancels it."""

from __future__ import annotations

from typing import Any, Optional

import bpy

from ..plugin.errors import JobError, PluginError
from . import compat, hint_layer, session, timeline

_TICK_S = 0.1


class ColorizeLineArt(bpy.types.Operator):
    """Paint the selected line art from its hints, on a strip above"""  # noqa: D400, D415

    bl_idname = "sequencer.celtint_colorize"
    bl_label = "Colorize Line Art"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender reads this name

    _timer: Optional[Any] = None
    _session: Optional[session.Session] = None

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether a strip of images is active."""
        strip = compat.active_strip(context)
        if strip is None:
            cls.poll_message_set("Select a strip of line art in the sequencer")
            return False
        if session.current is not None:
            cls.poll_message_set("Celtint is painting already")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        """Paint, and wait for the end: for scripts and for `blender --background`."""
        if not self._start(context):
            return {"CANCELLED"}
        return self._conclude(self._session.follow())

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Paint in the background."""
        if not self._start(context):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_S, window=context.window)
        manager.modal_handler_add(self)
        manager.progress_begin(0, 1000)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Take in what the worker said; Esc cancels."""
        running = self._session
        if running is not session.current:  # another file was opened: the run was ended
            self._stop_showing(context)
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS":
            running.cancel()
            self._show_progress(context)
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        last = running.tick()
        if last is None:
            self._show_progress(context)
            return {"PASS_THROUGH"}
        self._stop_showing(context)
        return self._conclude(last)

    def cancel(self, context: Any) -> None:
        """Called by Blender when it takes the operator away: another file, or the end."""
        session.end_run()
        self._stop_showing(context)

    def _start(self, context: Any) -> bool:
        try:
            line = chosen_line(context)
            hint_layer.save_painted(line)
            self._session = session.start(context, line)
        except PluginError as error:
            session.last_words[:] = problems_of(error)
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _conclude(self, last: Any) -> set[str]:
        is_whole = session.conclude(self._session, last)
        words = "\n".join(session.last_words)
        self._session = None
        if is_whole:
            self.report({"INFO"}, " ".join(session.last_words))  # on the one line of the status bar
            return {"FINISHED"}
        self.report({"WARNING" if last.kind == "cancelled" else "ERROR"}, words)
        return {"CANCELLED"}

    def _show_progress(self, context: Any) -> None:
        running = self._session
        context.workspace.status_text_set(f"{running.status}   (Esc cancels)")
        context.window_manager.progress_update(int(1000 * running.share))
        compat.redraw()

    def _stop_showing(self, context: Any) -> None:
        if self._timer is None:
            return
        context.window_manager.event_timer_remove(self._timer)
        self._timer = None
        context.window_manager.progress_end()
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        compat.redraw()


class CancelColorize(bpy.types.Operator):
    """Stop painting after the frames in flight; they stay, and the next run goes on from there"""  # noqa: D400, D415

    bl_idname = "sequencer.celtint_cancel"
    bl_label = "Cancel Painting"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Whether a run is at work."""
        return session.current is not None

    def execute(self, _context: Any) -> set[str]:
        """Ask the run to stop; the operator that started it tells the rest."""
        session.current.cancel()
        return {"FINISHED"}


def chosen_line(context: Any) -> Any:
    """The strip with the line art, and its settings made ready for a run.

    The active strip is the line art, or the paint of an earlier run; where two image strips are
    selected, one of them is the hints.

    Raises:
        JobError: No strip will do.

    """
    scene = compat.sequencer_scene(context)
    active = compat.active_strip(context)
    if active is None:
        raise JobError(["Select a strip of line art in the sequencer."])
    if active.celtint.is_paint:
        line, _ = timeline.find_strip(scene, active.celtint.line_strip)
        return line
    if active.type != "IMAGE":
        timeline.sequence_of(active)  # raises, and says why
    other = timeline.hint_beside(context, active)
    if other is None:
        return active
    line, hint = timeline.line_of_two(active, other)
    line.celtint.hint_from = "STRIP"
    line.celtint.hint_strip = hint.name
    return line


def problems_of(error: PluginError) -> list[str]:
    """What went wrong, one problem a line."""
    return list(error.problems) if isinstance(error, JobError) else [str(error)]


def register() -> None:
    """Register the operators."""
    for kind in _CLASSES:
        bpy.utils.register_class(kind)


def unregister() -> None:
    """Take them away."""
    for kind in reversed(_CLASSES):
        bpy.utils.unregister_class(kind)


_CLASSES = (ColorizeLineArt, CancelColorize)
