"""A transparent image for hints to be painted on.

Blender writes new images in the format of its render settings, whatever they are asked for, so the
file is written here: half-float R, G, B, A, zip, as in the OpenEXR technical introduction, "OpenEXR
file layout". Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import struct
import zlib

_ZIP, _ZIP_ROWS = 3, 16
_HALF, _BYTES = 1, 2
_CHANNELS = "ABGR"  # the format wants them in alphabetical order


def blank_exr(width: int, height: int) -> bytes:
    """The bytes of a transparent EXR.

    Args:
        width: Pixels.
        height: Pixels.

    Raises:
        ValueError: There are no pixels.

    """
    if width < 1 or height < 1:
        raise ValueError(f"expected at least one pixel, got {width}x{height}")
    channels = b"".join(
        name.encode() + b"\0" + struct.pack("<iB3xii", _HALF, 0, 1, 1) for name in _CHANNELS
    )
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    header = b"".join(
        (
            struct.pack("<II", 20000630, 2),
            _attribute("channels", "chlist", channels + b"\0"),
            _attribute("compression", "compression", bytes([_ZIP])),
            _attribute("dataWindow", "box2i", window),
            _attribute("displayWindow", "box2i", window),
            _attribute("lineOrder", "lineOrder", b"\0"),
            _attribute("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
            _attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
            _attribute("screenWindowWidth", "float", struct.pack("<f", 1.0)),
            b"\0",
        )
    )
    blocks = [
        _block(row, width * min(_ZIP_ROWS, height - row) * len(_CHANNELS) * _BYTES)
        for row in range(0, height, _ZIP_ROWS)
    ]
    offsets, at = [], len(header) + 8 * len(blocks)
    for block in blocks:
        offsets.append(struct.pack("<Q", at))
        at += len(block)
    return b"".join((header, *offsets, *blocks))


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value


def _block(row: int, size: int) -> bytes:
    # Bytes are stored as differences, offset by 128: zeros become 0, 128, 128, ...
    plain = b"\0" * size
    packed = zlib.compress(b"\0" + b"\x80" * (size - 1), 9)
    data = packed if len(packed) < size else plain  # what does not shrink is stored as it is
    return struct.pack("<ii", row, len(data)) + data
