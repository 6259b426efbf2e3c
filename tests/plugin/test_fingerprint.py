from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from celtint.plugin.errors import FileError
from celtint.plugin.fingerprint import chain, facts_digest, file_digest

# The first hint stands on index 2: colour flows 2 3 4, then back 1 0.
FLOW = [(2, None), (3, 2), (4, 3), (1, 2), (0, 1)]
LINES = {index: f"line {index}" for index in range(5)}
HINTS = {2: "hint 2", 4: "hint 4"}


def changed(**changes: object) -> set[int]:
    """The frames whose fingerprint a change of the shot changes."""
    before = chain("settings", FLOW, LINES, HINTS)
    after = chain(
        str(changes.get("settings", "settings")),
        FLOW,
        LINES | changes.get("lines", {}),  # type: ignore[operator]
        changes.get("hints", HINTS),  # type: ignore[arg-type]
    )
    return {index for index in before if before[index] != after[index]}


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 1_000_000)

    assert file_digest(path) == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"gone\.exr"):
        file_digest(tmp_path / "gone.exr")


def test_the_order_of_facts_is_no_fact() -> None:
    assert facts_digest({"a": 1, "b": [1.5]}) == facts_digest({"b": [1.5], "a": 1})
    assert facts_digest({"a": 1}) != facts_digest({"a": 2})
    with pytest.raises(ValueError, match="JSON compliant"):
        facts_digest({"a": float("nan")})


def test_a_changed_drawing_reaches_only_what_lies_downstream() -> None:
    assert changed(lines={3: "redrawn"}) == {3, 4}
    assert changed(lines={1: "redrawn"}) == {1, 0}
    assert changed(lines={0: "redrawn"}) == {0}
    assert changed(lines={2: "redrawn"}) == {0, 1, 2, 3, 4}


def test_a_hint_reaches_only_what_lies_downstream() -> None:
    assert changed(hints={2: "hint 2", 4: "another"}) == {4}
    assert changed(hints={2: "hint 2"}) == {4}
    assert changed(hints=HINTS | {0: "new"}) == {0}


def test_settings_reach_every_frame() -> None:
    assert changed(settings="others") == {0, 1, 2, 3, 4}


def test_a_drawing_is_not_mistaken_for_a_hint() -> None:
    (one,) = chain("s", [(0, None)], {0: "a"}, {}).values()
    (other,) = chain("s", [(0, None)], {0: "a"}, {0: "a"}).values()

    assert one != other


def test_a_longer_shot_keeps_the_fingerprints_of_its_beginning() -> None:
    short = chain("s", [(0, None), (1, 0)], LINES, {0: "h"})
    long = chain("s", [(0, None), (1, 0), (2, 1)], LINES, {0: "h"})

    assert {index: long[index] for index in short} == short
