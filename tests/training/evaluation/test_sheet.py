from __future__ import annotations

import numpy as np

from celtint.training.evaluation.sheet import (
    THUMBNAIL_PX,
    Strip,
    draw_sheet,
    thumbnail,
)


def test_thumbnails_keep_their_shape() -> None:
    grey = np.full((30, 60), 128, np.uint8)
    small = thumbnail(grey)
    assert small.shape == (THUMBNAIL_PX // 2, THUMBNAIL_PX, 3)
    assert (small == 128).all()
    wide = thumbnail(np.zeros((10, 1000, 3), np.uint8))
    assert wide.shape == (2, THUMBNAIL_PX, 3)


def test_every_picture_is_on_the_sheet_and_columns_may_differ_in_length() -> None:
    red = np.zeros((2, 20, THUMBNAIL_PX, 3), np.uint8)
    red[..., 0] = 255
    green = np.zeros((1, 50, THUMBNAIL_PX, 3), np.uint8)
    green[..., 1] = 255
    sheet = draw_sheet([[Strip("red", red), Strip("green, café", green)], [Strip("red", red)]])
    is_red = (sheet == (255, 0, 0)).all(axis=2).sum()
    is_green = (sheet == (0, 255, 0)).all(axis=2).sum()
    assert is_red == 2 * 2 * 20 * THUMBNAIL_PX
    assert is_green == 50 * THUMBNAIL_PX
