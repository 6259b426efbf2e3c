"""Line art as the engine and the output want it: coverage, and colour in the output's space.

Most pixels of line art are black ink of some alpha, or opaque grey. For both, a table over every
value that a channel can store does the conversion, and only the other pixels become floats.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from celtint.engine.scan import without_paper
from celtint.engine.trace import Trace, find_trace

from .colour import Colour, as_half, straight_rgba
from .images import Layer

# Rows that are looked up at a time: numpy's copy of their indices stays in the cache.
_BLOCK_ROWS = 32


class LineArt:
    """Converts the line art of a shot; safe to share between threads.

    Ink is alpha times one minus the least of red, green and blue in the working space: black ink on
    nothing is its alpha, black on white paper is how dark it looks, a coloured line covers as its
    darkest channel says, and white covers nothing.
    """

    def __init__(self, colour: Colour, space: str, hues: tuple[str, ...] = ()) -> None:
        """Take the line art's colour space by name, alias or role; ColourError if unknown.

        `hues` are those of colour-trace lines, which are borders of regions and then vanish.
        """
        self._colour = colour
        self._hues = hues
        self.space = colour.check(space)
        self._grey_ink = lru_cache(maxsize=4)(self._build_grey_ink)
        self._grey_colour = lru_cache(maxsize=4)(self._build_grey_colour)

    def ink(self, layer: Layer) -> NDArray[np.uint8]:
        """Coverage of a layer on its own window, (h, w) uint8, 0..255; trace lines among it.

        What is drawn on paper comes without the tone and the noise that a scan has.
        """
        ink = self._coverage(layer)
        return without_paper(ink) if layer.is_opaque else ink

    def _coverage(self, layer: Layer) -> NDArray[np.uint8]:
        pixels = layer.pixels
        if pixels.dtype == np.float32:
            return self._ink_of(pixels, layer.is_premultiplied)
        bits = _bits(pixels)
        table = _alpha_ink(pixels.dtype.str)
        if layer.is_black and pixels.dtype == np.float16:
            ink = np.zeros(bits.shape[:2], np.uint8)
            ink.reshape(-1)[layer.marks.at] = np.take(table, layer.marks.alpha.view(np.uint16))
            return ink
        ink = np.empty(bits.shape[:2], np.uint8)
        for top in range(0, len(ink), _BLOCK_ROWS):
            rows = slice(top, top + _BLOCK_ROWS)
            # "clip" lets numpy write straight into `ink`.
            np.take(table, bits[rows, :, 3], out=ink[rows], mode="clip")
        if layer.is_black:
            return ink
        black, grey = _plain(bits, pixels.dtype)
        np.copyto(ink, np.take(self._grey_ink(pixels.dtype.str), bits[..., 0]), where=grey)
        rest = np.flatnonzero(~(black | grey))
        if rest.size:
            some = pixels.reshape(-1, 4)[rest]
            ink.reshape(-1)[rest] = self._ink_of(some, layer.is_premultiplied)
        return ink

    def in_space(self, layer: Layer, space: str) -> NDArray[np.float16]:
        """The layer premultiplied in another space, (h, w, 4) float16 on its own window.

        A half-float layer that is in that space already comes back as it is, bit for bit, and
        so does black ink in any space. Trace lines are left out; where they meet black ink, the
        black stays.
        """
        converted = self._with_trace(layer, space)
        if not self._hues or layer.is_black:
            return converted
        place, trace = self.trace(layer)
        if not trace.member.any():
            return converted
        if converted is layer.pixels:
            converted = converted.copy()
        black = trace.black[trace.member]
        flat = converted.reshape(-1, 4)
        flat[place[trace.member]] = self._black(black, space, on_paper=layer.is_opaque)
        return converted

    def trace(self, layer: Layer) -> tuple[NDArray[np.intp], Trace]:
        """Flat indices of the coloured pixels of a layer, and the trace ink among them."""
        pixels = layer.pixels
        if pixels.dtype == np.float32:
            colour = pixels[..., :3]
            place = np.flatnonzero((colour != colour[..., :1]).any(axis=2))
        else:
            black, grey = _plain(_bits(pixels), pixels.dtype)
            place = np.flatnonzero(~(black | grey))
        rgba = self.working(pixels.reshape(-1, 4)[place], is_premultiplied=layer.is_premultiplied)
        return place, find_trace(rgba, place, (pixels.shape[0], pixels.shape[1]), self._hues)

    def working(self, pixels: NDArray[Any], *, is_premultiplied: bool) -> NDArray[np.float32]:
        """(..., 4) pixels as stored, straight and in the working space."""
        return self._colour.to_working(pixels, self.space, is_premultiplied=is_premultiplied)

    def _black(
        self, coverage: NDArray[np.float32], space: str, *, on_paper: bool
    ) -> NDArray[np.float16]:
        """(N, 4) premultiplied black ink of some coverage, on nothing or on white paper."""
        rgba = np.zeros((len(coverage), 4), np.float32)
        if not on_paper:
            rgba[:, 3] = coverage
            return as_half(rgba)
        grey = np.repeat(1 - coverage[:, None], 3, axis=1)
        rgba[:, :3] = self._colour.convert(grey, self._colour.working_space, space)
        rgba[:, 3] = 1
        # Paper of exactly white leaves paint as it is.
        rgba[coverage == 0] = 1
        return as_half(rgba)

    def _with_trace(self, layer: Layer, space: str) -> NDArray[np.float16]:
        pixels = layer.pixels
        stays = self._colour.check(space) == self.space or layer.is_black
        if stays and pixels.dtype == np.float16 and layer.is_premultiplied:
            return pixels
        if pixels.dtype == np.float32:
            return self._converted(pixels, space, layer.is_premultiplied)
        bits = _bits(pixels)
        converted = np.zeros(pixels.shape, np.float16)
        converted[..., 3] = np.take(_alpha_half(pixels.dtype.str), bits[..., 3])
        if layer.is_black:
            return converted
        black, grey = _plain(bits, pixels.dtype)
        if grey.any():
            table = self._grey_colour(pixels.dtype.str, space)
            np.copyto(converted, np.take(table, bits[..., 0], axis=0), where=grey[..., None])
        rest = np.flatnonzero(~(black | grey))
        if rest.size:
            some = pixels.reshape(-1, 4)[rest]
            converted.reshape(-1, 4)[rest] = self._converted(some, space, layer.is_premultiplied)
        return converted

    def _ink_of(self, pixels: NDArray[Any], is_premultiplied: bool) -> NDArray[np.uint8]:
        rgba = self._colour.to_working(pixels, self.space, is_premultiplied=is_premultiplied)
        darkness = 1.0 - np.clip(rgba[..., :3].min(axis=-1), 0.0, 1.0)
        ink: NDArray[np.uint8] = np.rint(255.0 * darkness * rgba[..., 3]).astype(np.uint8)
        return ink

    def _converted(
        self, pixels: NDArray[Any], space: str, is_premultiplied: bool
    ) -> NDArray[np.float16]:
        rgba = straight_rgba(pixels, is_premultiplied=is_premultiplied)
        rgba[..., :3] = self._colour.convert(rgba[..., :3], self.space, space) * rgba[..., 3:]
        return as_half(rgba)

    def _build_grey_ink(self, dtype: str) -> NDArray[np.uint8]:
        return self._ink_of(_opaque_greys(dtype), is_premultiplied=False)

    def _build_grey_colour(self, dtype: str, space: str) -> NDArray[np.float16]:
        return self._converted(_opaque_greys(dtype), space, is_premultiplied=False)


def _bits(pixels: NDArray[Any]) -> NDArray[Any]:
    """The pixels as whole numbers that can index a table."""
    return pixels.view(np.uint16) if pixels.dtype == np.float16 else pixels


def _plain(bits: NDArray[Any], dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(h, w) bool: pixels without colour or alpha; opaque pixels of equal red, green and blue."""
    red, green, blue, alpha = (bits[..., i] for i in range(4))
    black = ((red | green | blue) == 0) | (alpha == 0)
    one = np.array(1, np.float16).view(np.uint16) if dtype == np.float16 else np.iinfo(dtype).max
    grey = (red == green) & (green == blue) & (alpha == one)
    return black, grey


