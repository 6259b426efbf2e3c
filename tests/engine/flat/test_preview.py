import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.preview import RegionColours, closed_gaps, colour_of, specks
from celtint.engine.flat.regions import find_regions


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_closed_gap_is_told_with_its_place_and_width(width):
    ink = np.zeros((80, 120), np.uint8)
    ink[:, 60:63] = 255
    ink[40 : 40 + width, 60:63] = 0
    regions = find_regions(ink, FlatSettings(gap_px=4))
    (gap,) = closed_gaps(regions)
    assert abs(gap.x - 61) <= 1
    assert abs(gap.y - (40 + (width - 1) / 2)) <= 1
    assert abs(gap.width_px - width) <= 1
    assert gap.regions == (0, 1)
    assert not gap.is_neck


def test_two_gaps_in_one_line_are_two():
    ink = np.zeros((90, 120), np.uint8)
    ink[:, 60:63] = 255
    ink[20:23, 60:63] = ink[70:73, 60:63] = 0
    gaps = closed_gaps(find_regions(ink, FlatSettings(gap_px=4)))
    assert [gap.y for gap in gaps] == sorted(gap.y for gap in gaps)
    assert len(gaps) == 2


def test_closed_outlines_have_no_gap():
    ink = np.zeros((60, 60), np.uint8)
    cv2.circle(ink, (30, 30), 20, 255, 2)
    assert closed_gaps(find_regions(ink, FlatSettings())) == ()


def test_a_neck_is_told_as_one():
    ink = np.full((120, 260), 255, np.uint8)
    waist = np.array([[10, 30], [130, 59], [250, 30], [250, 90], [130, 61], [10, 90]])
    cv2.fillPoly(ink, [waist], 0)
    gaps = closed_gaps(find_regions(ink, FlatSettings(gap_px=4)))
    assert gaps
    assert all(gap.is_neck for gap in gaps)


def test_specks_are_the_paper_that_joined_its_neighbour():
    ink = np.zeros((40, 40), np.uint8)
    ink[10:20, 10:20] = 255
    ink[14:16, 14:17] = 0
    settings = FlatSettings(speck_px=7)
    assert specks(ink, find_regions(ink, settings), settings).sum() == 6


def test_a_region_that_moves_a_little_keeps_its_colour():
    def page(x, extra):
        ink = np.zeros((80, 160), np.uint8)
        cv2.circle(ink, (x, 40), 18, 255, 2)
        cv2.circle(ink, (120, 40), 18, 255, 2)
        if extra:  # numbered before all others
            cv2.circle(ink, (80, 8), 5, 255, 1)
        return find_regions(ink, FlatSettings())

    colours = RegionColours()
    before, now = page(40, extra=False), page(46, extra=True)
    first, then = colours.of(before), colours.of(now)
    for x in (46, 120):
        assert np.array_equal(first[before.label[40, x]], then[now.label[40, x]])
    assert not (then[now.label[8, 80]] == first).all(axis=1).any()


def test_colours_differ_and_none_is_the_magenta_of_gaps():
    colours = colour_of(np.arange(60))
    assert len(np.unique(colours, axis=0)) == 60
    assert (np.abs(colours.astype(int) - (255, 0, 255)).max(axis=1) > 60).all()
