from itertools import combinations

import numpy as np
import pytest
import torch

from celtint.training.embedding.batch import batch_of
from celtint.training.embedding.clips import UNKNOWN, SeenDrawing, see


def drawing(columns: int) -> SeenDrawing:
    """Columns of one shape each, 40 pixels high and 10 wide."""
    ink = np.zeros((40, 10 * columns), np.uint8)
    ink[:, 10::10] = 255
    identity = np.repeat(np.arange(1, columns + 1, dtype=np.uint16), 10)[None].repeat(40, axis=0)
    canvas = np.zeros((64, 64), np.uint8)
    named = np.zeros((64, 64), np.uint16)
    canvas[:40, : ink.shape[1]], named[:40, : ink.shape[1]] = ink, identity
    canvas[40] = 255
    return see(canvas, named, picture_px=64)


@pytest.fixture
def clips() -> list[list[SeenDrawing]]:
    return [[drawing(3), drawing(4), drawing(4)], [drawing(2), drawing(2), drawing(5)]]


def test_all_pairs_of_a_clip_and_one_across_are_matched(clips: list[list[SeenDrawing]]) -> None:
    batch = batch_of(clips, priors=2, most_regions=99, rng=np.random.default_rng(0))
    pairs = list(zip(batch.first.tolist(), batch.second.tolist(), strict=True))
    assert pairs == [*combinations((0, 1, 2), 2), *combinations((3, 4, 5), 2), (0, 5)]
    assert int(batch.has_prior.sum()) == 2
    assert not batch.has_prior[-1]
    assert (batch.prior[~batch.has_prior] == 0).all()
    assert (batch.prior[batch.has_prior].sum(dim=(1, 2, 3)) > 0).all()


def test_clips_share_no_shape_though_they_number_alike(clips: list[list[SeenDrawing]]) -> None:
    identity = batch_of(clips, priors=0, most_regions=99, rng=np.random.default_rng(0)).identity
    one, other = (set(part[part != UNKNOWN].tolist()) for part in (identity[:3], identity[3:]))
    assert not one & other


def test_what_is_no_region_has_no_weight_and_no_shape(clips: list[list[SeenDrawing]]) -> None:
    batch = batch_of(clips, priors=0, most_regions=99, rng=np.random.default_rng(0))
    beyond = torch.arange(batch.identity.shape[1]) >= batch.count[:, None]
    assert beyond.any()
    assert (batch.identity[beyond] == UNKNOWN).all()
    assert (batch.weight[beyond] == 0).all()


def test_of_too_many_regions_the_largest_take_part(clips: list[list[SeenDrawing]]) -> None:
    batch = batch_of(clips, priors=1, most_regions=2, rng=np.random.default_rng(0))
    assert batch.count.tolist() == [2] * 6
    first = clips[0][0]
    largest = np.sort(np.argsort(-first.area_px, kind="stable")[:2])
    np.testing.assert_array_equal(batch.geometry[0].numpy(), first.sight.geometry[largest])
