"""Where the network runs and in which arithmetic: decided once, here."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import torch

from .errors import DeviceError
from .painted.settings import PRECISIONS, Precision

_LOG = logging.getLogger(__name__)

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Device:
    """A device and the arithmetic of the network on it.

    Attributes:
        torch_device: Where tensors live.
        dtype: What convolutions compute in. Statistics are float32 whatever this is.
        description: For people: "CPU, 2 threads, float16".

    """

    torch_device: torch.device
    dtype: torch.dtype
    description: str

    @property
    def is_cuda(self) -> bool:
        """Whether this is a CUDA device."""
        return self.torch_device.type == "cuda"


def choose_device(name: str = "auto", *, precision: Precision = "auto") -> Device:
    """Choose the device and the arithmetic of a run.

    Args:
        name: "auto" (the first CUDA device if there is one, else the CPU), "cpu", "cuda" or
            "cuda:N".
        precision: "auto" takes the fastest arithmetic that the device has matrix instructions
            for, fp16 before bf16 where both are there: they are equally fast, and fp16
            keeps three more bits. A named precision is used as asked, however slow it is there.

    Raises:
        DeviceError: the name or precision is unknown, or the device is not there.

    """
    if precision not in PRECISIONS:
        raise DeviceError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}")
    if name == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        dtype = _fastest_cpu_dtype() if precision == "auto" else _DTYPES[precision]
        chosen = torch.device("cpu")
        what = f"CPU, {torch.get_num_threads()} threads"
    elif match := re.fullmatch(r"cuda(?::(\d+))?", name):
        index = int(match.group(1) or 0)
        _require_cuda(index)
        dtype = _fastest_cuda_dtype(index) if precision == "auto" else _DTYPES[precision]
        chosen = torch.device("cuda", index)
        what = f"CUDA device {index}, {torch.cuda.get_device_name(index)}"
    else:
        raise DeviceError(f'device must be "auto", "cpu", "cuda" or "cuda:N"; got {name!r}')
    device = Device(chosen, dtype, f"{what}, {str(dtype).removeprefix('torch.')}")
    _LOG.info("The network runs on %s", device.description)
    return device


def _require_cuda(index: int) -> None:
    if torch.version.cuda is None:
        raise DeviceError(
            f"CUDA device {index} was asked for, but this PyTorch ({torch.__version__}) was built "
            "without CUDA"
        )
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if index >= count:
        raise DeviceError(f"CUDA device {index} was asked for, but {count} CUDA devices are there")


def _fastest_cuda_dtype(index: int) -> torch.dtype:
    # Half-precision matrix instructions came with compute capability 7.0.
    return torch.float16 if torch.cuda.get_device_capability(index) >= (7, 0) else torch.float32


def _fastest_cpu_dtype() -> torch.dtype:
    """What the CPU has matrix instructions for; without them, half precision is emulated."""
    if _cpu_has("_is_amx_fp16_supported"):
        return torch.float16
    if _cpu_has("_is_amx_tile_supported") or _cpu_has("_is_avx512_bf16_supported"):
        return torch.bfloat16
    return torch.float32


def _cpu_has(question: str) -> bool:
    # PyTorch has no public question for this; a release without the private one gets float32,
    # which is right everywhere.
    ask = getattr(torch.cpu, question, None)
    return bool(ask is not None and ask())
