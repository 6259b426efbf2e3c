"""A run that was stopped goes on."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def records() -> ModuleType:
    return importlib.import_module("records")


def test_what_was_added_is_known_to_the_next_run(records: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "records.jsonl"
    kept = records.Records(path)
    assert {"shot": 1} not in kept
    kept.add([{"key": {"shot": 1, "by": "a"}, "value": 5}])
    again = records.Records(path)
    assert again[{"by": "a", "shot": 1}]["value"] == 5
    assert len(list(again)) == 1


def test_a_line_that_was_cut_off_is_measured_again(records: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    kept = records.Records(path)
    kept.add([{"key": {"shot": number}} for number in range(3)])
    path.write_text(path.read_text()[:-5])
    again = records.Records(path)
    assert {"shot": 1} in again
    assert {"shot": 2} not in again
    again.add([{"key": {"shot": 2}}])
    assert len(list(records.Records(path))) == 3


def test_a_fingerprint_knows_a_changed_file(records: ModuleType, tmp_path: Path) -> None:
    one, other = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text("1")
    other.write_text("2")
    before = records.fingerprint_of([one, other])
    assert records.fingerprint_of([other, one]) == before
    other.write_text("3")
    assert records.fingerprint_of([one, other]) != before
    assert len(records.engine_fingerprint()) == 16
