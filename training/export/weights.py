"""Weights as they ship: half precision, safetensors, the same bytes for the same run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from celtint.engine.painted.weights import LoadedWeights, load_weights, save_weights

from ..described import Description, read_description
from ..errors import CheckpointError

RUN_WEIGHTS = "weights.safetensors"
"""What `celtint-train fit` calls a run's averaged weights."""


@dataclass(frozen=True, eq=False)
class Exported:
    """Weights that were exported.

    Attributes:
        file: Where they are.
        weights: As the engine loads them.
        description: What the file says of itself.
        source_sha256: Of the file that they came from.

    """

    file: Path
    weights: LoadedWeights
    description: Description
    source_sha256: str

    @property
    def size_bytes(self) -> int:
        """Of the file."""
        return self.file.stat().st_size


def export_weights(source: Path, out: Path) -> Exported:
    """Write weights in half precision, with what they say of themselves.

    The result depends on the weights and their description alone; to export it again changes
    nothing.

    Args:
        source: The folder of a run, or a weight file.
        out: The safetensors file to write; it may be the source.

    Raises:
        CheckpointError: The folder holds no weights yet, or `out` has another ending.
        WeightsError: The source is no weight file, or `out` cannot be written.

    """
    if out.suffix != ".safetensors":
        raise CheckpointError(f"{out}: weights are exported as FILE.safetensors")
    file = source / RUN_WEIGHTS if source.is_dir() else source
    if source.is_dir() and not file.exists():
        raise CheckpointError(
            f"{source} holds no {RUN_WEIGHTS}: it is no run of `celtint-train fit`, or one that "
            "has left no checkpoint yet"
        )
    loaded = load_weights(file)
    description = read_description(file)
    own = {"preset", "width", "blocks"}  # what `save_weights` writes itself
    told = {key: value for key, value in description.metadata.items() if key not in own}
    if description.config:  # files of earlier runs said it in their configuration alone
        told["target"] = "paint" if description.leaves_lines_out else "finished"
    out.parent.mkdir(parents=True, exist_ok=True)
    save_weights(loaded.generator, out, dtype=torch.float16, description=told)
    return Exported(out, load_weights(out), read_description(out), loaded.sha256)
