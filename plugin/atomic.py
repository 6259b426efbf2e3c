"""Files that appear whole or not at all.

A file is written under a temporary name in its own folder, checked, flushed to the disk and
renamed. The check matters: OpenImageIO reports a full disk only while it hands pixels on, and loses
the error of the last few kilobytes, which it writes when it closes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import FileError

_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


@contextmanager
def replacing(path: Path, is_whole: Callable[[Path], bool]) -> Iterator[Path]:
    """Lend a temporary name; on leaving, check what was written there and rename it to `path`.

    The temporary name keeps the extension, by which OpenImageIO picks a writer.

    Args:
        path: The file to make or replace.
        is_whole: Tells whether the file that was written is complete.

    Raises:
        FileError: The folder cannot be written, the file is not whole, or it cannot be renamed.
            The temporary file is gone then, and `path` is as it was.

    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        # Made here rather than by OpenImageIO, whose messages leave out the system's reason.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))
        yield temporary
        if not is_whole(temporary):
            raise FileError(f"{path} cannot be written: {refusal(temporary)}")
        _flush(temporary)
        os.replace(temporary, path)  # noqa: PTH105 (the one name everybody knows for this)
        _flush(path.parent)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def refusal(path: Path) -> str:
    """Why the system takes no more data for a file, found by trying: it may be a full disk."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            # More than a block, so that room left inside the last one does not hide a full disk.
            os.write(handle, bytes(1 << 17))
            written = os.write(handle, bytes(1 << 17))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        return error.strerror or str(error)
    return "the disk took only part of it" if written else "the disk takes no more data"


def leftovers(folder: Path) -> tuple[Path, ...]:
    """Temporary files that killed runs left in a folder."""
    endings = (".tmp.exr", ".tmp.png")
    return tuple(
        path for path in sorted(folder.glob(".*")) if path.name.casefold().endswith(endings)
    )


def is_whole_exr(path: Path) -> bool:
    """True where a single-part scanline EXR holds all its chunks, end to end, and nothing else.

    Reads only the header, the table of chunks and the head of each chunk (OpenEXR, "File layout").
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(4) != b"\x76\x2f\x31\x01" or len(file.read(4)) != 4:
            return False
        while _text(file.read1):
            _text(file.read1)  # the type of the attribute
            length = file.read(4)
            if len(length) != 4:
                return False
            file.seek(struct.unpack("<i", length)[0], os.SEEK_CUR)
        table = file.tell()
        first = file.read(8)
        start = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
        count = (start - table) // 8
        if count < 1 or start > size:
            return False
        file.seek(table)
        offsets = struct.unpack(f"<{count}Q", file.read(8 * count))
        expected = start
        for offset in offsets:
            file.seek(offset)
            head = file.read(8)
            if offset != expected or len(head) != 8:
                return False
            expected = offset + 8 + struct.unpack("<ii", head)[1]
        return expected == size


def is_whole_png(path: Path) -> bool:
    """True where a PNG ends in its closing chunk."""
    with path.open("rb") as file:
        data = file.read()
    return data.startswith(b"\x89PNG") and data.endswith(_PNG_END)


def _text(read: Callable[[int], bytes]) -> bytes:
    """A NUL-terminated text of an EXR header, without its NUL."""
    text = bytearray()
    while (byte := read(1)) not in (b"\0", b""):
        text += byte
    return bytes(text)


def _flush(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
