"""A strict stand-in for Nuke: only what is used is here, and what Nuke forbids raises.

Knobs are those of `knobs.json`. A node is touched on the main thread alone: the thread that made
the fake, which works off what others hand to it in `pump`. `execute` renders real EXR files, each
with something in its header that no other has, as Nuke does.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import OpenImageIO

KNOBS: dict[str, Any] = json.loads(
    Path(__file__).with_name("knobs.json").read_text(encoding="utf-8")
)
_USER_KINDS = {
    "1": "EvalString_Knob",
    "2": "File_Knob",
    "3": "Int_Knob",
    "4": "Enumeration_Knob",
    "6": "Boolean_Knob",
    "7": "Double_Knob",
    "22": "PyScript_Knob",
}
_LONG_NAMES = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}


class Knob:
    def __init__(self, node: Node, name: str, kind: str | list[str], value: Any = None) -> None:
        self._node, self._name = node, name
        self.kind = "Enumeration_Knob" if isinstance(kind, list) else kind
        self.choices = kind if isinstance(kind, list) else []
        first: dict[str, Any] = {
            "Boolean_Knob": False,
            "Disable_Knob": False,
            "Int_Knob": 0,
            "Double_Knob": 0.0,
            "Array_Knob": 0.0,
            "Enumeration_Knob": self.choices[0] if self.choices else "",
        }
        self.content = first.get(self.kind, "") if value is None else value
        self.executed = 0
        self.sets = 0

    def value(self) -> Any:
        self._node.check()
        return self.content

    def evaluate(self) -> Any:
        self._node.check()
        assert self.kind in ("File_Knob", "EvalString_Knob"), f"{self._name} has no evaluate()"
        return self.content or None

    def setValue(self, value: Any) -> None:  # noqa: N802
        self._node.check()
        wanted: dict[str, type | tuple[type, ...]] = {
            "Boolean_Knob": bool,
            "Disable_Knob": bool,
            "Int_Knob": int,
            "Double_Knob": (int, float),
            "Array_Knob": (int, float),
        }
        if not isinstance(value, wanted.get(self.kind, str)):
            raise TypeError(f"{self._name} takes no {type(value).__name__}")
        if self.choices and value not in self.choices:
            raise ValueError(f"{self._name} has no choice {value!r}")
        assert self._node.nuke.Undo.is_disabled or self.kind != "Disable_Knob", "is undone later"
        self.content = value
        self.sets += 1

    def execute(self) -> None:
        self._node.check()
        assert self.kind in ("Script_Knob", "PyScript_Knob"), f"{self._name} has no execute()"
        self.executed += 1


class Node:
    def __init__(self, nuke: FakeNuke, kind: str, name: str, parent: Node | None) -> None:
        self.nuke, self.kind, self._name, self._parent = nuke, kind, name, parent
        self.is_deleted = False
        table = KNOBS["Group" if kind == "Gizmo" else kind]
        self.knobs = {knob: Knob(self, knob, what) for knob, what in table.items()}
        self.inputs: dict[int, Node] = {}
        self.inner: dict[str, Node] = {}
        self.render: Callable[[int], Path] | None = None
        self.range = (1, 100)

    def check(self) -> None:
        assert threading.current_thread() is self.nuke.main, (
            "a node was touched off the main thread"
        )
        if self.is_deleted:
            raise ValueError("A PythonObject is not attached to a node")

    def __getitem__(self, name: str) -> Knob:
        self.check()
        if name not in self.knobs:
            raise NameError(f"knob {name} does not exist")
        return self.knobs[name]

    def name(self) -> str:
        self.check()
        return str(self.knobs["name"].content) if self.kind == "Root" else self._name

    def fullName(self) -> str:  # noqa: N802
        self.check()
        return self._name

    def input(self, index: int) -> Node | None:
        self.check()
        return self.inputs.get(index)

    def setInput(self, index: int, node: Node) -> None:  # noqa: N802
        self.check()
        self.inputs[index] = node

    def node(self, name: str) -> Node | None:
        self.check()
        return self.inner.get(name)

    def knob(self, name: str) -> Knob | None:
        self.check()
        return self.knobs.get(name)

    def parent(self) -> Node:
        self.check()
        assert self._parent is not None
        return self._parent

    def __enter__(self) -> Node:
        self.check()
        self.nuke.context.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.nuke.context.pop()

    def firstFrame(self) -> int:  # noqa: N802
        self.check()
        return self.range[0] if self.kind != "Root" else int(self.knobs["first_frame"].content)

    def lastFrame(self) -> int:  # noqa: N802
        self.check()
        return self.range[1] if self.kind != "Root" else int(self.knobs["last_frame"].content)

    def format(self) -> Any:
        self.check()
        return SimpleNamespace(name=lambda: "meadow_720")

    def xpos(self) -> int:
        self.check()
        return 0

    def ypos(self) -> int:
        self.check()
        return 0

    def setXYpos(self, x: int, y: int) -> None:  # noqa: N802
        self.check()


class FakeNuke(ModuleType):
    """Nuke's module, in a window or in a render session."""

    def __init__(self, script: ModuleType, folder: Path, *, gui: bool) -> None:
        super().__init__("nuke")
        self.main = threading.current_thread()
        self.GUI = gui
        self.messages: list[str] = []
        self.tasks: list[Any] = []
        self.executed: list[tuple[str, int]] = []
        self.context: list[Node] = []
        self.script: list[Node] = []
        self.saves: list[str] = []
        self.longest_s = self.pumped_s = 0.0
        self._script, self._folder = script, folder
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._root = Node(self, "Root", "Root", None)
        self._this: Node | None = None
        self._loading = False
        fake = self

        class Undo:
            is_disabled = False

            @staticmethod
            def disable() -> None:
                assert threading.current_thread() is fake.main
                Undo.is_disabled = True

            @staticmethod
            def enable() -> None:
                Undo.is_disabled = False

        class ProgressTask:
            def __init__(self, name: str) -> None:
                self.name, self.said, self.is_cancelled = name, [], False
                self.progress: list[int] = []
                fake.tasks.append(self)

            def setMessage(self, text: str) -> None:  # noqa: N802
                self.said.append(text)

            def setProgress(self, percent: int) -> None:  # noqa: N802
                assert 0 <= percent <= 100
                self.progress.append(percent)

            def isCancelled(self) -> bool:  # noqa: N802
                return self.is_cancelled

        class Nodes:
            @staticmethod
            def RotoPaint(label: str) -> Node:  # noqa: N802
                assert fake.context, "a node was made wherever the button happened to be"
                node = Node(fake, "RotoPaint", "RotoPaint1", fake.context[-1])
                node["label"].setValue(label)
                return node

        self.Undo, self.ProgressTask, self.nodes = Undo, ProgressTask, Nodes

    # What Nuke has.

    def root(self) -> Node:
        return self._root

    def thisNode(self) -> Node:  # noqa: N802
        assert self._this is not None
        return self._this

    def views(self) -> list[str]:
        return ["main", "right"]

    def message(self, text: str) -> None:
        assert threading.current_thread() is self.main
        assert self.GUI, "a render session has nobody to tell"
        self.messages.append(text)

    def executeInMainThread(self, call: Any, args: tuple[Any, ...] = ()) -> None:  # noqa: N802
        assert threading.current_thread() is not self.main, "hangs in Nuke"
        assert self.GUI, "hangs in a render session"
        self._queue.put(lambda: call(*args))

    def executeInMainThreadWithResult(  # noqa: N802
        self, call: Any, args: tuple[Any, ...] = ()
    ) -> Any:
        done = threading.Event()
        result: list[Any] = []

        def run() -> None:
            try:
                result.append(call(*args))
            finally:
                done.set()

        self.executeInMainThread(run)
        done.wait()
        return result[0]

    def execute(self, node: Node, first: int, last: int, step: int, views: list[str]) -> None:
        node.check()
        assert node.kind == "Write"
        assert views == ["main"]
        assert not self._root.knobs["proxy"].content
        if node["disable"].value():
            raise RuntimeError(f"{node.name()} is disabled")
        assert node["raw"].value() is True
        assert node["file_type"].value() == "exr"
        assert node["channels"].value() == "all"
        for frame in range(first, last + 1, step):
            self.executed.append((node.name(), frame))
            path = Path(node["file"].value())
            assert path.parent.is_dir() or node["create_directories"].value()
            write_like_nuke(self._picture(node, frame), path)

    def createNode(self, kind: str) -> Node:  # noqa: N802
        (written,) = self._script.read_script(self._folder / f"{kind}.gizmo")
        return self._build(written, f"{kind}1")

    def nodePaste(self, path: str) -> Node:  # noqa: N802
        (written,) = self._script.read_script(Path(path))
        return self._build(written, written.knobs["name"])

    def allNodes(self, *, recurseGroups: bool) -> list[Node]:  # noqa: N802, N803
        return [one for node in self.script for one in (node, *node.inner.values())]

    def scriptOpen(self, path: str) -> None:  # noqa: N802
        assert path == self._root.knobs["name"].content

    def scriptSave(self, path: str) -> None:  # noqa: N802
        self.saves.append(path)

    # What an artist, or a test, does.

    def press(self, node: Node, button: str) -> None:
        """Run the script of a button, as it stands in the gizmo."""
        self._this = node
        code = compile(node.knobs[button].content, button, "exec")
        exec(code, {"nuke": self, "__builtins__": __builtins__})  # noqa: S102
        self._this = None

    def pump(self, until: Callable[[], bool], timeout_s: float = 120.0) -> None:
        """Be Nuke's main loop until something is so; notes how long it was ever held up."""
        started = time.monotonic()
        deadline = started + timeout_s
        while not until():
            assert time.monotonic() < deadline, (
                f"waited in vain; told: {self.messages}, {[task.said[-1:] for task in self.tasks]}"
            )
            try:
                call = self._queue.get(timeout=0.01)
            except queue.Empty:
                continue
            begun = time.monotonic()
            call()
            self.longest_s = max(self.longest_s, time.monotonic() - begun)
        self.pumped_s += time.monotonic() - started

    def read_node(self, name: str, pattern: str, first: int, last: int) -> Node:
        """A Read of a sequence, `%04d`."""
        node = Node(self, "Read", name, self._root)
        node["file"].setValue(pattern)
        node.range = (first, last)
        node.render = lambda frame: Path(pattern % frame)
        self.script.append(node)
        return node

    def delete(self, node: Node) -> None:
        for one in (node, *node.inner.values()):
            one.is_deleted = True

    def saved(self, node: Node) -> dict[str, Any]:
        """What a script keeps of a gizmo: its own knobs and nothing of what is inside."""
        return {name: knob.content for name, knob in node.knobs.items()}

    def shown(self, node: Node, frame: int) -> Path | None:
        """The file whose picture `out` shows on a frame; None for one that is not there."""
        path = self._picture(node.inner["out"], frame)
        return path if path.is_file() else None

    def _build(self, written: Any, name: str) -> Node:
        node = Node(self, written.kind, name, self._root)
        self.script.append(node)
        for knob, about in written.user.items():
            kind: str | list[str] = _USER_KINDS.get(about["kind"], "Text_Knob")
            if about["kind"] == "4":
                kind = re.findall(r'"([^"]*)"', about["M"])
            assert knob not in node.knobs, f"{knob} is Nuke's own"
            node.knobs[knob] = Knob(node, knob, kind, about.get("T"))
        self._fill(node, written)
        built = {id(None): None}
        for inner in written.inner:
            made = Node(self, inner.kind, inner.knobs["name"], node)
            self._fill(made, inner)
            built[id(inner)] = made
            node.inner[inner.knobs["name"]] = made
            for index, source in enumerate(inner.inputs):
                if source is not None:
                    made.inputs[index] = built[id(source)]
        return node

    def _fill(self, node: Node, written: Any) -> None:
        self.Undo.disable()
        for name, text in written.knobs.items():
            if name in ("inputs", "name"):
                continue
            knob = node[name]
            if text.startswith(("{", "[")) or name in ("xpos", "ypos"):
                knob.content = text  # an expression
                continue
            value: Any = text
            if knob.kind in ("Boolean_Knob", "Disable_Knob"):
                value = {"true": True, "false": False}[text]
            elif knob.kind == "Int_Knob":
                value = int(text)
            elif knob.kind in ("Double_Knob", "Array_Knob"):
                value = float(text)
            if knob.kind.endswith("Chip_Knob"):
                int(text, 16)
            knob.setValue(value)
        self.Undo.enable()

    def _picture(self, node: Node, frame: int) -> Path:
        """The file that a node's picture on a frame comes from."""
        if node.render is not None:
            return node.render(frame)
        if node.kind in ("Write", "Output"):
            return self._picture(node.inputs[0], frame)
        if node.kind == "Input":
            number = int(node.knobs["number"].content or 0)
            source = node.parent().input(number)
            if source is None:
                raise RuntimeError("a pipe is not connected")
            return self._picture(source, frame)
        if node.kind == "Switch":
            return self._picture(node.inputs[int(self._resolved(node, "which"))], frame)
        if node.kind == "Read":
            first, last = (int(self._resolved(node, end)) for end in ("first", "last"))
            if not first <= frame <= last:
                return Path("outside")
            return Path(str(self._resolved(node, "file")) % frame)
        raise AssertionError(f"{node.kind} makes no picture")

    def _resolved(self, node: Node, name: str) -> Any:
        """A knob's value, through the expression that it is."""
        content = node.knobs[name].content
        found = re.fullmatch(r"\{?(?:parent\.(\w+))\}?|\[value parent\.(\w+)\]", str(content))
        if found is None:
            return content
        return node.parent().knobs[found[1] or found[2]].content


def write_like_nuke(source: Path, path: Path) -> None:
    """Write a picture with Nuke's long channel names and a header that no other file has."""
    image = OpenImageIO.ImageInput.open(str(source))
    if image is None:
        OpenImageIO.geterror()  # or it is printed at the end
        raise RuntimeError(f"Read error: no such file or directory {source}")
    spec, pixels = image.spec(), image.read_image("half")
    image.close()
    spec.channelnames = tuple(
        ".".join([*name.split(".")[:-1], _LONG_NAMES[name.split(".")[-1]]]) if "." in name else name
        for name in spec.channelnames
    )
    spec.set_format("half")
    spec.attribute("compression", "zips")
    spec.attribute("nuke/node_hash", uuid.uuid4().hex)
    spec.attribute("nuke/note", "x" * (uuid.uuid4().int % 50))
    out = OpenImageIO.ImageOutput.create(str(path))
    assert out.open(str(path), spec), out.geterror()
    assert out.write_image(pixels), out.geterror()
    assert out.close()
