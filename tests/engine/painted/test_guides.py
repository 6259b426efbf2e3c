import numpy as np
import pytest
import torch

from celtint.engine.painted.generator import PRESETS
from celtint.engine.painted.guides import (
    batch_labels,
    divide,
    hint_fill,
    memory_fill,
    region_labels,
    without_ink,
)

RED, BLUE = torch.tensor([0.8, 0.1, 0.2]), torch.tensor([0.1, 0.2, 0.9])


@pytest.fixture
def halves():
    """A frame of 24x32 divided by a line of ink, 4 px wide: ink, line tensor, labels."""
    ink = np.zeros((24, 32), np.uint8)
    ink[:, 14:18] = 255
    label, regions = batch_labels([region_labels(ink)])
    assert regions == 2
    return torch.from_numpy(1 - ink / 255.0).float()[None, None], label, regions


def dab(*places):
    """(y, x, size, colour) -> hint and mask of one frame of 24x32."""
    hint, mask = torch.zeros(1, 3, 24, 32), torch.zeros(1, 1, 24, 32)
    for y, x, size, colour in places:
        hint[0, :, y : y + size, x : x + size] = colour[:, None, None]
        mask[0, :, y : y + size, x : x + size] = 1
    return hint, mask


def test_a_dab_fills_its_region_with_its_exact_colour_and_no_other(halves):
    line, label, regions = halves
    fill, support = hint_fill(line, *dab((4, 4, 4, RED)), label, regions)
    left = label[0] == label[0, 0, 0]
    assert (fill[0, :, left] - RED[:, None]).abs().max() < 1e-6
    assert (support[0, 0][left] > 0.95).all()  # a 4x4 patch is enough
    assert not fill[0, :, ~left].any()
    assert not support[0, 0][~left].any()


def test_the_colour_of_most_pixels_wins_and_is_not_mixed(halves):
    line, label, regions = halves
    fill, _ = hint_fill(line, *dab((2, 2, 6, RED), (14, 4, 3, BLUE)), label, regions)
    assert torch.allclose(fill[0, :, 0, 0], RED, atol=1e-4)


def test_a_patch_across_a_line_counts_less_than_a_clean_one(halves):
    line, label, regions = halves
    mixed = torch.tensor([0.3, 0.1, 0.4])
    hints = dab((2, 11, 4, mixed), (16, 3, 3, RED))
    fill, _ = hint_fill(line, *hints, label, regions)
    assert torch.allclose(fill[0, :, 0, 0], RED, atol=0.01)


def test_a_dab_that_slipped_over_a_thin_line_floods_nothing():
    ink = np.zeros((24, 32), np.uint8)
    ink[:, 16] = 255
    label, regions = batch_labels([region_labels(ink)])
    line = torch.from_numpy(1 - ink / 255.0).float()[None, None]
    hint, mask = dab((8, 8, 8, RED))
    hint[0, :, 10, 17], mask[0, :, 10, 17] = RED, 1  # one pixel beyond the line
    _, support = hint_fill(line, hint, mask, label, regions)
    assert float(support[0, 0, 0, 0]) == 1
    assert 0 < float(support[0, 0, 0, 31]) < 0.01


def test_memory_is_the_colour_that_most_of_the_region_had(halves):
    line, label, regions = halves
    previous = RED[None, :, None, None].expand(1, 3, 24, 32).clone()
    previous[..., 18:] = BLUE[:, None, None]
    previous[..., 6:14] = BLUE[:, None, None]  # something moved away: 8 of 14 columns
    previous[..., 6:10] = RED[:, None, None]
    fill, agreement = memory_fill(line, previous, label, regions)
    assert torch.allclose(fill[0, :, 3, 3], RED, atol=1e-3)
    assert float(agreement[0, 0, 3, 3]) == pytest.approx(10 / 14, abs=0.02)
    assert torch.allclose(fill[0, :, 3, 30], BLUE, atol=1e-3)
    assert float(agreement[0, 0, 3, 30]) == pytest.approx(1.0, abs=0.01)


def test_a_blank_previous_frame_is_no_memory_of_black(halves):
    line, label, regions = halves
    _, agreement = memory_fill(line, torch.zeros(1, 3, 24, 32), label, regions)
    assert not agreement.any()


