import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.flat.line_ends import _Bridges, _divide, _Outlines, bridge_line_ends
from celtint.engine.flat.preview import closed_gaps
from celtint.engine.flat.regions import find_regions

GAP_PX = 6.0


def page(*lines, size=(90, 140), width=2):
    """Polylines as ink."""
    ink = np.zeros(size, np.uint8)
    for line in lines:
        cv2.polylines(ink, [np.array(line)], False, 255, width)
    return ink


def strip():
    """Paper of 5 px between two lines, much less than a ball needs, from edge to edge."""
    return page([[0, 40], [139, 40]], [[0, 46], [139, 46]])


def broken(ink, *at, size=5):
    """Holes of so many pixels in lines, as a dry pen leaves them."""
    holed = ink.copy()
    for x, y in at:
        cv2.circle(holed, (x, y), size // 2, 0, cv2.FILLED)
    return holed


def bridged(ink, gap_px=GAP_PX):
    """(H, W) bool, the bridges of a drawing."""
    mask = np.zeros(ink.size, np.bool_)
    mask[bridge_line_ends((ink < 20).view(np.uint8), gap_px)[0]] = True
    return mask.reshape(ink.shape)


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("turn", range(4))
def test_a_broken_line_is_led_on_where_no_ball_fits(size, turn):
    whole, holed = strip(), broken(strip(), (70, 40), size=size)
    found = find_regions(np.rot90(holed, turn).copy(), FlatSettings())
    expected = find_regions(np.rot90(whole, turn).copy(), FlatSettings())
    assert found.count == expected.count == 3
    on_paper = np.rot90(whole == 0, turn)
    assert np.array_equal(found.label[on_paper], expected.label[on_paper])


def test_what_a_single_bridge_divides_is_most_likely_one_thing():
    found = find_regions(broken(strip(), (70, 40)), FlatSettings())
    above, between = found.label[20, 70], found.label[43, 70]
    assert found.neck.tolist() == [sorted([above, between])]


def test_what_bridges_divide_where_lines_are_broken_is_not():
    found = find_regions(with_breaks_elsewhere(broken(strip(), (70, 40))), FlatSettings())
    assert found.label[20, 70] != found.label[43, 70]
    assert not found.neck.size


def test_a_slanting_line_is_led_on():
    lines = [[[0, 10], [139, 70]], [[0, 17], [139, 77]]]
    assert find_regions(broken(page(*lines), (70, 40)), FlatSettings()).count == 3


def with_breaks_elsewhere(ink):
    """The drawing with a line at its top that is broken in eight places."""
    frame = page([[3, 5], [137, 5]], [[3, 11], [137, 11]])
    return broken(np.maximum(ink, frame), *((x, 5) for x in range(20, 120, 14)))


def test_a_break_wider_than_a_gap_is_closed_only_where_lines_are_broken():
    wide = broken(strip(), (70, 40), size=9)
    assert not bridged(wide).any()
    assert bridged(wide, gap_px=8).any()
    assert bridged(with_breaks_elsewhere(wide))[39:42, 66:75].any()


@pytest.mark.parametrize(("size", "closed"), [(9, True), (13, False)])
def test_a_break_wider_than_one_and_a_half_gaps_stays_open(size, closed):
    lines = page([[0, 40], [139, 40]], [[0, 52], [139, 52]])
    wider = with_breaks_elsewhere(broken(lines, (70, 40), size=size))
    assert bridged(wider).any() == closed


def test_no_gap_is_closed_where_none_is_to_be():
    holed = broken(strip(), (70, 40), size=3)
    assert find_regions(holed, FlatSettings(gap_px=0)).count == 2


def test_lines_that_end_in_the_open_are_left_alone():
    nose = page([[40, 30], [48, 50], [40, 56]], [[80, 20], [84, 60]], [[88, 20], [92, 60]])
    assert not bridged(nose).any()


def test_a_break_that_divides_nothing_is_left_alone():
    crease = page([[20, 40], [110, 40]])
    assert not bridged(broken(crease, (60, 40))).any()


def test_ends_side_by_side_are_no_break():
    # Two strands leave one line and end next to each other.
    strands = page([[10, 80], [130, 80]], [[60, 80], [60, 30]], [[66, 80], [66, 30]])
    assert not bridged(strands).any()


def test_a_line_between_two_ends_keeps_them_apart():
    lines = page([[0, 40], [66, 40]], [[74, 40], [139, 40]], [[70, 10], [70, 75]])
    assert not bridged(lines).any()


def almost_closed():
    """A shape whose last line ends 3 px short of the first, as creases and hems do."""
    return page(
        [[30, 70], [30, 20], [90, 20], [90, 70]], [[95, 70], [20, 70]], [[60, 70], [60, 26]]
    )


def test_a_single_end_is_led_on_to_a_line_only_where_lines_are_broken():
    shape = almost_closed()
    assert not bridged(shape).any()
    assert bridged(with_breaks_elsewhere(shape))[21:26, 58:63].any()


@pytest.mark.parametrize(("least_area", "divides"), [(15, True), (16, False)])
def test_slivers_are_not_divided_off(least_area, divides):
    paper = np.ones((20, 30), np.uint8)
    cv2.rectangle(paper, (10, 5), (15, 9), 0)
    cv2.rectangle(paper, (11, 6), (15, 8), 1, cv2.FILLED)  # 5 by 3 px, open to the right
    paper[[5, 9], 16] = 0
    bridge = _Bridges(np.array([[16, 5]]), np.array([[16, 9]]))
    assert _divide(bridge, paper, least_area).tolist() == [divides]


def test_ends_that_pass_each_other_are_no_break():
    passing = page([[0, 40], [60, 40]], [[139, 46], [62, 46]], width=1)
    assert not bridged(passing).any()


def test_ends_that_would_meet_at_a_corner_are_no_break():
    corner = page([[60, 0], [60, 40]], [[139, 44], [64, 44]], width=1)
    assert not bridged(corner).any()


def test_two_breaks_of_one_outline_are_both_led_on():
    ring = page([[30, 40], [110, 40], [110, 46], [30, 46], [30, 40]])
    found = bridged(broken(ring, (50, 40), (90, 46)))
    assert found[38:43, 46:55].any()
    assert found[44:49, 86:95].any()


def test_lines_that_leave_the_frame_do_not_end_there():
    leaving = page([[0, 30], [60, 30], [60, 89]], [[80, 60], [139, 60]], width=1)
    assert _Outlines.of((leaving > 0).view(np.uint8)).ends(GAP_PX).tip.tolist() == [[80, 60]]


def test_a_bridge_is_shown_as_the_gap_that_it_closed():
    found = closed_gaps(find_regions(broken(strip(), (70, 40)), FlatSettings()))
    (gap,) = found
    assert abs(gap.x - 70) <= 2
    assert abs(gap.y - 40) <= 2
    assert abs(gap.width_px - 5) <= 2
    assert gap.is_neck  # no ball fits into the strip, so that it may be no gap


def scribble(seed):
    """Strokes with breaks, across and beside each other."""
    random = np.random.default_rng(seed)
    ink = np.zeros((160, 200), np.uint8)
    for _ in range(12):
        points = random.integers(-10, 210, (4, 2))
        cv2.polylines(ink, [points], False, 255, int(random.integers(2, 4)))
    places = np.argwhere(ink > 0)[:, ::-1]
    holes = random.choice(places, 40)
    return broken(ink, *(tuple(map(int, one)) for one in holes), size=int(random.integers(3, 9)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("gap_px", [0.5, 2.0, 6.0, 40.0])
def test_every_drawing_has_the_same_bridges_again_and_they_lie_on_paper(seed, gap_px):
    ink = scribble(seed)
    found = bridged(ink, gap_px)
    assert np.array_equal(found, bridged(ink, gap_px))
    assert not ink[found].any()


@pytest.mark.parametrize("seed", range(6))
def test_no_paper_is_lost_under_bridges(seed):
    ink = scribble(seed)
    assert bridged(ink).any()
    regions = find_regions(ink, FlatSettings(speck_px=0))
    assert np.array_equal(regions.paper, ink == 0)
    on_paper = np.bincount(regions.label[ink == 0], minlength=regions.count)
    assert np.array_equal(on_paper, regions.area_px)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 3), (6, 5), (2, 90)])
@pytest.mark.parametrize("seed", range(3))
def test_small_drawings_have_hardly_a_line(shape, seed):
    ink = (np.random.default_rng(seed).random(shape) < 0.5).astype(np.uint8) * 255
    assert bridged(ink).shape == shape
    assert not bridged(np.zeros(shape, np.uint8)).any()
    assert not bridged(np.full(shape, 255, np.uint8)).any()
