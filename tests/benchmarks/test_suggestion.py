"""Dabs one after another, and their curves."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def suggestion() -> ModuleType:
    return importlib.import_module("suggestion")


@pytest.fixture
def session(suggestion: ModuleType, moving_set: Path):
    held_out, painters = (importlib.import_module(name) for name in ("held_out", "painters"))
    _, encoded = next(held_out.encoded_shots(moving_set))
    return suggestion.Session(painters.Ours(held_out.shot_of(encoded, "clean", 0, 6), None))


@pytest.mark.parametrize("way", ["suggested", "random wrong", "first frame"])
def test_three_good_dabs_colour_three_shapes(suggestion: ModuleType, session, way: str) -> None:
    random = np.random.default_rng(0)
    scores = session.dabbed(suggestion.WAYS[way], 4, random)
    assert len(scores) == 5
    assert scores[0].regions_right == 0
    assert scores[0].large == 18  # three regions on six frames
    assert [score.regions_right for score in scores] == [0, 6, 12, 18, 18]


def test_every_way_begins_without_dabs(suggestion: ModuleType, session) -> None:
    random = np.random.default_rng(0)
    session.dabbed(suggestion.first_frame_first, 3, random)
    assert session.dabbed(suggestion.at_random, 0, random)[0].regions_right == 0


def test_what_is_wrong_is_known_region_by_region(suggestion: ModuleType, session) -> None:
    assert len(session.wrong(1)) == len(session.large(1)) == 3
    session.dabbed(suggestion.first_frame_first, 1, np.random.default_rng(0))
    assert len(session.wrong(1)) == 2
    # The wall is the largest.
    assert session.largest(0, session.large(0)) not in session.wrong(0)


def test_repeats_of_a_shot_count_as_one(suggestion: ModuleType) -> None:
    records = [
        {"key": {"way": "random", "shot": shot}, "regions": [0, value], "pixels": [0, 1]}
        for shot, value in (("a", 0.2), ("a", 0.4), ("b", 0.9))
    ]
    row = suggestion.curves_of(records)["random"]
    assert row["shots"] == 2
    assert row["regions"] == [0, 0.6]
    assert row["regions_spread"] == [0, 0.3]
    assert suggestion.dabs_to([0, 0.5, 0.8], 0.75) == 2
    assert suggestion.dabs_to([0, 0.5], 0.75) is None


def test_from_a_set_to_its_page(
    suggestion: ModuleType, moving_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, report = tmp_path / "page.md", tmp_path / "report.json"
    chart = tmp_path / "images" / "suggestion.svg"
    page.write_text("<!-- suggestion: begin -->\n<!-- suggestion: end -->\n")
    arguments = [str(moving_set), "--dabs", "5", "--repeats", "2", "--frames", "4"]
    arguments += ["--records", str(tmp_path / "r.jsonl"), "--json", str(report)]
    arguments += ["--embedding", "none", "--page", str(page)]
    assert suggestion.main(arguments) == 0
    text = page.read_text()
    assert "| regions right after | 1 dabs | 2 dabs | 5 dabs |" in text
    assert "| suggested | 33.3 ± 0.0 | 66.7 ± 0.0 | 100.0 ± 0.0 |" in text
    assert "| suggested | 2 | 3 | 3 | 3 | - |" in text
    assert "suggested</text>" in chart.read_text()
    assert "dabs; upright: %" in chart.read_text()
    first = json.loads(report.read_text())
    nothing = [*arguments[:1], "--known", "--records", str(tmp_path / "none.jsonl")]
    assert suggestion.main(nothing) == 1
    monkeypatch.setattr(suggestion, "measure", lambda *_: pytest.fail("measured again"))
    assert suggestion.main(arguments) == 0
    assert json.loads(report.read_text()) == first
