import pytest
import torch

from celtint.engine.painted.guided import (
    HINT_FILL,
    HINT_SUPPORT,
    INPUTS,
    MEMORY_AGREEMENT,
    MEMORY_FILL,
    PREVIOUS,
    GuidedGenerator,
)


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return GuidedGenerator(width=4, blocks=1).eval()


def frame(height=32, width=48, count=1):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, INPUTS, height, width, generator=generator)


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (3, 40), (32, 32), (33, 65), (50, 31)])
def test_any_size_comes_back_in_range_and_float32(generator, size):
    painted = generator(frame(*size, count=2))
    assert painted.shape == (2, 3, *size)
    assert painted.dtype == torch.float32
    assert painted.min() >= 0
    assert painted.max() <= 1


def certain(generator, candidate):
    """Make the network choose one candidate everywhere."""
    with torch.no_grad():
        generator.last.weight.zero_()
        bias = torch.full((7,), -50.0)
        bias[candidate] = 50.0
        generator.last.bias.copy_(bias.repeat_interleave(4))
    return generator


@torch.inference_mode()
@pytest.mark.parametrize(
    ("candidate", "channels"), [(0, HINT_FILL), (1, MEMORY_FILL), (2, PREVIOUS)]
)
def test_a_chosen_colour_comes_out_to_the_bit_whatever_convolutions_run_in(
    generator, candidate, channels
):
    x = frame()
    chosen = certain(generator, candidate)
    assert torch.equal(chosen(x), x[:, channels])
    assert torch.equal(chosen.to(torch.bfloat16)(x), x[:, channels])


@torch.inference_mode()
def test_a_candidate_that_is_not_there_is_not_chosen(generator):
    x = frame()
    x[:, HINT_SUPPORT] = x[:, MEMORY_AGREEMENT] = 0
    x[:, HINT_FILL] = x[:, MEMORY_FILL] = x[:, PREVIOUS] = 1000.0
    assert generator(x).max() <= 1.01


@torch.inference_mode()
def test_untrained_it_paints_the_hints_fill_where_hints_speak(generator):
    x = frame()
    x[:, HINT_SUPPORT], x[:, MEMORY_AGREEMENT] = 1.0, 0.0
    assert float((generator(x) - x[:, HINT_FILL]).abs().mean()) < 0.1


@torch.inference_mode()
def test_a_crop_is_painted_as_the_frame_is_there(generator):
    """Nothing is computed over the picture, so far from the crop's edge all is the same."""
    x = frame(512, 512)
    whole = generator(x)[..., 224:288, 224:288]
    crop = generator(x[..., 32:480, 32:480])[..., 192:256, 192:256]
    assert torch.allclose(whole, crop, atol=1e-5)


def test_the_default_has_the_parameters_that_it_says():
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in GuidedGenerator().parameters())
    assert f"{count:,}".replace(",", " ") in GuidedGenerator.__doc__
    assert count * 2 <= 12_000_000  # as float16, what may ship


def test_it_learns_in_every_layer(generator):
    for block in (*generator.encoders, *generator.blocks, *generator.decoders):
        torch.nn.init.normal_(block.second.weight, 0.0, 0.1)
    generator(frame()).square().mean().backward()
    assert all(parameter.grad.any() for parameter in generator.parameters())


@pytest.mark.parametrize("shape", [(1, 15, 8, 8), (16, 8, 8)])
def test_another_shape_is_refused(generator, shape):
    with pytest.raises(ValueError, match=r"expected \(N, 16, H, W\)"):
        generator(torch.zeros(shape))


@pytest.mark.parametrize("size", [{"width": 5}, {"width": 0}, {"blocks": 0}])
def test_an_impossible_network_is_refused(size):
    with pytest.raises(ValueError, match="width must be even and at least 2, blocks at least 1"):
        GuidedGenerator(**size)
