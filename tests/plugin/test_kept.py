"""What is kept of an analysis comes back to the bit, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.links import Links
from celtint.engine.graph.measure import analyse
from celtint.plugin.kept import KeptAnalyses

NAMES = {0: "0" * 32, 1: "1" * 32}


@pytest.fixture(scope="module")
def analysis() -> FrameAnalysis:
    ink = np.zeros((40, 60), np.uint8)
    ink[10, 5:50] = ink[30, 5:50] = ink[10:31, 5] = ink[10:31, 49] = 255
    return analyse(ink, FlatSettings())


def same(one: Any, other: Any) -> bool:
    a, b = one.to_arrays(), other.to_arrays()
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and np.array_equal(a[name], b[name]) for name in a
    )


def drawing(folder: Path, index: int = 0) -> Path:
    return folder / ".celtint" / "analysis" / f"{NAMES[index]}.drawing"


def test_a_drawing_and_links_come_back(tmp_path: Path, analysis: FrameAnalysis) -> None:
    links = Links.identity(analysis.count)
    kept = KeptAnalyses(tmp_path, NAMES)
    assert kept.analysis(0) is None
    kept.keep_analysis(0, analysis)
    kept.keep_links("ab" * 16, links)
    later = KeptAnalyses(tmp_path, NAMES)
    assert same(later.analysis(0), analysis)
    assert same(later.links("ab" * 16), links)
    assert later.analysis(1) is None
    assert later.links("cd" * 16) is None
    assert (later.found, later.made) == (1, 0)
    assert not [path for path in drawing(tmp_path).parent.iterdir() if path.suffix == ".tmp"]


def test_what_was_kept_of_another_drawing_is_not_used(
    tmp_path: Path, analysis: FrameAnalysis
) -> None:
    kept = KeptAnalyses(tmp_path, NAMES)
    kept.keep_analysis(0, analysis)
    drawing(tmp_path, 1).write_bytes(drawing(tmp_path, 0).read_bytes())
    assert kept.analysis(0) is not None
    assert kept.analysis(1) is None


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "foreign", "links"])
def test_what_is_damaged_or_foreign_is_not_used(
    tmp_path: Path, analysis: FrameAnalysis, how: str
) -> None:
    kept = KeptAnalyses(tmp_path, NAMES)
    kept.keep_analysis(0, analysis)
    kept.keep_links("ab" * 16, Links.identity(2))
    path = drawing(tmp_path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    content = {
        "flipped": bytes(data),
        "cut": path.read_bytes()[:-7],
        "empty": b"",
        "foreign": b"II*\0" * 100,
        "links": (path.parent / f"{'ab' * 16}.links").read_bytes(),
    }[how]
    path.write_bytes(content)
    assert kept.analysis(0) is None
    kept.keep_analysis(0, analysis)
    assert same(kept.analysis(0), analysis)


def test_a_folder_that_cannot_be_written_is_no_failure(
    tmp_path: Path, analysis: FrameAnalysis, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".celtint").write_text("a file where a folder should be")
    kept = KeptAnalyses(tmp_path, NAMES)
    kept.keep_analysis(0, analysis)
    kept.keep_analysis(1, analysis)
    assert kept.analysis(0) is None
    assert len(caplog.records) == 1, "told once"


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, analysis: FrameAnalysis) -> None:
    kept = KeptAnalyses(tmp_path, NAMES)
    kept.keep_analysis(0, analysis)
    kept.keep_analysis(1, analysis)
    os.utime(drawing(tmp_path, 0), (1, 1))
    size = drawing(tmp_path).stat().st_size
    later = KeptAnalyses(tmp_path, {0: "a" * 32})
    later.keep_analysis(0, analysis)
    (drawing(tmp_path).parent / f".{'b' * 32}.drawing.77.tmp").write_bytes(b"left")
    assert later.tidy(most_bytes=3 * size + 4) == 1  # what a killed run left
    assert later.tidy(most_bytes=2 * size) == 1
    assert not drawing(tmp_path, 0).exists()
    assert drawing(tmp_path, 1).exists()
    assert later.tidy(most_bytes=0) == 1, "what this run used stays"
    assert later.analysis(0) is not None
    assert KeptAnalyses(tmp_path / "none", {}).tidy() == 0
