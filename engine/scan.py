"""Paper that shows: the tone, the shadow and the noise of a scan, taken out of the ink."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]

_BLOCK_PX = 32  # the paper's tone is one number for so much of it, and runs smoothly in between
_STRIDE = 4  # of the pixels looked at, along each axis: there are enough of them
_LIGHT = 64  # what is below may be paper
_NOISY_SHARE = 0.25  # of light pixels that are not 0: rims of lines are far fewer
_MOST_UNEVEN = 48  # how far the tone of some paper may be from the tone of most
_SIGMAS = 4.0  # of noise are left out: 3 pixels in 100 000 are above
_DUST_PX = 4  # patches of so little ink are noise, where there is noise
_SOFT = 0.3  # of the darkest ink near it: less is the blur beside a line


def without_paper(ink: Ink) -> Ink:
    """Ink alone, where paper has been scanned with it; a drawing without paper comes back as it is.

    Paper is told by its pixels: on nothing, and on digital white, nearly all light pixels are 0.
    The tone of the paper, which may fall off across the sheet, becomes 0, and so does what noise
    adds to it, and the blur beside a line; lines keep their strength.

    Args:
        ink: (H, W) uint8, coverage 0..255.

    Returns:
        (H, W) uint8; the array itself where there is nothing to take out.

    """
    some = ink[::_STRIDE, ::_STRIDE]
    light = some < _LIGHT
    if np.count_nonzero(some[light]) <= _NOISY_SHARE * np.count_nonzero(light):
        return ink
    tone = _tone_of_paper(ink)
    away = ink - tone
    noise = _sigma(away[::_STRIDE, ::_STRIDE])
    away *= 255 / np.maximum(255 - tone, 1)
    away[away < max(_SIGMAS * noise, 1)] = 0
    clean = np.clip(np.rint(away), 0, 255).astype(np.uint8)
    clean[clean < _SOFT * cv2.dilate(clean, np.ones((5, 5), np.uint8))] = 0
    return _without_dust(clean)


def _tone_of_paper(ink: Ink) -> NDArray[np.float32]:
    """(H, W), 0..255, of the paper, also where lines cover it."""
    height, width = ink.shape
    down, across = -(-height // _BLOCK_PX), -(-width // _BLOCK_PX)
    rest = (down * _BLOCK_PX - height, across * _BLOCK_PX - width)
    whole = np.pad(ink, ((0, rest[0]), (0, rest[1])), mode="symmetric")[::_STRIDE, ::_STRIDE]
    side = _BLOCK_PX // _STRIDE
    blocks = whole.reshape(down, side, across, side).transpose(0, 2, 1, 3)
    tone = np.median(blocks.reshape(down, across, -1), axis=2).astype(np.float32)
    light = np.bincount(whole.reshape(-1), minlength=256)[:128]
    usual = int(np.convolve(light, np.ones(9), "same").argmax())
    # Where a block is mostly ink, its neighbours know better.
    is_paper = (np.abs(tone - usual) <= _MOST_UNEVEN).astype(np.float32)
    near = cv2.GaussianBlur(is_paper, (0, 0), 2.0)
    spread = cv2.GaussianBlur(tone * is_paper, (0, 0), 2.0) / np.maximum(near, 1e-6)
    spread[near < 1e-3] = usual
    tone = cast(NDArray[np.float32], cv2.medianBlur(np.where(is_paper > 0, tone, spread), 3))
    size = (across * _BLOCK_PX, down * _BLOCK_PX)
    smooth = cast(NDArray[np.float32], cv2.resize(tone, size, interpolation=cv2.INTER_LINEAR))
    return smooth[:height, :width]


def _sigma(away: NDArray[np.float32]) -> float:
    """Standard deviation of the noise, from what lies below the paper's tone, or else above."""
    below, above = -away[away < 0], away[(away > 0) & (away < _LIGHT)]
    # Below there is noise alone; but on paper that is all but white it is cut off.
    side = above if below.sum() < 0.25 * above.sum() else below
    return float(np.median(side)) / 0.6745 if len(side) else 0.0


def _without_dust(ink: Ink) -> Ink:
    _, label, stats, _ = cv2.connectedComponentsWithStats((ink > 0).view(np.uint8), connectivity=8)
    is_dust = stats[:, cv2.CC_STAT_AREA] < _DUST_PX
    is_dust[0] = False
    ink[is_dust[label]] = 0
    return ink
