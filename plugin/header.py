"""What an image file says about itself, and whether that can be believed.

Opening a file goes through here alone, so that nothing is decoded whose claims were not checked.
Policies and limits are told in docs/files.md.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import OpenImageIO as oiio

from .errors import FileError
from .layers import Part

# A file that claims more than this is refused before anything is decoded.
MOST_SIDE_PX = 16_384
MOST_PIXELS = 1 << 27  # four times 8K
MOST_CHANNELS = 1_024
_MOST_ROW_VALUES = 1 << 22  # pixels of a row times channels: decoders buffer up to 256 such rows
_MOST_TILE_VALUES = 1 << 26
_MOST_PARTS = 256

_FORMATS = {
    b"\x76\x2f\x31\x01": "openexr",
    b"\x89PNG": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_EXTENSIONS = {
    "openexr": (".exr", ".sxr", ".mxr"),
    "png": (".png",),
    "tiff": (".tif", ".tiff", ".tx"),
}

# What the file's own structure says, or what the writer sets itself.
_OWN_ATTRIBUTES = frozenset(
    {
        "DateTime",
        "PixelAspectRatio",
        "chromaticities",
        "chunkCount",
        "colorInteropID",
        "compression",
        "lineOrder",
        "multiView",
        "name",
        "tiles",
        "type",
        "view",
    }
)
_OWN_PREFIXES = (
    "ICC",
    "celtint:",
    "cryptomatte/",  # tells of channels that are not handed on
    "exif:",
    "icc",
    "oiio:",
    "openexr:",
    "png:",
    "tiff:",
)

# Without this OpenImageIO offers a damaged file to every reader it knows.
oiio.attribute("try_all_readers", 0)


class Window(NamedTuple):
    """A rectangle of pixels: left, top (downwards, may be negative), width and height."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, windows: Sequence[Window]) -> Window:
        """The smallest window that holds all of them."""
        left = min(w.x for w in windows)
        top = min(w.y for w in windows)
        right = max(w.x + w.width for w in windows)
        bottom = max(w.y + w.height for w in windows)
        return cls(left, top, right - left, bottom - top)


class Attribute(NamedTuple):
    """A metadata value with its OpenImageIO type, such as "float[8]" or "timecode"."""

    type: str
    value: Any


@dataclass(frozen=True)
class ImageHeader:
    """What a file says about itself before any pixel is decoded.

    Attributes:
        path: The file.
        format: "openexr", "png" or "tiff".
        parts: Parts with their channels.
        windows: Data window of each part.
        display_window: The frame as the artist sees it; data may lie in- or outside.
        pixel_aspect: Width of a pixel over its height.
        metadata: What the file says beyond its own structure, to be handed on.
        colour_name: Colour space by OpenImageIO's name (`lin_ap1_scene`), "" where none is said.
        chromaticities: Red, green, blue and white, x and y each; None where not said.
        stored_type: Type of the first part's first channel, such as "half" or "uint8".

    """

    path: Path
    format: str
    parts: tuple[Part, ...]
    windows: tuple[Window, ...]
    display_window: Window
    pixel_aspect: float
    metadata: Mapping[str, Attribute] = field(repr=False)
    colour_name: str
    chromaticities: tuple[float, ...] | None
    stored_type: str


def read_header(path: str | os.PathLike[str]) -> ImageHeader:
    """Read what a file says about itself; decodes no pixel.

    Raises:
        FileError: The file is not there, is no EXR, PNG or TIFF, is damaged, deep, or claims a size
            beyond the limits.

    """
    with opened(Path(path)) as (source, format_name):
        return header_of(Path(path), source, format_name)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, str]]:
    """An open reader and the format's name; whatever goes wrong inside becomes a FileError."""
    format_name = _sniff(path)
    wish = oiio.ImageSpec()
    wish.attribute("oiio:UnassociatedAlpha", 1)  # PNG and TIFF: do not multiply colour by alpha
    try:
        source = oiio.ImageInput.open(str(path), wish)
        if source is None:
            raise FileError(f"{path} cannot be read: {what_failed(None)}")
        try:
            yield source, format_name
        finally:
            what_failed(source)
            source.close()
    except UnicodeError as error:
        # A damaged header: names of channels and parts are UTF-8.
        raise FileError(f"{path} cannot be read: a name in its header is no text") from error
    except MemoryError as error:
        raise FileError(f"{path} cannot be read: there is not enough memory") from error
    finally:
        what_failed(None)  # an error that nobody fetched would be printed when the process ends


