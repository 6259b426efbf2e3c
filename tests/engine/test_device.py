import pytest
import torch

from celtint.engine import device as device_module
from celtint.engine.device import choose_device
from celtint.engine.errors import DeviceError

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


def test_auto_takes_the_cpu_where_there_is_no_cuda_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").torch_device == torch.device("cpu")


def test_a_named_precision_is_used_as_asked():
    assert choose_device("cpu", precision="fp32").dtype == torch.float32
    assert choose_device("cpu", precision="bf16").dtype == torch.bfloat16
    assert choose_device("cpu", precision="fp16").dtype == torch.float16


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"_is_amx_fp16_supported", "_is_amx_tile_supported"}, torch.float16),
        ({"_is_amx_tile_supported", "_is_avx512_bf16_supported"}, torch.bfloat16),
        ({"_is_avx512_bf16_supported"}, torch.bfloat16),
        (set(), torch.float32),
    ],
)
def test_the_cpu_computes_in_what_it_has_matrix_instructions_for(monkeypatch, has, expected):
    monkeypatch.setattr(device_module, "_cpu_has", has.__contains__)
    assert choose_device("cpu").dtype == expected


def test_a_pytorch_that_cannot_say_what_the_cpu_has_gets_float32(monkeypatch):
    for question in (
        "_is_amx_fp16_supported",
        "_is_amx_tile_supported",
        "_is_avx512_bf16_supported",
    ):
        monkeypatch.delattr(torch.cpu, question, raising=False)
    assert choose_device("cpu").dtype == torch.float32


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU", "", "cuda:0,1"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(DeviceError, match="device must be"):
        choose_device(name)


def test_an_unknown_precision_is_refused():
    with pytest.raises(DeviceError, match="precision must be one of auto, fp32, bf16, fp16"):
        choose_device("cpu", precision="fp8")


def test_cuda_without_a_build_for_it_says_so(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError, match="built without CUDA"):
        choose_device("cuda")


def test_a_cuda_device_that_is_not_there_is_named_with_how_many_are(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(DeviceError, match="CUDA device 2 was asked for, but 2 CUDA devices"):
        choose_device("cuda:2")


@pytest.mark.cuda
@needs_cuda
def test_auto_takes_cuda_where_it_is():
    assert choose_device("auto").torch_device == torch.device("cuda", 0)
