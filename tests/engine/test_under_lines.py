import numpy as np
import pytest

from celtint.engine.under_lines import FAINT_INK, under_lines

RED, BLUE = (0.9, 0.2, 0.1), (0.1, 0.3, 0.8)


def two_areas_and_a_soft_line():
    """Red left of a soft vertical line, blue right of it: finished, and its ink."""
    paint = np.empty((6, 9, 3), np.float32)
    paint[:, :4], paint[:, 4:] = RED, BLUE
    ink = np.zeros((6, 9), np.uint8)
    ink[:, 3:6] = 128, 255, 128
    finished = paint * (1 - ink[..., None] / np.float32(255))
    return paint, ink, finished


def test_each_side_of_a_line_goes_on_under_it_to_its_middle():
    paint, ink, finished = two_areas_and_a_soft_line()
    found = under_lines(finished, ink)
    assert found[:, :4].tolist() == paint[:, :4].tolist()
    assert found[:, 5:].tolist() == paint[:, 5:].tolist()
    sides = [paint[0, 0].tolist(), paint[0, -1].tolist()]
    assert all(colour in sides for colour in found[:, 4].tolist())


def test_the_line_over_what_is_found_is_the_finished_picture_again():
    _, ink, finished = two_areas_and_a_soft_line()
    again = under_lines(finished, ink) * (1 - ink[..., None] / np.float32(255))
    assert again == pytest.approx(finished, abs=1e-6)


def test_the_picture_is_not_written_to():
    _, ink, finished = two_areas_and_a_soft_line()
    before = finished.copy()
    under_lines(finished, ink)
    assert np.array_equal(finished, before)


def test_grain_is_no_line():
    _, _, finished = two_areas_and_a_soft_line()
    assert under_lines(finished, np.full((6, 9), FAINT_INK, np.uint8)) is finished


def test_where_there_is_nothing_but_line_the_picture_stays():
    _, _, finished = two_areas_and_a_soft_line()
    assert under_lines(finished, np.full((6, 9), 255, np.uint8)) is finished
