"""Reads gizmos and scripts with the Tcl that Python brings (no display is needed)."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

GROUPS = ("Gizmo", "Group")


@dataclass(eq=False)
class Node:
    """A node as it is written: knobs, user knobs, inputs, and what is inside."""

    kind: str
    knobs: dict[str, str] = field(default_factory=dict)
    user: dict[str, dict[str, str]] = field(default_factory=dict)
    inputs: list[Node | None] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.inner if node.knobs["name"] == name)


def read_script(path: Path) -> list[Node]:
    """The top-level nodes of a file, wired as Nuke's stack wires them.

    Raises:
        ValueError: Braces, quotes, nesting or the stack are wrong.

    """
    tcl = tk.Tcl()
    top: list[Node] = []
    open_groups: list[tuple[list[Node], list[Node | None]]] = [(top, [])]
    names: dict[str, Node | None] = {"cut_paste_input": None}
    for words in _commands(tcl, path.read_text(encoding="utf-8")):
        nodes, stack = open_groups[-1]
        match words:
            case ("version" | "add_layer", _, *_):
                pass
            case ("set", name, "stack 0"):
                names[name] = stack[-1] if stack else None
            case ("push", "0"):
                stack.append(None)
            case ("push", variable) if variable.startswith("$"):
                stack.append(names[variable[1:]])
            case ("end_group",):
                open_groups.pop()
                if not open_groups:
                    raise ValueError("end_group without a group")
            case (kind, body):
                node = _node(tcl, kind, body)
                count = int(node.knobs.get("inputs", "0" if kind == "Gizmo" else "1"))
                if count > len(stack):
                    raise ValueError(f"{kind} takes {count} inputs, {len(stack)} are there")
                node.inputs = [stack.pop() for _ in range(count)]
                stack.append(node)
                nodes.append(node)
                if kind in GROUPS:
                    open_groups.append((node.inner, []))
            case _:
                raise ValueError(f"not understood: {words}")
    if len(open_groups) != 1:
        raise ValueError("a group has no end_group")
    return top


def _node(tcl: tk.Tk, kind: str, body: str) -> Node:
    node = Node(kind)
    for words in _commands(tcl, body):
        if words[0] != "addUserKnob":
            name, value = words
            node.knobs[name] = value
            continue
        kind_number, name, *rest = tcl.splitlist(words[1])
        knob = {"kind": kind_number}
        flags = [word for word in rest if word[:1] in "+-" and word[1:].isupper()]
        numbers = rest.index("R") if "R" in rest else None
        if numbers is not None:
            knob["R"] = " ".join(rest[numbers + 1 : numbers + 3])
            del rest[numbers : numbers + 3]
        rest = [word for word in rest if word not in flags]
        if len(rest) % 2 or not set(rest[::2]) <= {"l", "t", "T", "M"}:
            raise ValueError(f"user knob not understood: {words[1]}")
        knob |= dict(zip(rest[::2], rest[1::2], strict=True))
        node.user[name or f"_{len(node.user)}"] = knob
    return node


def _commands(tcl: tk.Tk, text: str) -> Iterator[tuple[str, ...]]:
    """The commands of a script as words, without running anything."""
    whole = ""
    for line in text.splitlines(keepends=True):
        whole += line
        if not whole.strip() or not tcl.call("info", "complete", whole):
            continue
        command, whole = whole.strip(), ""
        if command.startswith("#"):
            continue
        # `[stack 0]` stands in no list; everything else is read as one.
        yield tuple(str(word) for word in tcl.splitlist(command.replace("[stack 0]", "{stack 0}")))
    if whole.strip():
        raise ValueError(f"not complete: {whole[:80]}")
