"""Weight files of the matching network: safetensors that describe it, half precision, folded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import WeightsError
from ..weight_files import require_finite, write_weights
from .matcher import PairMatcher
from .network import RegionNetwork, folded

_FORMAT = "matching-1"
_MOST_WIDTH = 1024
_MOST_LAYERS = 32


@dataclass(frozen=True, eq=False)
class LoadedEmbedder:
    """Both networks with trained weights, and what is known about them.

    Attributes:
        network: On the CPU, float32, in evaluation mode, its normalisation folded.
        matcher: The same.
        name: The registry's name, or the file's.
        sha256: Of the file, in hexadecimal.

    """

    network: RegionNetwork
    matcher: PairMatcher
    name: str
    sha256: str


def save_embedder(network: RegionNetwork, matcher: PairMatcher, path: str | Path) -> None:
    """Write both networks as safetensors that `load_networks` reads: whole or not at all.

    Weights are rounded to float16; batch normalisation becomes part of its convolution.

    Raises:
        WeightsError: A weight is not finite in float16, or the file cannot be written.

    """
    path = Path(path)
    network = folded(network)
    named = {f"network.{name}": t for name, t in network.state_dict().items()}
    named |= {f"matcher.{name}": t for name, t in matcher.state_dict().items()}
    tensors = {n: t.detach().to("cpu", torch.float16).contiguous() for n, t in named.items()}
    metadata = {
        "celtint.format": _FORMAT,
        "celtint.widths": ",".join(map(str, network.widths)),
        "celtint.descriptor": str(network.descriptor),
        "celtint.layers": str(len(matcher.within)),
        "celtint.heads": str(matcher.heads),
    }
    write_weights(path, tensors, metadata)


def load_networks(path: Path, name: str | None = None, sha256: str | None = None) -> LoadedEmbedder:
    """Read both networks from a file that `save_embedder` wrote.

    Args:
        path: The file.
        name: What to call them; the file's name where None.
        sha256: What the file must hash to, in hexadecimal; anything where None.

    Raises:
        WeightsError: The file is not what it should be.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"the weights {path} cannot be read: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256.lower():
        raise WeightsError(
            f"{path} is not the file that the registry describes: its SHA-256 is {found}, "
            f"expected {sha256}"
        )
    try:
        with safe_open(path, framework="pt") as file:
            network, matcher = _described(path, file.metadata() or {})
            expected = {f"network.{n}": t for n, t in network.state_dict().items()}
            expected |= {f"matcher.{n}": t for n, t in matcher.state_dict().items()}
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118 - no mapping
            _require_shapes(path, shapes, expected)
            tensors = {key: file.get_tensor(key) for key in shapes}
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}") from error
    require_finite(path, tensors)
    for module, prefix in ((network, "network."), (matcher, "matcher.")):
        state = {
            key.removeprefix(prefix): tensor.float()
            for key, tensor in tensors.items()
            if key.startswith(prefix)
        }
        module.load_state_dict(state, assign=True)
        module.eval().requires_grad_(False)
    return LoadedEmbedder(network, matcher, name or path.name, found)


def _described(path: Path, metadata: dict[str, str]) -> tuple[RegionNetwork, PairMatcher]:
    """Both networks without weights."""
    if metadata.get("celtint.format") != _FORMAT:
        raise WeightsError(f"{path} is no matching network: its metadata do not say {_FORMAT!r}")
    try:
        widths = tuple(int(width) for width in metadata["celtint.widths"].split(","))
        descriptor, layers, heads = (
            int(metadata[f"celtint.{key}"]) for key in ("descriptor", "layers", "heads")
        )
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} does not say which network it is for: {error}") from error
    is_sensible = (
        len(widths) == 5
        and all(1 <= width <= _MOST_WIDTH for width in (*widths, descriptor))
        and 1 <= layers <= _MOST_LAYERS
        and 1 <= heads <= descriptor
        and descriptor % (2 * heads) == 0
    )
    if not is_sensible:
        raise WeightsError(
            f"{path} describes no network: widths {widths}, descriptor {descriptor}, "
            f"{layers} layers, {heads} heads"
        )
    with torch.device("meta"):
        network = RegionNetwork(widths, descriptor, is_folded=True)
        return network, PairMatcher(layers, heads, descriptor)


def _require_shapes(
    path: Path, shapes: dict[str, tuple[int, ...]], expected: dict[str, Tensor]
) -> None:
    wrong = [f"missing {key}" for key in expected if key not in shapes]
    wrong += [f"unexpected {key}" for key in shapes if key not in expected]
    wrong += [
        f"{key} has shape {shapes[key]}, expected {tuple(tensor.shape)}"
        for key, tensor in expected.items()
        if key in shapes and shapes[key] != tuple(tensor.shape)
    ]
    if wrong:
        more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        raise WeightsError(f"{path} does not fit its network: {'; '.join(wrong[:8])}{more}")
