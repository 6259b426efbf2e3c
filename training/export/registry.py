"""Weights that ship: a file beside the registry, and their entry in it, the default first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from celtint.engine.painted.weights import REGISTRY, WeightsEntry, registered_weights

from ..errors import CheckpointError
from ..whole_files import write_whole
from .weights import Exported

MOST_BYTES = 12_000_000
"""What a checkout can bear; larger weights are given with --model."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")

_HEAD = """\
# The weights that ship with celtint, the default first. `celtint-train export --register NAME`
# writes this file: figures come from reports, and the hash is checked whenever weights are loaded.
"""


def register(
    exported: Exported,
    name: str,
    *,
    training_data: str,
    licence: str,
    scores: dict[str, float],
    registry: Path = REGISTRY,
) -> Path:
    """Put weights among those that ship, as the default.

    Args:
        exported: The weights.
        name: What `--model` will call them; weights of this name are replaced.
        training_data: What they were trained on.
        licence: SPDX expression.
        scores: Figures, each named by what it measures and on what.
        registry: The registry's file; weights lie beside it.

    Returns:
        The file that ships.

    Raises:
        CheckpointError: The name cannot be, or the weights are too large.
        WeightsError: The registry is damaged.
        OSError: A file cannot be written.

    """
    require_name(name)
    if exported.size_bytes > MOST_BYTES:
        raise CheckpointError(
            f"{exported.file} has {exported.size_bytes / 1e6:.1f} MB, and weights that ship have "
            f"at most {MOST_BYTES / 1e6:.0f} MB: train a narrower network"
        )
    generator, preset = exported.weights.generator, exported.weights.preset
    entry = WeightsEntry(
        name=name,
        file=f"{name}.safetensors",
        sha256=exported.weights.sha256,
        preset=preset.name,
        width=generator.width,
        blocks=len(generator.blocks),
        inputs=preset.inputs,
        training_data=training_data,
        licence=licence,
        scores=scores,
    )
    others = [other for other in registered_weights(registry) if other.name != name]
    shipped = registry.parent / entry.file
    # First the weights: an entry without its file would break every run, a file without its entry
    # breaks none. Only where weights are replaced is there a moment when the hash is another.
    write_whole(shipped, exported.file.read_bytes())
    write_whole(registry, to_toml([entry, *others]).encode())
    return shipped


def require_name(name: str) -> None:
    """Refuse what cannot be a file's name and an option's value.

    Raises:
        CheckpointError: It cannot.

    """
    if not _NAME.fullmatch(name):
        raise CheckpointError(
            f"weights cannot be called {name!r}: lower-case letters, digits, hyphens and dots"
        )


def to_toml(entries: Sequence[WeightsEntry]) -> str:
    """The registry as text."""
    parts = [_HEAD]
    for entry in entries:
        lines = ["[[weights]]"]
        for item in fields(WeightsEntry):
            value: Any = getattr(entry, item.name)
            if isinstance(value, dict):
                inner = ", ".join(f"{_text(key)} = {number!r}" for key, number in value.items())
                text = f"{{ {inner} }}" if inner else "{}"
            else:
                text = _text(value) if isinstance(value, str) else repr(value)
            lines.append(f"{item.name} = {text}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _text(value: str) -> str:
    """A basic string of TOML."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
