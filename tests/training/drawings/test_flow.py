from __future__ import annotations

import numpy as np

from celtint.training.data.shots import FLOW_STEPS_PX
from celtint.training.drawings.acting import Curve, Event, constant
from celtint.training.drawings.cast import Actor, Motion, Part, outline_of
from celtint.training.drawings.flow import flow_between, seen_again
from celtint.training.drawings.raster import Easel
from celtint.training.drawings.warps import Affine

SIDE = 96
STEP = 1 / FLOW_STEPS_PX


def ramp(start, end):
    return Curve((0.0, 1.0), (start, end))


def square(region, motion, *, half=0.3, events=()):
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]], np.float32)
    part = Part(outline_of(0, (4,), (True,), is_even_odd=False), region=region)
    return Actor("", corners, (part,), motion, tuple(events))


WALL = square(1, Motion(constant(0.5), constant(0.5), constant(1.0)), half=2.0)


def between(*actors, side=SIDE):
    easel = Easel(side, side, actors)
    camera = Affine(a=side, d=side)
    poses = [[a.posed(frame, camera) for a in actors] for frame in (0, 1)]
    moments = [easel.draw(pose) for pose in poses]
    flow = flow_between(easel, moments[0], *poses)
    return moments, poses, flow, seen_again(*moments, flow)


def test_a_shift_moves_every_pixel_alike_and_the_wall_stays():
    mover = square(2, Motion(ramp(0.4, 0.5), ramp(0.5, 0.45), constant(1.0)))
    (now, _), _, flow, _ = between(WALL, mover)
    inside = now.regions == 2
    assert inside.sum() > 2000
    np.testing.assert_allclose(
        flow[inside], np.broadcast_to([9.6, -4.8], (inside.sum(), 2)), atol=STEP
    )
    np.testing.assert_allclose(flow[~inside], 0.0, atol=1e-4)


def test_a_turn_about_the_centre_agrees_with_trigonometry():
    mover = square(2, Motion(constant(0.5), constant(0.5), constant(1.0), degrees=ramp(0.0, 30.0)))
    (now, _), _, flow, _ = between(WALL, mover)
    y, x = np.nonzero(now.regions == 2)
    dx, dy = x + 0.5 - SIDE / 2, y + 0.5 - SIDE / 2
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    expected = np.stack([c * dx - s * dy - dx, s * dx + c * dy - dy], axis=1)
    np.testing.assert_allclose(flow[y, x], expected, atol=STEP)


def test_the_grid_is_as_exact_as_flow_is_stored():
    bent = Motion(
        constant(0.5),
        constant(0.5),
        constant(1.2),
        twists=(((0.0, 0.0), 0.25, ramp(0.0, 0.35)),),
        waves=((0, ramp(0.0, 0.03), 4.0, 1.0),),
    )
    mover = square(2, bent, half=0.4)
    (now, _), poses, flow, _ = between(WALL, mover, side=512)
    y, x = np.nonzero(now.regions == 2)
    pixels = np.stack([x + 0.5, y + 0.5], axis=1).astype(np.float32)
    exact = poses[1][1].warp.forward(poses[0][1].warp.inverse(pixels)) - pixels
    assert np.abs(exact).max() > 20
    assert np.abs(flow[y, x] - exact).max() < 1.5 * STEP  # half of it is rounding


def test_a_part_that_moves_within_its_actor_has_its_own_flow():
    local = Event(1, 2, moved=frozenset({0}), local=Affine(e=0.1))
    still = Motion(constant(0.5), constant(0.5), constant(1.0))
    (now, _), _, flow, _ = between(WALL, square(2, still, half=0.2, events=(local,)))
    np.testing.assert_allclose(flow[now.regions == 2][:, 0], 9.6, atol=STEP)


def test_what_is_covered_or_leaves_the_picture_is_not_seen_again():
    leaving = square(2, Motion(ramp(0.9, 1.2), constant(0.5), constant(1.0)), half=0.1)
    (now, later), _, _, seen = between(WALL, leaving)
    assert not seen[now.regions == 2].any()
    covered = (now.regions == 1) & (later.regions == 2)
    assert not seen[covered].any()
    assert seen[(now.regions == 1) & (later.regions == 1)].all()


def test_following_the_flow_leads_to_the_same_region():
    mover = square(2, Motion(ramp(0.3, 0.6), constant(0.5), constant(1.0), degrees=ramp(0, 40)))
    (now, later), _, flow, seen = between(WALL, mover)
    y, x = np.nonzero(seen & (now.regions == 2))
    assert len(y) > 0.95 * (now.regions == 2).sum()
    to_x = np.floor(x + 0.5 + flow[y, x, 0]).astype(int)
    to_y = np.floor(y + 0.5 + flow[y, x, 1]).astype(int)
    assert (later.regions[to_y, to_x] == 2).all()
