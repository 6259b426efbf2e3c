"""The run at work: a worker beside Blender, and the strip that shows its frames.

Blender's data is touched on the main thread alone, and never kept between two ticks of the timer:
an undo, a renamed strip or a deleted scene may come at any time, so everything is looked up by name
or by mark each time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from typing import Any, Optional

import bpy

from ..plugin.blender.engine import find_python
from ..plugin.blender.orders import StripSource, Wishes, order, stage_hints
from ..plugin.blender.strips import hints_by_timeline, painted_sequence
from ..plugin.errors import JobError, PluginError
from ..plugin.events import (
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Looked,
    Warned,
)
from ..plugin.workers import Workers
from . import compat, preferences, timeline

# Blender reads every frame of the strip again after this, so not after each frame.
_SHOW_EVERY_S = 0.5
_LET_GO_S = 6.0

current: Optional[Session] = None
"""The run at work; None between runs."""

last_words: list[str] = []
"""How the last run ended, for the panel."""

_workers: Optional[tuple[str, Workers]] = None


class Session:
    """One run, from the press of the button to the strip.

    Attributes:
        done, total: Frames painted, and frames to paint; 0 before the check is through.
        stage: What happens now, in a few words.
        words: What to tell the artist at the end.
        is_stopping: True after the artist cancelled.

    """

    def __init__(self, context: Any, line: Any) -> None:
        """Read the strips and start a worker; nothing in the file is changed but the folder.

        Raises:
            PluginError: Something is wrong with the strips, or the engine cannot be started.

        """
        python = find_python(preferences.engine_path(context))
        scene = compat.sequencer_scene(context)
        chosen = line.celtint
        self._scene = compat.identity(scene)
        self._line_name = line.name
        self._staged: Optional[str] = None
        line_sequence = timeline.sequence_of(line)
        hint = _hint_strip(scene, line)
        self._hint_name = "" if hint is None else hint.name
        if not chosen.folder:
            chosen.folder = timeline.default_folder(line, _folders_taken(line))
        folder = os.path.normpath(bpy.path.abspath(chosen.folder))
        self._paint = painted_sequence(line_sequence, folder)
        before = timeline.paint_of(scene, line.name)
        self._token = "" if before is None else before.celtint.token
        self._is_ours = before is None
        self._shown_at, self._shown_done = 0.0, 0
        self._first_file: Optional[str] = None
        self._has_muted = False
        self.done = self.total = 0
        self.stage = "starting the engine"
        self.words: list[str] = []
        self.is_stopping = False
        try:
            self._order = order(
                StripSource(line_sequence, line.colorspace_settings.name, chosen.line_layer),
                None if hint is None else self._hints(line, hint),
                self._paint,
                Wishes(
                    chosen.finish,
                    chosen.gap_px,
                    _absolute(chosen.model),
                    chosen.device,
                    _absolute(chosen.palette),
                ),
                hint_layer=chosen.hint_layer,
                only_rgba=not compat.SHOWS_LAYERED_FILES,
                custom_config=bool(os.environ.get("OCIO")),
            )
            self.words += self._order.doubts
            self._run = _workers_of(python).start(self._order.job)
        except BaseException:
            self._remove_staged()
            raise

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._run.pid

    @property
    def status(self) -> str:
        """Where the run is, in one line."""
        return f"Celtint: {self.stage}"

    @property
    def share(self) -> float:
        """How much is done, 0..1."""
        return self.done / self.total if self.total else 0.0

    def cancel(self) -> None:
        """Ask the worker to stop after the frames in flight."""
        self.is_stopping = True
        self.stage = "stopping"
        self._run.cancel()

    def tick(self) -> Optional[Event]:
        """Take in what the worker said; its last event once the run has ended."""
        for event in self._run.poll():
            if event.ends_run:
                return event
            self._take_in(event)
        self._show_if_due()
        return None

    def follow(self) -> Event:
        """Wait for the end of the run and return its last event."""
        for event in self._run:
            if event.ends_run:
                return event
            self._take_in(event)
        raise AssertionError("a run ends with an event that says so")

    def conclude(self, last: Event) -> bool:
        """Put the strip right; True where the paint is whole."""
        self._remove_staged()
        if isinstance(last, Finished):
            try:
                self._show(whole=True)
            except PluginError as error:
                self.words.append(f"{error} The painted frames are in {self._paint.folder}.")
                return False
            self.words.append(f"{last.painted} frames painted, {last.kept} kept.")
            if last.doubtful:
                self.words.append(f"{last.doubtful} things to look at: Open Review.")
            if self._has_muted:
                self.words.append(f"'{self._line_name}' is muted: its lines are in the paint.")
            return True
        if isinstance(last, Failed):
            self.words = [*last.problems, *self._order.advice]
        elif isinstance(last, Cancelled):
            self.words.append(
                f"Cancelled: {last.painted} frames are painted, {last.left} are left; the next run "
                "goes on from there."
            )
        self._take_back()
        return False

    def end_at_once(self) -> None:
        """Stop the run and wait for its end; for when its strips are about to go."""
        self._run.cancel(grace_s=_LET_GO_S / 2)
        with contextlib.suppress(TimeoutError):
            self._run.wait(_LET_GO_S)
        self._remove_staged()

    def _hints(self, line: Any, hint: Any) -> StripSource:
        sequence = timeline.sequence_of(hint)
        space = hint.colorspace_settings.name
        if line.celtint.hint_match == "TIMELINE":
            pairs = hints_by_timeline(
                timeline.drawings_by_timeline(line), timeline.drawings_by_timeline(hint)
            )
            sequence, self._staged = stage_hints(timeline.sequence_of(line), sequence, pairs)
        return StripSource(sequence, space, line.celtint.hint_layer)

    def _take_in(self, event: Event) -> None:
        if isinstance(event, Looked):
            self.stage = f"looked at {event.done} of {event.total} drawings"
        elif isinstance(event, Checked):
            self.total = event.frames - event.kept
            self.stage = f"painting {self.total} of {event.frames} frames"
            self.words += event.warnings
        elif isinstance(event, FrameDone):
            self.done, self.total = event.done, event.total
            self._first_file = self._first_file or event.path
            left = f"{event.seconds_left:.0f} s left"
            if not self.is_stopping:
                self.stage = f"frame {event.frame}, {event.done} of {event.total}, {left}"
        elif isinstance(event, Warned):
            self.words.append(event.message)

    def _show_if_due(self) -> None:
        if self.done == self._shown_done or self.is_stopping:
            return
        if time.monotonic() - self._shown_at < _SHOW_EVERY_S:
            return
        try:
            self._show(whole=False)
        except PluginError as error:
            # The strip or the scene was deleted: the frames are painted all the same.
            self.stage = str(error)
        self._shown_at, self._shown_done = time.monotonic(), self.done

    def _scene_now(self) -> Any:
        for scene in bpy.data.scenes:
            if compat.identity(scene) == self._scene:
                return scene
        raise JobError(["The scene of this run is gone."])

    def _show(self, *, whole: bool) -> None:
        """Make the strip, or bring it up to date."""
        scene = self._scene_now()
        strip = timeline.with_token(scene, self._token)
        if strip is not None and whole and not timeline.shows(strip, self._paint):
            timeline.remove(scene, strip)  # it was cut, or the line art was: made anew
            strip = None
        if strip is None:
            strip = self._brought_back(scene)
        if strip is None:
            self._token = self._token or timeline.new_token()
            strip = timeline.show_paint(
                scene, self._line_name, self._hint_name, self._paint, self._token
            )
        if whole:
            strip.celtint.job = self._order.job.to_json()
        painted = self._first_file or os.path.join(self._paint.folder, self._paint.shown[0].name)
        line, _ = timeline.find_strip(scene, self._line_name)
        timeline.set_colour_space(strip, painted, line)
        if whole and not line.mute:
            # Its lines are in the paint; shown twice, soft edges would be too dark wherever
            # nothing is painted.
            line.mute = self._has_muted = True
        compat.refresh(strip)

    def _brought_back(self, scene: Any) -> Optional[Any]:
        """The paint of an earlier run, where an undo has brought it back since this one began."""
        strip = timeline.paint_of(scene, self._line_name)
        if strip is None or not timeline.shows(strip, self._paint):
            return None
        self._token, self._is_ours = strip.celtint.token, False
        return strip

    def _take_back(self) -> None:
        """Remove the strip that this run made: nobody wants one that is half painted."""
        if not self._is_ours:
            return
        try:
            scene = self._scene_now()
            strip = timeline.with_token(scene, self._token)
            if strip is not None:
                timeline.remove(scene, strip)
        except JobError:
            return  # the scene is gone, and the strip with it

    def _remove_staged(self) -> None:
        if self._staged is not None:
            shutil.rmtree(self._staged, ignore_errors=True)
            self._staged = None


def start(context: Any, line: Any) -> Session:
    """Start a run; there is one at a time.

    Raises:
        PluginError: One is at work already, or this one cannot begin.

    """
    global current
    if current is not None:
        raise JobError(["Celtint is painting already: wait for it, or cancel it."])
    current = Session(context, line)
    last_words.clear()
    return current


def conclude(session: Session, last: Event) -> bool:
    """End a run; True where the paint is whole."""
    global current
    current = None
    is_whole = session.conclude(last)
    last_words[:] = session.words
    return is_whole


def end_run() -> None:
    """Stop the run at work, if there is one, and wait for its end."""
    global current
    if current is not None:
        ending, current = current, None
        ending.end_at_once()


def end_all() -> None:
    """The same, and let the worker go that stands by; no process is left."""
    global _workers
    end_run()
    if _workers is not None:
        leaving, _workers = _workers, None
        closing = threading.Thread(
            target=lambda: leaving[1].close(grace_s=_LET_GO_S / 2), name="celtint end", daemon=True
        )
        closing.start()
        # Not for ever: nothing may keep Blender from quitting. A worker whose host is gone stops.
        closing.join(2 * _LET_GO_S)


def _workers_of(python: str) -> Workers:
    """The workers of an engine: one stays for the next run, so that this begins at once."""
    global _workers
    if _workers is None or _workers[0] != python:
        if _workers is not None:
            _workers[1].close()
        _workers = (python, Workers(python=python))
    return _workers[1]


def _hint_strip(scene: Any, line: Any) -> Optional[Any]:
    """The strip with the hints; None where they are a layer of the line art."""
    chosen = line.celtint
    if chosen.hint_from == "LAYER":
        return None
    if not chosen.hint_strip:
        raise JobError(
            [
                "There are no hints: select the hint strip together with the line art, or choose "
                "it in the sidebar, or take the hints from a layer of the line art."
            ]
        )
    hint, _ = timeline.find_strip(scene, chosen.hint_strip)
    return hint


def _absolute(path: str) -> str:
    """A model's name as it is, a file's path as an absolute one."""
    return bpy.path.abspath(path) if path.startswith("//") else path


def _folders_taken(line: Any) -> list[str]:
    """The output folders of all other strips."""
    return [
        os.path.normpath(bpy.path.abspath(strip.celtint.folder))
        for scene in bpy.data.scenes
        for strip, _ in compat.all_strips(scene)
        if strip != line and strip.celtint.folder
    ]
