import numpy as np

from celtint.training.drawings.meeting import line_where_paints_meet


def halves() -> np.ndarray:
    pot = np.ones((12, 16), np.uint16)
    pot[:, 8:] = 2
    return pot


def nothing() -> np.ndarray:
    return np.zeros((12, 16), np.uint8)


def test_a_line_stands_where_two_paints_meet() -> None:
    ink = line_where_paints_meet(nothing(), nothing(), halves(), width_px=2)

    assert (ink[:, 7:9] == 255).all()
    assert (ink[:, :6] < 2).all()
    assert (ink[:, 10:] < 2).all()


def test_a_wider_line_covers_more() -> None:
    ink = line_where_paints_meet(nothing(), nothing(), halves(), width_px=4)

    assert (ink[6] == 255).sum() == 4


def test_an_edge_under_ink_or_trace_stays_as_it_is() -> None:
    drawn = nothing()
    drawn[:, 7:9] = 200

    assert line_where_paints_meet(drawn, nothing(), halves(), width_px=2) is drawn
    blank = nothing()
    assert line_where_paints_meet(blank, drawn, halves(), width_px=2) is blank


def test_a_break_on_purpose_stays_open() -> None:
    left_open = np.zeros((12, 16), np.bool_)
    left_open[4:7] = True

    ink = line_where_paints_meet(nothing(), nothing(), halves(), width_px=2, left_open=left_open)

    assert not ink[4:7].any()
    assert (ink[:4, 7:9] == 255).all()
