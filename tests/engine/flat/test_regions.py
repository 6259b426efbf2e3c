import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import find_regions


def walled_page(gap_px, thickness=3, size=(80, 120)):
    """A page cut in two by an upright wall at x = 60 with a gap in the middle."""
    ink = np.zeros(size, np.uint8)
    ink[:, 60 : 60 + thickness] = 255
    top = size[0] // 2
    ink[top : top + gap_px, 60 : 60 + thickness] = 0
    return ink


def pixels_divided_otherwise(a, b):
    """How many pixels two label maps divide otherwise, whatever the labels are called."""
    pairs, count = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1, return_counts=True)
    best = {}
    for (label, _), pixels in zip(pairs.T.tolist(), count.tolist(), strict=True):
        best[label] = max(best.get(label, 0), pixels)
    return a.size - sum(best.values())


def test_a_closed_square_is_two_regions_and_ink_goes_to_the_nearest():
    ink = np.zeros((30, 30), np.uint8)
    ink[8:22, 8:22] = 255
    ink[11:19, 11:19] = 0
    regions = find_regions(ink, FlatSettings())
    assert regions.count == 2
    inside, outside = regions.label[15, 15], regions.label[0, 0]
    assert regions.area_px[inside] == 64
    assert regions.area_px[outside] == 900 - 14 * 14
    assert regions.centre_px[inside] == pytest.approx((14.5, 14.5))
    assert regions.size_px[inside].tolist() == [8, 8]
    assert regions.label[15, 8] == outside
    assert regions.label[15, 10] == inside
    assert np.array_equal(regions.paper, ink == 0)


@pytest.mark.parametrize("gap_px", [1, 2, 3, 4])
@pytest.mark.parametrize("thickness", [1, 3, 8])
def test_a_gap_is_closed_up_to_gap_px(gap_px, thickness):
    ink = walled_page(gap_px, thickness)
    assert find_regions(ink, FlatSettings(gap_px=gap_px)).count == 2
    assert find_regions(ink, FlatSettings(gap_px=4)).count == 2
    assert find_regions(ink, FlatSettings(gap_px=0)).count == 1


def test_a_wider_gap_stays_open():
    assert find_regions(walled_page(6), FlatSettings(gap_px=4)).count == 1
    assert find_regions(walled_page(6), FlatSettings(gap_px=6)).count == 2


def test_the_two_sides_of_a_closed_gap_meet_in_its_middle():
    regions = find_regions(walled_page(3, thickness=3), FlatSettings(gap_px=4))
    left, right = regions.label[0, 0], regions.label[0, -1]
    assert (regions.label[41, :61] == left).all()
    assert (regions.label[41, 62:] == right).all()
    assert len(regions.neck) == 0
    assert sorted(regions.area_px.tolist()) in (
        [57 * 80 + 3, 60 * 80 + 6],
        [57 * 80 + 4, 60 * 80 + 5],
        [57 * 80 + 6, 60 * 80 + 3],
    )


def test_a_long_narrow_channel_is_no_gap():
    ink = np.zeros((80, 160), np.uint8)
    ink[:, 50:110] = 255
    ink[40:43, 50:110] = 0
    assert find_regions(ink, FlatSettings(gap_px=4)).count == 1


def test_corners_and_blind_alleys_stay_with_the_part_they_touch():
    ink = walled_page(3)
    ink[0:30, 20] = 255
    ink[0:30, 23] = 255  # an alley of two pixels, open at its lower end
    cv2.line(ink, (90, 79), (119, 50), 255, 1)  # a wedge in the corner
    regions = find_regions(ink, FlatSettings(gap_px=4))
    assert regions.label[3, 21] == regions.label[60, 21] == regions.label[0, 0]


def test_a_waist_is_divided_but_known_as_a_neck():
    ink = np.full((120, 260), 255, np.uint8)
    waist = np.array([[10, 30], [130, 59], [250, 30], [250, 90], [130, 61], [10, 90]])
    cv2.fillPoly(ink, [waist], 0)
    regions = find_regions(ink, FlatSettings(gap_px=4))
    left, right = regions.label[60, 30], regions.label[60, 230]
    assert left != right
    assert regions.neck.tolist() == [sorted([left, right])]


def test_specks_join_their_neighbour():
    ink = np.zeros((40, 40), np.uint8)
    ink[10:20, 10:20] = 255
    ink[14:16, 14:17] = 0  # six pixels of paper within the ink
    assert find_regions(ink, FlatSettings(speck_px=7)).count == 1
    assert find_regions(ink, FlatSettings(speck_px=6)).count == 2


