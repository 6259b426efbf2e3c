from __future__ import annotations

import numpy as np
import pytest

from celtint.training.drawings.acting import Event, constant
from celtint.training.drawings.cast import Actor, Motion, Part, Shade, outline_of
from celtint.training.drawings.raster import Easel
from celtint.training.drawings.warps import Affine

SIDE = 64
CAMERA = Affine(a=SIDE, d=SIDE)
STILL = Motion(constant(0.0), constant(0.0), constant(1.0))


def box(x0, y0, x1, y1):
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def actor(*parts, motion=STILL, events=(), **settings):
    """Boxes, in heights of the picture, each with what is said of its part."""
    points, made = [], []
    for corners, settings_of_part in parts:
        said = dict(settings_of_part)
        start = sum(map(len, points))
        points.append(corners)
        outline = outline_of(start, (4,), (True,), is_even_odd=False)
        if "shade" in said:
            shift, region = said["shade"]
            shifted = outline_of(start + 4, (4,), (True,), is_even_odd=False)
            points.append(corners + np.array(shift, np.float32))
            said["shade"] = Shade(shifted, region)
        made.append(Part(outline, **said))
    return Actor("", np.concatenate(points), tuple(made), motion, tuple(events), **settings)


def drawn(*actors, frame=0):
    easel = Easel(SIDE, SIDE, actors)
    return easel.draw([a.posed(frame, CAMERA) for a in actors])


WALL = (box(-1, -1, 2, 2), {"region": 1})


def test_a_fill_covers_exactly_the_pixels_inside_it():
    moment = drawn(actor(WALL, (box(0.25, 0.5, 0.75, 0.75), {"region": 2})))
    expected = np.ones((SIDE, SIDE), np.uint16)
    expected[32:48, 16:48] = 2
    np.testing.assert_array_equal(moment.regions, expected)
    assert not moment.ink.any()


def test_lines_behind_a_fill_are_hidden_and_those_in_front_are_seen():
    lined = {"region": 2, "line_width": 4 / SIDE}
    behind = actor(WALL, (box(0.25, 0.25, 0.75, 0.75), lined))
    in_front = actor((box(0.5, 0.0, 1.0, 1.0), {"region": 3}))
    both = drawn(behind, in_front)
    assert both.ink[:, 33:].max() == 0
    assert both.ink[32, 16] == 255
    assert drawn(in_front, behind).ink[32, 48] == 255


def test_paint_under_a_line_is_that_of_the_nearest_paper():
    moment = drawn(
        actor(WALL, (box(0.25, 0.25, 0.75, 0.75), {"region": 2, "line_width": 8 / SIDE}))
    )
    assert moment.is_line[32, 12:20].all()
    np.testing.assert_array_equal(moment.regions[32, 12:20], [1, 1, 1, 1, 2, 2, 2, 2])


def test_a_solid_black_is_ink_and_hides_what_is_behind():
    black = (box(0.4, 0.4, 0.6, 0.6), {"is_black": True})
    moment = drawn(actor(WALL, (box(0.25, 0.25, 0.75, 0.75), {"region": 2}), black))
    assert moment.ink[32, 32] == 255
    assert moment.regions[32, 32] == 2


def test_an_untraced_shade_is_marked_and_keeps_its_region():
    part = (box(0.25, 0.25, 0.75, 0.75), {"region": 2, "shade": ((-0.125, 0.0), 0)})
    moment = drawn(actor(WALL, part))
    assert set(np.unique(moment.shade)) == {0, 255}
    np.testing.assert_array_equal(np.flatnonzero(moment.shade[32]), np.arange(40, 48))
    assert (moment.regions[32, 16:48] == 2).all()
    assert not moment.trace.any()


def test_a_traced_shade_is_a_region_of_its_own_behind_a_trace_line():
    part = (box(0.25, 0.25, 0.75, 0.75), {"region": 2, "shade": ((-0.125, 0.0), 3)})
    moment = drawn(actor(WALL, part))
    assert not moment.shade.any()
    assert (moment.regions[32, 41:48] == 3).all()
    assert (moment.regions[32, 16:39] == 2).all()
    assert moment.trace[32, 39:41].max() >= 128
    assert moment.trace[32, :15].max() == 0  # clipped to the fill


def test_a_fill_without_a_line_gets_the_contour_that_was_chosen():
    corners = box(0.25, 0.25, 0.75, 0.75)
    inked = drawn(actor(WALL, (corners, {"region": 2, "contour": "ink"}), contour_width=3 / SIDE))
    traced = drawn(actor(WALL, (corners, {"region": 2, "contour": "trace"})))
    assert inked.ink[32, 16] == 255
    assert not inked.trace.any()
    assert traced.trace[32, 15:17].max() >= 128
    assert not traced.ink.any()


def test_a_gap_breaks_the_line_and_leaves_the_regions():
    lined = (box(0.25, 0.25, 0.75, 0.75), {"region": 2, "line_width": 3 / SIDE})
    whole = drawn(actor(WALL, lined))
    broken = drawn(actor(WALL, lined, gaps=((4, 3.0),)))  # the box's first corner
    assert whole.ink[16, 16] == 255
    assert broken.ink[16, 16] == 0
    assert broken.ink[32, 16] == 255
    np.testing.assert_array_equal(broken.regions[20:44, 20:44], whole.regions[20:44, 20:44])


def test_parts_hide_show_and_move_during_events_only():
    eye = (box(0.4, 0.4, 0.6, 0.6), {"region": 2})
    lid = (box(0.4, 0.45, 0.6, 0.5), {"region": 3, "is_extra": True})
    shift = Event(8, 9, moved=frozenset({1}), local=Affine(e=0.25))
    blink = Event(2, 4, shown=frozenset({2}), hidden=frozenset({1}))
    face = actor(WALL, eye, lid, events=(blink, shift))
    seen = {f: set(np.unique(drawn(face, frame=f).regions)) for f in (0, 2, 3, 4)}
    assert seen == {0: {1, 2}, 2: {1, 3}, 3: {1, 3}, 4: {1, 2}}
    assert drawn(face, frame=8).regions[32, 50] == 2


def test_a_pose_is_held_as_long_as_its_actor_is():
    moving = Motion(constant(0.0), constant(0.0), constant(1.0), hold=3)
    blink = Event(1, 3, hidden=frozenset({1}))
    face = actor(WALL, (box(0.4, 0.4, 0.6, 0.6), {"region": 2}), motion=moving, events=(blink,))
    # On threes frames 1 and 2 show the pose of frame 0, which came before the blink.
    assert {int(drawn(face, frame=f).regions[32, 32]) for f in range(6)} == {2}


@pytest.mark.parametrize("is_even_odd", [False, True])
def test_the_fill_rule_is_kept(is_even_odd):
    points = np.concatenate([box(0.2, 0.2, 0.8, 0.8), box(0.4, 0.4, 0.6, 0.6)])
    outline = outline_of(0, (4, 4), (True, True), is_even_odd=is_even_odd)
    hole = Actor("", points, (Part(outline, region=2),), STILL)
    moment = drawn(actor(WALL), hole)
    assert moment.regions[32, 32] == (1 if is_even_odd else 2)
