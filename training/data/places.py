"""Where a set lies: a plain folder, or anything that webdataset opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


def address_of(folder: str | Path, file: str) -> str | None:
    """What webdataset is to open; None for a plain folder."""
    text = str(folder)
    if "{file}" in text:
        return text.replace("{file}", file)
    # A drive's letter is no scheme.
    if isinstance(folder, str) and re.match(r"[a-z][a-z0-9]+:", text):
        return f"{text.rstrip('/')}/{file}"
    return None


def place_of(folder: str | Path, file: str) -> str:
    """The file's place, for messages."""
    return address_of(folder, file) or str(Path(folder) / file)


@contextmanager
def opened(folder: str | Path, file: str) -> Iterator[IO[bytes]]:
    """A file of a set, as a stream of bytes.

    Raises:
        OSError: It cannot be opened, or the command that reads it failed.

    """
    address = address_of(folder, file)
    if address is None:
        with (Path(folder) / file).open("rb") as stream:
            yield stream
        return
    from webdataset.gopen import gopen  # noqa: PLC0415 - it takes a second, and folders need none

    stream = gopen(address, "rb")
    try:
        yield stream
    except BaseException:
        with suppress(OSError):  # a command that was left in the middle fails: no news
            stream.close()
        raise
    stream.close()
