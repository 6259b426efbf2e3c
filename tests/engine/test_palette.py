import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from celtint.engine.palette import ROUNDING, UNPAINTED, Palette, is_same_but_rounding

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def rows(*colours):
    return np.array(colours, np.float32)


def test_a_new_palette_holds_nothing_but_unpainted():
    assert Palette().colour.tolist() == [[0, 0, 0]]
    assert Palette().colour.dtype == np.float32


def test_black_is_a_colour_and_not_unpainted():
    palette, index = Palette().indices_of(rows([0, 0, 0]), np.array([False]))
    assert index.tolist() == [1]
    assert palette.colour.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert UNPAINTED == 0


def test_known_colours_keep_their_index_and_the_old_palette_stays_as_it_was():
    first, _ = Palette().indices_of(rows([1, 0, 0], [0, 1, 0]), np.zeros(2, bool))
    second, index = first.indices_of(rows([0, 1, 0], [0, 0, 1]), np.zeros(2, bool))
    assert index.tolist() == [2, 3]
    assert len(first.colour) == 3
    assert np.array_equal(second.colour[:3], first.colour)
    assert second.indices_of(rows([1, 0, 0]), np.zeros(1, bool))[0] is second


def test_exact_colours_one_bit_apart_are_two_entries():
    a = np.float32(0.5)
    b = np.nextafter(a, np.float32(1))
    palette, index = Palette().indices_of(rows([a, a, a], [b, a, a]), np.zeros(2, bool))
    assert index.tolist() == [1, 2]
    assert palette.colour[2, 0] == b


def test_a_rounded_colour_takes_the_entry_it_is_a_rounding_of():
    colours = rows(
        [0.5, 0.5, 0.5], [0.5 + 0.9 * ROUNDING, 0.5, 0.5], [0.5 + 2 * ROUNDING, 0.5, 0.5]
    )
    _, index = Palette().indices_of(colours[[1, 0, 2]], np.array([True, False, True]))
    assert index.tolist() == [1, 1, 2]


def test_rounding_grows_with_colours_above_one():
    assert is_same_but_rounding(rows([100.1, 0, 0]), rows([100, 0, 0])).all()
    assert not is_same_but_rounding(rows([0.6, 0, 0]), rows([0.5, 0, 0])).any()


@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=12))
def test_every_exact_colour_comes_back_bit_for_bit(colours):
    wanted = rows(*colours)
    palette, index = Palette().indices_of(wanted, np.zeros(len(wanted), bool))
    assert palette.colour[index].tobytes() == wanted.tobytes()
    assert (index > 0).all()
    assert not palette.colour[0].any()
