"""One image file: its header, one of its layers, and writing a whole new one.

Pixels stay as the file stores them (half floats above all), so that line art can pass through bit
for bit. Policies and limits are told in docs/files.md.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from .atomic import is_whole_exr, is_whole_png, refusal, replacing
from .errors import FileError
from .header import Attribute, ImageHeader, Window, header_of, opened, read_header, what_failed
from .layers import LayerChannels, resolve_layer
from .marks import Marks
from .pixels import HALF_MAX, first_non_finite, survey
from .scanlines import BLOCK_ROWS, append_blocks, blocks

__all__ = [
    "Attribute",
    "ImageHeader",
    "Layer",
    "Window",
    "place",
    "placed",
    "read_header",
    "read_layer",
    "write_frame",
    "write_png",
]

# Larger images are decoded in stripes, so that a small file cannot claim memory it does not fill.
_STRIPE_BYTES = 1 << 26

_DTYPES: dict[str, Any] = {
    "uint8": np.uint8,
    "uint16": np.uint16,
    "half": np.float16,
    "float": np.float32,
}


@dataclass(frozen=True, eq=False)
class Layer:
    """The pixels of one layer.

    Attributes:
        pixels: (h, w, 4) red, green, blue, alpha, as stored: float16, float32, uint8 or uint16. A
            layer of luminance has it three times; one without alpha has alpha 1; a bare alpha is
            black. Never NaN or infinite.
        window: Where the pixels lie; its size is theirs.
        header: Header of the file.
        name: The layer as the file names it, "" for the top level.
        has_alpha: True where alpha came from the file.
        is_premultiplied: True where colour is multiplied by alpha (EXR), False for straight (PNG).
        is_black: True where every pixel's colour is 0, so that alpha alone says all.
        is_opaque: True where every pixel's alpha is 1.

    """

    pixels: NDArray[Any]
    window: Window
    header: ImageHeader
    name: str
    has_alpha: bool
    is_premultiplied: bool
    is_black: bool
    is_opaque: bool

    @property
    def display_window(self) -> Window:
        """The frame as the artist sees it."""
        return self.header.display_window

    @cached_property
    def marks(self) -> Marks:
        """The pixels, which must be float16, that are not 0; found when first asked for."""
        return Marks.of(self.pixels)


def read_layer(path: str | os.PathLike[str], layer: str | None = None, role: str = "line") -> Layer:
    """Read one layer of a file.

    Args:
        path: EXR, PNG or TIFF.
        layer: The layer's name, see `layers.resolve_layer`.
        role: What it is for, "line" or "hint".

    Raises:
        FileError: As `read_header`; no such layer; pixels are missing, damaged, NaN or infinite.

    """
    path = Path(path)
    with opened(path) as (source, format_name):
        header = header_of(path, source, format_name)
        chosen = resolve_layer(header.parts, layer, role=role, where=str(path))
        if not source.seek_subimage(chosen.part, 0):
            raise FileError(f"{path} cannot be read: {what_failed(source)}")
        spec = source.spec()
        straight = bool(spec.get_int_attribute("oiio:UnassociatedAlpha"))
        pixels = _read_channels(source, spec, header, chosen)
    window = header.windows[chosen.part]
    found = survey(pixels)
    if not found.is_finite:
        _refuse_non_finite(pixels, window, path, role)
    return Layer(
        pixels=pixels,
        window=window,
        header=header,
        name=chosen.name,
        has_alpha=chosen.alpha is not None,
        is_premultiplied=not straight,
        is_black=found.is_black,
        is_opaque=found.is_opaque,
    )


def place(layer: Layer, window: Window) -> NDArray[Any]:
    """Pixels of a layer on another window, (height, width, 4); see `placed`."""
    return placed(layer.pixels, layer.window, window)


def placed(pixels: NDArray[Any], own: Window, window: Window) -> NDArray[Any]:
    """Pixels that lie on one window, on another.

    Args:
        pixels: (own.height, own.width) or (own.height, own.width, c).
        own: Where they lie.
        window: Where they are wanted.

    Returns:
        (window.height, window.width, ...) of the same type; the same array where the windows are
        the same. 0 where `own` does not reach; what lies outside `window` is cut off.

    """
    if own == window:
        return pixels
    moved = np.zeros((window.height, window.width, *pixels.shape[2:]), pixels.dtype)
    left, top = max(own.x, window.x), max(own.y, window.y)
    right = min(own.x + own.width, window.x + window.width)
    bottom = min(own.y + own.height, window.y + window.height)
    if right > left and bottom > top:
        moved[top - window.y : bottom - window.y, left - window.x : right - window.x] = pixels[
            top - own.y : bottom - own.y, left - own.x : right - own.x
        ]
    return moved


def write_frame(
    path: str | os.PathLike[str],
    pixels: NDArray[np.floating[Any]],
    channels: Sequence[str],
    *,
    window: Window,
    display_window: Window,
    pixel_aspect: float = 1.0,
    metadata: Mapping[str, str | int | float | Attribute] | None = None,
    compression: str = "zip",
    full: Container[str] = (),
) -> None:
    """Write a half-float EXR, whole or not at all; the same input makes the same bytes.

    Args:
        path: The file to make or replace; it must end in ".exr".
        pixels: (H, W, C) float16, best with each channel in one piece of memory; float32 is clamped
            to +-65504 and rounded.
        channels: C names, in the order of the last axis.
        window: Where the pixels lie.
        display_window: The frame as the artist sees it.
        pixel_aspect: Width of a pixel over its height.
        metadata: Values by name; `Attribute` where the type cannot be told from the value.
        compression: OpenImageIO's name; zip is lossless and the rule here.
        full: Channels that are stored as 32-bit floats, bit for bit; `pixels` are float32 then.

    Raises:
        FileError: NaN or infinite pixels, or the system refuses; `path` is as it was then.
        ValueError: Shapes and names do not fit together.

    """
    path = Path(path)
    if pixels.shape != (window.height, window.width, len(channels)):
        raise ValueError(
            f"expected pixels {(window.height, window.width, len(channels))}, got {pixels.shape}"
        )
    stored = _as_stored(pixels, [name in full for name in channels], path, window)
    spec = oiio.ImageSpec(window.width, window.height, len(channels), "half")
    spec.channelnames = tuple(channels)
    if stored.dtype != np.float16:
        kinds = ("float" if name in full else "half" for name in channels)
        spec.channelformats = tuple(oiio.TypeDesc(kind) for kind in kinds)
    spec.x, spec.y = window.x, window.y
    spec.full_x, spec.full_y = display_window.x, display_window.y
    spec.full_width, spec.full_height = display_window.width, display_window.height
    spec.attribute("DateTime", "")  # else the writer notes the time, and no two runs are alike
    for name, value in (metadata or {}).items():
        if isinstance(value, Attribute):
            spec.attribute(name, oiio.TypeDesc(value.type), value.value)
        else:
            spec.attribute(name, value)
    spec.attribute("PixelAspectRatio", float(pixel_aspect))
    spec.attribute("compression", compression)
    with replacing(path, is_whole_exr) as temporary:
        if compression == "zip":
            _write(temporary, path, spec, None)
            packed = blocks(stored, channels, [name in full for name in channels])
            count = -(-window.height // BLOCK_ROWS)
            if not append_blocks(temporary, window.y, packed, count):
                raise FileError(f"{path} cannot be written: {refusal(temporary)}")
        else:
            _write(temporary, path, spec, np.ascontiguousarray(stored))


def write_png(path: str | os.PathLike[str], pixels: NDArray[np.uint8]) -> None:
    """Write an 8-bit PNG, whole or not at all.

    Args:
        path: The file to make or replace; it must end in ".png".
        pixels: (H, W, 1), (H, W, 3) or (H, W, 4) uint8, sRGB with straight alpha.

    Raises:
        FileError: The system refuses; `path` is as it was then.
        ValueError: Not that shape or type.

    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(f"expected (H, W, 1, 3 or 4) uint8, got {pixels.shape} {pixels.dtype}")
    path = Path(path)
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "uint8")
    spec.attribute("oiio:UnassociatedAlpha", 1)
    with replacing(path, is_whole_png) as temporary:
        _write(temporary, path, spec, np.ascontiguousarray(pixels))


