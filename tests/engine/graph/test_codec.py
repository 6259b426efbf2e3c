import numpy as np
import pytest

from celtint.engine.graph.codec import RunMap, image_from_bytes, image_to_bytes


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (40, 61)])
def test_a_region_map_comes_back_through_its_runs_and_its_bytes(shape):
    random = np.random.default_rng(7)
    label = np.kron(random.integers(0, 5, (7, 11)), np.ones((6, 6), int))[: shape[0], : shape[1]]
    label = label.astype(np.int32)
    paper = (random.random(shape) < 0.9).astype(np.uint8)
    runs = RunMap.of(label, paper)
    back = RunMap.from_bytes(runs.to_bytes(), shape)
    for one in (runs, back):
        assert np.array_equal(one.label(), label)
        assert np.array_equal(one.paper(), paper)
    assert runs.length.sum() == label.size
    region, length = runs.by_region()
    assert np.array_equal(np.repeat(region, length), label.reshape(-1))
    assert (region[1:] != region[:-1]).all()


@pytest.mark.parametrize("stride", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (40, 61)])
def test_a_sampled_map_is_that_of_the_sampled_pixels(shape, stride):
    random = np.random.default_rng(3)
    label = np.repeat(random.integers(0, 4, shape), 2, axis=1)[:, : shape[1]].astype(np.int32)
    paper = (random.random(shape) < 0.8).astype(np.uint8)
    sampled = RunMap.of(label, paper).sampled(stride)
    few = RunMap.of(label[::stride, ::stride], paper[::stride, ::stride])
    assert sampled.shape == few.shape
    assert np.array_equal(sampled.label(), few.label())
    assert np.array_equal(sampled.paper(), few.paper())
    assert (sampled.length > 0).all()


def test_runs_end_with_the_row():
    runs = RunMap.of(np.zeros((3, 4), np.int32), np.ones((3, 4), np.uint8))
    assert runs.start.tolist() == [0, 4, 8]


def test_a_drawing_of_1080p_takes_tens_of_kilobytes():
    label = np.arange(1080 * 1920).reshape(1080, 1920) // 1920 // 40 % 5
    label[:, ::30] = 7  # 64 vertical lines: more than most drawings have
    code = RunMap.of(label.astype(np.int32), np.ones(label.shape, np.uint8)).to_bytes()
    assert len(code) < 50_000


@pytest.mark.parametrize(
    "code",
    [b"", b"nothing", RunMap.of(np.zeros((2, 2), np.int32), np.ones((2, 2), np.uint8)).to_bytes()],
)
def test_bytes_that_are_no_such_map_are_refused(code):
    with pytest.raises(ValueError, match="expected"):
        RunMap.from_bytes(code, (3, 3))


def test_a_small_image_comes_back():
    image = np.random.default_rng(1).integers(0, 255, (7, 5)).astype(np.uint8)
    assert np.array_equal(image_from_bytes(image_to_bytes(image), (7, 5)), image)
    with pytest.raises(ValueError, match="expected 36 pixels, got 35"):
        image_from_bytes(image_to_bytes(image), (6, 6))
    with pytest.raises(ValueError, match="expected a compressed image"):
        image_from_bytes(b"", (6, 6))
