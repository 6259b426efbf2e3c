"""Samples in tar files: neighbouring files that share their name up to the first dot.

Tar headers are slow to parse and a training run passes them many times, so the places in a file on
disk are remembered; a stream is read from front to back.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

Sample = tuple[str, dict[str, bytes]]
"""Name, and content by the rest of the files' names."""

REMEMBERED = 32
"""Tar files whose places are remembered: about a megabyte for every hundred shots."""


def add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Append a file with no time, owner or mode of this machine."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def samples_of_file(path: Path, wanted: range) -> Iterator[Sample | None]:
    """The wanted samples of a tar file by number, and None for each of the others.

    Raises:
        OSError: The file is missing, or ends within a sample.
        tarfile.TarError: It is no tar file.

    """
    stat = path.stat()
    places = _places(path, stat.st_size, stat.st_mtime_ns)
    with path.open("rb") as stream:
        for number, (name, files) in enumerate(places):
            if number not in wanted:
                yield None
                continue
            content = {}
            for rest, offset, size in files:
                stream.seek(offset)
                content[rest] = stream.read(size)
                if len(content[rest]) != size:
                    raise OSError("unexpected end of data")
            yield name, content


@lru_cache(maxsize=REMEMBERED)
def _places(
    path: Path, _size: int, _mtime_ns: int
) -> tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...]:
    found: dict[str, list[tuple[str, int, int]]] = {}
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            key, _, rest = member.name.partition(".")
            found.setdefault(key, []).append((rest, member.offset_data, member.size))
    return tuple((name, tuple(files)) for name, files in found.items())


def samples_of_stream(stream: IO[bytes], wanted: range) -> Iterator[Sample | None]:
    """The same from a stream that cannot be wound."""
    name: str | None = None
    number, files = -1, dict[str, bytes]()
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            key, _, rest = member.name.partition(".")
            if key != name:
                if name is not None:
                    yield (name, files) if number in wanted else None
                number, name, files = number + 1, key, {}
            if number in wanted and (content := tar.extractfile(member)) is not None:
                files[rest] = content.read()
        if name is not None:
            yield (name, files) if number in wanted else None
    while stream.read(1 << 16):  # a pipe's command fails when its last bytes are not taken
        pass
