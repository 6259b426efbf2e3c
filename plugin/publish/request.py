"""What an instance of a host asks for, in plain values.

Standard library only and valid Python 3.9: hosts bring their own Python.
"""

from __future__ import annotations

import os
from typing import Any, Mapping  # noqa: UP035 - Python 3.9

SHOT_KEYS = (
    "frameStart",
    "frameEnd",
    "handleStart",
    "handleEnd",
    "fps",
    "resolutionWidth",
    "resolutionHeight",
    "pixelAspect",
    "colorspace",
)
"""The studios' keys of a shot, which are those of the configuration's table `shot`."""

CONFIG_VARIABLE = "CELTINT_PUBLISH_CONFIG"


class RequestError(ValueError):
    """An instance does not say what is to be published."""


def named_frames(data: Mapping[str, Any]) -> str:
    """The painted frames of an instance: a folder, a pattern, one frame or a job.

    Raises:
        RequestError: It names none.

    """
    if data.get("celtintPaint"):
        return os.fspath(data["celtintPaint"])
    for one in (data, *(data.get("representations") or ())):
        files = one.get("files")
        if one.get("stagingDir") and files:
            first = files if isinstance(files, str) else files[0]
            return os.path.join(one["stagingDir"], first)  # noqa: PTH118 - text in, text out
        if one.get("stagingDir"):
            return os.fspath(one["stagingDir"])
    raise RequestError(
        "The instance names no frames: set `celtintPaint`, or `stagingDir` and `files`."
    )


def asked_for(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tables of a configuration that an instance fills itself.

    Asked for once: what a collector adds later is what it found, not what was asked.
    """
    if "celtintAsked" not in data:
        shot = {key: data[key] for key in SHOT_KEYS if data.get(key) is not None}
        publish: dict[str, Any] = {}
        if data.get("celtintPublishTo"):
            publish["to"] = os.fspath(data["celtintPublishTo"])
        if data.get("version") is not None:
            publish["version"] = data["version"]
        data["celtintAsked"] = {"shot": shot, "publish": publish}
    asked: dict[str, dict[str, Any]] = data["celtintAsked"]
    return asked


def configuration(context_data: Mapping[str, Any]) -> Any:
    """The configuration of a context: tables, or the path of a TOML file; None for neither."""
    return context_data.get("celtintOptions") or os.environ.get(CONFIG_VARIABLE)
