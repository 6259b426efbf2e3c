from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from skimage.color import rgb2lab

from celtint.training.data import recolour
from celtint.training.data.recolour import (
    ColourTable,
    colours_of,
    finished_frame,
    flat_paint,
    inked,
    new_colours,
)
from celtint.training.data.shots import Drawing, Shot
from celtint.training.errors import DataError

MakeShot = Callable[..., Shot]


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def lab(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rgb2lab(rows[None] / 255)[0])


def test_paint_is_exact_in_light_and_in_shade(make_shot: MakeShot) -> None:
    shot = make_shot(1)
    drawing = shot.drawings[0]
    assert drawing.regions is not None
    assert drawing.shade is not None
    assert shot.info.regions is not None
    paint = flat_paint(drawing.regions, drawing.shade, colours_of(shot.info))
    for identity, colour in shot.info.regions.items():
        for is_shaded, expected in ((False, colour.base), (True, colour.shade)):
            place = (drawing.regions == identity) & ((drawing.shade > 0) == is_shaded)
            assert {tuple(pixel) for pixel in paint[place].tolist()} <= {expected}
    flat = flat_paint(drawing.regions, None, colours_of(shot.info))
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) == 3


def test_what_no_region_covers_is_white(make_shot: MakeShot) -> None:
    table = colours_of(make_shot(1).info)
    assert flat_paint(np.zeros((2, 2), np.uint16), None, table).min() == 255
    for seed in range(20):
        assert new_colours(table, rng(seed)).base[0].tolist() == [255, 255, 255]


def test_the_truth_is_paint_with_black_ink_over_it(make_shot: MakeShot) -> None:
    shot = make_shot(1)
    drawing = shot.drawings[0]
    assert drawing.regions is not None
    assert drawing.ink is not None
    table = colours_of(shot.info)
    truth = finished_frame(drawing, table)
    paint = flat_paint(drawing.regions, drawing.shade, table)
    expected = paint * (1 - drawing.ink[..., None] / 255.0)
    assert np.abs(truth - expected).max() <= 0.51
    np.testing.assert_array_equal(truth[drawing.ink == 0], paint[drawing.ink == 0])
    assert truth[drawing.ink == 255].max() == 0
    assert (inked(paint, drawing.ink * 0) == paint).all()


def test_a_colour_frame_is_its_own_truth(make_film: MakeShot) -> None:
    shot = make_film(0)
    colour = shot.drawings[0].colour
    assert colour is not None
    np.testing.assert_array_equal(finished_frame(shot.drawings[0], None), colour)
    with pytest.raises(DataError, match="colour frames alone"):
        colours_of(shot.info)
    with pytest.raises(ValueError, match="table of colours"):
        finished_frame(Drawing(), None)


@pytest.fixture(params=range(len(recolour.KIND_SHARES)))
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    shares = np.eye(len(recolour.KIND_SHARES))[request.param]
    monkeypatch.setattr(recolour, "KIND_SHARES", tuple(shares))
    return int(request.param)


def many_colours() -> ColourTable:
    """Forty groups of two regions: shade darker, equal for every fourth."""
    colours = rng(5)
    base = colours.integers(30, 256, (41, 3)).astype(np.uint8)
    shade = (base * colours.uniform(0.5, 0.9, (41, 1))).astype(np.uint8)
    shade[::4] = base[::4]
    base[0] = shade[0] = 255
    rows = np.concatenate([[0], np.repeat(np.arange(1, 41), 2)])
    return ColourTable(base[rows], shade[rows], rows)


def test_groups_stay_alike_and_shade_stands_to_light_as_it_did(kind: int) -> None:
    table = many_colours()
    for seed in range(5):
        new = new_colours(table, rng(seed))
        np.testing.assert_array_equal(new.base[1::2], new.base[2::2])
        np.testing.assert_array_equal(new.shade[1::2], new.shade[2::2])
        was_same = (table.base == table.shade).all(axis=1)
        assert (new.base[was_same] == new.shade[was_same]).all()
        light, dark = lab(new.base[~was_same])[:, 0], lab(new.shade[~was_same])[:, 0]
        old = lab(table.shade[~was_same])[:, 0] / lab(table.base[~was_same])[:, 0]
        bright = light > 25  # what is nearly black has no room below
        assert (dark[bright] < light[bright]).all()
        assert np.median(np.abs(dark / light - old)[bright]) < 0.05


def test_colours_change_unless_they_are_kept(kind: int) -> None:
    table = many_colours()
    new = new_colours(table, rng(1))
    changed = (new.base != table.base).any(axis=1)[1:].mean()
    assert changed == 0 if kind == recolour.KEEP else changed > 0.9
    if kind == recolour.SHUFFLE:
        old = {tuple(row) for row in table.base.tolist()}
        # There and back through CIELAB: one step of rounding.
        near = [any(max(abs(np.subtract(row, o))) <= 1 for o in old) for row in new.base.tolist()]
        assert all(near)


def test_the_same_seed_gives_the_same_colours_and_all_kinds_come(make_shot: MakeShot) -> None:
    table = colours_of(make_shot(1).info)
    palettes = [new_colours(table, rng(seed)).base.tobytes() for seed in range(40)]
    assert palettes == [new_colours(table, rng(seed)).base.tobytes() for seed in range(40)]
    kept = sum(palette == table.base.tobytes() for palette in palettes)
    assert 1 <= kept <= 15
    assert len(set(palettes)) > 20
