from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from celtint.training.drawings.acting import constant
from celtint.training.drawings.anatomy import anatomy_of
from celtint.training.drawings.cast import Motion
from celtint.training.drawings.casting import DENSE, cast_drawing
from celtint.training.drawings.library import find_drawings
from celtint.training.drawings.paintbox import Paintbox
from celtint.training.drawings.raster import Easel
from celtint.training.drawings.warps import Affine

LENGTH = 48.0
MOTION = Motion(constant(0.5), constant(0.5), constant(0.9))
CAMERA = Affine(a=160, d=160)


@pytest.fixture(scope="module")
def anatomy(heads):
    return anatomy_of(find_drawings([heads], "train")[0])


@pytest.fixture(scope="module")
def single(heads):
    """The same head in one pose."""
    entry = find_drawings([heads], "train")[0]
    return anatomy_of(replace(entry, files=entry.files[:1]))


def cast(anatomy, seed, *, acts=True, is_flat=False):
    rng = np.random.default_rng(seed)
    paintbox = Paintbox(rng)
    actor = cast_drawing(
        anatomy,
        source="head",
        motion=MOTION,
        length=LENGTH,
        paintbox=paintbox,
        rng=rng,
        acts=acts,
        is_flat=is_flat,
    )
    return actor, paintbox.colours


def test_other_poses_swap_shapes_and_keep_the_rest(anatomy):
    actor, _ = cast(anatomy, 1)
    base, other = anatomy.poses
    assert actor.events
    easel = Easel(160, 160, [actor])
    swap = actor.events[0]
    assert len(swap.shown) == len(other - base)
    assert len(swap.hidden) == len(base - other)
    before = easel.draw([actor.posed(swap.first - 1, CAMERA)]).regions
    during = easel.draw([actor.posed(swap.first, CAMERA)]).regions
    new = {actor.parts[k].region for k in swap.shown} - {0}
    assert new <= set(np.unique(during))
    assert not new & set(np.unique(before))
    assert actor.parts[0].region in np.unique(before)
    assert actor.parts[0].region in np.unique(during)


def test_what_takes_a_features_place_is_drawn_and_the_feature_is_not(single):
    painted = 0
    for seed in range(12):
        actor, _ = cast(single, seed)
        easel = Easel(160, 160, [actor])
        for event in actor.events:
            gone = {actor.parts[k].region for k in event.hidden}
            regions = easel.draw([actor.posed(event.first, CAMERA)]).regions
            assert not gone & set(np.unique(regions))
            new = {actor.parts[k].region for k in event.shown} - {0}
            assert new <= set(np.unique(regions))
            painted += len(new)
    assert painted > 0


def test_features_grow_shrink_and_move_without_leaving_their_place(single):
    moved = 0
    for seed in range(12):
        actor, _ = cast(single, seed)
        for event in actor.events:
            for number in event.moved:
                outline = actor.parts[number].outline
                own = actor.points[outline.first : outline.last]
                shift = np.abs(event.local.forward(own).mean(axis=0) - own.mean(axis=0)).max()
                assert shift < 0.08
                moved += 1
    assert moved > 0


def test_what_poses_do_not_share_is_not_replaced_twice(anatomy):
    shared = anatomy.poses[0] & anatomy.poses[1]
    assert not any(feature <= shared for feature in anatomy.features)
    for seed in range(6):
        assert all(event.shown and not event.moved for event in cast(anatomy, seed)[0].events)


def test_props_do_not_act(anatomy):
    assert cast(anatomy, 1, acts=False)[0].events == ()


def test_shapes_of_one_colour_share_a_pot_unless_they_leave_it(anatomy):
    # The eyes of a pose are painted alike in the drawing.
    eyes = [k for f in anatomy.features for k in f]
    shared = 0
    for seed in range(10):
        actor, colours = cast(anatomy, seed, acts=False)
        groups = {colours[actor.parts[k].region].group for k in eyes}
        shared += len(groups) == 1
    assert shared >= 6


def test_identities_are_unique_and_shade_has_the_colour_of_shade(anatomy):
    traced = untraced = 0
    for seed in range(20):
        actor, colours = cast(anatomy, seed)
        regions = [r for part in actor.parts for r in part.regions]
        assert len(regions) == len(set(regions))
        assert set(regions) == set(colours)
        for part in actor.parts:
            if part.shade is None:
                continue
            if part.shade.region:
                traced += 1
                assert colours[part.shade.region].base == colours[part.region].shade
            else:
                untraced += 1
    assert traced
    assert untraced


def test_a_drawing_without_ink_is_outlined_everywhere(anatomy):
    actor, _ = cast(anatomy, 2, is_flat=True)
    contours = {part.contour for part in actor.parts if part.region and not part.is_extra}
    assert contours == {"ink"}


def test_lines_vary_in_width_but_dense_ones_are_not_widened(anatomy):
    factors = [cast(anatomy, seed)[0].width_factor for seed in range(30)]
    assert min(factors) >= 0.6
    assert max(factors) <= (1.0 if anatomy.ink_share > DENSE else 2.0)
    assert np.std(factors) > 0.1
