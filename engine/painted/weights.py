"""Weight files: safetensors that describe their network, and the registry of those that ship."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from ..errors import WeightsError
from ..weight_files import require_finite, write_weights
from .generator import PRESETS, Generator, Preset
from .guided import GuidedGenerator

REGISTRY = Path(__file__).parent.parent / "weights" / "registry.toml"

TARGET = "celtint.target"
"""Key of a file's metadata: "finished" frames, lines included, or the "paint" under them."""

_PICKLE_SUFFIXES = {".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle"}
# A pickle of protocol 2 or later, and the zip that PyTorch wraps around one.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")

# Bounds of what a file may ask for, far above any sensible network.
_MOST_WIDTH = 512
_MOST_BLOCKS = 64


@dataclass(frozen=True)
class WeightsEntry:
    """Weights that ship with the project, as `engine/weights/registry.toml` describes them."""

    name: str
    """What `--model` calls them."""

    file: str
    """File name beside the registry."""

    sha256: str
    """Of the file, in hexadecimal; checked on loading."""

    preset: str
    """One of `PRESETS`."""

    width: int
    """Channels at full size, of a guided network at half size."""

    blocks: int
    """Number of residual blocks, of a guided network at 1/32."""

    inputs: int
    """Number of input channels."""

    training_data: str
    """What they were trained on."""

    licence: str
    """Of the weights, as a SPDX expression."""

    scores: dict[str, float]
    """Measured figures, each named by what it measures and on what."""


@dataclass(frozen=True, eq=False)
class LoadedWeights:
    """A generator with trained weights, and what is known about it."""

    generator: Generator | GuidedGenerator
    """On the CPU, float32, in evaluation mode."""

    preset: Preset
    """Which channels it sees."""

    name: str
    """The registry's name, or the file's."""

    sha256: str
    """Of the file, in hexadecimal."""

    paints_lines: bool = False
    """Whether it paints finished frames, lines included, instead of the paint under them."""


def registered_weights(registry: Path = REGISTRY) -> tuple[WeightsEntry, ...]:
    """The weights that ship, in the registry's order; the first is the default.

    Raises:
        WeightsError: the registry is damaged.

    """
    try:
        entries = tomllib.loads(registry.read_text("utf-8")).get("weights", [])
        return tuple(WeightsEntry(**entry) for entry in entries)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise WeightsError(f"the weight registry {registry} cannot be read: {error}") from error


def load_weights(
    model: str | Path | None = None, *, registry: Path = REGISTRY, is_shared: bool = False
) -> LoadedWeights:
    """Load weights by the registry's name or from a safetensors file.

    Args:
        model: A name in the registry, or a file that `save_weights` wrote; None takes the
            registry's first.
        registry: Where the shipped weights are described.
        is_shared: Take the generator that was handed out to others with this file, if it was the
            last one; nobody may change it. A file that has changed is loaded anew.

    Raises:
        WeightsError: there are no such weights, or the file is not what it should be.

    """
    entries = registered_weights(registry)
    load = _load_shared if is_shared else _load_file
    if model is None:
        if not entries:
            raise WeightsError(
                "no trained weights ship with celtint yet; the painted finish needs "
                "--model FILE.safetensors"
            )
        model = entries[0].name
    entry = next((entry for entry in entries if entry.name == str(model)), None)
    if entry is None:
        path = Path(model)
        if not path.suffix and not path.exists():
            raise WeightsError(
                f"there are no weights named {str(model)!r}; "
                f"shipped are: {', '.join(entry.name for entry in entries) or 'none yet'}. "
                "A file is given as FILE.safetensors"
            )
        return load(path, path.name, _sha256(path))
    path = registry.parent / entry.file
    sha256 = _sha256(path)
    if sha256 != entry.sha256.lower():
        raise WeightsError(
            f"{path} is not the file that the registry describes: its SHA-256 is {sha256}, "
            f"expected {entry.sha256}"
        )
    loaded = load(path, entry.name, sha256)
    found = (loaded.preset.name, loaded.generator.width, len(loaded.generator.blocks))
    if found != (entry.preset, entry.width, entry.blocks) or entry.inputs != loaded.preset.inputs:
        raise WeightsError(f"{path} and its entry in the registry describe different networks")
    return loaded


def build_generator(preset: Preset, *, width: int, blocks: int) -> Generator | GuidedGenerator:
    """A new generator of a preset, with its first weights.

    Raises:
        ValueError: the network cannot have this width or number of blocks.

    """
    if preset.is_guided:
        return GuidedGenerator(width=width, blocks=blocks, keeps_luma=preset.keeps_luma)
    return Generator(inputs=preset.inputs, width=width, blocks=blocks)


