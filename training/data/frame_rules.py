"""Which frames of a film are of use: rules that are simple on purpose, each with its threshold.

All take (H, W, 3) uint8 sRGB frames whose short side is about 256 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .line_art import luma

Frame = NDArray[np.uint8]

HOLD_DIFFERS_BY = 24
"""By how much, of 255, a pixel must change to count: more than compression makes of one drawing."""

HOLD_PIXELS = 8
"""Fewer changed pixels than this are noise: a mouth that opens in a wide shot has more."""

DARK_LUMA = 40
DARK_SHARE = 0.98
"""A frame is dark where this share of its pixels is below DARK_LUMA, of 255."""

CREDITS_DARK_SHARE = 0.6
LETTER_LUMA = 150
LETTER_PX = (3, 32)
"""Height of a letter."""

LETTERS = 20
LETTERS_IN_ROW = 5
ROW_PX = 4


def steadied(frame: Frame) -> Frame:
    """The frame as `is_hold` compares it: compression noise is finer than what is drawn."""
    return np.asarray(cv2.GaussianBlur(frame, (5, 5), 0))


def is_hold(steadied_drawing: Frame, steadied_frame: Frame) -> bool:
    """Whether a frame shows the same drawing once more: nothing changed but compression noise.

    Compare with the first frame of a drawing, not with the frame before: a slow pan is no hold.
    """
    red, green, blue = cv2.split(cv2.absdiff(steadied_drawing, steadied_frame))
    most = np.asarray(cv2.max(cv2.max(red, green), blue))
    return int(np.count_nonzero(most > HOLD_DIFFERS_BY)) < HOLD_PIXELS


def is_dark(frame: Frame) -> bool:
    """Whether next to nothing is to be seen: black, or the ends of a fade."""
    return bool((luma(frame) < DARK_LUMA).mean() >= DARK_SHARE)


def is_credits(frame: Frame) -> bool:
    """Whether a frame is mostly dark (60 %) and carries rows of small bright letters.

    A letter is a bright shape 3 to 32 pixels high and no wider than three times that; letters
    whose feet are within 4 pixels of each other are a row. Twenty letters in rows of five are
    credits. Credits over a picture are not found.
    """
    grey = luma(frame)
    if (grey < DARK_LUMA).mean() < CREDITS_DARK_SHARE:
        return False
    bright = (grey > LETTER_LUMA).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    width, height = (stats[1:, at] for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    is_letter = (height >= LETTER_PX[0]) & (height <= LETTER_PX[1]) & (width <= 3 * height)
    feet = (stats[1:, cv2.CC_STAT_TOP] + height)[is_letter]
    rows = np.bincount(feet // ROW_PX, minlength=1)
    # Feet of one row may lie on either side of a step.
    pairs = rows + np.append(rows[1:], 0)
    in_rows = rows[(pairs >= LETTERS_IN_ROW) | (np.append(0, pairs[:-1]) >= LETTERS_IN_ROW)].sum()
    return bool(in_rows >= LETTERS)
