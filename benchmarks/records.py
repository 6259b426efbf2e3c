"""What a benchmark has measured so far, kept line by line, so that a run that was stopped goes on.

Every line is a JSON object whose `key` says what was measured. The key holds a fingerprint of the
code, so that nothing measured with other code is ever taken for this one's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import celtint.engine

BELOW_FLAT = {"frames.py", "palette.py", "scan.py", "settings.py", "errors.py"}
"""Modules of the engine that its flat regions stand on."""


class Records:
    """The lines of a file; what is added is on disk before the call returns.

    Args:
        path: The file; None keeps nothing from one run to the next.

    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._by_key: dict[str, dict[str, Any]] = {}
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8") if path.exists() else ""
        for line in text.splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue  # the line that was being written when the run was stopped
            self._by_key[_text_of(record["key"])] = record
        if text and not text.endswith("\n"):
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def __contains__(self, key: Mapping[str, Any]) -> bool:
        return _text_of(key) in self._by_key

    def __getitem__(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return self._by_key[_text_of(key)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._by_key.values())

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Keep records; each has a `key`."""
        self._by_key |= {_text_of(one["key"]): dict(one) for one in records}
        if self._path is not None and records:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(one) + "\n" for one in records))
                file.flush()
                os.fsync(file.fileno())


@cache
def engine_fingerprint() -> str:
    """A hash of the engine that is imported, code and weights, without its painted finish."""
    return fingerprint_of(
        path
        for path in _engine_files()
        if path.parent.name != "painted"
        and (path.parent.name != "weights" or path.name.startswith("matching"))
    )


@cache
def flat_fingerprint() -> str:
    """A hash of what finds regions, and of what carries colours without the graph."""
    return fingerprint_of(
        path for path in _engine_files() if path.parent.name == "flat" or path.name in BELOW_FLAT
    )


def _engine_files() -> list[Path]:
    return [
        path
        for folder in celtint.engine.__path__
        for path in Path(folder).rglob("*")
        if path.suffix in {".py", ".safetensors", ".toml"}
    ]


def fingerprint_of(paths: Iterable[Path]) -> str:
    """A hash of files, whatever order they are named in."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]


def _text_of(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)