def save_weights(
    generator: Generator | GuidedGenerator,
    path: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    description: Mapping[str, str] | None = None,
) -> None:
    """Write a generator as safetensors that `load_weights` reads: whole or not at all.

    What is needed to build the network stands in the metadata.

    Args:
        generator: Its weights are stored as they are.
        path: Where.
        dtype: Of the stored weights; float16 halves the file, and is exact to three digits.
        description: Further metadata; keys are prefixed with `celtint.`.

    Raises:
        WeightsError: no preset has the generator's number of inputs, weights are too large for the
            dtype, or the file cannot be written.

    """
    path = Path(path)
    keeps_luma = isinstance(generator, GuidedGenerator) and generator.keeps_luma
    kind = (generator.inputs, keeps_luma)
    preset = next((p for p in PRESETS.values() if (p.inputs, p.keeps_luma) == kind), None)
    if preset is None:
        raise WeightsError(f"no preset has {generator.inputs} input channels")
    tensors = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in generator.state_dict().items()
    }
    metadata = {
        **{f"celtint.{key}": value for key, value in (description or {}).items()},
        "celtint.preset": preset.name,
        "celtint.width": str(generator.width),
        "celtint.blocks": str(len(generator.blocks)),
    }
    write_weights(path, tensors, metadata)


def _load_file(path: Path, name: str, sha256: str) -> LoadedWeights:
    _refuse_pickle(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            preset, width, blocks = _described_network(path, metadata)
            paints_lines = _paints_lines(path, metadata, preset)
            with torch.device("meta"):
                generator = _described_generator(path, preset, width, blocks)
            # Compared before anything is read, so that a wrong file costs no memory.
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118 - no mapping
            _require_shapes(path, shapes, generator)
            tensors = {key: file.get_tensor(key) for key in shapes}
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}") from error
    require_finite(path, tensors)
    generator.load_state_dict({key: value.float() for key, value in tensors.items()}, assign=True)
    generator.requires_grad_(True)
    return LoadedWeights(generator.eval(), preset, name, sha256, paints_lines)


@lru_cache(maxsize=1)
def _load_shared(path: Path, name: str, sha256: str) -> LoadedWeights:
    """The same, remembered by the file's content: a worker's next job need not load it again."""
    return _load_file(path, name, sha256)


def _refuse_pickle(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if path.suffix.lower() in _PICKLE_SUFFIXES or start.startswith(_PICKLE_STARTS):
        raise WeightsError(
            f"{path} is a pickle, and loading a pickle can run any code that its author put "
            "there; convert it to safetensors"
        )


def _described_network(path: Path, metadata: dict[str, str]) -> tuple[Preset, int, int]:
    keys = ("celtint.preset", "celtint.width", "celtint.blocks")
    if missing := [key for key in keys if key not in metadata]:
        raise WeightsError(
            f"{path} does not say which network it is for: its metadata lack {', '.join(missing)}"
        )
    preset_name, width, blocks = (metadata[key] for key in keys)
    if preset_name not in PRESETS:
        raise WeightsError(
            f"{path} is for the preset {preset_name!r}; known are {', '.join(PRESETS)}"
        )
    is_number = width.isascii() and width.isdigit() and blocks.isascii() and blocks.isdigit()
    if not (is_number and 1 <= int(width) <= _MOST_WIDTH and int(blocks) <= _MOST_BLOCKS):
        raise WeightsError(
            f"{path} describes no network: expected a width of 1..{_MOST_WIDTH} and "
            f"0..{_MOST_BLOCKS} blocks, got {width!r} and {blocks!r}"
        )
    return PRESETS[preset_name], int(width), int(blocks)


def _paints_lines(path: Path, metadata: Mapping[str, str], preset: Preset) -> bool:
    # A file that does not say was trained as its network is meant to be: the paper's on finished
    # frames, ours on the paint under the lines.
    target = metadata.get(TARGET, "paint" if preset.is_guided else "finished")
    if target not in ("paint", "finished"):
        raise WeightsError(f"{path}: {TARGET} is 'paint' or 'finished', got {target!r}")
    return target == "finished"


def _described_generator(
    path: Path, preset: Preset, width: int, blocks: int
) -> Generator | GuidedGenerator:
    try:
        return build_generator(preset, width=width, blocks=blocks)
    except ValueError as error:
        raise WeightsError(f"{path} describes no network: {error}") from error


def _require_shapes(
    path: Path, shapes: dict[str, tuple[int, ...]], generator: Generator | GuidedGenerator
) -> None:
    expected = {key: tuple(value.shape) for key, value in generator.state_dict().items()}
    wrong = [f"missing {key}" for key in expected if key not in shapes]
    wrong += [f"unexpected {key}" for key in shapes if key not in expected]
    wrong += [
        f"{key} has shape {shapes[key]}, expected {shape}"
        for key, shape in expected.items()
        if key in shapes and shapes[key] != shape
    ]
    if wrong:
        more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        raise WeightsError(f"{path} does not fit its network: {'; '.join(wrong[:8])}{more}")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"the weights {path} cannot be read: {error.strerror}") from error
