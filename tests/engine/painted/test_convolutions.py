import logging

import pytest
import torch
from torch import nn

from celtint.engine.device import choose_device
from celtint.engine.painted import convolutions
from celtint.engine.painted.convolutions import LastConvolution, RowConvolution

CPU = choose_device("cpu", precision="fp32")


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def test_the_last_convolution_four_pixels_at_a_time_is_the_plain_one():
    torch.manual_seed(0)
    layer = nn.Conv2d(5, 3, 7)
    window = channels_last(torch.randn(1, 5, 14, 26))
    expected = layer(window)[0].permute(1, 2, 0)
    assert (LastConvolution(layer, CPU)(window) - expected).abs().max() < 1e-5


@torch.inference_mode()
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_without_pytorchs_packed_operators_the_plain_ones_serve(monkeypatch, caplog, kind):
    torch.manual_seed(0)
    layer = kind(4, 6, 4, stride=2, padding=1, bias=False)
    window = channels_last(torch.randn(1, 4, 10, 12))
    expected = RowConvolution(layer, CPU)(window)

    def lacking(*_):
        raise AttributeError("no such operator")

    monkeypatch.setattr(convolutions, "_packed", lacking)
    with caplog.at_level(logging.INFO):
        found = RowConvolution(layer, CPU)(window)
    assert (found - expected).abs().max() < 1e-6
    assert "laid out at every call: no such operator" in caplog.text


@torch.inference_mode()
def test_a_packed_operator_with_another_result_is_not_used(monkeypatch, caplog):
    layer = nn.Conv2d(4, 6, 3, bias=False)
    packed = convolutions._packed
    monkeypatch.setattr(
        convolutions, "_packed", lambda *args: lambda window: packed(*args)(window) * 1.001
    )
    window = channels_last(torch.randn(1, 4, 10, 12))
    with caplog.at_level(logging.INFO):
        found = RowConvolution(layer, CPU)(window)
    assert (found - layer(window)).abs().max() < 1e-6
    assert "gives another result" in caplog.text
