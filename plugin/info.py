"""What `celtint info` says: of files, or of the machine celtint runs on."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .colour import Colour
from .errors import ColourError, JobError, PluginError
from .header import ImageHeader, Window, read_header
from .layers import layer_names
from .shot import FramePattern, format_frames

_PACKAGES = (
    "celtint",
    "torch",
    "numpy",
    "opencv-python-headless",
    "OpenImageIO",
    "opencolorio",
    "fileseq",
)


def describe(paths: Sequence[str], *, ocio: str | None, as_json: bool) -> Iterator[str]:
    """Lines that describe the files, or the machine where there are no paths.

    Raises:
        JobError: Files that cannot be read; every other one was described.
        ColourError: The config cannot be used.

    """
    if not paths:
        machine = describe_machine(ocio)
        yield json.dumps(machine) if as_json else "\n".join(_as_text(machine))
        return
    colour = Colour(ocio)
    problems: list[str] = []
    for path in paths:
        try:
            found = describe_file(path, colour)
        except PluginError as error:
            problems.append(str(error))
            continue
        yield json.dumps(found) if as_json else "\n".join(_as_text(found))
    if problems:
        raise JobError(problems)


def describe_file(path: str, colour: Colour) -> dict[str, Any]:
    """A file, or the first frame of a pattern, as JSON values; and the sequence it belongs to.

    Raises:
        FileError: It cannot be read.

    """
    pattern = FramePattern.parse(path)
    frames = pattern.require_frames()
    named = Path(path)
    header = read_header(named if named.is_file() else pattern.path(frames[0]))
    space = colour.space_of(header)
    found: dict[str, Any] = {"file": str(header.path)}
    if not pattern.is_still:
        found["pattern"] = str(pattern)
        found["frames"] = format_frames(frames)
        found["missing frames"] = _missing(frames)
    found |= {
        "format": header.format,
        "pixels": header.stored_type,
        "display window": _window(header.display_window),
        "data windows": [_window(window) for window in dict.fromkeys(header.windows)],
        "pixel aspect": header.pixel_aspect,
        "layers": [name or "rgba (top level)" for name in _layers(header)],
        "colour space": space.space + (" (assumed)" if space.note else ""),
    }
    return found


def describe_machine(ocio: str | None) -> dict[str, Any]:
    """Versions, devices, models and the colour config, as JSON values."""
    colour: Colour | None = None
    config: str
    try:
        colour = Colour(ocio)
        config = colour.config_name
    except ColourError as error:
        config = f"cannot be used: {error}"
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "devices": _devices(),
        "models": _models(),
        "colour config": config,
        "working space": "" if colour is None else colour.working_space,
        "colour spaces": [] if colour is None else list(colour.spaces()),
    }


def _layers(header: ImageHeader) -> tuple[str, ...]:
    return layer_names(header.parts)


def _missing(frames: Sequence[int]) -> str:
    gaps = set(range(frames[0], frames[-1] + 1)) - set(frames)
    return format_frames(gaps) if gaps else "none"


def _window(window: Window) -> str:
    return f"{window.width}x{window.height} at ({window.x}, {window.y})"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _models() -> list[str]:
    from celtint.engine.painted.weights import registered_weights  # noqa: PLC0415 - as below

    names = [f"{entry.name} ({entry.preset}, {entry.licence})" for entry in registered_weights()]
    return names or ["none ship yet: the painted finish needs --model FILE.safetensors"]


def _devices() -> list[str]:
    import torch  # noqa: PLC0415 - takes seconds, and only this needs it

    found = [f"cpu: {torch.get_num_threads()} threads"]
    if torch.cuda.is_available():
        found += [
            f"cuda:{index}: {torch.cuda.get_device_name(index)}"
            for index in range(torch.cuda.device_count())
        ]
    return found


def _as_text(found: dict[str, Any]) -> Iterator[str]:
    """The values as aligned lines, lists and groups on lines of their own."""
    width = max(len(name) for name in found)
    for name, value in found.items():
        if isinstance(value, dict):
            yield f"{name:{width}}  " + ", ".join(f"{key} {what}" for key, what in value.items())
        elif isinstance(value, list):
            yield f"{name:{width}}  " + ", ".join(str(one) for one in value)
        else:
            yield f"{name:{width}}  {value}"
