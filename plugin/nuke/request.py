"""What a press of *Colorize* asks for: the node's knobs and the script, as folders and a job.

Standard library only and valid Python 3.9, because Nuke imports this. `nuke` is passed in.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import JobError
from ..job import Job, Output, Source

LINE, HINT = "line", "hint"
_INPUTS = {LINE: 0, HINT: 1}
_PINNED_CONFIG = "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"
# These mean something else to Nuke's file knobs, to frame patterns or to both.
_UNUSABLE = re.compile(r"[\[\]{}$%#@*?\"\\]")


@dataclass(frozen=True)
class Request:
    """One press of *Colorize*.

    Attributes:
        name: The node's full name.
        folder: Where everything of this node goes.
        frames: The frames, in film order.
        roles: The inputs to render: `line`, and `hint` where it is connected.
        job: What the worker is told.

    """

    name: str
    folder: Path
    frames: range
    roles: tuple[str, ...]
    job: Job

    def rendered(self, role: str, frame: int) -> Path:
        """The file of an input's frame, as the worker reads it."""
        return self.folder / role / f"{role}.{frame:04d}.exr"

    def rendering(self, role: str, frame: int) -> Path:
        """Where this frame is rendered to before it takes its place."""
        return self.folder / "rendering" / f"{role}.{frame:04d}.exr"

    @property
    def paint(self) -> str:
        """The painted frames, as a Read node takes them."""
        return (self.folder / "paint" / "paint.%04d.exr").as_posix()


def read_request(nuke: Any, node: Any) -> Request:
    """Read the knobs of a node; main thread only.

    Raises:
        JobError: Holds everything that is wrong, in an artist's words.

    """
    problems: list[str] = []
    root = nuke.root()
    line = node.input(_INPUTS[LINE])
    if line is None:
        problems.append("Connect the line art to the input `line`.")
    if root["proxy"].value():
        problems.append("Proxy mode is on, and paint is made at full size: switch it off.")
    folder = _folder(node, root, problems)
    frames = range(0) if line is None else _frames(node, line, root, problems)
    if problems:
        raise JobError(problems)
    roles = tuple(role for role in (LINE, HINT) if node.input(_INPUTS[role]) is not None)
    config, space = working_space(root)
    space = node["working_space"].value().strip() or space
    finish = node["finish"].value()
    model = str(node["model"].evaluate() or "").strip()
    palette = str(node["palette"].evaluate() or "").strip() if node.knob("palette") else ""
    job = Job(
        line=Source(_pattern(folder, LINE), node["line_layer"].value().strip() or None, space),
        hint=Source(_pattern(folder, HINT), node["hint_layer"].value().strip() or None, space)
        if HINT in roles
        else None,
        out=Output(_pattern(folder, "paint"), space),
        frames=f"{frames[0]}-{frames[-1]}",
        finish=finish,
        settings={"gap_px": float(node["gap"].value())} if finish == "flat" else {},
        model=(model or None) if finish == "painted" else None,
        device=node["device"].value(),
        ocio=config,
        palette=(palette or None) if finish == "flat" else None,
    )
    return Request(node.fullName(), folder, frames, roles, job)


def folder_of(node: Any, root: Any) -> Path | None:
    """Where everything of a node goes; None for a script without a name. Main thread only."""
    chosen = str(node["folder"].evaluate() or "").strip()
    if chosen:
        return Path(chosen)
    script = root.name()
    if not script or script == "Root":
        return None
    path = Path(script)
    return path.parent / "celtint" / path.stem / node.fullName().replace(".", "_")


def working_space(root: Any) -> tuple[str | None, str]:
    """The OpenColorIO config (None: `$OCIO`) and the name in it of the space Nuke works in.

    Nuke's own colour management works in linear light with the primaries of Rec.709. Of the configs
    that come with Nuke the engine knows the public twin, whose names lack the family.
    """
    if root["colorManagement"].value() != "OCIO":
        return _PINNED_CONFIG, "Linear Rec.709 (sRGB)"
    named = root["workingSpaceLUT"].value() or "scene_linear"
    if root["OCIO_config"].value() == "custom":
        return root["customOCIOConfigPath"].evaluate() or None, named
    if os.environ.get("OCIO"):
        return None, named
    return _PINNED_CONFIG, "ACEScg" if named == "scene_linear" else named.rsplit(" - ")[-1]


def _folder(node: Any, root: Any, problems: list[str]) -> Path:
    folder = folder_of(node, root)
    if folder is None:
        problems.append(
            "Save the script first, or choose a working folder: paint is kept beside the script."
        )
        return Path()
    if not folder.is_absolute():
        problems.append(f"The working folder {folder} is relative: choose a whole path.")
    if _UNUSABLE.search(folder.as_posix()):
        problems.append(
            f"The working folder {folder} has a character in it that frame patterns use, one of "
            '[ ] { } $ % # @ * ? " \\: choose another one.'
        )
    return folder


def _frames(node: Any, line: Any, root: Any, problems: list[str]) -> range:
    source = node["range_from"].value()
    if source == "line art":
        first, last = line.firstFrame(), line.lastFrame()
    elif source == "script":
        first, last = root.firstFrame(), root.lastFrame()
    else:
        first, last = node["first_frame"].value(), node["last_frame"].value()
    first, last = int(first), int(last)
    if last < first:
        problems.append(f"The frame range ends before it begins: {first}-{last}.")
    if first < 0:
        problems.append(f"The frame range {first}-{last} begins below 0: move the shot.")
    return range(first, last + 1)


def _pattern(folder: Path, role: str) -> str:
    return (folder / role / f"{role}.####.exr").as_posix()
