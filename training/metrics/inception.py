"""The network behind FID: Inception v3 as TensorFlow published it on 2015-12-05.

Its weights are not ours to ship: they are read from a file that the user has, checked by hash, the
one that torch-fidelity, torchmetrics and pytorch-fid use. The layout is that of Szegedy et al.,
"Rethinking the Inception Architecture for Computer Vision" (2016), with what TensorFlow's graph
does differently (mean pooling leaves the padding out, the last block pools by maximum); layers
carry the names that the file gives them.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from ..errors import DataError

SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
SOURCE = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
INPUT_PX = 299


@dataclass(frozen=True)
class _Layer:
    """A convolution of a block, by the name it has in the file."""

    name: str
    outputs: int
    kernel: tuple[int, int] = (1, 1)


_Stage = tuple[_Layer, ...]
"""Layers that all take what came before, and whose outputs are concatenated; most often one."""

_Pool = Literal["mean", "max", "max of stride 2"]


class _Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int],
        *,
        stride: int = 1,
        is_padded: bool = True,
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2) if is_padded else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Branches side by side, the last of which pools.

    Args:
        inputs: Channels in.
        branches: Each a chain of stages.
        pool: How the last branch pools.
        pooled: Channels of the 1x1 convolution behind the pool. None for a block that halves the
            picture: no such convolution, and the last layer of every chain has stride 2.

    """

    def __init__(
        self, inputs: int, branches: Sequence[Sequence[_Stage]], pool: _Pool, pooled: int | None
    ) -> None:
        super().__init__()
        self._pool = pool
        self._branches = [
            [[layer.name for layer in stage] for stage in stages] for stages in branches
        ]
        for stages in branches:
            channels = inputs
            for stage in stages:
                halves = pooled is None and stage is stages[-1]
                for layer in stage:
                    convolution = _Convolution(
                        channels,
                        layer.outputs,
                        layer.kernel,
                        stride=2 if halves else 1,
                        is_padded=not halves,
                    )
                    self.add_module(layer.name, convolution)
                channels = sum(layer.outputs for layer in stage)
        self.branch_pool = None if pooled is None else _Convolution(inputs, pooled, (1, 1))

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for stages in self._branches:
            h = x
            for stage in stages:
                h = torch.cat([self.get_submodule(name)(h) for name in stage], 1)
            outputs.append(h)
        if self._pool == "mean":
            pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        elif self._pool == "max":
            pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        else:
            pooled = F.max_pool2d(x, 3, stride=2)
        outputs.append(pooled if self.branch_pool is None else self.branch_pool(pooled))
        return torch.cat(outputs, 1)


def _chain(*stages: _Layer | _Stage) -> list[_Stage]:
    return [stage if isinstance(stage, tuple) else (stage,) for stage in stages]


def _block_35(inputs: int, pooled: int) -> _Block:
    """At 35x35."""
    branches = [
        _chain(_Layer("branch1x1", 64)),
        _chain(_Layer("branch5x5_1", 48), _Layer("branch5x5_2", 64, (5, 5))),
        _chain(
            _Layer("branch3x3dbl_1", 64),
            _Layer("branch3x3dbl_2", 96, (3, 3)),
            _Layer("branch3x3dbl_3", 96, (3, 3)),
        ),
    ]
    return _Block(inputs, branches, "mean", pooled)


def _block_35_to_17() -> _Block:
    branches = [
        _chain(_Layer("branch3x3", 384, (3, 3))),
        _chain(
            _Layer("branch3x3dbl_1", 64),
            _Layer("branch3x3dbl_2", 96, (3, 3)),
            _Layer("branch3x3dbl_3", 96, (3, 3)),
        ),
    ]
    return _Block(288, branches, "max of stride 2", None)


def _block_17(between: int) -> _Block:
    """At 17x17; `between` channels inside its chains."""
    row, column = (1, 7), (7, 1)
    branches = [
        _chain(_Layer("branch1x1", 192)),
        _chain(
            _Layer("branch7x7_1", between),
            _Layer("branch7x7_2", between, row),
            _Layer("branch7x7_3", 192, column),
        ),
        _chain(
            _Layer("branch7x7dbl_1", between),
            _Layer("branch7x7dbl_2", between, column),
            _Layer("branch7x7dbl_3", between, row),
            _Layer("branch7x7dbl_4", between, column),
            _Layer("branch7x7dbl_5", 192, row),
        ),
    ]
    return _Block(768, branches, "mean", 192)


def _block_17_to_8() -> _Block:
    branches = [
        _chain(_Layer("branch3x3_1", 192), _Layer("branch3x3_2", 320, (3, 3))),
        _chain(
            _Layer("branch7x7x3_1", 192),
            _Layer("branch7x7x3_2", 192, (1, 7)),
            _Layer("branch7x7x3_3", 192, (7, 1)),
            _Layer("branch7x7x3_4", 192, (3, 3)),
        ),
    ]
    return _Block(768, branches, "max of stride 2", None)


