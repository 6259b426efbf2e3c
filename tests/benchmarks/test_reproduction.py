"""What the benchmark writes; `python benchmarks/reproduction.py` evaluates and writes it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "reproduction.py"


@pytest.fixture(scope="module")
def reproduction() -> ModuleType:
    spec = importlib.util.spec_from_file_location("celtint_reproduction", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def row(label: str, psnr: float, previous: str = "own", **changes: Any) -> dict[str, Any]:
    plain = {
        "set": "held_out",
        "weights": label,
        "previous": previous,
        "protocol": "patches",
        "finish": "as painted",
        "psnr": psnr,
        "ssim": psnr / 40,
        "frechet": None,
        "curve": {"psnr": [psnr, psnr - 1], "chroma": [1.0, 0.75]},
    }
    return plain | changes


@pytest.fixture
def report() -> dict[str, Any]:
    runs = {
        "baseline, greyscale": 17.0,
        "paper, greyscale": 24.5,
        "ours, greyscale": 27.0,
        "baseline, line art": 16.0,
        "paper, line art": 15.0,
        "ours, line art": 20.0,
    }
    rows = [row(label, psnr) for label, psnr in runs.items()]
    rows += [row(label, psnr + 2, "true") for label, psnr in runs.items()]
    rows += [row("ours, line art", 99.0, finish="snapped"), row("guided", 26.0)]
    rows += [row("guided", 25.0, protocol="dabs-first")]
    return {
        "frechet": "FD(x)",
        "sets": [{"name": "held_out", "clips": 2, "frames": 48}],
        "weights": [{"label": label} for label in (*runs, "guided")],
        "rows": rows,
    }


def test_gaps_are_to_the_baseline(reproduction: ModuleType, report: dict[str, Any]) -> None:
    table = reproduction.our_table(report, "held_out", "FD(x)")
    greyscale = "17.00 | 24.50 | +7.50 | 27.00 | +10.00"
    line_art = "16.00 | 15.00 | -1.00 | 20.00 | +4.00"
    assert f"| PSNR | {greyscale} | {line_art} |" in table
    assert "| PSNR, following the true frame | 19.00 | 26.50 | +7.50 | 29.00 |" in table
    assert "| FD(x) | - | - | - | - | - | - | - | - | - | - |" in table


def test_the_papers_figures_are_those_of_its_table(reproduction: ModuleType) -> None:
    table = reproduction.paper_table("DragonBall")
    assert "| PSNR | 17.40 | 24.90 | +7.50 | 16.04 | 19.57 | +3.53 |" in table
    assert "| SSIM | 0.780 | 0.900 | +0.120 | 0.570 | 0.730 | +0.160 |" in table
    assert "| FID | 9.29 | 2.48 | -6.81 | 19.10 | 8.84 | -10.26 |" in table


def test_the_page_keeps_what_people_wrote(reproduction: ModuleType, report: dict[str, Any]) -> None:
    configurations = {"ours, greyscale": {"model": {"width": 32}}}
    text = reproduction.section(report, configurations, {"ours, greyscale": "900"})
    assert "| ours, greyscale | 900 | - | 32 | - |" in text
    assert "| guided | 26.00 | 0.650 | - |" in text
    assert "| guided | dabs-first | 25.00 | 24.00 | - | - | - | - | 0.75 |" in text
    page = "Above\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nBelow\n"
    once = reproduction.with_section(page, text)
    assert once.startswith("Above\n")
    assert once.endswith("\nBelow\n")
    assert "old" not in once
    assert reproduction.with_section(once, text) == once
    with pytest.raises(ValueError, match="needs the lines"):
        reproduction.with_section("no marks", text)


def test_the_projects_page_has_the_marks(reproduction: ModuleType) -> None:
    assert reproduction.with_section(reproduction.PAGE.read_text("utf-8"), "x")