def _sniff(path: Path) -> str:
    try:
        if path.is_fifo():  # opening one waits for ever
            raise OSError(errno.ESPIPE, "it is a pipe, not a file")
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if not start:
        raise FileError(f"{path} cannot be read: it is empty")
    format_name = _FORMATS.get(start)
    if format_name is None:
        raise FileError(f"{path} cannot be read: it is no EXR, PNG or TIFF file")
    extensions = _EXTENSIONS[format_name]
    if path.suffix.casefold() not in extensions:  # by which OpenImageIO picks a reader
        kind = format_name.removeprefix("open").upper()
        raise FileError(f"{path} holds {kind} data, so its name must end in {extensions[0]}")
    return format_name


def what_failed(source: Any) -> str:
    """What OpenImageIO says went wrong; asking also clears it."""
    try:
        text = source.geterror() if source is not None else ""
        text = text or oiio.geterror()
        text.encode()
    except UnicodeError:  # it quotes bytes of a damaged header
        return "its header is damaged"
    lines = dict.fromkeys(" ".join(line.split()) for line in text.splitlines())  # it stutters
    return " ".join(lines).strip() or "its data is damaged"


def header_of(path: Path, source: Any, format_name: str) -> ImageHeader:
    """Header of an open file, its claims checked; FileError as `read_header`."""
    parts: list[Part] = []
    windows: list[Window] = []
    first: Any = None
    while len(parts) < _MOST_PARTS and source.seek_subimage(len(parts), 0):
        spec = source.spec()
        first = first or spec
        _check_size(path, spec)
        name = spec.get_string_attribute("oiio:subimagename") or spec.get_string_attribute("name")
        view = spec.get_string_attribute("view")
        for text in (name, view, *spec.channelnames):
            text.encode()  # bytes that are no UTF-8 come as lone surrogates, and no log takes them
        parts.append(Part(len(parts), name, tuple(spec.channelnames), view))
        windows.append(Window(spec.x, spec.y, spec.width, spec.height))
        if format_name != "openexr":
            break  # later pages of a TIFF are other images, not layers
    if first is None:
        raise FileError(f"{path} cannot be read: {what_failed(source)}")
    views = first.getattribute("multiView")
    if isinstance(views, tuple) and len(views) > 1:
        raise FileError(
            f"{path} holds stereo views ({', '.join(map(str, views))}); "
            "write each view to its own file"
        )
    chromaticities = first.getattribute("chromaticities")
    return ImageHeader(
        path=path,
        format=format_name,
        parts=tuple(parts),
        windows=tuple(windows),
        display_window=Window(first.full_x, first.full_y, first.full_width, first.full_height),
        pixel_aspect=first.get_float_attribute("PixelAspectRatio") or 1.0,
        metadata=_metadata(first),
        colour_name=first.get_string_attribute("oiio:ColorSpace"),
        chromaticities=tuple(chromaticities) if isinstance(chromaticities, tuple) else None,
        stored_type=str(first.channelformat(0)),
    )


def _check_size(path: Path, spec: Any) -> None:
    """Refuse what a header claims before anything is made of that size."""
    width, height, channels = spec.width, spec.height, spec.nchannels
    if not 1 <= width <= MOST_SIDE_PX or not 1 <= height <= MOST_SIDE_PX:
        raise FileError(
            f"{path} claims {width}x{height} pixels; at most {MOST_SIDE_PX} a side are read"
        )
    if width * height > MOST_PIXELS:
        raise FileError(
            f"{path} claims {width}x{height} pixels; at most {MOST_PIXELS:,} in all are read"
        )
    if not 1 <= channels <= MOST_CHANNELS or width * channels > _MOST_ROW_VALUES:
        raise FileError(f"{path} claims {channels} channels of {width} pixels a row; too many")
    if spec.deep:
        raise FileError(f"{path} holds deep data; flatten it first")
    if spec.depth > 1:
        raise FileError(f"{path} holds a volume, not an image")
    if spec.tile_width * spec.tile_height * channels > _MOST_TILE_VALUES:
        raise FileError(f"{path} claims tiles of {spec.tile_width}x{spec.tile_height} pixels")
    for x, y, w, h in (
        (spec.x, spec.y, width, height),
        (spec.full_x, spec.full_y, spec.full_width, spec.full_height),
    ):
        if max(abs(x), abs(y), abs(w), abs(h)) > 4 * MOST_SIDE_PX or w < 1 or h < 1:
            raise FileError(f"{path} claims a window of {w}x{h} pixels at ({x}, {y})")


def _metadata(spec: Any) -> dict[str, Attribute]:
    kept: dict[str, Attribute] = {}
    for entry in spec.extra_attribs:
        try:
            name, kind, value = entry.name, str(entry.type), entry.value
            f"{name}{value}".encode()
        except UnicodeError:  # an artist's name in another encoding is no reason to stop
            continue
        if name in _OWN_ATTRIBUTES or name.startswith(_OWN_PREFIXES) or value is None:
            continue
        kept[name] = Attribute(kind, value)
    return kept
