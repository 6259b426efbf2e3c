import io

import numpy as np
import pytest
import torch
from rich.console import Console

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.guided import GuidedGenerator
from celtint.engine.painted.painter import load_painter
from celtint.engine.painted.settings import PaintedSettings
from celtint.engine.painted.weights import save_weights
from celtint.training.adapt import KeyFrameClips, adapt
from celtint.training.config import load_config
from celtint.training.errors import DataError
from celtint.training.key_frames import KeyFrame

SMALL = ("data.crop_px=32", "data.frames=2", "batch.clips=2", "run.precision=fp32")


@pytest.fixture
def key():
    """A frame of 48x64: red on the left, blue on the right of a line."""
    line = np.full((48, 64), 255, np.uint8)
    line[:, 31:33] = 0
    paint = np.zeros((48, 64, 3), np.uint8)
    paint[:, :32, 0], paint[:, 32:, 2] = 200, 200
    return KeyFrame(7, line, paint)


@pytest.fixture
def config():
    return load_config("adapt", SMALL)


def test_clips_show_the_key_frame_from_near_by_and_it_moves(key, config):
    batch = next(iter(KeyFrameClips([key], config)))
    assert batch.line.shape == (2, 2, 1, 32, 32)
    assert batch.shots == ("frame-7", "frame-7")
    assert not torch.equal(batch.truth[:, 0], batch.truth[:, 1])
    red, green, blue = batch.paint.unbind(dim=2)
    assert not green.any()
    assert ((red + blue - 200 / 255).abs() < 0.01).all()  # one, the other or between
    finished = batch.paint * batch.line
    assert (finished - batch.truth).abs().max() < 1.5 / 255


def test_hints_are_exact_colours_of_the_first_frame(key, config):
    for batch in zip(range(5), KeyFrameClips([key], config), strict=False):
        first = batch[1]
        mask = first.hint_mask[:, 0] > 0
        assert mask.any()
        colours = first.hint[:, 0].permute(0, 2, 3, 1)[mask[:, 0]]
        assert set(map(tuple, (colours * 255).round().int().tolist())) <= {
            (200, 0, 0),
            (0, 0, 200),
        }


def test_clips_go_on_where_they_were(key, config):
    clips = KeyFrameClips([key], config)
    batches = iter(clips)
    next(batches)
    state = clips.state_dict()
    expected = next(batches)
    other = KeyFrameClips([key], config)
    other.load_state_dict(state)
    assert torch.equal(next(iter(other)).truth, expected.truth)


def test_a_frame_smaller_than_a_clip_is_continued_at_its_edges(key):
    config = load_config("adapt", [*SMALL, "data.crop_px=96"])
    assert next(iter(KeyFrameClips([key], config))).line.shape[-2:] == (96, 96)


@pytest.mark.parametrize("is_guided", [True, False])
def test_adapting_brings_a_painter_nearer_to_the_key_frame(key, tmp_path, is_guided):
    torch.manual_seed(0)
    generator = GuidedGenerator(width=4, blocks=1) if is_guided else Generator(width=4, blocks=1)
    save_weights(generator, tmp_path / "from.safetensors")
    done = adapt(
        tmp_path / "from.safetensors",
        [key],
        tmp_path / "run",
        overrides=[*SMALL, "optimiser.lr=5e-3", "optimiser.ema_decay=0"],
        steps=12,
        console=Console(file=io.StringIO()),
    )
    assert done.step == 12

    def error(weights):
        painter = load_painter(weights, "cpu", PaintedSettings(precision="fp32"))
        assert painter.preset.is_guided is is_guided
        painted = painter.step(None, key.line)
        return np.abs(painted - key.paint / 255)[key.line == 255].mean()

    assert error(done.weights) < 0.8 * error(tmp_path / "from.safetensors")


def test_without_key_frames_nothing_is_made(tmp_path):
    with pytest.raises(DataError, match="no painted key frames"):
        adapt(tmp_path / "from.safetensors", [], tmp_path / "run")
    assert not list(tmp_path.iterdir())
