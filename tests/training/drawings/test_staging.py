from __future__ import annotations

import numpy as np
import pytest

from celtint.training.drawings import backdrop
from celtint.training.drawings.acting import constant, eased
from celtint.training.drawings.cast import Motion
from celtint.training.drawings.casting import cast_layer
from celtint.training.drawings.library import find_drawings
from celtint.training.drawings.paintbox import Paintbox
from celtint.training.drawings.raster import Easel
from celtint.training.drawings.staging import Camera, stage_shot
from celtint.training.drawings.warps import Affine

ASPECT = 16 / 9
MIDDLE = np.array([[ASPECT / 2, 0.5]], np.float32)


def camera(**curves):
    still = {"x": constant(0), "y": constant(0), "zoom": constant(1), "degrees": constant(0)}
    return Camera(**(still | curves), shake=())


def test_a_still_camera_shows_the_picture_as_it_is():
    view = camera().at(0, 1.0, ASPECT, 720)
    np.testing.assert_allclose(view.forward(MIDDLE), [[640, 360]], atol=1e-3)
    np.testing.assert_allclose(view.forward(np.zeros((1, 2), np.float32)), [[0, 0]], atol=1e-3)


def test_what_is_behind_pans_less():
    pan = camera(x=eased(0.0, 0.5, 0, 10))
    near, far = (pan.at(10, depth, ASPECT, 720).forward(MIDDLE)[0] for depth in (1.0, 0.25))
    np.testing.assert_allclose(near, [640 - 360, 360], atol=1e-2)
    np.testing.assert_allclose(far, [640 - 90, 360], atol=1e-2)


def test_a_zoom_keeps_the_middle():
    zoomed = camera(zoom=constant(2.0)).at(0, 1.0, ASPECT, 720)
    np.testing.assert_allclose(zoomed.forward(MIDDLE), [[640, 360]], atol=1e-3)
    assert zoomed.scale == pytest.approx(1440)


@pytest.mark.parametrize("make", [backdrop.bare, backdrop.land, backdrop.room, backdrop.street])
def test_every_set_covers_the_picture_wherever_the_camera_looks(make):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        paintbox = Paintbox(rng)
        still = Motion(constant(0), constant(0), constant(1))
        actors = [cast_layer(shapes, still, paintbox, rng) for shapes in make(rng)]
        for x in (-1.2, 0.0, 1.2):
            view = Affine(a=40.0, d=40.0, e=40 * x)
            moment = Easel(96, 54, actors).draw([a.posed(0, view) for a in actors])
            assert moment.regions.min() > 0


def test_stages_differ_and_move(heads):
    entries = find_drawings([heads], "train")
    stages = [stage_shot(entries, 8, ASPECT, np.random.default_rng(s)) for s in range(25)]
    paths = [a.motion.x for stage in stages for a in stage.actors if a.events]
    travelled = [abs(x.at(24) - x.at(0)) for x in paths]
    assert sum(t > 0.4 for t in travelled) >= 3  # enters, leaves or crosses
    assert sum(t < 0.1 for t in travelled) >= 3  # stays
    assert any(a.motion.stretch.at(0) != a.motion.stretch.at(24) for s in stages for a in s.actors)
    assert {len(stage.holds) // 8 for stage in stages} == {1, 2, 3}
    assert len({stage.trace_rgb for stage in stages}) > 1
