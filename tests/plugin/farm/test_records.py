"""What became of each shot, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from celtint.plugin.farm import records
from celtint.plugin.farm.doubts import Doubt
from celtint.plugin.farm.records import Record

WHOLE = Record(
    "sh010",
    records.FAILED,
    attempt=2,
    host="node7",
    problems=("The disk is full.",),
    warnings=("a", "b"),
    doubts=(Doubt(1001, 1004, 1002, 3, 4, 5, 6, 30, 0.25),),
    doubtful=1,
)


def test_a_record_comes_back_as_it_was(tmp_path: Path):
    records.write(tmp_path / "records", WHOLE)
    assert records.read(tmp_path / "records", "sh010") == WHOLE


def test_a_shot_without_a_record_waits(tmp_path: Path):
    assert records.read(tmp_path, "sh010") == Record("sh010", records.WAITING)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"shot": 1, "doubts": [{}]}', "\xff"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str):
    records.path_of(tmp_path, "sh010").write_bytes(text.encode("latin-1"))
    assert records.read(tmp_path, "sh010") == Record("sh010")


def test_keys_of_a_later_version_are_left_out(tmp_path: Path):
    records.write(tmp_path, WHOLE)
    path = records.path_of(tmp_path, "sh010")
    path.write_text(path.read_text().replace('"host"', '"planet": "earth", "host"'))
    assert records.read(tmp_path, "sh010") == WHOLE
