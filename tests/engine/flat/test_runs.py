import cv2
import numpy as np
import pytest

from celtint.engine.flat.runs import margined, patches, runs_of


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
    flat = margined(mask).reshape(-1)
    assert runs.pixels().tolist() == np.flatnonzero(flat).tolist()
    assert (runs.length > 0).all()
    assert (flat[runs.begin] == 1).all()
    assert (flat[runs.begin - 1] == 0).all()
    assert (flat[runs.end] == 0).all()


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("mask", list(masks()))
def test_patches_are_measured_to_the_bit_as_opencv_measures_them(mask, connectivity):
    found = patches(runs_of(mask), connectivity)
    count, label, stats, centre = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    assert found.count == count - 1
    painted = found.runs.painted(found.of_run + 1)[1:-1, 1:-1]
    # OpenCV numbers 8-connected patches otherwise: look its numbers up by the pixels.
    number = np.zeros(count, np.intp)
    number[label] = painted
    assert np.array_equal(number[label], painted)
    assert len(set(number.tolist())) == count
    assert np.array_equal(found.area[number[1:] - 1], stats[1:, cv2.CC_STAT_AREA])
    assert np.array_equal(found.box[number[1:] - 1], stats[1:, :4])
    assert np.array_equal(found.centre[number[1:] - 1], centre[1:])


@pytest.mark.parametrize("mask", list(masks()))
def test_patches_are_numbered_by_their_first_pixels(mask):
    of_run = patches(runs_of(mask)).of_run
    first = np.unique(of_run, return_index=True)[1]
    assert (np.diff(first) > 0).all()


def test_arms_that_begin_apart_and_wind_around_each_other_are_one_patch():
    mask = np.ones((41, 43), np.uint8)
    for ring in range(1, 20, 2):  # a double spiral of walls, cut open on alternate sides
        mask[ring, ring:-ring] = mask[-ring - 1, ring:-ring] = 0
        mask[ring:-ring, ring] = mask[ring:-ring, -ring - 1] = 0
        mask[ring if ring % 4 == 1 else -ring - 1, 21] = 1
    assert patches(runs_of(mask)).count == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float64])
def test_painted_runs_are_of_the_type_of_their_values(dtype):
    mask = (np.random.default_rng(2).random((9, 11)) < 0.6).astype(np.uint8)
    runs = runs_of(mask)
    painted = runs.painted(np.arange(1, runs.count + 1).astype(dtype))
    assert painted.dtype == dtype
    assert np.array_equal(painted > 0, margined(mask) > 0)
    assert np.array_equal(painted.reshape(-1)[runs.begin], np.arange(1, runs.count + 1))


@pytest.mark.parametrize("seed", range(5))
def test_taking_runs_out_and_putting_them_back(seed):
    random = np.random.default_rng(seed)
    outer = (random.random((30, 40)) < 0.8).astype(np.uint8)
    inner = outer * (random.random((30, 40)) < 0.5).astype(np.uint8)
    outer_runs, inner_runs = runs_of(outer), runs_of(inner)
    rest = outer_runs.without(inner_runs)
    flat = np.zeros(32 * 42, np.uint8)
    flat[rest.pixels()] = 1
    assert np.array_equal(flat.reshape(32, 42)[1:-1, 1:-1], outer - inner)
    merged, order = rest.merged(inner_runs)
    assert merged.pixels().tolist() == outer_runs.pixels().tolist()
    is_inner = merged.painted((order >= rest.count).astype(np.uint8))
    assert np.array_equal(is_inner[1:-1, 1:-1], inner)


def test_a_run_knows_the_run_of_a_larger_mask_that_it_lies_in():
    outer = np.array([[1, 1, 1, 0, 1, 1], [0, 1, 1, 1, 1, 0]], np.uint8)
    inner = np.array([[0, 1, 0, 0, 0, 1], [0, 1, 0, 1, 0, 0]], np.uint8)
    assert runs_of(inner).within(runs_of(outer)).tolist() == [0, 1, 2, 2]
