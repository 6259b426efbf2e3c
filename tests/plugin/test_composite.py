import numpy as np
import pytest

from celtint.engine.graph.codec import RunMap
from celtint.plugin.composite import CHANNELS, blank, compose_flat, compose_painted, line_over
from celtint.plugin.marks import Marks

RNG = np.random.default_rng(13)
SHAPE = (75, 40)  # more than two of the blocks it is composed in, and a rest


def line_art():
    """Premultiplied black and coloured line of every alpha, most of the frame empty."""
    alpha = RNG.random(SHAPE) * (RNG.random(SHAPE) > 0.5)
    alpha[RNG.random(SHAPE) > 0.8] = 1
    rgb = RNG.random((*SHAPE, 3)) * (RNG.random((*SHAPE, 1)) > 0.5)
    return np.dstack([rgb * alpha[..., None], alpha]).astype(np.float16)


def paper():
    """Opaque line art on white paper; the last rows lie beyond its data window."""
    grey = np.where(RNG.random(SHAPE) > 0.6, RNG.random(SHAPE), 1.0)
    drawn = np.dstack([grey, grey, grey, np.ones(SHAPE)]).astype(np.float16)
    drawn[-3:] = 0
    return drawn


def runs_of(region):
    """A map of regions of which some pixels are under ink."""
    return RunMap.of(region, (RNG.random(region.shape) > 0.3).view(np.uint8))


def flat(line, **options):
    region = RNG.integers(0, 6, SHAPE).astype(np.int32)
    palette_index = np.array([0, 1, 2, 3, 3, 0], np.int32)
    confidence = np.array([0, 1, 0.5, 0.25, 1, 0], np.float32)
    palette = RNG.uniform(0, 2, (4, 3)).astype(np.float16)
    out = compose_flat(line, runs_of(region), palette_index, confidence, palette, **options)
    index = palette_index[region]
    expected = np.where((index > 0)[..., None], palette[index], 0)
    return out, index, expected, confidence[region]


def same_bits(a, b):
    return np.array_equal(a.view(np.uint16), b.view(np.uint16))


@pytest.mark.parametrize("on_paper", [False, True])
def test_paint_is_the_palette_and_confidence_the_regions(on_paper):
    out, index, expected, confidence = flat(line_art(), on_paper=on_paper)
    assert out.shape == (*SHAPE, len(CHANNELS))
    assert same_bits(np.ascontiguousarray(out[..., 4:7]), expected)
    assert np.array_equal(out[..., 7], index > 0)
    assert np.array_equal(out[..., 8], confidence)


def test_line_over_paint_is_porter_and_duff():
    line = line_art()
    out, *_ = flat(line)
    floats, paint = line.astype(np.float64), out[..., 4:8].astype(np.float64)
    expected = floats + paint * (1 - floats[..., 3:])
    np.testing.assert_allclose(out[..., :4], expected, rtol=1e-3, atol=1e-4)


def test_opaque_line_pixels_keep_their_bits():
    line = line_art()
    line[0, 0] = (-0.0, 0.25, 6e-8, 1.0)
    line[0, 1] = (0.1, 0.2, 0.3, 1.5)
    out, *_ = flat(line)
    opaque = line[..., 3] >= 1
    assert opaque.sum() > 100
    assert same_bits(np.ascontiguousarray(out[..., :4])[opaque], line[opaque])


def test_where_nothing_is_painted_the_line_stays_alone():
    line = line_art()
    out, index, *_ = flat(line)
    assert np.array_equal(out[index == 0][:, :4], line[index == 0])


def test_where_no_line_is_the_paint_keeps_its_bits():
    line = line_art()
    out, *_ = flat(line)
    empty = ~line.any(axis=2)
    assert same_bits(
        *(np.ascontiguousarray(out[empty][:, part]) for part in (slice(4), slice(4, 8)))
    )


def test_negative_alpha_does_not_pass_for_opaque():
    line = np.zeros((*SHAPE, 4), np.float16)
    line[..., 3] = -0.5
    out, *_ = flat(line)
    assert np.array_equal(out[..., :3], out[..., 4:7])


def test_on_paper_the_line_darkens_the_paint():
    line = paper()
    out, index, *_ = flat(line, on_paper=True)
    paint, drawn = out[..., 4:8].astype(np.float64), line[..., 3] == 1
    painted = (index > 0) & drawn
    np.testing.assert_allclose(
        out[painted][:, :4], (paint * line.astype(np.float64))[painted], rtol=1e-3, atol=1e-4
    )
    assert same_bits(
        np.ascontiguousarray(out[..., :4])[(index == 0) & drawn], line[(index == 0) & drawn]
    )
    white = painted & (line[..., 0] == 1)
    assert same_bits(out[white][:, :4].copy(), out[white][:, 4:8].copy())


def test_beyond_the_paper_there_is_paint_alone():
    out, *_ = flat(paper(), on_paper=True)
    assert np.array_equal(out[-3:, :, :4], out[-3:, :, 4:8])


def test_bright_sums_stay_finite():
    line = np.full((*SHAPE, 4), 60000, np.float16)
    line[..., 3] = 0.5
    palette = np.full((2, 3), 60000, np.float16)
    ones = np.ones(1, np.int32)
    nothing = runs_of(np.zeros(SHAPE, np.int32))
    out = compose_flat(line, nothing, ones, ones.astype(np.float32), palette)
    assert np.isfinite(out).all()
    assert (out[..., 0] == 65504).all()


def test_the_array_that_is_lent_is_filled():
    lent = blank(SHAPE)
    lent[...] = 7
    line = line_art()
    nothing = runs_of(np.zeros(SHAPE, np.int32))
    out = compose_flat(line, nothing, np.zeros(1, np.int32), np.zeros(1, np.float32),
                       np.zeros((1, 3), np.float16), out=lent)  # fmt: skip
    assert out is lent
    assert np.array_equal(out[..., :4], line)
    assert not out[..., 4:].any()


def test_a_frame_that_lies_in_memory_otherwise_is_refused():
    paint = np.ones((*SHAPE, 3), np.float16)
    with pytest.raises(ValueError, match="blank"):
        compose_painted(line_art(), paint, out=np.zeros((*SHAPE, 9), np.float16))


def test_marks_are_as_good_as_the_line_art():
    line = line_art()
    line[:2, :2] = -0.0
    region = runs_of(RNG.integers(0, 3, SHAPE).astype(np.int32))
    paint = (np.array([0, 1, 1], np.int32), np.ones(3, np.float32), np.ones((2, 3), np.float16))
    whole, sparse = (compose_flat(one, region, *paint) for one in (line, Marks.of(line)))
    assert same_bits(np.ascontiguousarray(whole), np.ascontiguousarray(sparse))


def test_painted_frames_have_paint_everywhere():
    line, paint = line_art(), RNG.random((*SHAPE, 3)).astype(np.float16)
    out = compose_painted(line, paint, confidence=0.5)
    assert same_bits(np.ascontiguousarray(out[..., 4:7]), paint)
    assert (out[..., 7] == 1).all()
    assert (out[..., 8] == 0.5).all()
    floats = line.astype(np.float32)
    opaque = np.dstack([paint, np.ones(SHAPE)]).astype(np.float32)
    expected = line_over(floats, opaque, on_paper=False)
    np.testing.assert_allclose(out[..., :4], expected, rtol=1e-3)
