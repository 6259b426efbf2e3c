"""The button that opens the review of a painted strip in the browser."""

# No `from __future__ import annotations` here: Blender reads the annotations themselves.
import pathlib
import threading
import webbrowser
from typing import Any, Optional

import bpy

from ..plugin.blender.engine import find_python
from ..plugin.blender.review import Review
from ..plugin.errors import JobError, PluginError
from ..plugin.job import Job
from . import compat, preferences, timeline

_TICK_S = 0.2

_making: Optional[Review] = None


class OpenReview(bpy.types.Operator):
    """Open a page of what is doubtful or unpainted, worst first"""  # noqa: D400, D415

    bl_idname = "sequencer.celtint_review"
    bl_label = "Open Review"

    _timer: Optional[Any] = None
    _thread: Optional[threading.Thread] = None

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether the active strip is painted, or its paint is there."""
        if _paint_of(context) is None:
            cls.poll_message_set("Colorize the strip first")
            return False
        return True

    def execute(self, context: Any) -> "set[str]":
        """Make the page and wait for it: for scripts and for `blender --background`."""
        try:
            self._begin(context)
        except PluginError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._wait()
        return self._conclude(opens=False)

    def invoke(self, context: Any, _event: Any) -> "set[str]":
        """Make the page in the background and open it."""
        try:
            self._begin(context)
        except PluginError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._thread = threading.Thread(target=self._wait, name="celtint review", daemon=True)
        self._thread.start()
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_S, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> "set[str]":
        """Wait for the page."""
        if event.type != "TIMER" or self._thread.is_alive():
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._conclude(opens=True)

    def _begin(self, context: Any) -> None:
        global _making
        if _making is not None:
            raise JobError(["A review is being made already."])
        job = Job.from_json(_paint_of(context).celtint.job)
        self._words, self._failed = "", True
        _making = Review(find_python(preferences.engine_path(context)), job)
        self._page = _making.page

    def _wait(self) -> None:
        global _making
        try:
            self._words, self._failed = _making.answer(), False
        except PluginError as error:
            self._words = str(error)
        _making = None

    def _conclude(self, *, opens: bool) -> "set[str]":
        if self._failed:
            self.report({"ERROR"}, self._words)
            return {"CANCELLED"}
        self.report({"INFO"}, f"{self._words}; the review is {self._page}")
        if opens:
            webbrowser.open(pathlib.Path(self._page).as_uri())
        return {"FINISHED"}


def _paint_of(context: Any) -> Optional[Any]:
    """The painted strip that is active, or that belongs to the active line art."""
    strip = compat.active_strip(context)
    if strip is None:
        return None
    if not strip.celtint.is_paint:
        strip = timeline.paint_of(compat.sequencer_scene(context), strip.name)
    return strip if strip is not None and strip.celtint.job else None


def end_at_once() -> None:
    """Stop a review that is being made."""
    making = _making
    if making is not None:
        making.cancel()


def register() -> None:
    """Register the button."""
    bpy.utils.register_class(OpenReview)


def unregister() -> None:
    """Take it away."""
    bpy.utils.unregister_class(OpenReview)
