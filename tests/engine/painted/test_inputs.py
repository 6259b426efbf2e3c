import numpy as np
import pytest
import torch

from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.inputs import network_input

PAPER, MASKED = PRESETS["paper2019"], PRESETS["masked2019"]


def test_channels_are_line_hint_previous_and_mask():
    grey = np.full((12, 16), 255, np.uint8)
    grey[3, 5] = 51
    hint = np.zeros((12, 16, 4), np.float32)
    hint[7, 2] = (0.25, 0.5, 0.75, 1.0)
    previous = np.full((12, 16, 3), (0.1, 0.2, 0.3), np.float32)
    x = network_input(MASKED, grey, hint, previous)
    assert x.shape == (1, 8, 12, 16)
    assert x[0, 0, 3, 5] == pytest.approx(0.2)
    assert x[0, 0, 0, 0] == 1
    assert x[0, 1:4, 7, 2].tolist() == [0.25, 0.5, 0.75]
    assert torch.allclose(x[0, 4:7, 9, 9], torch.tensor([0.1, 0.2, 0.3]))
    assert x[0, 7].sum() == 1
    assert x[0, 7, 7, 2] == 1
    assert torch.equal(network_input(PAPER, grey, hint, previous), x[:, :7])


def test_the_first_frame_follows_a_blank_one():
    assert not network_input(PAPER, np.full((12, 12), 255, np.uint8), None, None)[:, 1:].any()


def test_hints_count_from_an_alpha_of_one_half_and_stand_on_black():
    hint = np.ones((12, 12, 4), np.float32)
    hint[..., 3] = 0.4999
    hint[4, 4, 3] = 0.5
    x = network_input(MASKED, np.zeros((12, 12), np.uint8), hint, None)
    assert x[0, 1:4].sum() == 3
    assert x[0, 7].sum() == 1


def test_hint_colours_are_clamped_and_nan_is_black():
    hint = np.zeros((12, 12, 4), np.float32)
    hint[0, 0] = (1.7, -0.3, np.nan, 1.0)
    hint[0, 1] = (np.inf, -np.inf, 0.5, 1.0)
    hint[0, 2] = (np.nan, np.nan, np.nan, np.nan)
    x = network_input(MASKED, np.zeros((12, 12), np.uint8), hint, None)
    assert x[0, 1:4, 0, :3].T.tolist() == [[1, 0, 0], [1, 0, 0.5], [0, 0, 0]]
    assert x[0, 7, 0, :3].tolist() == [1, 1, 0]


def test_the_paper_cannot_say_black_and_the_mask_can():
    grey = np.zeros((12, 12), np.uint8)
    black = np.zeros((12, 12, 4), np.float32)
    black[2:6, 2:6, 3] = 1.0
    nothing = np.zeros((12, 12, 4), np.float32)
    assert torch.equal(
        network_input(PAPER, grey, black, None), network_input(PAPER, grey, nothing, None)
    )
    assert not torch.equal(
        network_input(MASKED, grey, black, None), network_input(MASKED, grey, nothing, None)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_layout_and_type_are_what_the_network_wants(dtype):
    x = network_input(PAPER, np.zeros((13, 1), np.uint8), None, None, dtype=dtype)
    assert x.shape == (1, 7, 16, 12)
    assert x.dtype == dtype
    assert x.is_contiguous(memory_format=torch.channels_last)


def test_arrays_of_any_stride_and_float_type_will_do():
    grey = np.arange(24 * 24, dtype=np.uint8).reshape(24, 24)
    hint = np.random.default_rng(0).random((24, 24, 4))
    expected = network_input(
        PAPER, grey[::2, ::-2].copy(), hint[::2, ::-2].astype(np.float32), None
    )
    assert torch.equal(network_input(PAPER, grey[::2, ::-2], hint[::2, ::-2], None), expected)
