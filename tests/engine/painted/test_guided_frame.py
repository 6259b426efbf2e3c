import numpy as np
import pytest
import torch

from celtint.engine.device import choose_device
from celtint.engine.errors import FrameError, SettingsError, WeightsError
from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.guided import GuidedGenerator
from celtint.engine.painted.guided_frame import GuidedFrame
from celtint.engine.painted.guides import divide
from celtint.engine.painted.inputs import batch_input, network_input
from celtint.engine.painted.painter import NetworkPainter, load_painter
from celtint.engine.painted.settings import PaintedSettings
from celtint.engine.painted.weights import LoadedWeights, load_weights, save_weights

GUIDED, GREYSCALE = PRESETS["guided"], PRESETS["guided-luma"]


@pytest.fixture
def generator():
    torch.manual_seed(2)
    made = GuidedGenerator(width=4, blocks=2)
    torch.nn.init.normal_(made.last.weight, 0.0, 0.3)
    return made.eval()


@pytest.fixture
def painter(generator):
    def make(precision="fp32", settings=None):
        weights = LoadedWeights(generator, GUIDED, "initial", "0" * 64)
        return NetworkPainter(weights, choose_device("cpu", precision=precision), settings)

    return make


def test_steps_feed_the_output_back(painter, generator, drawing, hints):
    paint, grey = painter(), drawing(40, 52)
    one = paint.step(None, grey, hints(40, 52))
    two = paint.step(one, np.roll(grey, 2, axis=1))
    x = network_input(GUIDED, np.roll(grey, 2, axis=1), None, one)
    with torch.inference_mode():
        expected = generator(x)[0].permute(1, 2, 0).numpy()
    assert np.abs(two - expected).max() < 1e-5
    assert np.abs(two - paint.step(None, np.roll(grey, 2, axis=1))).max() > 1e-2


def test_the_first_frame_follows_a_blank_one(painter, drawing, hints):
    paint, grey = painter(), drawing(30, 34)
    blank = np.zeros((30, 34, 3), np.float32)
    first = paint.step(None, grey, hints(30, 34))
    assert np.array_equal(first, paint.step(blank, grey, hints(30, 34)))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 37), (25, 50)])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "auto"])
def test_any_size_comes_back(painter, drawing, hints, size, precision):
    painted = painter(precision).step(None, drawing(*size), hints(*size))
    assert painted.shape == (*size, 3)
    assert 0 <= painted.min() <= painted.max() <= 1


@pytest.mark.parametrize("preset", [GUIDED, GREYSCALE], ids=lambda preset: preset.name)
def test_training_lays_frames_out_as_painting_does(drawing, hints, preset):
    grey, hint = drawing(24, 40), hints(24, 40)
    previous = np.random.default_rng(0).random((24, 40, 3)).astype(np.float32)
    expected = network_input(preset, grey, hint, previous)

    def planes(array):
        return torch.from_numpy(array).permute(2, 0, 1)[None]

    found = batch_input(
        preset,
        line=planes((grey[..., None] / 255).astype(np.float32)),
        hint=planes(hint[..., :3] * hint[..., 3:]),
        hint_mask=planes(hint[..., 3:]),
        previous=planes(previous),
        division=divide(preset, [grey]),
    )
    assert torch.allclose(found, expected, atol=1e-6)
    with pytest.raises(ValueError, match="sees regions; division is None"):
        batch_input(
            preset,
            line=found[:, :1],
            hint=found[:, 1:4],
            hint_mask=found[:, 7:8],
            previous=None,
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saved_weights_paint_as_before(painter, drawing, hints, tmp_path, dtype):
    path = tmp_path / "w.safetensors"
    generator = painter().weights.generator
    save_weights(generator, path, dtype=dtype, description={"steps": "5"})
    loaded = load_painter(path, "cpu", PaintedSettings(precision="fp32"))
    assert loaded.preset is GUIDED
    assert loaded.weights.generator.width == 4
    assert len(loaded.weights.generator.blocks) == 2
    painted = loaded.step(None, drawing(24, 24), hints(24, 24))
    expected = painter().step(None, drawing(24, 24), hints(24, 24))
    assert np.abs(painted - expected).max() <= (0 if dtype == torch.float32 else 0.01)


def test_the_same_weights_are_the_same_bytes(generator, tmp_path):
    description = {f"key{n}": str(n) for n in range(9)}
    for name in "ab":
        save_weights(generator, tmp_path / name, description=description)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_weights_that_float16_cannot_hold_are_refused(generator, tmp_path):
    with torch.no_grad():
        generator.first.weight[0, 0, 0, 0] = 1e6
    with pytest.raises(WeightsError, match=r"first\.weight holds values that are not finite"):
        save_weights(generator, tmp_path / "w.safetensors", dtype=torch.float16)
    assert not list(tmp_path.iterdir())


def test_a_description_that_no_network_fits_is_told(generator, tmp_path):
    path = tmp_path / "w.safetensors"
    generator.width = 5
    save_weights(generator, path)
    with pytest.raises(WeightsError, match=r"describes no network: width must be even"):
        load_weights(path)


def test_a_frame_that_needs_more_memory_than_allowed_is_refused(painter, drawing):
    paint = painter(settings=PaintedSettings(max_memory_mb=1))
    with pytest.raises(SettingsError, match=r"a frame of 120x100 needs \d+ MB, 1 MB are allowed"):
        paint.step(None, drawing(100, 120))


def test_later_changes_to_the_generator_are_not_seen(generator, drawing, hints):
    frames = GuidedFrame(generator, choose_device("cpu", precision="fp32"))
    x = network_input(GUIDED, drawing(24, 24), hints(24, 24), None)
    before = frames(x).clone()
    torch.nn.init.zeros_(generator.last.weight)
    assert torch.equal(frames(x), before)


def test_memory_follows_the_lines(painter, drawing, hints):
    paint, grey = painter("fp32"), drawing(64, 80)
    moved = np.roll(grey, 6, axis=1)
    one = paint.step(None, grey, hints(64, 80))
    assert not np.array_equal(paint.step(one, moved, None, grey), paint.step(one, moved))
    assert np.array_equal(paint.step(one, grey, None, grey), paint.step(one, grey))
    with pytest.raises(FrameError, match=r"grey_before: expected \(64, 80\) uint8"):
        paint.step(one, grey, None, grey[:, :40])


def test_a_painter_of_greyscale_frames_keeps_its_kind_in_a_file(tmp_path):
    path = tmp_path / "luma.safetensors"
    save_weights(GuidedGenerator(width=4, blocks=1, keeps_luma=True), path)
    loaded = load_weights(path)
    assert loaded.preset is GREYSCALE
    assert loaded.generator.keeps_luma


def test_greyscale_frames_come_back_with_their_luma(tmp_path, hints):
    path = tmp_path / "luma.safetensors"
    save_weights(GuidedGenerator(width=4, blocks=1, keeps_luma=True), path)
    paint = load_painter(path, "cpu", PaintedSettings(precision="fp32"))
    grey = np.full((24, 32), 140, np.uint8)
    grey[:, 16:] = 110
    hint = hints(24, 32)
    hint[..., :3] = hint[..., :3] / 4 + 0.4  # so pale that no channel is clipped
    painted = paint.step(None, grey, hint)
    assert np.abs(painted @ [0.299, 0.587, 0.114] - grey / 255).max() < 1e-5
    assert np.ptp(painted, axis=2).max() > 0.01
