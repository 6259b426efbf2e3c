"""The size of an image and what it says about its colour, from the first bytes of the file.

The engine's image libraries are not at hand inside Blender, and Blender itself tells neither the
display window of a layered EXR nor its colour space. Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import FileError
from .colours import interop_of_primaries

_EXR_MAGIC = b"\x76\x2f\x31\x01"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_MOST_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class ImageHeader:
    """What the beginning of a file says.

    Attributes:
        width, height: Of the display window, pixels.
        space: The colour space it names, by interop name or by a config's name; None where it
            names none.
        is_openexr: True for an EXR.

    """

    width: int
    height: int
    space: str | None
    is_openexr: bool


def read_header(path: str) -> ImageHeader | None:
    """What an EXR or a PNG says; None for a file of another kind.

    Raises:
        FileError: The file cannot be read, or ends within its header.

    """
    try:
        with open(path, "rb") as file:
            block = file.read(_MOST_HEADER_BYTES)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        if block.startswith(_EXR_MAGIC):
            return _exr(_attributes(block))
        if block.startswith(_PNG_MAGIC):
            width, height = struct.unpack_from(">II", block, 16)
            return ImageHeader(width, height, "srgb_rec709_scene", is_openexr=False)
    except (struct.error, ValueError, KeyError) as error:
        raise FileError(f"{path} is damaged: its header does not end") from error
    return None


def _exr(attributes: Mapping[str, bytes]) -> ImageHeader:
    left, top, right, bottom = struct.unpack("<4i", attributes["displayWindow"])
    space = None
    for name in ("celtint:colorspace", "colorInteropID"):
        if name in attributes:
            space = attributes[name].decode("utf-8", "replace")
            break
    else:
        if len(attributes.get("chromaticities", b"")) == 32:
            space = interop_of_primaries(struct.unpack("<8f", attributes["chromaticities"]))
    return ImageHeader(right - left + 1, bottom - top + 1, space, is_openexr=True)


def _attributes(block: bytes) -> dict[str, bytes]:
    """The attributes of the first part: a name and a type, each ended by a zero, and a value.

    The layout is that of the OpenEXR technical introduction, "OpenEXR file layout".
    """
    found: dict[str, bytes] = {}
    at = 8  # after the magic number and the version
    while block[at] != 0 if at < len(block) else _ends_early():
        name_end = block.index(b"\0", at)
        type_end = block.index(b"\0", name_end + 1)
        (size,) = struct.unpack_from("<i", block, type_end + 1)
        start = type_end + 5
        if size < 0 or start + size > len(block):
            _ends_early()
        found[block[at:name_end].decode("utf-8", "replace")] = block[start : start + size]
        at = start + size
    return found


def _ends_early() -> bool:
    raise ValueError("the header does not end")
