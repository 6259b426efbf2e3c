import numpy as np

from celtint.plugin.marks import Marks, marked

RNG = np.random.default_rng(29)


def test_marks_are_the_pixels_that_are_not_nothing():
    line = np.zeros((7, 9, 4), np.float16)
    line[0, 0] = -0.0  # nothing, whatever its sign
    line[0, 8, 3] = 0.5
    line[6, 0] = (0.25, 0, -0.0, 0)
    found = Marks.of(line)

    assert found.at.tolist() == [8, 54]
    assert found.alpha.tolist() == [0.5, 0]
    assert found.colour is not None
    assert found.colour.T.view(np.uint16).tolist() == [[0, 0, 0], [0x3400, 0, 0x8000]]
    assert np.flatnonzero(marked(line)).tolist() == [8, 54]


def test_black_ink_has_no_colour():
    line = np.zeros((7, 9, 4), np.float16)
    line[..., 3] = RNG.random((7, 9))
    found = Marks.of(line)

    assert found.colour is None
    assert found.channel(0) is None
    assert np.array_equal(found.channel(3), line[..., 3].reshape(-1))


def test_a_drawing_without_line_has_no_marks():
    found = Marks.of(np.zeros((7, 9, 4), np.float16))
    assert (len(found.at), found.colour) == (0, None)


def test_some_are_chosen_with_their_colours():
    line = RNG.random((7, 9, 4)).astype(np.float16)
    found = Marks.of(line)
    some = found.chosen(found.alpha > 0.5)
    rows = line.reshape(-1, 4)[line.reshape(-1, 4)[:, 3] > 0.5]

    assert np.array_equal(np.stack([some.channel(at) for at in range(4)], axis=1), rows)
    assert some.shape == (7, 9)
