from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage.feature import canny

from celtint.training.data.line_art import (
    boundary_lines,
    canny_lines,
    luma,
    true_ink,
    xdog_lines,
)
from celtint.training.data.recolour import colours_of, finished_frame
from celtint.training.data.shots import Drawing, Shot

MakeShot = Callable[..., Shot]


@pytest.fixture
def frame(make_shot: MakeShot) -> np.ndarray:
    shot = make_shot(1)
    return finished_frame(shot.drawings[0], colours_of(shot.info))


def test_canny_edges_are_those_of_scikit_image(frame: np.ndarray) -> None:
    """Which the paper's baseline ran with, at sigma 1 and its default thresholds."""
    ours = canny_lines(frame) > 0
    theirs = canny(luma(frame).astype(np.float64) / 255, sigma=1.0)
    assert theirs.sum() > 200
    near = np.ones((3, 3), np.uint8)
    # Ties between two neighbours are broken in different ways: one pixel is allowed.
    assert (ours & (cv2.dilate(theirs.astype(np.uint8), near) > 0)).sum() >= 0.99 * ours.sum()
    assert (theirs & (cv2.dilate(ours.astype(np.uint8), near) > 0)).sum() >= 0.99 * theirs.sum()


def test_canny_thresholds_are_gradients_of_luma() -> None:
    """Of the Sobel operator after a blur of sigma 1, here computed along one row."""
    frame = np.zeros((40, 40, 3), np.uint8)
    frame[:, 20:] = 60
    grey = luma(frame)[20].astype(float) / 255
    taps = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    blurred = np.convolve(grey, taps / taps.sum(), mode="same")
    strongest = 4 * max(blurred[n + 1] - blurred[n - 1] for n in range(10, 30))
    assert canny_lines(frame, low=0.1, high=0.98 * strongest).any()
    assert not canny_lines(frame, low=0.1, high=1.02 * strongest).any()


def test_a_slanted_edge_is_as_strong_as_an_upright_one() -> None:
    rows, columns = np.indices((60, 60))
    upright, slanted = (
        np.where(side > 0, 60, 0).astype(np.uint8)[..., None].repeat(3, axis=2)
        for side in (columns - 30, rows + columns - 60)
    )
    gradients = np.linspace(0.1, 2, 200)
    strongest = [
        max(g for g in gradients if canny_lines(frame, low=0.05, high=g)[20:40, 20:40].any())
        for frame in (upright, slanted)
    ]
    assert strongest[1] == pytest.approx(strongest[0], rel=0.15)


@pytest.mark.parametrize("lines", [canny_lines, xdog_lines])
def test_lines_of_a_frame_are_binary_and_on_its_ink(
    lines: Callable[[np.ndarray], np.ndarray], frame: np.ndarray, make_shot: MakeShot
) -> None:
    ink = make_shot(1).drawings[0].ink
    assert ink is not None
    found = lines(frame)
    assert set(np.unique(found).tolist()) == {0, 255}
    near_ink = cv2.dilate((ink > 20).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    covered = cv2.dilate(found, np.ones((5, 5), np.uint8)) > 0
    assert covered[ink > 200].mean() > 0.9
    # The rest is the edges of shade, which the frame shows too.
    assert near_ink[found > 0].mean() > 0.6


def test_xdog_leaves_large_dark_paint_paper() -> None:
    frame = np.full((60, 60, 3), 240, np.uint8)
    frame[15:45, 15:45] = 30
    assert xdog_lines(frame)[25:35, 25:35].max() == 0
    assert not xdog_lines(np.full((20, 20, 3), 8, np.uint8)).any()


def test_boundaries_lie_where_identities_meet(make_shot: MakeShot) -> None:
    drawing = make_shot(1).drawings[0]
    assert drawing.regions is not None
    lines = boundary_lines(drawing.regions)
    regions = drawing.regions.astype(np.int32)
    meets = np.zeros_like(lines, bool)
    meets[:, :-1] |= regions[:, :-1] != regions[:, 1:]
    assert (lines[meets] == 255).all()
    assert lines[0, 0] == 0
    wide = boundary_lines(drawing.regions, width_px=4)
    assert (wide >= lines).all()
    assert wide.sum() > 1.5 * lines.sum()
    assert boundary_lines(drawing.regions, drawing.shade).sum() > lines.sum()
    assert not boundary_lines(np.ones((9, 9), np.uint16)).any()


def test_trace_lines_are_as_dark_as_their_colour(make_shot: MakeShot) -> None:
    drawing = make_shot(1).drawings[0]
    assert drawing.ink is not None
    assert drawing.trace is not None
    on_trace = (drawing.trace == 255) & (drawing.ink == 0)
    # Rec. 601: 0.299 * 200 + 0.587 * 30 + 0.114 * 30 = 80.8
    np.testing.assert_array_equal(true_ink(drawing, (200, 30, 30))[on_trace], 255 - 81)
    np.testing.assert_array_equal(true_ink(drawing, None), drawing.ink)
    with pytest.raises(ValueError, match="no ink"):
        true_ink(Drawing(), None)


@pytest.mark.parametrize("factor", [0.7, 1.0])
def test_canny_does_not_tell_how_strong_an_edge_is(factor: float) -> None:
    frame = np.full((40, 40, 3), 250, np.uint8)
    frame[:, 20:] = round(250 * (1 - 0.5 * factor))
    reference = np.full((40, 40, 3), 250, np.uint8)
    reference[:, 20:] = 0
    np.testing.assert_array_equal(canny_lines(frame), canny_lines(reference))
