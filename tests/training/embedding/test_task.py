import dataclasses

import numpy as np
import pytest
import torch

from celtint.engine.embedding.matcher import PairMatcher
from celtint.engine.embedding.network import RegionNetwork
from celtint.training.embedding import task as module
from celtint.training.embedding.batch import Batch, batch_of
from celtint.training.embedding.clips import UNKNOWN, see
from celtint.training.embedding.task import MatchingTask


def batch() -> Batch:
    """Two drawings of three columns; the second is moved by two pixels."""
    clips = []
    for shift in (0, 2):
        ink, identity = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint16)
        for number in range(3):
            left = 6 + 18 * number + shift
            ink[8:50, left : left + 2] = ink[8:50, left + 14 : left + 16] = 255
            ink[8:10, left : left + 16] = ink[48:50, left : left + 16] = 255
            identity[8:50, left : left + 16] = number + 1
        clips.append(see(ink, identity, picture_px=64))
    return batch_of([clips], priors=1, most_regions=9, rng=np.random.default_rng(0))


def small_task() -> MatchingTask:
    torch.manual_seed(0)
    return MatchingTask(RegionNetwork((8, 8, 16, 16, 16), 16), PairMatcher(1, 2, 16))


def test_a_few_steps_on_one_pair_teach_it() -> None:
    task, shown = small_task(), batch()
    optimizer = torch.optim.AdamW(task.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        matching, alone, _ = task(shown)
        optimizer.zero_grad()
        (matching + alone).backward()
        optimizer.step()
        losses.append((matching.item(), alone.item()))
    assert losses[-1][0] < 0.1 * losses[0][0]
    assert losses[-1][1] < 0.3 * losses[0][1]
    assert task(shown)[2][1] == 1


def test_the_loss_is_what_is_not_believed_of_the_right_ones() -> None:
    # Two regions: the first has two right ones with 0.5 and 0.25; the second has none.
    log_probability = torch.tensor([[[0.5, 0.25, 0.05, 0.2], [0.1, 0.1, 0.1, 0.7]]]).log()
    same = torch.tensor([[[True, True, False], [False, False, False]]])
    weight = torch.tensor([[1.0, 3.0]])
    expected = -(np.log(0.75) + 3 * np.log(0.7)) / 4
    found = module._surprise(log_probability, same, weight)
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_regions_that_are_no_one_shape_are_not_the_same() -> None:
    first, second = torch.tensor([[1, UNKNOWN]]), torch.tensor([[UNKNOWN, 1]])
    assert module._same(first, second).tolist() == [[[False, True], [False, False]]]


def test_success_is_told_apart_by_whether_there_was_a_prior() -> None:
    task, shown = small_task(), batch()
    without = dataclasses.replace(shown, has_prior=torch.zeros(1, dtype=torch.bool))
    assert task(shown)[2][0] == 0  # no pair without one
    assert task(without)[2][1] == 0