def _block_8(inputs: int, pool: _Pool) -> _Block:
    """At 8x8; its longer chains end in a row and a column side by side."""
    branches = [
        _chain(_Layer("branch1x1", 320)),
        _chain(
            _Layer("branch3x3_1", 384),
            (_Layer("branch3x3_2a", 384, (1, 3)), _Layer("branch3x3_2b", 384, (3, 1))),
        ),
        _chain(
            _Layer("branch3x3dbl_1", 448),
            _Layer("branch3x3dbl_2", 384, (3, 3)),
            (_Layer("branch3x3dbl_3a", 384, (1, 3)), _Layer("branch3x3dbl_3b", 384, (3, 1))),
        ),
    ]
    return _Block(inputs, branches, pool, 192)


class Inception(nn.Module):
    """(N, 3, H, W) frames, values 0..255, to the (N, 2048) features whose distance is FID."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Convolution(3, 32, (3, 3), stride=2, is_padded=False)
        self.Conv2d_2a_3x3 = _Convolution(32, 32, (3, 3), is_padded=False)
        self.Conv2d_2b_3x3 = _Convolution(32, 64, (3, 3))
        self.Conv2d_3b_1x1 = _Convolution(64, 80, (1, 1))
        self.Conv2d_4a_3x3 = _Convolution(80, 192, (3, 3), is_padded=False)
        self.Mixed_5b = _block_35(192, pooled=32)
        self.Mixed_5c = _block_35(256, pooled=64)
        self.Mixed_5d = _block_35(288, pooled=64)
        self.Mixed_6a = _block_35_to_17()
        self.Mixed_6b = _block_17(128)
        self.Mixed_6c = _block_17(160)
        self.Mixed_6d = _block_17(160)
        self.Mixed_6e = _block_17(192)
        self.Mixed_7a = _block_17_to_8()
        self.Mixed_7b = _block_8(1280, "mean")
        self.Mixed_7c = _block_8(2048, "max")

    def forward(self, frames: Tensor) -> Tensor:
        """Floating frames of any size, sRGB; the result is of the network's dtype and device."""
        x = (resized(frames, INPUT_PX) - 128.0) / 128.0
        for name, module in self.named_children():
            x = module(x)
            if name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3"):
                x = F.max_pool2d(x, 3, stride=2)
        return x.mean(dim=(2, 3))


def resized(x: Tensor, size: int) -> Tensor:
    """(N, C, H, W) to (N, C, size, size), between pixels as TensorFlow 1's bilinear resize does.

    Pixel i of the result lies at i * H / size of the source: pixels have no centres, and where the
    picture shrinks nothing is averaged. FID was defined with it, so FID keeps it.
    """
    for axis in (2, 3):
        length = x.shape[axis]
        place = torch.arange(size, dtype=torch.float32) * (length / size)
        low = place.floor().long()
        high = (low + 1).clamp_max(length - 1)
        part = (place - low).to(x).reshape((size, 1) if axis == 2 else (1, size))
        below, above = x.index_select(axis, low), x.index_select(axis, high)
        x = below + (above - below) * part
    return x


class InceptionFeatures:
    """Features of frames for FID.

    Args:
        network: With its weights.

    """

    name = "FID"
    dimensions = 2048

    def __init__(self, network: Inception) -> None:
        self._network = network.eval().requires_grad_(False)

    def __call__(self, frame: NDArray[np.floating]) -> NDArray[np.float32]:
        """(H, W, 3) in [0, 1] to (2048,); rounded to 8 bits first, as files would be."""
        pixels = torch.from_numpy(np.rint(np.clip(frame, 0, 1) * 255).astype(np.float32))
        with torch.inference_mode():
            features: Tensor = self._network(pixels.permute(2, 0, 1)[None])
        return features[0].numpy()


def load_inception(path: str | Path, *, sha256: str = SHA256) -> InceptionFeatures:
    """Load the weights of FID's network.

    Args:
        path: The file that `SOURCE` names.
        sha256: Of the file that is expected.

    Raises:
        DataError: The file is missing, is another one, or does not fit.

    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"FID's network {path} cannot be read ({error.strerror or error}): fetch {SOURCE}"
        ) from error
    if found != sha256:
        raise DataError(
            f"{path} is not the network that FID is defined by: its SHA-256 is {found}, expected "
            f"{sha256}; fetch {SOURCE}"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network = Inception()
        # The classifier behind the features is in the file, and of no use here.
        features = {key: value for key, value in state.items() if not key.startswith("fc.")}
        missing, unknown = network.load_state_dict(features, strict=False)
        missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    except (RuntimeError, pickle.UnpicklingError, AttributeError) as error:
        raise DataError(f"{path} holds no Inception network: {error}") from error
    if missing or unknown:
        raise DataError(
            f"{path} does not fit FID's network: it lacks {missing[:3]} and has {unknown[:3]}"
        )
    return InceptionFeatures(network)
