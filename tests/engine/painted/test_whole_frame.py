import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.errors import SettingsError
from celtint.engine.painted.inputs import network_input
from celtint.engine.painted.settings import PaintedSettings
from celtint.engine.painted.whole_frame import FrameGenerator

FP32 = choose_device("cpu", precision="fp32")


@pytest.fixture
def frame_of(drawing, hints):
    """(weights, height, width) -> what the network sees of a drawing with hints."""

    def frame(network, height, width):
        previous = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
        return network_input(network.preset, drawing(height, width), hints(height, width), previous)

    return frame


@torch.inference_mode()
def plainly(weights, frame):
    return weights.generator(frame.contiguous())[0].permute(1, 2, 0)


@pytest.mark.parametrize("preset", ["paper2019", "masked2019"])
@pytest.mark.parametrize("strip_rows", [0, 4, 8, 12])
@pytest.mark.parametrize("size", [(12, 12), (16, 64), (68, 36), (52, 12)])
def test_strips_of_any_height_give_the_plain_networks_result(
    weights, frame_of, preset, strip_rows, size
):
    network = weights(preset)
    frame = frame_of(network, *size)
    settings = PaintedSettings(strip_rows=strip_rows)
    painted = FrameGenerator(network.generator, FP32, settings)(frame)
    assert (painted - plainly(network, frame)).abs().max() < 1e-5


def test_maps_that_are_computed_twice_give_the_same(weights, frame_of):
    network = weights()
    frame = frame_of(network, 200, 120)
    roomy = FrameGenerator(network.generator, FP32, PaintedSettings(strip_rows=8))
    kept_mb, recomputed_mb = roomy.needed_mb(200, 120)
    assert recomputed_mb < kept_mb
    tight = FrameGenerator(
        network.generator, FP32, PaintedSettings(strip_rows=8, max_memory_mb=recomputed_mb)
    )
    assert roomy.keeps_full_size_maps(200, 120)
    assert not tight.keeps_full_size_maps(200, 120)
    assert (tight(frame) - roomy(frame)).abs().max() < 1e-5
    assert (tight(frame) - plainly(network, frame)).abs().max() < 1e-5


def test_a_frame_beyond_the_allowed_memory_is_refused_with_what_it_needs(weights):
    settings = PaintedSettings(max_memory_mb=1)
    frames = FrameGenerator(weights().generator, FP32, settings)
    with pytest.raises(SettingsError, match=r"frame of 400x300 needs \d+ MB, 1 MB are allowed"):
        frames(torch.zeros(1, 7, 300, 400).contiguous(memory_format=torch.channels_last))


def test_strips_shrink_with_wider_frames_and_never_below_four_rows(weights):
    frames = FrameGenerator(weights(width=64, blocks=0).generator, choose_device("cpu"))
    assert frames.strip_rows(1080, 1920) > frames.strip_rows(4320, 7680) >= 4
    assert frames.strip_rows(4, 10_000_000) == 4


@pytest.mark.parametrize(
    ("precision", "max_255", "rms_255"), [("fp32", 0.02, 0.002), ("fp16", 2.0, 0.4)]
)
def test_the_papers_network_is_within_two_steps_of_eight_bits(
    weights, frame_of, precision, max_255, rms_255
):
    network = weights(width=64, blocks=8)
    frame = frame_of(network, 96, 128)
    device = choose_device("cpu", precision=precision)
    painted = FrameGenerator(network.generator, device)(
        frame.to(device.dtype, memory_format=torch.channels_last)
    )
    difference = 255 * (painted - plainly(network, frame)).abs()
    assert difference.max() < max_255
    assert difference.square().mean().sqrt() < rms_255


def test_bf16_is_within_two_steps_of_eight_bits_on_average(weights, frame_of):
    """Untrained weights are the worst case: nothing in them averages the rounding out."""
    network = weights(width=64, blocks=8)
    frame = frame_of(network, 96, 128)
    device = choose_device("cpu", precision="bf16")
    painted = FrameGenerator(network.generator, device)(
        frame.to(device.dtype, memory_format=torch.channels_last)
    )
    difference = 255 * (painted - plainly(network, frame)).abs()
    assert difference.square().mean().sqrt() < 2.0
    assert difference.max() < 16.0


def test_the_same_frame_gives_the_same_bytes(weights, frame_of):
    network = weights()
    frame = frame_of(network, 64, 64)
    frames = FrameGenerator(network.generator, FP32)
    assert torch.equal(frames(frame), frames(frame))


def test_later_changes_to_the_generator_are_not_seen(weights, frame_of):
    network = weights()
    frame = frame_of(network, 16, 16)
    frames = FrameGenerator(network.generator, FP32)
    before = frames(frame)
    with torch.no_grad():
        for parameter in network.generator.parameters():
            parameter.mul_(-1)
    assert torch.equal(frames(frame), before)
