"""Whether two EXR files hold the same picture, whatever else their headers say.

Nuke writes when and by which node a file was made, so that a file that is rendered again is another
one byte for byte. Standard library only and valid Python 3.9, because Nuke imports this.
"""

from __future__ import annotations

import struct
from pathlib import Path

_MAGIC = 20000630
_TILED, _DEEP, _MULTI_PART = 0x200, 0x800, 0x1000
_PICTURE = (
    b"channels",
    b"compression",
    b"dataWindow",
    b"displayWindow",
    b"lineOrder",
    b"pixelAspectRatio",
)
# Lines that share a chunk, by the number of the compression in the header: none, RLE, ZIPS, ZIP,
# PIZ, PXR24, B44, B44A, DWAA, DWAB.
_LINES_IN_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)


def is_same_picture(one: Path, other: Path) -> bool:
    """Whether two files have the same channels, windows and pixels.

    Files that this cannot take apart (tiles, several parts, no EXR at all) are the same only byte
    for byte.

    Raises:
        OSError: One of them cannot be read.

    """
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        return True
    pictures = _picture(first), _picture(second)
    return pictures[0] is not None and pictures[0] == pictures[1]


def _picture(file: bytes) -> tuple[dict[bytes, bytes], bytes] | None:
    """The attributes that matter and the chunks of pixels of a file."""
    try:
        magic, version = struct.unpack_from("<II", file)
        if magic != _MAGIC or version & (_TILED | _DEEP | _MULTI_PART):
            return None
        attributes: dict[bytes, bytes] = {}
        at = 8
        while file[at] != 0:
            name, at = _text(file, at)
            _, at = _text(file, at)
            (size,) = struct.unpack_from("<I", file, at)
            attributes[name] = file[at + 4 : at + 4 + size]
            at += 4 + size
        picture = {name: attributes[name] for name in _PICTURE}
        _, top, _, bottom = struct.unpack("<4i", picture[b"dataWindow"])
        lines = _LINES_IN_CHUNK[picture[b"compression"][0]]
        chunks = -(-(bottom - top + 1) // lines)
        # The table of offsets says where in this file the chunks are; another header moves them.
        return picture, file[at + 1 + 8 * chunks :]
    except (struct.error, IndexError, KeyError, ValueError):
        return None


def _text(file: bytes, at: int) -> tuple[bytes, int]:
    """The text that starts here and ends with a zero, and the place behind it."""
    end = file.index(b"\0", at)
    return file[at:end], end + 1
