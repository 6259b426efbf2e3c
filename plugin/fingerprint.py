"""Which painted frames are still right: hashes of everything that colour flowed through.

A frame's fingerprint covers the settings and, along the flow of colour, every drawing and every
hint up to this frame. So a changed drawing gives new fingerprints to what lies downstream of it,
and to nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .errors import FileError

_BLOCK = 1 << 20


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        FileError: the file cannot be read.

    """
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def facts_digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of JSON values, whatever order they are given in, in hexadecimal.

    Raises:
        TypeError: a value is not JSON.
        ValueError: a number is not finite.

    """
    text = json.dumps(facts, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain(
    settings: str,
    flow: Iterable[tuple[int, int | None]],
    line_digests: Mapping[int, str],
    hint_digests: Mapping[int, str],
) -> dict[int, str]:
    """The fingerprint of every frame.

    Args:
        settings: Digest of everything that holds for the whole shot.
        flow: Each frame's index and that of the frame its colour comes from (None for the first),
            in the order in which colour flows.
        line_digests: Digest of each frame's line-art file, by index.
        hint_digests: The same of the hint files, for the frames that have hints.

    Returns:
        Index to SHA-256 in hexadecimal.

    """
    fingerprints: dict[int, str] = {}
    for index, source in flow:
        upstream = "" if source is None else fingerprints[source]
        fingerprints[index] = facts_digest(
            {
                "settings": settings,
                "upstream": upstream,
                "line": line_digests[index],
                "hint": hint_digests.get(index),
            }
        )
    return fingerprints
