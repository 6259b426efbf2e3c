"""The node's own buttons, pressed in the fake Nuke, with the real worker behind them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FRAMES = list(range(1001, 1005))


def buttons() -> Any:
    return sys.modules["celtint_nuke"].plugin("nuke.buttons")


def is_idle() -> bool:
    return not buttons()._sessions


def colorize(nuke: Any, node: Any) -> str:
    """Press and wait; returns what the status says then."""
    nuke.press(node, "colorize")
    nuke.pump(is_idle)
    nuke.pump(nuke._queue.empty)
    return str(node["status"].value())


def folder(tmp_path: Path) -> Path:
    return tmp_path / "celtint" / "sc010" / "Celtint1"


def hashes(at: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(at.glob("paint.*.exr"))
    }


@pytest.mark.parametrize("group", [False, True], ids=["gizmo", "group"])
def test_a_press_paints_the_shot_and_shows_it(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, group: bool
) -> None:
    node = connect(nuke, group=group)
    before = nuke.shown(node, 1002)
    status = colorize(nuke, node)

    assert "line.1002" in str(before)
    assert nuke.messages == []
    assert status.startswith("Done: 4 frames painted, 0 were right")
    assert nuke.shown(node, 1002) == folder(tmp_path) / "paint" / "paint.1002.exr"
    assert nuke.shown(node, 1005) is None
    assert node.node("paint")["reload"].executed >= 1
    assert [node.node(f"write_{role}")["disable"].value() for role in ("line", "hint")] == [
        True,
        True,
    ]
    assert node["paint_space"].value() == "ACEScg"
    assert nuke.tasks[0].progress[-1] == 100
    assert not list(folder(tmp_path).rglob("rendering/*"))


def test_a_press_gives_the_bytes_that_the_shell_gives(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path
) -> None:
    colorize(nuke, connect(nuke))
    job = json.loads((folder(tmp_path) / "job.json").read_text())
    job["out"]["path"] = str(tmp_path / "shell" / "paint.####.exr")
    (tmp_path / "job.json").write_text(json.dumps(job))
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--job"]
    subprocess.run([*command, str(tmp_path / "job.json")], check=True, capture_output=True)

    assert len(hashes(tmp_path / "shell")) == len(FRAMES)
    assert hashes(tmp_path / "shell") == hashes(folder(tmp_path) / "paint")


def test_a_second_press_keeps_what_is_right_and_has_the_same_worker(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path
) -> None:
    node = connect(nuke)
    colorize(nuke, node)
    (workers,) = buttons()._workers.values()
    pid = workers._idle[0].pid
    status = colorize(nuke, node)
    assert status.startswith("Done: 0 frames painted, 4 were right")
    assert workers._idle[0].pid == pid

    line = node.input(0)
    usual = line.render
    line.render = lambda frame: usual(1013 if frame == 1004 else frame)
    status = colorize(nuke, node)

    painted, right = map(int, re.findall(r"\d+", status)[:2])
    assert painted >= 1  # what a changed drawing does to its neighbours is painted anew as well
    assert painted + right == 4


def test_the_interface_answers_while_frames_are_painted(
    nuke: Any, connect: Callable[..., Any]
) -> None:
    """Nothing holds the main loop for longer than a frame of the inputs takes to render."""
    node = connect(nuke, last=1008)
    colorize(nuke, node)

    # A call that waited for the engine would take most of the time, on a slow machine too.
    assert 0 < nuke.longest_s < nuke.pumped_s / 2


def test_the_worker_gets_ready_while_the_inputs_are_rendered(
    nuke: Any, connect: Callable[..., Any]
) -> None:
    nuke.press(connect(nuke), "colorize")
    nuke.pump(lambda: bool(nuke.executed))
    (workers,) = buttons()._workers.values()
    process, _, _ = workers._idle
    nuke.pump(is_idle)

    assert workers._idle[0].pid == process.pid


def test_cancel_while_the_inputs_are_rendered(nuke: Any, connect: Callable[..., Any]) -> None:
    node = connect(nuke)
    nuke.press(node, "colorize")
    nuke.pump(lambda: len(nuke.executed) >= 2)
    nuke.press(node, "cancel")
    nuke.pump(is_idle)

    assert node["status"].value().startswith("Cancelled")
    assert len(nuke.executed) < 8
    assert nuke.messages == []


@pytest.mark.parametrize("how", ["button", "progress bar"])
def test_cancel_while_frames_are_painted_keeps_whole_frames(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, how: str
) -> None:
    node = connect(nuke, last=1026)
    nuke.press(node, "colorize")
    paint = folder(tmp_path) / "paint"
    nuke.pump(lambda: len(list(paint.glob("paint.*.exr"))) >= 1)
    if how == "button":
        nuke.press(node, "cancel")
    else:
        nuke.tasks[0].is_cancelled = True
    nuke.pump(is_idle)
    done = len(hashes(paint))

    assert node["status"].value().startswith("Cancelled")
    assert 1 <= done < 26
    assert not list(paint.glob(".*.exr"))
    assert f"{done} were right" in colorize(nuke, node)


def test_a_killed_worker_is_told_and_a_new_press_goes_on(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path
) -> None:
    node = connect(nuke, last=1026)
    nuke.press(node, "colorize")
    paint = folder(tmp_path) / "paint"
    nuke.pump(lambda: len(list(paint.glob("paint.*.exr"))) >= 1)
    (workers,) = buttons()._workers.values()
    (run,) = workers._runs
    os.kill(run.pid, 9)
    nuke.pump(lambda: bool(nuke.messages))

    assert "SIGKILL" in nuke.messages[0]
    assert "run again to go on" in nuke.messages[0]
    assert "SIGKILL" in node["status"].value()
    assert is_idle()
    assert colorize(nuke, node).startswith("Done:")


def test_a_node_that_is_deleted_stops_its_worker(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path
) -> None:
    node = connect(nuke, last=1026)
    nuke.press(node, "colorize")
    nuke.pump(lambda: any(workers._runs for workers in buttons()._workers.values()))
    (workers,) = buttons()._workers.values()
    (run,) = workers._runs
    nuke.delete(node)
    nuke.pump(is_idle)

    assert run.wait(30).kind == "cancelled"
    assert len(list((folder(tmp_path) / "paint").glob("paint.*.exr"))) < 26
    assert nuke.messages == []


def test_an_unsaved_script_is_told_to_be_saved(nuke: Any, connect: Callable[..., Any]) -> None:
    node = connect(nuke)
    nuke.root()["name"].setValue("")
    nuke.press(node, "colorize")

    assert "Save the script first" in nuke.messages[0]
    assert nuke.executed == []


def test_everything_that_is_wrong_is_told_at_once(nuke: Any, connect: Callable[..., Any]) -> None:
    node = connect(nuke)
    node.inputs.clear()
    nuke.root()["proxy"].setValue(True)
    node["folder"].setValue("work/[shot]")
    nuke.press(node, "colorize")
    (message,) = nuke.messages

    for part in ("input `line`", "Proxy mode", "is relative", "has a character"):
        assert part in message


def test_what_the_worker_refuses_is_told(nuke: Any, connect: Callable[..., Any]) -> None:
    node = connect(nuke)
    node["gap"].setValue(900.0)
    colorize(nuke, node)

    assert "gap_px" in nuke.messages[0]
    assert not node["has_paint"].value()


def test_the_palette_knob_reaches_the_worker(nuke: Any, connect: Callable[..., Any]) -> None:
    node = connect(nuke, last=1001)
    node["palette"].setValue("/shows/none/show.gpl")
    nuke.press(node, "colorize")
    nuke.pump(lambda: bool(nuke.messages))
    assert "/shows/none/show.gpl cannot be read" in nuke.messages[0]


def test_an_input_that_cannot_be_rendered_is_named_with_its_frame(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path
) -> None:
    node = connect(nuke)
    node.input(0).render = lambda frame: tmp_path / "missing.exr"
    colorize(nuke, node)

    assert "Frame 1001 of the line art cannot be rendered" in nuke.messages[0]
    assert node.node("write_line")["disable"].value() is True


def test_two_nodes_paint_at_once(nuke: Any, connect: Callable[..., Any], tmp_path: Path) -> None:
    one, other = connect(nuke), connect(nuke)
    other._name = "Celtint2"
    nuke.press(one, "colorize")
    nuke.press(other, "colorize")
    nuke.press(one, "colorize")
    assert nuke.messages == ["Celtint1 is painting already."]
    assert len(buttons()._sessions) == 2
    nuke.pump(is_idle)

    assert [node["status"].value()[:5] for node in (one, other)] == ["Done:", "Done:"]
    is_same = sys.modules["celtint_nuke"].plugin("nuke.exr").is_same_picture
    for frame in FRAMES:
        painted = folder(tmp_path) / "paint" / f"paint.{frame}.exr"
        assert is_same(painted, folder(tmp_path).with_name("Celtint2") / "paint" / painted.name)


def test_what_is_on_pythonpath_does_not_reach_the_worker(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = tmp_path / "poison"
    poison.mkdir()
    for name in ("numpy", "cv2", "celtint", "sitecustomize", "json"):
        (poison / f"{name}.py").write_text(f"open({str(tmp_path / 'poisoned')!r}, 'w')\n1 / 0\n")
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, str(poison))

    assert colorize(nuke, connect(nuke, last=1002)).startswith("Done:")
    assert not (tmp_path / "poisoned").exists()


def test_nothing_is_put_on_the_path_of_nukes_python(nuke: Any, connect: Callable[..., Any]) -> None:
    before = list(sys.path)
    known = set(sys.modules)
    colorize(nuke, connect(nuke, last=1002))
    ours = {name.split(".")[0] for name in set(sys.modules) - known}

    assert sys.path == before
    assert ours - sys.stdlib_module_names <= {"_celtint_plugin", "celtint_nuke"}


def test_an_engine_that_is_missing_is_told_with_what_to_set(
    nuke: Any, connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELTINT_PYTHON", "/nowhere/python")
    nuke.press(connect(nuke), "colorize")

    assert "CELTINT_PYTHON is /nowhere/python, and there is no such file" in nuke.messages[0]
    assert is_idle()


def test_a_render_session_paints_before_the_press_returns(
    make_nuke: Callable[..., Any], connect: Callable[..., Any], tmp_path: Path
) -> None:
    nuke = make_nuke(gui=False)
    node = connect(nuke)
    sys.modules["celtint_nuke"].press(nuke, "colorize", node)

    assert node["status"].value().startswith("Done: 4")
    assert nuke.shown(node, 1003) == folder(tmp_path) / "paint" / "paint.1003.exr"


def test_a_render_session_fails_aloud(
    make_nuke: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    nuke = make_nuke(gui=False)
    node = connect(nuke)
    node["gap"].setValue(900.0)

    with pytest.raises(ValueError, match="gap_px"):
        nuke.press(node, "colorize")


def test_a_script_that_is_opened_elsewhere_shows_the_paint(
    make_nuke: Callable[..., Any], connect: Callable[..., Any], tmp_path: Path
) -> None:
    here = make_nuke()
    node = connect(here)
    colorize(here, node)
    saved = here.saved(node)
    elsewhere = make_nuke()
    opened = elsewhere.createNode("Celtint")
    for name, value in saved.items():
        opened.knobs[name].content = value

    assert elsewhere.shown(opened, 1004) == folder(tmp_path) / "paint" / "paint.1004.exr"


def test_hint_paint_is_made_beside_the_node_with_dabs_that_last_one_frame(
    nuke: Any, connect: Callable[..., Any]
) -> None:
    node = connect(nuke)
    del node.inputs[1]
    nuke.press(node, "create_hint_paint")
    paint = node.input(1)

    assert paint.kind == "RotoPaint"
    assert paint.parent() is nuke.root()
    assert paint["format"].value() == "meadow_720"
    assert paint["toolbar_lifetime_type"].value() == "single"
    nuke.press(node, "create_hint_paint")
    assert "connected to the input `hint` already" in nuke.messages[0]


def test_the_review_is_made_and_opened(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    node = connect(nuke, last=1002)
    nuke.press(node, "review")
    assert "There is no paint yet" in nuke.messages[0]
    colorize(nuke, node)
    monkeypatch.setattr(buttons().webbrowser, "open", opened.append)
    nuke.press(node, "review")
    nuke.pump(lambda: bool(opened) or len(nuke.messages) > 1)

    assert opened == [(folder(tmp_path) / "review.html").as_uri()]
    assert '"celtint_review":1' in (folder(tmp_path) / "review.html").read_text()


def test_paint_of_a_network_gets_a_contact_sheet(
    nuke: Any, connect: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    node = connect(nuke, last=1002)
    colorize(nuke, node)
    node["finish"].setValue("painted")
    monkeypatch.setattr(buttons().webbrowser, "open", opened.append)
    nuke.press(node, "review")
    nuke.pump(lambda: bool(opened) or len(nuke.messages) > 0)

    assert opened == [(folder(tmp_path) / "sheet.png").as_uri()]
    assert (folder(tmp_path) / "sheet.png").stat().st_size > 1000