def _write(temporary: Path, path: Path, spec: Any, pixels: NDArray[Any] | None) -> None:
    """Write a file; without pixels, an EXR's header and an empty table of its blocks."""
    target = oiio.ImageOutput.create(str(temporary))
    if target is None:
        raise FileError(f"{path} cannot be written: {what_failed(None)}")
    written = target.open(str(temporary), spec)
    if pixels is not None:
        written = written and target.write_image(pixels)
    # Closing writes the table of chunks; it must be tried even after a failure, to free the file.
    reason = "" if written else what_failed(target)
    closed = target.close()
    if not (written and closed):
        reason = reason or what_failed(target)
        raise FileError(f"{path} cannot be written: {refusal(temporary)} ({reason})")


def _as_stored(
    pixels: NDArray[Any], is_full: list[bool], path: Path, window: Window
) -> NDArray[np.floating[Any]]:
    """The pixels, every one of them finite and within what its channel holds."""
    at = first_non_finite(pixels)
    if at is not None:
        y, x = at
        raise FileError(
            f"{path} was not written: its pixel ({x + window.x}, {y + window.y}) would be NaN or "
            "infinite"
        )
    if any(is_full):
        clipped = np.ascontiguousarray(pixels, np.float32)
        halves = [channel for channel, full in enumerate(is_full) if not full]
        if np.abs(clipped[..., halves]).max(initial=0) > HALF_MAX:
            clipped = clipped.copy()
            clipped[..., halves] = np.clip(clipped[..., halves], -HALF_MAX, HALF_MAX)
        return clipped
    if pixels.dtype != np.float16:
        return np.clip(pixels, -HALF_MAX, HALF_MAX).astype(np.float16)
    return pixels


