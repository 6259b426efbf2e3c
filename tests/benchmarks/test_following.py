"""From a set to its tables; what was measured once is not measured again."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def following() -> ModuleType:
    return importlib.import_module("following")


@pytest.fixture
def shot(moving_set: Path):
    held_out = importlib.import_module("held_out")
    _, encoded = next(held_out.encoded_shots(moving_set))
    return held_out.shot_of(encoded, "clean", 0, 6)


def test_hints_lie_on_the_frames_they_are_said_to(following: ModuleType, shot) -> None:
    assert list(following.hints_for(shot, "first")) == [0]
    assert list(following.hints_for(shot, "first+last")) == [0, 5]
    assert list(following.hints_for(shot, "3")) == [0]


def run(following: ModuleType, moving_set: Path, tmp_path: Path, *more: str) -> dict:
    report = tmp_path / "report.json"
    arguments = [str(moving_set), "--records", str(tmp_path / "r.jsonl"), "--json", str(report)]
    arguments += ["--frames", "6", "--embedding", "none"]
    assert following.main([*arguments, *more]) == 0
    return json.loads(report.read_text())


def test_a_run_that_was_stopped_goes_on(
    following: ModuleType, moving_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ("--hints", "first", "1", "--methods", "ours", "ceiling")
    run(following, moving_set, tmp_path, "--shots", "1", *some)
    seen = []

    def measure(ask):
        seen.extend(key["shot"] for key in ask.keys)
        return real(ask)

    real = following.measure
    monkeypatch.setattr(following, "measure", measure)
    report = run(following, moving_set, tmp_path, *some)
    assert set(seen) == {"moving-two"}
    rows = [row for row in report["rows"] if row["set"] == "all" and row["method"] == "ours"]
    assert [(row["hints"], row["shots"]) for row in rows] == [("first", 2), ("1", 2)]
    assert rows[0]["mean"] == 1
    assert {row["hints"] for row in report["rows"] if row["method"] == "ceiling"} == {"first"}


def test_processes_side_by_side_find_the_same(
    following: ModuleType, moving_set: Path, tmp_path: Path
) -> None:
    some = ("--hints", "first", "--methods", "ceiling", "--styles", "clean", "gaps 5-9")
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    alone = run(following, moving_set, one, *some)["rows"]
    together = run(following, moving_set, two, "--jobs", "2", *some)["rows"]
    for row in (*alone, *together):
        row.pop("look_ms")
    assert alone == together


def test_the_page_tells_aims_and_what_was_reached(
    following: ModuleType, moving_set: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- following: begin -->\n<!-- following: end -->\n")
    some = ("--hints", "first", "5px", "--styles", "clean", "width x2", "--page", str(page))
    run(following, moving_set, tmp_path, *some)
    text = page.read_text()
    assert "| Pix-Acc, truth on the first frame | 98.5 | 100.0 | 100.0 | 100.0 | yes |" in text
    assert "| flips without a hint (own, in holds) | 0 | 0 of " in text
    assert "| first, ours | 2 | 100.0 |" in text
    assert "| width x2 | 2 | " in text
    assert "ceiling</text>" in (tmp_path / "images" / "following.svg").read_text()
    before = text
    page.write_text("<!-- following: begin -->\n<!-- following: end -->\n")
    run(following, moving_set, tmp_path, *some, "--known")
    assert page.read_text() == before


def test_the_page_tells_what_was_seen_from_what_was_uncovered(
    following: ModuleType, tmp_path: Path, uncovering_set: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- following: begin -->\n<!-- following: end -->\n")
    run(following, uncovering_set, tmp_path, "--hints", "one-step", "--page", str(page))
    text = page.read_text()
    assert "| one step, regions seen on the frame before | 98.0 | 100.0 |" in text
    # Wall and box were seen; the window stood behind the box.
    assert "| ceiling | 1 | 3 | 100.0 | 100.0 | 33.3 | 100.0 |" in text


def test_what_falls_short_is_told_in_points(following: ModuleType) -> None:
    tables = importlib.import_module("following_tables")
    named = ("t+1", "t+5", "t+20", "mean", "pix_acc", "reachable_pix_acc", "calibration")
    row: dict[str, Any] = dict.fromkeys(named, 0.5)
    row |= {"set": "all", "style": "clean", "hints": "first", "method": "ours", "flagged": 0.9}
    row |= {"flips": 7, "tracked": 90, "own_flips": 5, "flips_in_holds": 1, "shots": 1}
    text = tables.targets([row])
    assert "| t+5, truth on the first frame | 96.0 | 50.0 | - | - | -46.0 |" in text
    assert "| flips without a hint (own, in holds) | 0 | 7 of 90 (5, 1) | - | - | -7 |" in text


def test_unknown_hints_are_told(following: ModuleType, moving_set: Path, capsys) -> None:
    assert following.main([str(moving_set), "--hints", "lots"]) == 2
    assert "expected numbers or first" in capsys.readouterr().out


def test_a_style_costs_what_it_costs_on_its_own_shots() -> None:
    tables, judging = (importlib.import_module(name) for name in ("following_tables", "judging"))

    def record(shot: str, style: str, right: int) -> dict:
        key = {"set": "s", "shot": shot, "style": style, "hints": "first", "method": "ours"}
        score = judging.RegionScore(reachable=10, reachable_right=right)
        verdict = judging.Verdict({"mean": score}).to_json()
        return {"key": key, "frames": 1, "cpu_s": {"look": 1.0}, "verdict": verdict}

    rows = tables.figures_of(
        [record("a", "clean", 10), record("b", "clean", 2), record("a", "boil", 7)]
    )
    boil = tables.find(rows, "first", "ours", style="boil")
    assert (boil["mean"], boil["clean"], boil["shots"]) == (0.7, 1.0, 1)
    assert "| boil | 1 | 70.0 | 30.0 |" in tables.styles_table(rows)
