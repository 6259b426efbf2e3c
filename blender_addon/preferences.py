"""Where the engine is, and whether it answers."""

import os
import threading
from typing import Any, Optional, Union

import bpy
from bpy.props import StringProperty

from ..plugin.blender.engine import EngineInfo, Question, find_python
from ..plugin.errors import PluginError

ADDON = __package__.rpartition(".")[0]
"""The extension's module, `bl_ext.user_default.celtint`."""

_MANIFEST = os.path.join(os.path.dirname(os.path.dirname(__file__)), "blender_manifest.toml")

_answer: Optional[Union[EngineInfo, str]] = None
_asking: Optional[threading.Thread] = None
_question: Optional[Question] = None


class CeltintPreferences(bpy.types.AddonPreferences):
    """Preferences of the extension."""

    bl_idname = ADDON

    python: StringProperty(
        name="Engine",
        description="The Python that has celtint installed, the folder of its environment, or the "
        "celtint command; left empty, $CELTINT_PYTHON",
        subtype="FILE_PATH",
    )

    def draw(self, _context: Any) -> None:
        """Draw the path, the button and the answer."""
        self.layout.prop(self, "python")
        self.layout.operator(TestEngine.bl_idname, icon="CHECKMARK")
        for line in answer_lines():
            self.layout.label(text=line)


class TestEngine(bpy.types.Operator):
    """Start the engine and say its version, its devices and its models"""  # noqa: D400, D415

    bl_idname = "celtint.test_engine"
    bl_label = "Test Engine"

    def execute(self, context: Any) -> "set[str]":
        """Ask, and wait for the answer."""
        given = engine_path(context)
        _keep(_ask(given))
        return self._tell()

    def invoke(self, context: Any, _event: Any) -> "set[str]":
        """Ask in the background, and draw the answer when it is there."""
        global _asking, _answer
        if _asking is not None and _asking.is_alive():
            return {"CANCELLED"}
        _answer = "asking the engine ..."
        given = engine_path(context)
        _asking = threading.Thread(target=lambda: _keep(_ask(given)), daemon=True)
        _asking.start()
        self._timer = context.window_manager.event_timer_add(0.2, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> "set[str]":
        """Wait for the answer."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if _asking is not None and _asking.is_alive():
            return {"RUNNING_MODAL"}
        context.window_manager.event_timer_remove(self._timer)
        for window in context.window_manager.windows:
            for area in window.screen.areas:
                area.tag_redraw()
        return self._tell()

    def _tell(self) -> "set[str]":
        level = "INFO" if isinstance(_answer, EngineInfo) else "ERROR"
        self.report({level}, "\n".join(answer_lines()))
        return {"FINISHED"} if level == "INFO" else {"CANCELLED"}


def engine_path(context: Any) -> str:
    """What the artist gave as the engine; "" for nothing."""
    addon = context.preferences.addons.get(ADDON)
    return "" if addon is None else addon.preferences.python


def own_version() -> str:
    """The version of this extension."""
    with open(_MANIFEST, encoding="utf-8") as manifest:
        for line in manifest:
            name, _, value = line.partition("=")
            if name.strip() == "version":
                return value.strip().strip('"')
    return ""


def answer_lines() -> "list[str]":
    """The engine's last answer, for the screen."""
    if _answer is None:
        return []
    if isinstance(_answer, str):
        return _answer.splitlines()
    lines = [
        f"celtint {_answer.version}",
        "Devices: " + ", ".join(_answer.devices),
        "Models: " + ", ".join(_answer.models),
    ]
    if _answer.version != own_version():
        lines.append(
            f"The extension is of version {own_version()}: install the one that comes with the "
            "engine (celtint blender build)."
        )
    return lines


def end_at_once() -> None:
    """Stop a question to the engine that is still open."""
    if _question is not None:
        _question.cancel()


def _ask(given: str) -> Union[EngineInfo, str]:
    global _question
    try:
        _question = Question(find_python(given))
        return _question.answer()
    except PluginError as error:
        return str(error)


def _keep(answer: Union[EngineInfo, str]) -> None:
    global _answer
    _answer = answer


def register() -> None:
    """Register the preferences and the button."""
    for kind in _CLASSES:
        bpy.utils.register_class(kind)


def unregister() -> None:
    """Take them away."""
    for kind in reversed(_CLASSES):
        bpy.utils.unregister_class(kind)


_CLASSES = (TestEngine, CeltintPreferences)
