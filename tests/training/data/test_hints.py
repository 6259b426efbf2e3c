from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celtint.training.data.hints import (
    Hint,
    dabs_on_colour,
    dabs_on_regions,
    no_hint,
    patches,
)
from celtint.training.data.recolour import colours_of, finished_frame, flat_paint
from celtint.training.data.shots import Shot

MakeShot = Callable[..., Shot]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def cells_shown(hint: Hint) -> np.ndarray:
    """Which cells of the 4x4 grid are shown; none may be shown in part."""
    rows, columns = (side // 4 for side in hint.mask.shape)
    cells = hint.mask[: rows * 4, : columns * 4].reshape(rows, 4, columns, 4).swapaxes(1, 2)
    shown = cells.reshape(rows, columns, 16)
    assert (shown.min(axis=2) == shown.max(axis=2)).all()
    assert hint.mask.sum() == shown.astype(int).sum()
    return shown[..., 0] > 0


@pytest.mark.parametrize(
    ("size", "count"), [((256, 256), 41), ((128, 128), 10), ((131, 130), 10), ((9, 50), 0)]
)
def test_one_percent_of_the_cells_is_shown(size: tuple[int, int], count: int) -> None:
    """Rounded: of 4096 cells 41, of 1024 ten; the rim that holds no whole cell has none."""
    frame = rng().integers(0, 256, (*size, 3), np.uint8)
    assert cells_shown(patches(frame, rng())).sum() == count


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    share=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_a_patch_is_the_mean_of_its_place_on_black(
    height: int, width: int, share: float, seed: int
) -> None:
    frame = rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    hint = patches(frame, rng(seed), share=share)
    shown = cells_shown(hint)
    assert shown.sum() == int(np.floor(share * shown.size + 0.5))
    for row, column in zip(*np.nonzero(shown), strict=True):
        place = np.s_[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        mean = frame[place].reshape(16, 3).mean(axis=0)
        assert (hint.colour[place] == hint.colour[4 * row, 4 * column]).all()
        assert np.abs(hint.colour[4 * row, 4 * column] - mean).max() <= 0.5
    assert (hint.colour[hint.mask == 0] == 0).all()


def test_every_cell_is_equally_likely() -> None:
    frame = np.full((40, 40, 3), 9, np.uint8)
    counts = np.zeros((10, 10))
    for seed in range(2000):
        counts += cells_shown(patches(frame, rng(seed), share=0.05))
    # 100 each; a deviation of 5 sigma (49) would be a fault.
    assert np.abs(counts - 100).max() < 49


def test_clean_patches_show_colours_that_the_frame_has(make_shot: MakeShot) -> None:
    shot = make_shot(2)
    frame = finished_frame(shot.drawings[0], colours_of(shot.info))
    there = {tuple(pixel) for pixel in frame.reshape(-1, 3).tolist()}
    clean = patches(frame, rng(), share=0.3, only_one_colour=True)
    assert cells_shown(clean).sum() == round(0.3 * 18 * 24)
    assert {tuple(p) for p in clean.colour[clean.mask > 0].tolist()} <= there
    np.testing.assert_array_equal(clean.colour[clean.mask > 0], frame[clean.mask > 0])
    mixed = patches(frame, rng(), share=0.3)
    assert not {tuple(p) for p in mixed.colour[mixed.mask > 0].tolist()} <= there


def test_a_black_hint_is_told_by_its_mask() -> None:
    hint = patches(np.zeros((40, 40, 3), np.uint8), rng(), share=0.1)
    assert not hint.colour.any()
    assert hint.mask.any()


def test_dabs_have_the_exact_paint_and_lie_within_their_region(make_shot: MakeShot) -> None:
    shot = make_shot(2)
    drawing = shot.drawings[0]
    assert drawing.regions is not None
    assert drawing.ink is not None
    paint = flat_paint(drawing.regions, drawing.shade, colours_of(shot.info))
    hint = dabs_on_regions(paint, drawing.ink, drawing.regions, rng())
    on = hint.mask > 0
    np.testing.assert_array_equal(hint.colour[on], paint[on])
    assert not hint.colour[~on].any()
    dabbed = {tuple(row) for row in np.column_stack([drawing.regions[on], paint[on]]).tolist()}
    paper = (drawing.ink < 64) & (drawing.regions > 0)
    pairs = np.column_stack([drawing.regions[paper], paint[paper]])
    assert dabbed == {tuple(row) for row in pairs.tolist()}


def test_dabs_are_few_blobs_of_three_to_nine_pixels() -> None:
    paint = np.full((200, 200, 3), 77, np.uint8)
    regions = np.ones((200, 200), np.uint16)
    widths = set()
    for seed in range(60):
        hint = dabs_on_regions(paint, np.zeros((200, 200), np.uint8), regions, rng(seed))
        count, _, stats, _ = cv2.connectedComponentsWithStats(hint.mask)
        assert count == 2
        left, top, width, height, _ = stats[1]
        if 0 < left < 200 - width and 0 < top < 200 - height:
            assert width == height
            widths.add(int(width))
    assert min(widths) == 3
    assert max(widths) == 9


def test_a_share_of_the_regions_is_dabbed(make_shot: MakeShot) -> None:
    drawing = make_shot(2).drawings[0]
    assert drawing.regions is not None
    assert drawing.ink is not None
    paint = flat_paint(drawing.regions, None, colours_of(make_shot(2).info))
    counts = [
        len(np.unique(drawing.regions[dabs.mask > 0]))
        for seed in range(80)
        for dabs in [dabs_on_regions(paint, drawing.ink, drawing.regions, rng(seed), share=0.5)]
    ]
    assert np.mean(counts) == pytest.approx(2, abs=0.15)
    none = dabs_on_regions(paint, drawing.ink, drawing.regions, rng(), share=0)
    assert not none.mask.any()


def test_no_dab_falls_on_what_is_no_region_or_all_ink() -> None:
    paint = np.full((30, 30, 3), 50, np.uint8)
    none = np.zeros((30, 30), np.uint16)
    paper = np.zeros((30, 30), np.uint8)
    assert not dabs_on_regions(paint, paper, none, rng()).mask.any()
    assert not dabs_on_regions(paint, paper + 255, none + 1, rng()).mask.any()


def test_dabs_on_video_lie_where_it_is_of_one_colour(make_film: MakeShot) -> None:
    frame = make_film(3).drawings[0].colour
    assert frame is not None
    noisy = (frame.astype(int) + rng().integers(-3, 4, frame.shape)).clip(0, 255).astype(np.uint8)
    hint = dabs_on_colour(noisy, rng(), count=6)
    on = hint.mask > 0
    assert 5 <= cv2.connectedComponents(hint.mask)[0] - 1 <= 6
    assert np.abs(hint.colour[on].astype(int) - frame[on]).max() <= 6
    texture = rng().integers(0, 256, (40, 40, 3), np.uint8)
    assert not dabs_on_colour(texture, rng(), count=6).mask.any()


def test_shares_outside_nought_to_one_are_refused() -> None:
    frame = np.zeros((8, 8, 3), np.uint8)
    grey = np.zeros((8, 8), np.uint8)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        patches(frame, rng(), share=1.5)
    with pytest.raises(ValueError, match=r"share is -1"):
        dabs_on_regions(frame, grey, grey.astype(np.uint16), rng(), share=-1)


def test_no_hint_is_black_and_masked_out() -> None:
    hint = no_hint(3, 5)
    assert hint.colour.shape == (3, 5, 3)
    assert not hint.colour.any()
    assert not hint.mask.any()
