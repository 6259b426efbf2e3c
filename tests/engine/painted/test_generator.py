import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from celtint.engine.painted.generator import (
    PRESETS,
    Generator,
    instance_norm,
    pad_frame,
    padded_size,
)


def written_out(x, weights):
    """The network as the description has it, without our modules; even the padding by index."""

    def reflected(h, n):
        rows = [abs(i) for i in range(-n, h.shape[2])]
        rows += [h.shape[2] - 2 - i for i in range(n)]
        columns = [abs(i) for i in range(-n, h.shape[3])]
        columns += [h.shape[3] - 2 - i for i in range(n)]
        return h[:, :, rows][..., columns]

    def norm(h):
        mean = h.mean(dim=(2, 3), keepdim=True)
        variance = ((h - mean) ** 2).mean(dim=(2, 3), keepdim=True)
        return (h - mean) / torch.sqrt(variance + 1e-5)

    def relu(h):
        return torch.where(h > 0, h, torch.zeros_like(h))

    w = dict(weights)
    h = relu(norm(F.conv2d(reflected(x, 3), w["first.weight"])))
    h = relu(norm(F.conv2d(h, w["down1.weight"], stride=2, padding=1)))
    h = relu(norm(F.conv2d(h, w["down2.weight"], stride=2, padding=1)))
    block = 0
    while f"blocks.{block}.plain.weight" in w:
        y = F.conv2d(reflected(h, 2), w[f"blocks.{block}.dilated.weight"], dilation=2)
        y = F.conv2d(reflected(relu(norm(y)), 1), w[f"blocks.{block}.plain.weight"])
        h = h + norm(y)
        block += 1
    h = relu(norm(F.conv_transpose2d(h, w["up1.weight"], stride=2, padding=1)))
    h = relu(norm(F.conv_transpose2d(h, w["up2.weight"], stride=2, padding=1)))
    h = F.conv2d(reflected(h, 3), w["last.weight"], w["last.bias"])
    return (torch.tanh(h) + 1) / 2


@pytest.mark.parametrize(("inputs", "expected"), [(7, 10_779_267), (8, 10_782_403)])
def test_parameters_are_as_many_as_counted_by_hand(inputs, expected):
    by_hand = (
        64 * inputs * 7 * 7
        + 128 * 64 * 4 * 4
        + 256 * 128 * 4 * 4
        + 8 * 2 * 256 * 256 * 3 * 3
        + 256 * 128 * 4 * 4
        + 128 * 64 * 4 * 4
        + 64 * 3 * 7 * 7
        + 3
    )
    assert by_hand == expected
    assert sum(p.numel() for p in Generator(inputs=inputs).parameters()) == expected


def test_presets_have_the_papers_channels_one_more_for_the_mask_and_eight_more_for_guides():
    assert {name: preset.inputs for name, preset in PRESETS.items()} == {
        "paper2019": 7,
        "masked2019": 8,
        "guided": 16,
        "guided-luma": 16,
    }


def test_output_is_that_of_the_network_written_out():
    torch.manual_seed(0)
    generator = Generator(width=6, blocks=2)
    torch.nn.init.normal_(generator.last.bias, 0.0, 0.1)
    x = torch.rand(2, 7, 28, 36)
    with torch.inference_mode():
        expected = written_out(x.double(), {k: v.double() for k, v in generator.named_parameters()})
        assert (generator(x) - expected).abs().max() < 1e-5


def test_initial_weights_have_the_papers_spread():
    torch.manual_seed(0)
    weight = Generator().blocks[0].plain.weight
    assert abs(weight.std().item() - 0.02) < 1e-4
    assert abs(weight.mean().item()) < 1e-4


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (3, 5), (6, 6), (2, 40), (13, 17), (12, 12), (63, 31)]
)
def test_any_size_comes_back_finite_and_in_range(height, width):
    torch.manual_seed(0)
    painted = Generator(width=4, blocks=1)(torch.rand(1, 7, height, width))
    assert painted.shape == (1, 3, height, width)
    assert torch.isfinite(painted).all()
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_padding_mirrors_where_the_picture_is_large_enough():
    x = torch.arange(13.0).expand(1, 1, 16, 13)
    assert pad_frame(x)[0, 0, 0, 12:].tolist() == [12, 11, 10, 9]


def test_padding_repeats_where_the_picture_is_too_small_to_mirror():
    x = torch.arange(5.0).expand(1, 1, 16, 5)
    assert pad_frame(x)[0, 0, 0].tolist() == [0, 1, 2, 3, 4, *[4] * 7]


def test_padding_leaves_a_fitting_picture_alone():
    x = torch.rand(1, 7, 16, 20)
    assert pad_frame(x) is x


def test_padded_sizes_are_multiples_of_four_from_twelve():
    assert [padded_size(n) for n in (1, 12, 13, 16, 1080)] == [12, 12, 16, 16, 1080]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
def test_instance_norm_is_torchs(layout, dtype, tolerance):
    torch.manual_seed(0)
    x = (torch.randn(3, 5, 17, 9) * 2 + 4).to(dtype).contiguous(memory_format=layout)
    expected = F.instance_norm(x.double())
    assert (instance_norm(x) - expected).abs().max() < tolerance
    assert instance_norm(x).dtype == dtype


def test_a_few_training_steps_reduce_the_loss():
    torch.manual_seed(0)
    generator = Generator(width=8, blocks=1)
    optimiser = torch.optim.Adam(generator.parameters(), lr=2e-3)
    x, truth = torch.rand(2, 7, 16, 16), torch.full((2, 3, 16, 16), 0.9)
    losses = []
    for _ in range(5):
        loss = F.l1_loss(generator(x), truth)
        optimiser.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.any() for p in generator.parameters())
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_gradients_flow_in_half_precision_channels_last_too():
    torch.manual_seed(0)
    generator = Generator(width=8, blocks=1)
    x = torch.rand(2, 7, 16, 16).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = generator(x).float().mean()
    loss.backward()
    assert all(p.grad is not None and math.isfinite(p.grad.sum()) for p in generator.parameters())


def test_wrong_channels_are_named():
    with pytest.raises(ValueError, match=r"7 input channels; got \(1, 8, 16, 16\)"):
        Generator(width=4, blocks=0)(torch.zeros(1, 8, 16, 16))
    with pytest.raises(ValueError, match="got inputs=7, width=0, blocks=8"):
        Generator(width=0)