def test_frames_of_a_batch_do_not_see_each_other(halves):
    line, _, _ = halves
    ink = np.zeros((24, 32), np.uint8)
    ink[:, 14:18] = 255
    labels, regions = batch_labels([region_labels(ink), region_labels(np.zeros_like(ink))])
    assert regions == 3
    hint, mask = dab((4, 4, 4, RED))
    both = torch.cat([hint, torch.zeros_like(hint)]), torch.cat([mask, torch.zeros_like(mask)])
    lines = torch.cat([line, torch.ones_like(line)])
    fill, support = hint_fill(lines, *both, labels, regions)
    assert support[0].any()
    assert not support[1].any()
    assert not fill[1].any()


def test_no_hints_fill_nothing(halves):
    line, label, regions = halves
    fill, support = hint_fill(line, *dab(), label, regions)
    assert not fill.any()
    assert not support.any()


def test_a_patch_half_on_ink_gives_the_paint_and_not_a_darker_colour(halves):
    line, label, regions = halves
    half_ink = RED / 2  # the mean of a finished frame's 4x4 cell, half of it line
    fill, _ = hint_fill(line, *dab((8, 12, 4, half_ink)), label, regions)
    assert torch.allclose(fill[0, :, 0, 0], RED, atol=1e-5)


@pytest.mark.parametrize("place", [(9, 12, 4), (8, 12, 3), (8, 10, 7)])
def test_a_dab_half_on_ink_keeps_its_exact_colour(halves, place):
    line, label, regions = halves
    fill, _ = hint_fill(line, *dab((*place, RED / 2)), label, regions)
    assert torch.allclose(fill[0, :, 0, 0], RED / 2, atol=1e-5)


def test_patches_are_told_from_dabs_frame_by_frame():
    line = torch.full((2, 1, 8, 8), 0.5)
    hint, mask = torch.zeros(2, 3, 8, 8), torch.zeros(2, 1, 8, 8)
    hint[:, :, :4, 4:], mask[:, :, :4, 4:] = 0.25, 1
    hint[1, 0, 0, 4] = 0.5  # a cell of two colours is no patch
    found = without_ink(line, hint, mask)
    assert torch.equal(found[0, :, :4, 4:], torch.full((3, 4, 4), 0.5))
    assert torch.equal(found[1], hint[1])


@pytest.mark.parametrize("size", [(3, 9), (6, 7)])
def test_frames_of_any_size_have_hints(size):
    line, hint, mask = torch.ones(1, 1, *size), torch.zeros(1, 3, *size), torch.zeros(1, 1, *size)
    hint[..., -1, -1], mask[..., -1, -1] = 0.5, 1  # outside of all whole cells
    assert torch.equal(without_ink(line, hint, mask), hint)


def test_greyscale_frames_are_divided_where_paints_meet():
    """Dark paint is no ink there: an edge divides, and paints are mixed on it alone."""
    grey = np.full((32, 48), 30, np.uint8)
    grey[:, 24:] = 60
    division = divide(PRESETS["guided-luma"], [grey])
    assert division.regions == 2
    assert len(division.label[0, :, :20].unique()) == len(division.label[0, :, 28:].unique()) == 1
    assert division.label[0, 0, 0] != division.label[0, 0, -1]
    assert division.paper[0, 0, :, :21].min() == division.paper[0, 0, :, 27:].min() == 1
    assert division.paper[0, 0, :, 23:25].max() == 0
    assert not division.is_ink


def test_hints_in_greyscale_frames_hold_no_ink():
    grey = np.full((32, 48), 30, np.uint8)
    division = divide(PRESETS["guided-luma"], [grey])
    mask = torch.zeros(1, 1, 32, 48)
    mask[..., 8:12, 8:12] = 1
    hint = mask * torch.tensor([0.2, 0.1, 0.0])[:, None, None]
    where = (division.label, division.regions)
    fill, _ = hint_fill(division.paper, hint, mask, *where, is_ink=False)
    assert torch.allclose(fill[0, :, 20, 20], torch.tensor([0.2, 0.1, 0.0]))
