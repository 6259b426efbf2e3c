"""The gizmo and the group as files: valid Tcl, real classes and knobs, scripts that compile."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from celtint.plugin.nuke import buttons
from celtint.plugin.nuke.commands import nuke_folder
from celtint.plugin.nuke.gizmo import GIZMO, GROUP, gizmo_text, group_text

KNOBS: dict[str, Any] = json.loads(
    Path(__file__).with_name("knobs.json").read_text(encoding="utf-8")
)
FILES = [GIZMO, GROUP]


def read(nuke_script: ModuleType, name: str) -> Any:
    (node,) = nuke_script.read_script(nuke_folder() / name)
    return node


@pytest.mark.parametrize(("name", "text"), [(GIZMO, gizmo_text()), (GROUP, group_text())])
def test_the_files_are_what_their_one_source_says(name: str, text: str) -> None:
    """After a change: `celtint nuke write`."""
    assert (nuke_folder() / name).read_text(encoding="utf-8") == text


def test_gizmo_and_group_are_the_same_node(nuke_script: ModuleType) -> None:
    gizmo, group = (read(nuke_script, name) for name in FILES)

    assert gizmo.user == group.user
    assert set(group.knobs) - set(gizmo.knobs) == {"inputs", "name"}
    assert [node.knobs for node in gizmo.inner] == [node.knobs for node in group.inner]


@pytest.mark.parametrize("name", FILES)
def test_every_class_and_knob_is_one_that_nuke_has(nuke_script: ModuleType, name: str) -> None:
    node = read(nuke_script, name)
    own = set(node.user)
    checked = 0
    assert set(node.knobs) <= set(KNOBS["Group"]) | own | {"inputs"}
    assert not own & set(KNOBS["Group"])
    for inner in node.inner:
        table = KNOBS[inner.kind]
        assert set(inner.knobs) <= set(table) | {"inputs"}, inner.kind
        for knob, value in inner.knobs.items():
            choices = table.get(knob)
            if isinstance(choices, list) and choices != []:
                assert value in choices, (inner.kind, knob)
                checked += 1
    assert checked >= 5


@pytest.mark.parametrize("name", FILES)
def test_the_inside_is_wired_as_it_should_be(nuke_script: ModuleType, name: str) -> None:
    node = read(nuke_script, name)
    (switch,) = node["out"].inputs

    assert switch is node["switch"]
    assert switch.inputs == [node["line"], node["paint"]]
    assert node["write_line"].inputs == [node["line"]]
    assert node["write_hint"].inputs == [node["hint"]]
    assert "number" not in node["line"].knobs
    assert node["hint"].knobs["number"] == "1"
    assert all(node[f"write_{role}"].knobs["disable"] == "true" for role in ("line", "hint"))


@pytest.mark.parametrize("name", FILES)
def test_expressions_are_about_knobs_that_the_node_has(nuke_script: ModuleType, name: str) -> None:
    node = read(nuke_script, name)
    values = [value for inner in node.inner for value in inner.knobs.values()]
    named = [value.split("parent.")[1].rstrip("}]") for value in values if "parent." in value]

    assert sorted(set(named)) == ["has_paint", "paint_file", "paint_first", "paint_last"]
    assert set(named) <= set(node.user)


@pytest.mark.parametrize("name", FILES)
def test_every_button_is_one_line_that_compiles_and_calls_what_there_is(
    nuke_script: ModuleType, name: str
) -> None:
    pressed = []
    for knob, about in read(nuke_script, name).user.items():
        if about["kind"] != "22":
            continue
        compile(about["T"], knob, "exec")
        assert "\n" not in about["T"]
        assert about["T"] == f'import celtint_nuke; celtint_nuke.press(nuke, "{knob}")'
        pressed.append(knob)

    assert sorted(pressed) == sorted(buttons._BUTTONS)


@pytest.mark.parametrize("name", FILES)
def test_every_knob_an_artist_sees_has_a_tooltip(nuke_script: ModuleType, name: str) -> None:
    user = read(nuke_script, name).user
    bare = [knob for knob, about in user.items() if "t" not in about]

    assert {user[knob]["kind"] for knob in bare} <= {"20", "26"}
    assert list(user)[1:4] == ["colorize", "cancel", "review"]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda text: text.replace("end_group", ""), "no end_group"),
        (lambda text: text.replace("+STARTLINE}", "+STARTLINE", 1), "complete|understood"),
        (lambda text: text.replace("inputs 2\n  which", "inputs 9\n  which"), "takes 9 inputs"),
        (lambda text: text.replace(' t "', ' q "', 1), "not understood"),
    ],
)
def test_a_broken_gizmo_is_seen(
    nuke_script: ModuleType, tmp_path: Path, break_it: Any, message: str
) -> None:
    broken = break_it(gizmo_text())
    assert broken != gizmo_text()
    (tmp_path / "broken.gizmo").write_text(broken)

    with pytest.raises(ValueError, match=message):
        nuke_script.read_script(tmp_path / "broken.gizmo")
