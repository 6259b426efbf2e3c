"""What a weight file says of how it was trained, and so of what it expects to see."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

Lines = Literal["ink", "canny"]

PREFIX = "celtint."
"""Of our keys among a file's metadata."""

CONFIG, STEPS = "config", "steps"
"""The run's configuration as TOML, and the steps it did, as `celtint-train fit` writes them."""


@dataclass(frozen=True)
class Description:
    """A weight file's own account; what it leaves out is taken as our networks are trained.

    Attributes:
        metadata: Its metadata under our prefix, without the prefix.
        config: The configuration of its run; empty where it says nothing.

    """

    metadata: Mapping[str, str]
    config: Mapping[str, Any]

    @property
    def is_greyscale(self) -> bool:
        """Whether it sees the finished frame's luma instead of line art."""
        return bool(self._data.get("mode") == "greyscale")

    @property
    def takes_hints(self) -> bool:
        """Whether it was ever shown hints."""
        hints = self._data.get("hints")
        return hints is None or any(weight for kind, weight in hints.items() if kind != "none")

    @property
    def lines(self) -> Lines:
        """The paper's Canny edges where it saw nothing else, else drawn lines."""
        lines = self._data.get("lines")
        is_canny = lines is not None and {kind for kind, share in lines.items() if share} == {
            "canny"
        }
        return "canny" if is_canny else "ink"

    @property
    def leaves_lines_out(self) -> bool:
        """Whether it paints what is under the lines instead of the finished frame."""
        return bool(self.config.get("batch", {}).get("target") == "paint")

    @property
    def _data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.config.get("data", {})
        return data


def read_description(file: Path) -> Description:
    """Read a file's metadata; nothing where it is no safetensors file or says nothing."""
    try:
        with safe_open(file, framework="np") as opened:
            found = opened.metadata() or {}
    except (SafetensorError, OSError):
        found = {}
    metadata = {
        key.removeprefix(PREFIX): value for key, value in found.items() if key.startswith(PREFIX)
    }
    try:
        config = tomllib.loads(metadata.get(CONFIG, ""))
    except tomllib.TOMLDecodeError:
        config = {}
    return Description(metadata, config)
