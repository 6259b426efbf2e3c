"""What the pixels of one frame say, without making floats of them where bits will do."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..header import Window
from ..pixels import HALF_MAX
from .shot import Spot

MOST_COLOURS = 1024
"""Colours kept of a frame, the most frequent ones; a flat palette has tens."""

_MOST_SPOTS = 32
_BLOCK = 1 << 15  # 64-bit numbers: 256 KiB, which fit the cache
_SIGNS = np.uint64(0x8000_8000_8000_8000)
_VALUES = np.uint64(0x7FFF_7FFF_7FFF_7FFF)
# 65504 is 0x7BFF: with this added it, and all above it, reach the sign bit, and nothing else does.
_TO_SIGN_BIT = np.uint64(0x0401_0401_0401_0401)
_ALPHA_SHIFT = np.uint64(48)
_HALF_ONE = np.uint64(0x3C00)


def faults_in(
    pixels: NDArray[Any], channels: tuple[str, ...], window: Window
) -> dict[str, tuple[int, str, Spot]]:
    """Values that no paint may have, by kind: how many, and the first one's channel and place.

    Args:
        pixels: (H, W, C) float16 or float32, contiguous.
        channels: C names.
        window: Where the pixels lie.

    """
    if pixels.dtype == np.float16 and not _is_suspicious(pixels):
        return {}
    found: dict[str, tuple[int, str, Spot]] = {}
    for number, name in enumerate(channels):
        plane = pixels[..., number]
        size = np.abs(plane)
        kinds = {
            "NaN": np.isnan(plane),
            "infinite": np.isinf(plane),
            "negative": (plane < 0) & np.isfinite(plane),
            "at the limit of half floats": (size >= HALF_MAX) & np.isfinite(plane),
        }
        for kind, mask in kinds.items():
            count = int(np.count_nonzero(mask))
            if not count:
                continue
            if kind in found:
                before, channel, spot = found[kind]
                found[kind] = (before + count, channel, spot)
            else:
                found[kind] = (count, name, first_spot(mask, count, window))
    return found


def _is_suspicious(pixels: NDArray[np.float16]) -> bool:
    """Whether any half float has its sign bit set, or is as large as they come, or is no number."""
    bits = pixels.reshape(-1).view(np.uint16)
    whole = len(bits) // 4 * 4
    lanes = bits[:whole].view(np.uint64)
    for start in range(0, len(lanes), _BLOCK):
        block = lanes[start : start + _BLOCK]
        large = block & _VALUES
        large += _TO_SIGN_BIT
        large |= block
        if np.bitwise_or.reduce(large) & _SIGNS:
            return True
    rest = bits[whole:]
    return bool((rest >= 0x7BFF).any())  # a set sign bit makes a larger number still


def packed_rgba(
    pixels: NDArray[np.float16], at: int, out: NDArray[np.float16] | None = None
) -> NDArray[np.uint64]:
    """(H, W) uint64 of four neighbouring channels from `at` on: red lowest, alpha on top.

    Args:
        pixels: (H, W, C) float16.
        at: Number of the first channel.
        out: (H, W, 4) float16 to use, whose pixels are the result; None makes a new one.

    """
    four = pixels[..., at : at + 4]
    if out is None:
        return np.ascontiguousarray(four).view(np.uint64)[..., 0]
    np.copyto(out, four)
    return out.view(np.uint64)[..., 0]


def colours_in(paint: NDArray[np.uint64], window: Window) -> dict[int, Spot]:
    """The colours of packed paint (H, W), most frequent first: the first pixel, and how many."""
    flat = paint.reshape(-1)
    # Flat paint comes in runs, of which there are a hundred times fewer than pixels.
    starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    lengths = np.diff(np.append(starts, len(flat)))
    value, first, run = np.unique(flat[starts], return_index=True, return_inverse=True)
    pixels = np.bincount(run.reshape(-1), lengths, len(value)).astype(int)
    width = paint.shape[1]
    colours = {}
    for place in np.argsort(-pixels, kind="stable")[:MOST_COLOURS].tolist():
        y, x = divmod(int(starts[first[place]]), width)
        box = Window(x + window.x, y + window.y, 1, 1)
        colours[int(value[place])] = Spot(box, int(pixels[place]))
    return colours


def is_painted(packed: NDArray[np.uint64] | int) -> Any:
    """Whether packed paint is opaque: the only paint there is."""
    return (packed >> _ALPHA_SHIFT) == _HALF_ONE


def rgb_of(packed: int) -> tuple[float, float, float]:
    """Red, green and blue of a packed colour."""
    red, green, blue, _ = np.array([packed], np.uint64).view(np.float16).astype(float).tolist()
    return red, green, blue


def pack_rgb(rgb: NDArray[np.float16]) -> NDArray[np.uint64]:
    """(N,) packed opaque colours from (N, 3) half floats."""
    rgba = np.ones((len(rgb), 4), np.float16)
    rgba[:, :3] = rgb
    return rgba.view(np.uint64)[:, 0]


def unpainted_in(paint: NDArray[np.uint64], window: Window) -> tuple[Spot, ...]:
    """Patches without paint, largest first."""
    mask = ~is_painted(paint)
    if not mask.any():
        return ()
    return spots(mask.view(np.uint8), window)


def doubtful_in(
    confidence: NDArray[np.float16],
    paint: NDArray[np.uint64],
    *,
    below: float,
    least_px: int,
    window: Window,
) -> tuple[Spot, ...]:
    """Painted patches of low confidence, most doubtful first.

    Args:
        confidence: (H, W) float16, 0..1.
        paint: (H, W) packed.
        below: What counts as low.
        least_px: Smaller patches are left out.
        window: Where the pixels lie.

    """
    bits = np.ascontiguousarray(confidence).view(np.uint16)  # of positive halves, order is kept
    low = bits < np.float16(below).view(np.uint16)
    if low.any():
        low &= is_painted(paint)
    if not low.any():
        return ()
    # Regions are told apart by their paint and confidence; their rims belong to neither.
    low[:, :-1] &= (paint[:, 1:] == paint[:, :-1]) & (bits[:, 1:] == bits[:, :-1])
    low[:-1] &= (paint[1:] == paint[:-1]) & (bits[1:] == bits[:-1])
    found = [
        spot
        for spot in spots(low.view(np.uint8), window, confidence)
        if spot.area_px >= max(least_px, 1)
    ]
    found.sort(key=lambda spot: spot.value)
    return tuple(found)


def spots(
    mask: NDArray[np.uint8], window: Window, value: NDArray[np.float16] | None = None
) -> tuple[Spot, ...]:
    """The largest patches of a mask, largest first, each with the value of one of its pixels."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    found = []
    for row in (np.argsort(-areas, kind="stable")[:_MOST_SPOTS] + 1).tolist():
        x, y, width, height, area = stats[row].tolist()
        own = 0.0
        if value is not None:
            inside = label[y, x : x + width] == row  # the topmost row of a patch is not empty
            own = float(value[y, x + int(inside.argmax())])
        found.append(Spot(Window(x + window.x, y + window.y, width, height), area, own))
    return tuple(found)


def first_spot(mask: NDArray[np.bool_], count: int, window: Window) -> Spot:
    """The first pixel of a mask that has one."""
    y, x = np.unravel_index(int(mask.argmax()), mask.shape)
    return Spot(Window(int(x) + window.x, int(y) + window.y, 1, 1), count)