def _read_channels(
    source: Any, spec: Any, header: ImageHeader, chosen: LayerChannels
) -> NDArray[Any]:
    """(h, w, 4), decoding only the channels that are needed."""
    names = list(spec.channelnames)
    wanted = [*chosen.colour, *([chosen.alpha] if chosen.alpha is not None else [])]
    at = [names.index(name) for name in wanted]
    stored = {str(spec.channelformat(i)) for i in at}
    if stored <= {"uint32", "int32", "uint", "int"}:
        raise FileError(f"{header.path} stores whole numbers in this layer, not colour")
    kind = stored.pop() if len(stored) == 1 else "float"
    if kind not in _DTYPES:
        kind = "float"
    low, high = min(at), max(at) + 1
    if high - low <= 2 * len(at):
        block = _read_block(source, spec, header.path, (low, high), kind)
        if at == list(range(low, low + 4)):
            return block
        planes = [block[..., i - low] for i in at]
    else:  # far apart: reading all that lies between would cost more than decoding twice
        planes = [_read_block(source, spec, header.path, (i, i + 1), kind)[..., 0] for i in at]
    one = 1 if kind in ("half", "float") else np.iinfo(_DTYPES[kind]).max
    pixels = np.empty((spec.height, spec.width, 4), _DTYPES[kind])
    for component in range(3):
        pixels[..., component] = (
            planes[min(component, len(chosen.colour) - 1)] if chosen.colour else 0
        )
    pixels[..., 3] = planes[-1] if chosen.alpha is not None else one
    return pixels


def _read_block(
    source: Any, spec: Any, path: Path, channels: tuple[int, int], kind: str
) -> NDArray[Any]:
    """(h, w, n) of neighbouring channels; in stripes where the whole is large."""
    part = source.current_subimage()
    first, last = channels
    dtype = np.dtype(_DTYPES[kind])
    row_bytes = spec.width * (last - first) * dtype.itemsize
    if row_bytes * spec.height <= _STRIPE_BYTES:
        block = source.read_image(part, 0, first, last, kind)
        if block is None:
            raise FileError(f"{path} cannot be read: {what_failed(source)}")
        image: NDArray[Any] = block.reshape(spec.height, spec.width, last - first)
        return image
    whole = np.empty((spec.height, spec.width, last - first), dtype)
    unit = spec.tile_height or 256  # tiles are read in whole rows of tiles
    step = max(unit, _STRIPE_BYTES // row_bytes // unit * unit)
    for top in range(0, spec.height, step):
        bottom = min(spec.height, top + step)
        rows = (spec.y + top, spec.y + bottom)
        if spec.tile_width:
            columns = (spec.x, spec.x + spec.width)
            stripe = source.read_tiles(part, 0, *columns, *rows, 0, 1, first, last, kind)
        else:
            stripe = source.read_scanlines(part, 0, *rows, 0, first, last, kind)
        if stripe is None:
            raise FileError(f"{path} cannot be read: {what_failed(source)}")
        whole[top:bottom] = stripe.reshape(bottom - top, spec.width, last - first)
    return whole


def _refuse_non_finite(pixels: NDArray[Any], window: Window, path: Path, role: str) -> None:
    at = first_non_finite(pixels)
    if at is not None:
        y, x = at
        raise FileError(
            f"{path} holds NaN or infinity in its {role} layer, first at pixel "
            f"({x + window.x}, {y + window.y})"
        )
