from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from celtint.training.data.line_styles import (
    LineStyle,
    boiled,
    draw_style,
    line_width_px,
    pencilled,
    scanned,
    styled,
    thresholded,
    toned,
    widened,
    with_gaps,
)


@pytest.fixture
def ink() -> np.ndarray:
    """A cross of lines three pixels wide."""
    ink = np.zeros((64, 80), np.uint8)
    ink[30:33] = 255
    ink[:, 40:43] = 255
    return ink


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_width_is_measured(width: int) -> None:
    ink = np.zeros((60, 200), np.uint8)
    ink[20 : 20 + width] = 255
    assert line_width_px(ink) == pytest.approx(width, rel=0.02)
    assert line_width_px(np.zeros_like(ink)) == 0
    assert line_width_px(cv2.circle(ink.copy(), (100, 30), 25, 255, cv2.FILLED)) <= 6


@pytest.mark.parametrize("by_px", [-1.5, -0.5, 0.5, 1.0, 3.0])
def test_lines_widen_by_so_many_pixels_fractions_among_them(by_px: float) -> None:
    ink = np.zeros((60, 200), np.uint8)
    ink[20:25] = 255
    across = widened(ink, by_px)[:, 100].sum() / 255
    assert across == pytest.approx(5 + by_px, abs=0.02)
    np.testing.assert_array_equal(widened(ink, 0.0), ink)


def test_a_thinner_pen_leaves_a_paler_hairline_beside_a_thinner_line() -> None:
    ink = np.zeros((60, 200), np.uint8)
    ink[20:26], ink[40] = 255, 255
    thin = widened(ink, -3.0)
    assert thin[20:26, 100].sum() / 255 == pytest.approx(3, abs=0.02)
    assert thin[40].min() >= 100


def test_gaps_only_take_away_and_as_often_as_asked(ink: np.ndarray) -> None:
    holed = with_gaps(ink, rng(), per_1000_px=20, size_px=3)
    assert (holed <= ink).all()
    assert 0 < (holed < ink).sum() < 0.5 * (ink > 0).sum()
    np.testing.assert_array_equal(with_gaps(ink, rng(), per_1000_px=0, size_px=3), ink)


def test_boil_moves_lines_a_little(ink: np.ndarray) -> None:
    moved = boiled(ink, rng(), amplitude_px=1.5, scale_px=24)
    assert not np.array_equal(moved, ink)
    assert moved.sum() == pytest.approx(ink.sum(), rel=0.1)
    reach = cv2.dilate(ink, np.ones((7, 7), np.uint8))
    assert (moved[reach == 0] == 0).all()


def test_tone_pencil_scan_and_threshold(ink: np.ndarray) -> None:
    assert set(np.unique(toned(ink, 0.5)).tolist()) == {0, 128}
    rough = pencilled(ink, rng(), grain=0.6)
    assert (rough <= ink).all()
    assert (rough[ink > 0] >= 255 * 0.4 - 1).all()
    assert rough[ink > 0].std() > 5
    scan = scanned(ink, rng(), noise=0.02, paper=0.1, blur_px=0.5)
    assert scan[ink == 0].std() > 2
    assert scan[ink == 0].mean() < 255 * 0.25
    assert scan[31, 41] > 200
    assert set(np.unique(thresholded(rough, 0.5)).tolist()) == {0, 255}


def test_the_default_style_leaves_lines_as_they_are(ink: np.ndarray) -> None:
    np.testing.assert_array_equal(styled(ink, LineStyle(), rng(), width_px=3), ink)


@pytest.mark.parametrize(
    "style",
    [
        LineStyle(width=0.5),
        LineStyle(width=2),
        LineStyle(gaps_per_1000_px=30),
        LineStyle(boil_px=1),
        LineStyle(tone=0.4),
        LineStyle(grain=0.5),
        LineStyle(scan_noise=0.02, scan_paper=0.1),
        LineStyle(tone=0.4, grain=0.3, threshold=0.4),
    ],
)
def test_every_trait_shows_and_keeps_paper_apart_from_ink(
    ink: np.ndarray, style: LineStyle
) -> None:
    before = ink.copy()
    ink[10:12, 10:30] = 128
    drawn = styled(ink, style, rng(), width_px=3)
    assert drawn.shape == ink.shape
    assert drawn.dtype == np.uint8
    assert not np.array_equal(drawn, ink)
    assert drawn[before > 0].mean() > drawn[before == 0].mean() + 50


def test_hairlines_are_not_thinned_away() -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[20] = 255
    assert styled(ink, LineStyle(width=0.5), rng(), width_px=1.0).max() > 100


def test_styles_are_the_same_from_a_seed_and_differ_between_seeds() -> None:
    assert draw_style(rng(4)) == draw_style(rng(4))
    styles = [draw_style(rng(seed)) for seed in range(400)]
    clean = sum(style == LineStyle() for style in styles)
    assert 0.12 < clean / 400 < 0.28
    for trait, plain in vars(LineStyle()).items():
        assert any(getattr(style, trait) != plain for style in styles), trait
    assert all(0.5 <= style.width <= 2 for style in styles)
    assert all(0 < style.tone <= 1 and style.grain < 1 for style in styles)


def test_a_drawing_is_styled_alike_from_the_same_generator(ink: np.ndarray) -> None:
    style = replace(draw_style(rng(3)), boil_px=1.0, grain=0.4)
    drawings: list[Callable[[], np.ndarray]] = [
        lambda: styled(ink, style, rng(9), width_px=3.0) for _ in range(2)
    ]
    one, two = (draw() for draw in drawings)
    np.testing.assert_array_equal(one, two)
