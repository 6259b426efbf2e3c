"""What a painted shot is, under the keys that the studios' plug-ins look for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .shot import PaintedShot


def keys_of(shot: PaintedShot) -> dict[str, Any]:
    """What was found: the frames' range, resolution, pixel aspect and colour space."""
    keys: dict[str, Any] = {
        "handleStart": shot.options.shot.handleStart,
        "handleEnd": shot.options.shot.handleEnd,
        "fps": shot.options.shot.fps,
    }
    if shot.frames:
        keys["frameStart"] = shot.frames[0].frame
        keys["frameEnd"] = shot.frames[-1].frame
        keys["colorspace"] = shot.frames[0].celtint.get("colorspace")
    header = next((one.header for one in shot.frames if one.header is not None), None)
    if header is not None:
        keys["resolutionWidth"] = header.display_window.width
        keys["resolutionHeight"] = header.display_window.height
        keys["pixelAspect"] = header.pixel_aspect
    return keys


def representation_of(shot: PaintedShot, folder: Path) -> dict[str, Any]:
    """The frames as a representation that lies in a folder."""
    names = [one.path.name for one in shot.frames]
    return {
        "name": "exr",
        "ext": "exr",
        "files": names[0] if len(names) == 1 else names,
        "stagingDir": str(folder),
        "frameStart": shot.frames[0].frame if shot.frames else None,
        "frameEnd": shot.frames[-1].frame if shot.frames else None,
        "fps": shot.options.shot.fps,
        "colorspace": shot.frames[0].celtint.get("colorspace") if shot.frames else None,
    }
