"""What all weight files share: safetensors, written whole, the same bytes for the same weights."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor

from .errors import WeightsError


def write_weights(path: Path, tensors: dict[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file: whole or not at all.

    Args:
        path: Where.
        tensors: On the CPU, contiguous.
        metadata: What the file says of itself.

    Raises:
        WeightsError: A tensor is not finite, or the file cannot be written.

    """
    require_finite(path, tensors)
    # A name of its own in the same folder, so that the rename cannot cross file systems.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(_in_order(save(tensors, dict(metadata))))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def require_finite(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are no numbers.

    Raises:
        WeightsError: A tensor is not of floating point, or holds what is not finite.

    """
    for key, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise WeightsError(f"{path}: {key} holds {tensor.dtype}, expected floating point")
        if not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"{path}: {key} holds values that are not finite")


def _in_order(content: bytes) -> bytes:
    """A safetensors file with its metadata by name: as written, their order is by chance."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["__metadata__"] = dict(sorted(header.get("__metadata__", {}).items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at multiples of 8
    return len(text).to_bytes(8, "little") + text + content[start:]
