import cv2
import numpy as np
import pytest

from celtint.engine.flat.masks import components, flat_indices, labels, looked_up, padded, runs_of


def masks():
    """Empty, full, single pixels, rows that touch both edges, and noise of every density."""
    random = np.random.default_rng(29)
    yield np.zeros((4, 5), np.uint8)
    yield np.ones((4, 5), np.uint8)
    yield np.ones((1, 1), np.uint8)
    yield np.eye(6, dtype=np.uint8)
    for share in (0.02, 0.2, 0.5, 0.8, 0.98):
        for shape in ((1, 40), (40, 1), (37, 70)):
            yield (random.random(shape) < share).astype(np.uint8)


@pytest.mark.parametrize("mask", list(masks()))
def test_the_runs_of_a_mask_are_its_pixels_in_reading_order(mask):
    runs = runs_of(mask)
    assert runs.pixels(np.ones(len(runs.row), bool)).tolist() == np.flatnonzero(mask).tolist()
    assert (runs.length > 0).all()
    assert (mask.reshape(-1)[runs.first] == 1).all()
    before = runs.start > 0
    assert (mask[runs.row[before], runs.start[before] - 1] == 0).all()
    chosen = np.arange(len(runs.row)) % 3 == 1
    flat = np.zeros(mask.size, np.uint8)
    flat[runs.pixels(chosen)] = 1
    assert flat.sum() == runs.length[chosen].sum()
    assert (flat[runs.first] == chosen).all()


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("mask", list(masks()))
def test_runs_painted_with_their_labels_are_the_label_map_with_a_margin(mask, connectivity):
    _, label = labels(mask, connectivity)
    runs = runs_of(mask)
    painted = runs.painted(label.reshape(-1)[runs.first])
    assert painted.dtype == np.int32
    assert np.array_equal(painted, padded(label))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("mask", list(masks()))
def test_components_are_measured_to_the_bit_as_opencv_measures_them(mask, connectivity):
    count, label = labels(mask, connectivity)
    found = components(label, count, runs_of(mask))
    _, _, stats, centre = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    assert found.count == count
    assert found.area[0] == 0
    assert np.array_equal(found.area[1:], stats[1:, cv2.CC_STAT_AREA])
    assert np.array_equal(found.box[1:], stats[1:, :4])
    assert np.array_equal(found.centre[1:], centre[1:])


def test_every_label_is_looked_up_in_place():
    label = np.arange(100 * 7, dtype=np.int32).reshape(100, 7)
    table = np.random.default_rng(3).permutation(700).astype(np.int32)
    expected = table[label]
    looked_up(table, label)
    assert np.array_equal(label, expected)


@pytest.mark.parametrize("mask", list(masks()))
def test_flat_indices_are_those_of_the_pixels_that_are_set(mask):
    assert flat_indices(mask).tolist() == np.flatnonzero(mask).tolist()
