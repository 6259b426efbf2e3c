import numpy as np
import pytest

from celtint.engine import FrameError, PaintedFrame, dabs_in, ink_of


def frame(region, index, confidence, palette, ink):
    return PaintedFrame(
        index=0,
        ink=np.array(ink, np.uint8),
        region=np.array(region, np.int32),
        region_palette_index=np.array(index, np.int32),
        region_confidence=np.array(confidence, np.float32),
        palette=np.array(palette, np.float32),
    )


def test_images_are_made_of_the_compact_arrays():
    painted = frame([[0, 0, 1]], [1, 0], [0.75, 0], [[0, 0, 0], [2, -1, 0.5]], [[0, 128, 255]])
    assert painted.palette_index.tolist() == [[1, 1, 0]]
    assert painted.confidence.tolist() == [[0.75, 0.75, 0]]
    assert painted.paint.tolist() == [[[2, -1, 0.5, 1], [2, -1, 0.5, 1], [0, 0, 0, 0]]]


def test_the_composite_is_black_ink_over_paint():
    painted = frame([[0, 0, 1, 1]], [1, 0], [1, 0], [[0, 0, 0], [1, 0.5, 0]], [[0, 51, 0, 51]])
    expected = [[[1, 0.5, 0, 1], [0.8, 0.4, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0.2]]]
    assert painted.composite == pytest.approx(np.array(expected), abs=1e-6)


def test_a_frame_painted_by_a_network_is_opaque_and_sure():
    srgb = np.full((2, 3, 3), 0.25, np.float32)
    painted = PaintedFrame(
        4, np.zeros((2, 3), np.uint8), None, None, None, np.zeros((1, 3), np.float32), srgb
    )
    assert (painted.paint == [0.25, 0.25, 0.25, 1]).all()
    assert (painted.confidence == 1).all()
    assert not painted.palette_index.any()


@pytest.mark.parametrize("has_lines", [True, False])
def test_the_lines_of_a_network_are_not_laid_on_twice(has_lines):
    ink = np.array([[0, 128, 0]], np.uint8)
    painted = np.full((1, 3, 3), 0.5, np.float32)
    if has_lines:
        painted[0, 1] = 0.5 * (1 - 128 / 255)
    frame = PaintedFrame(
        0,
        ink,
        None,
        None,
        None,
        np.zeros((1, 3), np.float32),
        painted,
        is_painted_with_lines=has_lines,
    )
    assert (frame.paint == [0.5, 0.5, 0.5, 1]).all()
    assert frame.composite[0, 1, 0] == pytest.approx(0.5 * (1 - 128 / 255))


def test_byte_ink_is_taken_as_it_is_without_a_copy():
    ink = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert ink_of(ink) is ink


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_ink_is_rounded_and_clipped(dtype):
    ink = np.array([[-1, 0, 0.25, 1, 7]], dtype)
    assert ink_of(ink).tolist() == [[0, 0, 64, 255, 255]]


@pytest.mark.parametrize("scale", [255, 1.0])
def test_ink_of_colour_is_what_is_missing_to_white(scale):
    rgb = np.array([[[1, 1, 1], [0, 0, 0], [1, 0.2, 1]]]) * scale
    rgb = rgb.astype(np.uint8 if scale == 255 else np.float32)
    assert ink_of(rgb).tolist() == [[0, 255, 204]]


@pytest.mark.parametrize("scale", [255, 1.0])
def test_ink_over_nothing_is_alpha_times_darkness(scale):
    rgba = np.array([[[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0.2], [1, 1, 1, 1], [0.6, 1, 1, 0.2]]])
    rgba = (rgba * scale).astype(np.uint8 if scale == 255 else np.float32)
    assert ink_of(rgba).tolist() == [[255, 0, 51, 0, 20]]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (np.zeros((4, 4, 2), np.uint8), r"line_art\[7\]: expected shape .* got \(4, 4, 2\)"),
        (np.zeros((0, 4), np.uint8), r"line_art\[7\]: expected shape .* got \(0, 4\)"),
        (np.zeros((4, 4), np.uint16), r"line_art\[7\]: expected uint8 .* got uint16"),
        (np.full((4, 4), np.nan, np.float32), r"line_art\[7\]: .* NaN"),
        (np.full((4, 4, 4), np.inf, np.float32), r"line_art\[7\]: .* infinity"),
    ],
)
def test_line_art_that_is_not_is_refused_by_name(bad, says):
    with pytest.raises(FrameError, match=says):
        ink_of(bad, 7)


def test_a_dab_counts_from_half_alpha_on():
    hint = np.zeros((1, 3, 4), np.float32)
    hint[0, :, 3] = [0.49, 0.5, 1]
    assert dabs_in(hint).tolist() == [[False, True, True]]


def test_what_does_not_count_may_be_anything():
    hint = np.full((1, 2, 4), np.nan, np.float32)
    hint[..., 3] = 0
    assert not dabs_in(hint).any()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (np.zeros((4, 4, 3), np.float32), r"hints\[3\]: expected shape \(4, 5, 4\), got"),
        (np.zeros((5, 4, 4), np.float32), r"hints\[3\]: expected shape \(4, 5, 4\), got"),
        (np.zeros((4, 5, 4), np.uint8), r"hints\[3\]: expected floating .* got uint8"),
        (np.full((4, 5, 4), np.nan, np.float32), r"hints\[3\]: expected finite alpha"),
        (np.full((4, 5, 4), np.inf, np.float32), r"hints\[3\]: expected finite colours"),
    ],
)
def test_hints_that_are_none_are_refused_by_name(bad, says):
    with pytest.raises(FrameError, match=says):
        dabs_in(bad, 3, (4, 5))