def test_a_page_of_nothing_but_specks_keeps_them():
    ink = np.full((5, 5), 255, np.uint8)
    ink[0, 0] = ink[4, 4] = 0
    assert find_regions(ink, FlatSettings()).count == 2


def test_faint_ink_of_a_thin_anti_aliased_line_does_not_leak():
    ink = np.zeros((100, 100), np.uint8)
    cv2.circle(ink, (50, 50), 30, 255, 1, cv2.LINE_AA)
    assert find_regions(ink, FlatSettings(gap_px=0)).count == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (37, 53), (1081, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_blank_and_all_ink_pages_of_any_size_are_one_region(shape, value):
    regions = find_regions(np.full(shape, value, np.uint8), FlatSettings())
    assert regions.count == 1
    assert regions.label.shape == shape
    assert not regions.label.any()
    assert regions.area_px.tolist() == [0 if value else shape[0] * shape[1]]


def test_an_8k_page():
    ink = np.zeros((4320, 7680), np.uint8)
    cv2.circle(ink, (4000, 2000), 1500, 255, 5)
    cv2.circle(ink, (4000, 2000), 40, 255, 5)
    assert find_regions(ink, FlatSettings()).count == 3


drawings = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
    elements=st.sampled_from([0, 0, 0, 0, 0, 19, 20, 255]),
)


@settings(max_examples=150, deadline=None)
@given(drawings, st.sampled_from([0, 1, 2.5, 4]), st.sampled_from([0, 8]))
def test_every_pixel_has_a_region_and_the_measures_add_up(ink, gap_px, speck_px):
    before = ink.copy()
    regions = find_regions(ink, FlatSettings(gap_px=gap_px, speck_px=speck_px))
    assert np.array_equal(ink, before)
    assert regions.label.dtype == np.int32
    assert np.array_equal(np.unique(regions.label), np.arange(regions.count))
    on_paper = regions.label[regions.paper > 0]
    assert np.array_equal(np.bincount(on_paper, minlength=regions.count), regions.area_px)
    again = find_regions(ink, FlatSettings(gap_px=gap_px, speck_px=speck_px))
    assert np.array_equal(again.label, regions.label)


@pytest.mark.parametrize("seed", range(40))
def test_a_turned_drawing_is_divided_alike(seed):
    random = np.random.default_rng(seed)
    ink = np.zeros((90, 131), np.uint8)
    for _ in range(6):
        a, b = random.integers(0, [131, 90], (2, 2)).tolist()
        cv2.line(ink, a, b, 255, 2)
        cv2.circle(ink, a, int(random.integers(8, 30)), 255, 2)
        cv2.circle(ink, b, 2, 0, -1)  # a gap
    regions = find_regions(ink, FlatSettings())
    for turn in (np.transpose, np.flipud, np.fliplr, lambda page: np.rot90(page, 2)):
        turned = find_regions(np.ascontiguousarray(turn(ink)), FlatSettings())
        paper = turn(regions.paper) > 0
        assert np.array_equal(turned.paper > 0, paper)
        assert turned.count == regions.count
        assert len(turned.neck) == len(regions.neck)
        otherwise = pixels_divided_otherwise(turned.label[paper], turn(regions.label)[paper])
        # Where two parts of one area meet, the middle of the gap belongs to either.
        assert otherwise <= 5


def test_the_result_does_not_depend_on_the_number_of_threads():
    random = np.random.default_rng(3)
    ink = np.zeros((540, 960), np.uint8)
    for _ in range(40):
        centre = random.integers(0, [960, 540]).tolist()
        cv2.circle(ink, centre, int(random.integers(5, 90)), 255, 1, cv2.LINE_AA)
    threads = cv2.getNumThreads()
    found = []
    try:
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            found.append(find_regions(ink, FlatSettings()).label)
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("side", [20, 300])
def test_more_regions_than_a_byte_or_two_can_count(side):
    ink = np.full((2 * side, 2 * side), 255, np.uint8)
    ink[::2, ::2] = 0
    regions = find_regions(ink, FlatSettings(speck_px=0))
    assert regions.count == side * side
    assert np.array_equal(regions.label[::2, ::2].ravel(), np.arange(side * side))
    assert (np.bincount(regions.label.ravel()) <= 9).all()
