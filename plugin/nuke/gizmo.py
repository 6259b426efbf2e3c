"""The one source of the node: knobs and inner nodes, written as a gizmo and as a group.

A script keeps only a gizmo's name and the values of its own knobs, so the inner nodes read
everything from those: a script opened elsewhere shows what was painted without any Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OLDEST_NUKE = "13.2"
GIZMO, GROUP = "Celtint.gizmo", "Celtint_group.nk"

_TAB, _STRING, _FILE, _INT, _ENUM, _BOOL, _DOUBLE = 20, 1, 2, 3, 4, 6, 7
_BUTTON, _TEXT = 22, 26


@dataclass(frozen=True)
class Knob:
    """A user knob.

    Attributes:
        kind: Nuke's number of its kind.
        name: Its name in scripts.
        label: What the artist reads.
        tooltip: What it does, in a sentence or two.
        value: Its first value as a script writes it; None for Nuke's own.
        choices: Of an enumeration.
        limits: Ends of a slider.
        press: The button that it is, as `buttons.press` knows it.
        text: What a text knob shows.
        flags: `-STARTLINE`, `+HIDDEN`, ...

    """

    kind: int
    name: str
    label: str = ""
    tooltip: str = ""
    value: str | None = None
    choices: Sequence[str] = ()
    limits: tuple[float, float] | None = None
    press: str = ""
    text: str = ""
    flags: str = ""

    def lines(self) -> Iterator[str]:
        """The knob as a script writes it."""
        words = [str(self.kind), self.name or '""', "l", quoted(self.label)]
        if self.tooltip:
            words += ["t", quoted(self.tooltip)]
        if self.choices:
            words += ["M", "{" + " ".join(quoted(choice) for choice in self.choices) + "}"]
        if self.limits:
            words += ["R", *(f"{end:g}" for end in self.limits)]
        if self.press:
            script = f'import celtint_nuke; celtint_nuke.press(nuke, "{self.press}")'
            words += ["T", quoted(script)]
        if self.text:
            words += ["T", quoted(self.text)]
        yield f" addUserKnob {{{' '.join([*words, self.flags]).strip()}}}"
        if self.value is not None:
            yield f" {self.name} {self.value}"


@dataclass(frozen=True)
class Inner:
    """A node inside, after lines that put its inputs on Nuke's stack.

    Attributes:
        kind: Its class.
        name: Its name.
        x, y: Where it stands.
        knobs: Values as a script writes them.
        before: Lines before it.
        after: Lines after it.

    """

    kind: str
    name: str
    x: int
    y: int
    knobs: dict[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()
    after: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """The node as a script writes it."""
        yield from self.before
        yield f" {self.kind} {{"
        for name, value in {**self.knobs, "name": self.name}.items():
            yield f"  {name} {value}"
        yield f"  xpos {self.x}"
        yield f"  ypos {self.y}"
        yield " }"
        yield from self.after


def quoted(text: str) -> str:
    """A text as one word of a script, which Nuke reads as Tcl does."""
    escaped = text.replace("\\", "\\\\")
    for mark in '"[]{}$':
        escaped = escaped.replace(mark, "\\" + mark)
    return '"' + escaped.replace("\n", "\\n") + '"'


KNOBS = (
    Knob(_TAB, "celtint", "Celtint"),
    Knob(
        _BUTTON,
        "colorize",
        "Colorize",
        "Render the line art and the hints, paint them and show the frames as they come. Press it "
        "again after a change: only what the change reaches is painted anew.",
        press="colorize",
        flags="+STARTLINE",
    ),
    Knob(
        _BUTTON,
        "cancel",
        "Cancel",
        "Stop after the frames in flight. What is painted stays.",
        press="cancel",
        flags="-STARTLINE",
    ),
    Knob(
        _BUTTON,
        "review",
        "Open review",
        "Open a page in the browser: what is doubtful or unpainted, worst first, each with the dab "
        "that settles it. For the painted finish, a contact sheet.",
        press="review",
        flags="-STARTLINE",
    ),
    Knob(
        _STRING,
        "status",
        "status",
        "What the last press came to.",
        value='"Connect line art, then hints, then press Colorize."',
    ),
    Knob(
        _BUTTON,
        "create_hint_paint",
        "Create hint paint",
        "Make a RotoPaint of the size of the line art and connect it to hint. Dab one colour into "
        "each region of one drawing; each dab lives on the frame it is painted on.",
        press="create_hint_paint",
        flags="+STARTLINE",
    ),
    Knob(_TEXT, "", flags="+STARTLINE"),
    Knob(
        _ENUM,
        "range_from",
        "frame range",
        "Which frames to paint: those of the line art, those of the script, or your own.",
        choices=("line art", "script", "custom"),
    ),
    Knob(
        _INT,
        "first_frame",
        "",
        "First frame to paint, where the range is custom.",
        value="1001",
        flags="-STARTLINE",
    ),
    Knob(
        _INT,
        "last_frame",
        "",
        "Last frame to paint, where the range is custom.",
        value="1100",
        flags="-STARTLINE",
    ),
    Knob(
        _ENUM,
        "finish",
        "finish",
        "flat: each region gets exactly one colour of the hints. painted: a network paints, for "
        "art without closed regions.",
        choices=("flat", "painted"),
    ),
    Knob(
        _DOUBLE,
        "gap",
        "gap",
        "flat finish: close gaps in outlines up to this many pixels. 0 closes none.",
        value="6",
        limits=(0, 64),
    ),
    Knob(
        _FILE,
        "palette",
        "palette",
        "flat finish: a palette file, .json or .gpl, that gives colours their names. Dabs that are "
        "not in it are told. Empty for none.",
    ),
    Knob(
        _FILE,
        "model",
        "model",
        "painted finish: a weight file, or the name of weights that come with celtint. Empty takes "
        "those.",
    ),
    Knob(
        _ENUM,
        "device",
        "device",
        "painted finish: auto takes the graphics card if there is one that fits.",
        choices=("auto", "cpu", "cuda"),
    ),
    Knob(
        _FILE,
        "folder",
        "working folder",
        "Where rendered inputs and paint are kept. Empty takes celtint/SCRIPT/NODE beside the "
        "script.",
    ),
    Knob(_TAB, "advanced", "Advanced"),
    Knob(
        _STRING,
        "line_layer",
        "line layer",
        "Layer of the line art. Empty takes the obvious one: line, or rgba.",
    ),
    Knob(
        _STRING,
        "hint_layer",
        "hint layer",
        "Layer of the hints. Empty takes the obvious one: hint, or rgba.",
    ),
    Knob(
        _STRING,
        "working_space",
        "working space",
        "Colour space of the script as OpenColorIO names it. Empty takes it from the project "
        "settings.",
    ),
    Knob(_STRING, "paint_file", "paint", "The painted frames, as the node reads them."),
    Knob(_INT, "paint_first", "painted range", "First painted frame.", value="1"),
    Knob(_INT, "paint_last", "", "Last painted frame.", value="1", flags="-STARTLINE"),
    Knob(_STRING, "paint_space", "paint space", "Colour space of the painted frames."),
    Knob(
        _BOOL,
        "has_paint",
        "show paint",
        "Off: the line art passes through.",
        flags="+STARTLINE",
    ),
)

_WRITE = {
    "channels": "all",
    "raw": "true",
    "file_type": "exr",
    "create_directories": "true",
    # Enabled by the session while it renders, and never by a render of the script.
    "disable": "true",
}

INNER = (
    Inner("Input", "hint", 220, -120, {"inputs": "0", "number": "1"}),
    Inner("Write", "write_hint", 220, 0, _WRITE),
    Inner("Input", "line", 0, -120, {"inputs": "0"}, after=("set Nline [stack 0]",)),
    Inner("Write", "write_line", 110, 0, _WRITE),
    Inner(
        "Read",
        "paint",
        -110,
        -60,
        {
            "inputs": "0",
            "file_type": "exr",
            "file": '"\\[value parent.paint_file]"',
            "first": "{{parent.paint_first}}",
            "last": "{{parent.paint_last}}",
            "origfirst": "{{parent.paint_first}}",
            "origlast": "{{parent.paint_last}}",
            "origset": "true",
            # A frame that is not painted yet is empty, and not another frame's paint.
            "before": "black",
            "after": "black",
            "on_error": "black",
            # Painted in the space the script works in.
            "raw": "true",
        },
    ),
    Inner(
        "Switch",
        "switch",
        0,
        60,
        {"inputs": "2", "which": "{{parent.has_paint}}"},
        before=("push $Nline",),
    ),
    Inner("Output", "out", 0, 180),
)

_LAYERS = (
    "add_layer {paint paint.red paint.green paint.blue paint.alpha}",
    "add_layer {confidence confidence.Y}",
)

_HELP = (
    "Colours line art from a few dabs of colour. out has the composite in rgba, the paint alone in "
    "the layer paint, and how sure each region is in the layer confidence."
)


def gizmo_text() -> str:
    """The node as a gizmo: what most scripts use."""
    return "\n".join(
        [
            f"#! Nuke{OLDEST_NUKE} -nx",
            f"version {OLDEST_NUKE} v1",
            *_LAYERS,
            "Gizmo {",
            *_body(),
            "}",
            *_inner_lines(),
            "end_group",
            "",
        ]
    )


def group_text() -> str:
    """The node as a group, to paste: its script opens where no celtint is installed."""
    return "\n".join(
        [
            "set cut_paste_input [stack 0]",
            f"version {OLDEST_NUKE} v1",
            *_LAYERS,
            "push 0",  # hint is left open
            "push $cut_paste_input",
            "Group {",
            " inputs 2",
            " name Celtint1",
            *_body(),
            "}",
            *_inner_lines(),
            "end_group",
            "",
        ]
    )


def write_nodes(folder: Path) -> tuple[Path, Path]:
    """Write the gizmo and the group into a folder; returns their files."""
    texts = {GIZMO: gizmo_text(), GROUP: group_text()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / GIZMO, folder / GROUP


def _body() -> Iterator[str]:
    yield f" help {quoted(_HELP)}"
    yield " tile_color 0xc8643cff"
    for knob in KNOBS:
        yield from knob.lines()


def _inner_lines() -> Iterator[str]:
    for node in INNER:
        yield from node.lines()
