"""The buttons of the Celtint node, each a function of Nuke's module and the node.

Standard library only and valid Python 3.9, because Nuke imports this. `nuke` is passed in.
"""

from __future__ import annotations

import atexit
import subprocess
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

from ..errors import JobError, PluginError
from ..events import Cancelled, Event, Failed
from ..process import clean_environment
from ..workers import Workers
from .engine import engine_python
from .request import HINT, LINE, folder_of, read_request
from .session import Session

_REVIEW_S = 600.0

_sessions: list[Session] = []
_workers: dict[str, Workers] = {}


def press(nuke: Any, node: Any, button: str) -> None:
    """Do what a button says; what goes wrong is told in a window, or raised in a render session.

    Raises:
        PluginError: Only in a render session, so that a farm sees that the task failed.

    """
    try:
        _BUTTONS[button](nuke, node)
    except PluginError as error:
        if not nuke.GUI:
            raise
        nuke.message(str(error))


def colorize(nuke: Any, node: Any) -> None:
    """Render the inputs, paint them and show the paint.

    Raises:
        PluginError: It cannot begin; in a render session also where it did not end well.

    """
    if _session_of(node) is not None:
        raise JobError([f"{node.fullName()} is painting already."])
    request = read_request(nuke, node)
    python = engine_python()
    if not _workers:
        atexit.register(close)
    workers = _workers.setdefault(python, Workers(python=python))

    def ended(last: Event) -> None:
        _sessions.remove(session)
        if isinstance(last, Failed) and nuke.GUI:
            nuke.executeInMainThread(nuke.message, args=("\n\n".join(last.problems),))

    session = Session(nuke, node, request, workers, ended)
    _sessions.append(session)
    session.start()
    if nuke.GUI:
        return
    last = session.last_event
    if isinstance(last, Failed):
        raise JobError(last.problems)
    if isinstance(last, Cancelled):
        raise JobError(["The painting was cancelled."])


def cancel(_nuke: Any, node: Any) -> None:
    """Stop the node's painting after the frames in flight."""
    session = _session_of(node)
    if session is not None:
        session.cancel()


def review(nuke: Any, node: Any) -> None:
    """Make the review of what is painted and open it; in a window it returns at once.

    The painted finish, which has no regions to review, gets a contact sheet.

    Raises:
        PluginError: There is no paint yet.

    """
    folder = folder_of(node, nuke.root())
    if folder is None or not list((folder / "paint").glob("paint.*.exr")):
        raise JobError(["There is no paint yet: press Colorize first."])
    is_flat = node["finish"].value() == "flat"
    out = folder / ("review.html" if is_flat else "sheet.png")
    command = [engine_python(), "-I", "-m", "celtint.plugin.cli"]
    command += _review(folder, out) if is_flat else _contact_sheet(folder, out)
    if not nuke.GUI:
        _make(command, out)
        return

    def made() -> None:
        try:
            _make(command, out)
        except PluginError as error:
            nuke.executeInMainThread(nuke.message, args=(str(error),))
        else:
            webbrowser.open(out.as_uri())

    threading.Thread(target=made, name="celtint review", daemon=True).start()


def create_hint_paint(nuke: Any, node: Any) -> None:
    """Make a RotoPaint for hints of the size of the line art, and connect it.

    Raises:
        PluginError: No line art is connected, or hints are already.

    """
    line = node.input(0)
    if line is None:
        raise JobError(["Connect the line art to the input `line` first: it gives the size."])
    if node.input(1) is not None:
        raise JobError(["Something is connected to the input `hint` already."])
    # Beside the node and not inside it, where strokes would not be saved with the script.
    with node.parent():
        paint = nuke.nodes.RotoPaint(label="hints")
    paint["format"].setValue(line.format().name())
    # A dab is meant for one drawing, and its colour for the whole of it.
    paint["toolbar_lifetime_type"].setValue("single")
    paint["toolbar_brush_hardness"].setValue(1.0)
    paint.setXYpos(node.xpos() + 110, node.ypos() - 80)
    node.setInput(1, paint)


def paint_script(
    nuke: Any, script: str, names: Sequence[str], *, saves: bool
) -> Iterator[tuple[str, str]]:
    """Open a script in a render session and paint its Celtint nodes, one after another.

    Args:
        nuke: Nuke's module.
        script: The script's file.
        names: Full names of nodes; none for every Celtint node there is.
        saves: Save the script, so that it shows the paint wherever it is opened next.

    Yields:
        The name and the status of each node that was painted.

    Raises:
        PluginError: A node is not there, or was not painted; what follows it is not begun.

    """
    nuke.scriptOpen(script)
    nodes = [node for node in nuke.allNodes(recurseGroups=True) if _is_celtint(node)]
    missing = sorted(set(names) - {node.fullName() for node in nodes})
    if missing or not nodes:
        raise JobError([f"{script} has no Celtint node {', '.join(missing)}".rstrip() + "."])
    for node in nodes:
        if not names or node.fullName() in names:
            colorize(nuke, node)
            yield node.fullName(), node["status"].value()
    if saves:
        nuke.scriptSave(script)


def close() -> None:
    """Cancel everything and let every worker go: for the end of Nuke."""
    for session in _sessions.copy():  # each takes itself out as it ends
        session.cancel()
    for workers in _workers.values():
        workers.close()
    _workers.clear()


def _review(folder: Path, out: Path) -> list[str]:
    """The arguments that review the job as it was last painted."""
    return ["review", str(folder / "job.json"), "--out", str(out)]


def _contact_sheet(folder: Path, out: Path) -> list[str]:
    """The arguments that put line art, hints and paint on one picture."""
    arguments = ["sheet", (folder / "paint" / "paint.####.exr").as_posix(), "--out", str(out)]
    for role in (LINE, HINT):
        if list((folder / role).glob(f"{role}.*.exr")):
            arguments += [f"--{role}", (folder / role / f"{role}.####.exr").as_posix()]
    return arguments


def _make(command: list[str], out: Path) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_REVIEW_S,
        env=clean_environment(),
        check=False,
    )
    if done.returncode != 0 or not out.is_file():
        raise JobError([f"{out.name} could not be made: {done.stderr.strip()[-1000:]}"])


def _is_celtint(node: Any) -> bool:
    """Whether a node is a Celtint node, as a gizmo or as a group."""
    return all(node.knob(name) is not None for name in ("create_hint_paint", "has_paint"))


def _session_of(node: Any) -> Optional[Session]:
    """The painting of a node that is not over."""
    name = node.fullName()
    for session in _sessions.copy():
        try:
            if session.node.fullName() == name:
                return session
        except ValueError:  # its node is gone, and it will soon know
            continue
    return None


_BUTTONS: dict[str, Callable[[Any, Any], None]] = {
    "colorize": colorize,
    "cancel": cancel,
    "review": review,
    "create_hint_paint": create_hint_paint,
}
