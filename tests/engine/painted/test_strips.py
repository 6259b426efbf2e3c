import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from celtint.engine.device import choose_device
from celtint.engine.painted.convolutions import RowConvolution
from celtint.engine.painted.strips import ConvolvedMap, InputMap, Statistics, strip_bounds


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("reflects", [True, False])
@pytest.mark.parametrize(("first", "end"), [(-3, 4), (2, 5), (6, 13), (-3, 13)])
def test_a_window_is_a_part_of_the_padded_frame(reflects, first, end):
    x = channels_last(torch.rand(1, 2, 10, 6))
    window = InputMap(x).window(first, end, reflects=reflects, halo=3)
    if reflects:
        expected = F.pad(x, (3, 3, 3, 3), mode="reflect")[:, :, first + 3 : end + 3]
    else:
        expected = F.pad(x, (0, 0, 3, 3))[:, :, first + 3 : end + 3]
    assert torch.equal(window, expected)


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("strip_rows", [4, 8, 100])
@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 8, 7, bias=False),
        nn.Conv2d(3, 8, 3, dilation=2, bias=False),
        nn.Conv2d(3, 8, 4, stride=2, padding=1, bias=False),
        nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1, bias=False),
    ],
    ids=["7x7", "dilated", "down", "up"],
)
def test_a_map_in_strips_is_the_normalised_convolution_of_the_frame(layer, strip_rows, keeps):
    torch.manual_seed(0)
    nn.init.normal_(layer.weight)
    x = torch.rand(1, 3, 18, 12)
    with torch.inference_mode():
        padding = layer.dilation[0] * (layer.kernel_size[0] - 1) // 2
        padded = x
        if layer.stride == (1, 1):
            padded = F.pad(x, (padding,) * 4, mode="reflect")
        expected = F.relu(F.instance_norm(layer(padded)))
        convolution = RowConvolution(layer, choose_device("cpu", precision="fp32"))
        found = ConvolvedMap(
            convolution, InputMap(channels_last(x)), strip_rows=strip_rows, keeps=keeps
        )
        middle = found.height // 2
        parts = []
        for first, end in ((0, middle), (middle, found.height)):
            parts.append(found.window(first, end, reflects=False, halo=0).clone())
            found.forget(end)
        assert (torch.cat(parts, dim=2) - expected).abs().max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_statistics_of_strips_are_those_of_the_frame(dtype):
    """Almost flat, far from zero: what float32 sums of squares would get wrong."""
    torch.manual_seed(0)
    frame = channels_last((torch.randn(1, 5, 257, 64) * 0.05 + 30).to(dtype))
    statistics = Statistics(5)
    for first, end in ((0, 40), (40, 41), (41, 257)):
        statistics.add(frame[:, :, first:end])
    mean, variance = statistics.merged()
    exact_variance, exact_mean = torch.var_mean(frame.double(), dim=(0, 2, 3), correction=0)
    assert (mean - exact_mean).abs().max() < 1e-4
    # How far float32 gets depends on the number of threads that share the sum.
    assert ((variance - exact_variance) / exact_variance).abs().max() < 2e-4


def test_long_sums_of_flat_paper_lose_no_digits():
    frame = channels_last(torch.full((1, 64, 512, 512), 1.1))
    frame[..., 0] = 1.0
    statistics = Statistics(64)
    for first, end in strip_bounds(512, 24):
        statistics.add(frame[:, :, first:end])
    mean, variance = statistics.merged()
    exact_variance, exact_mean = torch.var_mean(frame[0, 0].double(), correction=0)
    assert (mean - exact_mean).abs().max() < 5e-6
    assert ((variance - exact_variance) / exact_variance).abs().max() < 1e-5


@pytest.mark.parametrize("height", [3, 4, 17, 64, 1081])
@pytest.mark.parametrize("strip_rows", [4, 16, 24])
def test_strips_cover_every_row_once(height, strip_rows):
    bounds = list(strip_bounds(height, strip_rows))
    assert [row for first, end in bounds for row in range(first, end)] == list(range(height))
    assert all(first % 2 == 0 and end - first <= strip_rows for first, end in bounds)
