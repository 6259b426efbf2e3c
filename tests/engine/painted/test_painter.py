import logging

import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.errors import DeviceError, FrameError
from celtint.engine.painted.inputs import network_input
from celtint.engine.painted.painter import NetworkPainter, load_painter
from celtint.engine.painted.settings import PaintedSettings
from celtint.engine.painted.weights import registered_weights, save_weights


@torch.inference_mode()
def by_hand(painter, grey, hint, previous):
    x = network_input(painter.preset, grey, hint, previous).contiguous()
    height, width = grey.shape
    return painter.weights.generator(x)[0, :, :height, :width].permute(1, 2, 0).numpy()


def test_two_steps_feed_the_output_back(painter, drawing, hints):
    paint = painter()
    first, second = drawing(40, 52), np.roll(drawing(40, 52), 3, axis=1)
    one = paint.step(None, first, hints(40, 52))
    two = paint.step(one, second)
    expected_one = by_hand(paint, first, hints(40, 52), np.zeros((40, 52, 3), np.float32))
    assert np.abs(one - expected_one).max() < 1e-5
    assert np.abs(two - by_hand(paint, second, None, expected_one)).max() < 1e-5
    assert np.abs(two - paint.step(None, second)).max() > 1e-3


def test_the_first_frame_follows_a_blank_one(painter, drawing):
    paint = painter()
    grey = drawing(24, 24)
    blank = np.zeros((24, 24, 3), np.float32)
    assert np.array_equal(paint.step(None, grey), paint.step(blank, grey))


def test_a_step_depends_on_nothing_but_its_arguments(painter, drawing):
    paint = painter()
    alone = paint.step(None, drawing(24, 24))
    paint.step(alone, np.flipud(drawing(24, 24)))
    assert np.array_equal(paint.step(None, drawing(24, 24)), alone)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 37), (25, 50), (63, 47)])
@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_any_size_comes_back(painter, drawing, hints, size, precision):
    painted = painter(precision=precision).step(None, drawing(*size), hints(*size))
    assert painted.shape == (*size, 3)
    assert painted.dtype == np.float32
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_the_paper_cannot_tell_black_from_no_hint_and_the_mask_can(painter, drawing):
    grey = drawing(32, 32)
    black = np.zeros((32, 32, 4), np.float32)
    black[8:12, 8:12, 3] = 1.0
    paper, masked = painter("paper2019"), painter("masked2019")
    assert np.array_equal(paper.step(None, grey, black), paper.step(None, grey))
    assert np.abs(masked.step(None, grey, black) - masked.step(None, grey)).max() > 1e-3


def test_an_overflow_of_half_precision_is_painted_in_float32(weights, drawing, caplog):
    """Weights of 1e5 are infinite in float16; instance normalisation makes them harmless."""
    network = weights()
    with torch.no_grad():
        network.generator.down1.weight.mul_(1e7)
    grey = drawing(32, 32)
    exact = NetworkPainter(network, choose_device("cpu", precision="fp32")).step(None, grey)
    half = NetworkPainter(network, choose_device("cpu", precision="fp16"))
    with caplog.at_level(logging.WARNING):
        painted = half.step(None, grey)
    assert np.array_equal(painted, exact)
    assert "float16 overflowed; the frame is painted in float32" in caplog.text


@pytest.mark.parametrize(
    ("previous", "grey", "hint", "message"),
    [
        (None, np.zeros((4, 4), np.float32), None, r"grey: expected \(H, W\) uint8"),
        (None, np.zeros((4, 4, 3), np.uint8), None, r"got \(4, 4, 3\) uint8"),
        (None, np.zeros((0, 4), np.uint8), None, "H, W >= 1"),
        (np.zeros((4, 5, 3), np.float32), np.zeros((4, 4), np.uint8), None, "previous_srgb"),
        (None, np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), "hint_rgba"),
        (None, np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), "floating, got"),
    ],
)
def test_arrays_of_another_kind_are_refused(painter, previous, grey, hint, message):
    with pytest.raises(FrameError, match=message):
        painter().step(previous, grey, hint)


def test_a_saved_generator_paints_as_before(painter, drawing, tmp_path):
    paint = painter("masked2019")
    save_weights(paint.weights.generator, tmp_path / "w.safetensors")
    loaded = load_painter(tmp_path / "w.safetensors", "cpu", PaintedSettings(precision="fp32"))
    assert loaded.preset.name == "masked2019"
    assert np.array_equal(loaded.step(None, drawing(24, 24)), paint.step(None, drawing(24, 24)))


def test_a_missing_device_is_named_before_weights_are_read(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError):
        load_painter("absent.safetensors", "cuda")


def test_without_a_model_the_weights_that_ship_are_taken():
    assert load_painter(None, "cpu").weights.name == registered_weights()[0].name


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_paints_what_the_cpu_paints(weights, drawing, hints):
    network = weights(width=64, blocks=8)
    cpu = NetworkPainter(network, choose_device("cpu", precision="fp32"))
    cuda = NetworkPainter(network, choose_device("cuda"))
    previous = None
    for _ in range(3):
        expected = cpu.step(previous, drawing(90, 130), hints(90, 130))
        painted = cuda.step(previous, drawing(90, 130), hints(90, 130))
        assert np.abs(painted - expected).max() < 2 / 255
        previous = expected
