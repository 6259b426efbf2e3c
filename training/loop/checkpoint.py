"""Checkpoints: tensors as safetensors, the rest as JSON; a checkpoint is whole or not there."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ..errors import CheckpointError

FORMAT = 1
"""Version of `state.json`. A reader refuses every other."""

_NAME = re.compile(r"step-(\d{8})")
_TENSORS, _STATE = "state.safetensors", "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on.

    Attributes:
        step: Steps that are done.
        tensors: By `part/name`.
        state: What is no tensor; JSON.

    """

    step: int
    tensors: Mapping[str, Tensor]
    state: Mapping[str, Any]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one part, by the rest of their names."""
        start = f"{name}/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}


def write_checkpoint(folder: Path, checkpoint: Checkpoint, *, keep: int) -> Path:
    """Write a checkpoint beside the older ones, then drop all but the last `keep`.

    It is written under another name, forced to disk and renamed: whenever the machine dies or the
    disk is full, the older ones are still there.

    Args:
        folder: Of the run's checkpoints; made if it is not there.
        checkpoint: What to write.
        keep: How many stay.

    Returns:
        The checkpoint's folder.

    Raises:
        CheckpointError: It cannot be written; nothing else has changed.

    """
    final = folder / f"step-{checkpoint.step:08d}"
    partial = folder / f".{final.name}.{secrets.token_hex(4)}.partial"
    try:
        partial.mkdir(parents=True)
        stored = {
            name: value.detach().cpu().contiguous() for name, value in checkpoint.tensors.items()
        }
        # As bytes and not by save_file: that maps the file, and a full disk would kill the process.
        _write(partial / _TENSORS, safetensors.torch.save(stored))
        state = {"format": FORMAT, "step": checkpoint.step, **checkpoint.state}
        _write(partial / _STATE, json.dumps(state, indent=1).encode())
        if final.exists():  # of a run that stopped here before
            shutil.rmtree(final)
        partial.rename(final)
        _force(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        older = steps_of(folder)
        rest = f"; the run can go on from step {older[-1]}" if older else ""
        raise CheckpointError(
            f"the checkpoint of step {checkpoint.step} cannot be written to {folder}: "
            f"{error.strerror or error}{rest}"
        ) from error
    for step in steps_of(folder)[:-keep]:
        shutil.rmtree(folder / f"step-{step:08d}", ignore_errors=True)
    return final


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The last checkpoint of a run; None where there is none.

    Raises:
        CheckpointError: It cannot be read, or is of another version.

    """
    steps = steps_of(folder)
    if not steps:
        return None
    last = folder / f"step-{steps[-1]:08d}"
    try:
        state = json.loads((last / _STATE).read_text("utf-8"))
        tensors = safetensors.torch.load_file(last / _TENSORS)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"the checkpoint {last} cannot be read: {error}") from error
    if state.get("format") != FORMAT:
        raise CheckpointError(
            f"the checkpoint {last} is of format {state.get('format')}, this celtint reads {FORMAT}"
        )
    return Checkpoint(steps[-1], tensors, state)


def steps_of(folder: Path) -> list[int]:
    """The steps that there are checkpoints of, ascending; what was left half written is none."""
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def clear_partials(folder: Path) -> None:
    """Remove what a killed run left half written."""
    if folder.is_dir():
        for path in folder.glob(".step-*.partial"):
            shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _force(folder: Path) -> None:
    """Force a folder's list of names to disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