def _values(dtype: str) -> NDArray[Any]:
    """Every value that a channel can store, in the order of its bits; inf and NaN become 0."""
    if np.dtype(dtype) == np.float16:
        halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
        return np.where(np.isfinite(halves), halves, np.float16(0))
    return np.arange(np.iinfo(np.dtype(dtype)).max + 1).astype(dtype)


def _opaque_greys(dtype: str) -> NDArray[Any]:
    """(n, 4): every value as an opaque grey."""
    values = _values(dtype)
    one = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
    return np.stack([values, values, values, np.full_like(values, one)], axis=1)


@lru_cache(maxsize=4)
def _alpha_ink(dtype: str) -> NDArray[np.uint8]:
    """Ink, 0..255, of black ink by its stored alpha."""
    ink: NDArray[np.uint8] = np.rint(_alphas(dtype) * np.float32(255)).astype(np.uint8)
    return ink


@lru_cache(maxsize=4)
def _alpha_half(dtype: str) -> NDArray[np.float16]:
    """Alpha as half float by its stored value; a half float stays what it is."""
    if np.dtype(dtype) == np.float16:
        return _values(dtype)
    return _alphas(dtype).astype(np.float16)


def _alphas(dtype: str) -> NDArray[np.float32]:
    values = _values(dtype).astype(np.float32)
    if np.dtype(dtype).kind == "u":
        values /= np.iinfo(np.dtype(dtype)).max
    return np.clip(values, 0.0, 1.0)
