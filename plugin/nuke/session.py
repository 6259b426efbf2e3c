"""One press of *Colorize*: inputs rendered, the worker followed, painted frames shown as they come.

In a window this is a thread, and whatever touches the script is handed to Nuke's main thread, a
frame at a time, so that the interface answers in between. In a render session, which has no loop to
hand anything to, it is the main thread itself. Standard library only and valid Python 3.9, because
Nuke imports this. `nuke` is passed in.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Optional

from ..errors import PluginError
from ..events import (
    INTERNAL,
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Looked,
    Warned,
)
from ..workers import Workers
from .exr import is_same_picture
from .request import LINE, Request

log = logging.getLogger(__name__)

_NAMES = {LINE: "line art", "hint": "hints"}
_POLL_S = 0.1
_REFRESH_S = 1.0
"""The viewer renders its frame again at every refresh; frames may come much faster."""

Report = Callable[[Event], None]


class NodeGoneError(PluginError, LookupError):
    """The node was deleted, or its script closed."""


class CancelledError(PluginError, RuntimeError):
    """Somebody pressed *Cancel*."""


class Session:
    """The painting that a node has asked for.

    Args:
        nuke: Nuke's module.
        node: The Celtint node, a gizmo or a group.
        request: What it asks for.
        workers: Where its worker comes from.
        ended: Called on the session's own thread when all is over.

    """

    def __init__(
        self, nuke: Any, node: Any, request: Request, workers: Workers, ended: Report
    ) -> None:
        self._nuke, self.node, self.request = nuke, node, request
        self._workers, self._ended = workers, ended
        self._cancel = threading.Event()
        self._is_threaded = bool(nuke.GUI)
        self._task: Any = None
        self._warnings: list[str] = []
        self.last_event: Optional[Event] = None

    def start(self) -> None:
        """Begin: in a window return at once, in a render session when all is over."""
        if not self._is_threaded:
            self.run()
            return
        threading.Thread(target=self.run, name="celtint node", daemon=True).start()

    def cancel(self) -> None:
        """Stop after the frames in flight; returns at once."""
        self._cancel.set()

    def run(self) -> None:
        """Do everything, and tell `ended` how it went."""
        self._task = self._nuke.ProgressTask(f"Celtint: {self.request.name}")
        try:
            last = self._work()
        except CancelledError:
            last = Cancelled(painted=0, left=len(self.request.frames))
        except NodeGoneError:
            last = Cancelled(painted=0, left=0)  # nobody is left to be told
        except (PluginError, OSError, RuntimeError) as error:
            last = Failed(exit_code=INTERNAL, problems=[str(error)])
        except Exception as error:
            log.exception("celtint has a fault")
            last = Failed(exit_code=INTERNAL, problems=[f"celtint has a fault: {error!r}"])
        finally:
            self._task = None  # Nuke takes the bar away with its object
        self.last_event = last
        with contextlib.suppress(NodeGoneError):
            self._on_main(lambda: self._show_status(self._told(last)))
        self._ended(last)

    def _work(self) -> Event:
        # It starts while the inputs are rendered, and has the engine imported when they are.
        self._workers.prepare()
        self._render_inputs()
        job = self.request.job
        (self.request.folder / "job.json").write_text(job.to_json() + "\n", encoding="utf-8")
        run = self._workers.start(job)
        shown_at = 0.0
        has_news = False
        try:
            while True:
                is_over = run.last_event is not None
                events = run.poll()
                for event in events:
                    has_news |= self._take(event)
                if has_news and (is_over or time.monotonic() - shown_at >= _REFRESH_S):
                    self._on_main(self._show_paint)
                    shown_at, has_news = time.monotonic(), False
                if is_over:
                    return run.wait()
                if self._is_cancelled():
                    run.cancel()
                    self._cancel.set()
                elif not events:
                    self._on_main(self._require_node)
                time.sleep(_POLL_S)
        finally:
            run.cancel()  # where the node is gone; else the run is over, and nobody hears it

    def _take(self, event: Event) -> bool:
        """Tell about an event; returns whether there is something new to see."""
        if isinstance(event, Checked):
            self._warnings = [*event.notes, *event.warnings]
            self._say(f"{event.kept} of {event.frames} frames are right already")
            return event.kept > 0
        if isinstance(event, Looked):
            percent = 50 + 20 * event.done // max(event.total, 1)
            self._say(f"looked at {event.done} of {event.total} drawings", percent)
            return False
        if isinstance(event, FrameDone):
            percent = 70 + 30 * event.done // max(event.total, 1)
            left = f", {event.seconds_left:.0f} s left" if event.done > 2 else ""
            self._say(f"painted {event.done} of {event.total}{left}", percent)
            return True
        if isinstance(event, Warned):
            self._warnings.append(event.message)
        return False

    def _render_inputs(self) -> None:
        request = self.request
        for folder in ("rendering", *request.roles):
            (request.folder / folder).mkdir(parents=True, exist_ok=True)
        total = len(request.frames) * len(request.roles)
        done = 0
        for role in request.roles:
            for frame in request.frames:
                if self._is_cancelled():
                    raise CancelledError
                self._say(f"rendering the {_NAMES[role]}, frame {frame}", 50 * done // total)
                self._render(role, frame)
                done += 1

    def _render(self, role: str, frame: int) -> None:
        """Render a frame of an input; its file is replaced only if the picture is another."""
        fresh, standing = self.request.rendering(role, frame), self.request.rendered(role, frame)
        self._on_main(lambda: self._execute(role, frame, fresh.as_posix()))
        if not fresh.is_file():
            raise RuntimeError(f"Frame {frame} of the {_NAMES[role]} was not rendered to {fresh}.")
        if standing.is_file() and is_same_picture(fresh, standing):
            fresh.unlink()
        else:
            fresh.replace(standing)

    # The rest touches the script: main thread only.

    def _execute(self, role: str, frame: int, path: str) -> None:
        write = self.node.node(f"write_{role}")
        nuke = self._nuke
        with _no_undo(nuke):
            write["file"].setValue(path)
            write["disable"].setValue(False)
            try:
                nuke.execute(write, frame, frame, 1, [nuke.views()[0]])
            except RuntimeError as error:
                if "cancel" in str(error).lower():
                    raise CancelledError from error
                raise RuntimeError(
                    f"Frame {frame} of the {_NAMES[role]} cannot be rendered: {error}"
                ) from error
            finally:
                write["disable"].setValue(True)

    def _show_paint(self) -> None:
        request, node = self.request, self.node
        values = {
            "paint_file": request.paint,
            "paint_first": request.frames[0],
            "paint_last": request.frames[-1],
            "paint_space": request.job.out.colorspace,
            "has_paint": True,
        }
        with _no_undo(self._nuke):
            for name, value in values.items():
                if node[name].value() != value:
                    node[name].setValue(value)
            node.node("paint")["reload"].execute()

    def _show_status(self, text: str) -> None:
        with _no_undo(self._nuke):
            self.node["status"].setValue(text)

    def _require_node(self) -> None:
        self.node.fullName()

    # From here on no node is touched.

    def _is_cancelled(self) -> bool:
        return self._cancel.is_set() or bool(self._task.isCancelled())

    def _say(self, text: str, percent: Optional[int] = None) -> None:
        self._task.setMessage(text)
        if percent is not None:
            self._task.setProgress(percent)

    def _told(self, last: Event) -> str:
        if isinstance(last, Finished):
            told = f"Done: {last.painted} frames painted, {last.kept} were right already."
            if last.doubtful:
                told += f" {last.doubtful} things to look at: press Open review."
        elif isinstance(last, Cancelled):
            told = "Cancelled. What is painted stays; press Colorize to go on."
        else:
            told = " ".join(last.problems) if isinstance(last, Failed) else str(last)
        return " ".join([told, *self._warnings])

    def _on_main(self, action: Callable[[], None]) -> None:
        """Do something on Nuke's main thread and wait for it.

        Raises:
            NodeGoneError: The node it is about is not there any more.

        """
        raised: list[BaseException] = []

        def caught() -> None:
            # Nuke prints what is raised over there, and nobody here would know.
            try:
                action()
            except Exception as error:
                raised.append(error)

        if self._is_threaded:
            self._nuke.executeInMainThreadWithResult(caught)
        else:
            caught()
        if not raised:
            return
        # What Nuke says of an object whose node was deleted.
        if isinstance(raised[0], ValueError) and "not attached" in str(raised[0]):
            raise NodeGoneError from raised[0]
        raise raised[0]


class _no_undo:  # noqa: N801 - reads as the statement it is part of
    """What the node does by itself is not for the artist to undo step by step."""

    def __init__(self, nuke: Any) -> None:
        self._undo = nuke.Undo

    def __enter__(self) -> None:
        self._undo.disable()

    def __exit__(self, *_: object) -> None:
        self._undo.enable()
