from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import pytest

from celtint.training.evaluation.evaluate import Ask, Results, evaluate
from celtint.training.evaluation.features import ColourGrid
from celtint.training.evaluation.protocols import PROTOCOLS
from celtint.training.evaluation.report import table, write_report
from celtint.training.evaluation.subjects import load_subject

Evaluated = tuple[Ask, Results, Path]


@pytest.fixture(scope="module")
def evaluated(
    data: Path, weights: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Evaluated:
    config = "[data]\nhints = { none = 1.0 }\n"
    ask = Ask(
        subjects=[
            load_subject(weights(), label="ours", device="cpu"),
            load_subject(weights("baseline", config=config, steps="12"), device="cpu"),
        ],
        places=[str(data)],
        protocols=[PROTOCOLS["patches"], PROTOCOLS["dabs-first"]],
    )
    out = tmp_path_factory.mktemp("report")
    return ask, evaluate(ask, ColourGrid(), out), out


def test_the_json_holds_every_row_and_what_made_it(evaluated: Evaluated) -> None:
    ask, results, out = evaluated
    write_report(ask, results, out)
    report = json.loads((out / "report.json").read_text())
    assert report["frechet"] == "FD(colours of 8x8 cells)"
    assert [w["label"] for w in report["weights"]] == ["ours", "baseline"]
    assert [w["takes_hints"] for w in report["weights"]] == [True, False]
    assert report["weights"][1]["steps"] == "12"
    assert report["sets"] == [
        {"name": "balls/held_out", "clips": 2, "frames": 7, "motion": "exact"}
    ]
    assert len(report["rows"]) == len(list(results.rows())) == 8
    row = next(r for r in report["rows"] if r["protocol"] == "dabs-first")
    assert len(row["curve"]["psnr"]) == 4
    assert list(row["propagated"]) == ["1"]


def test_the_markdown_holds_the_same_figures(evaluated: Evaluated) -> None:
    ask, results, out = evaluated
    write_report(ask, results, out)
    text = (out / "report.md").read_text()
    assert "**baseline**: paper2019, sees line art (ink), takes no hints" in text
    for row in results.rows():
        assert f"| {row.psnr:.2f} | {row.psnr_paper:.2f} | {row.ssim:.3f} |" in text
    assert "TC by exact flow" in text
    assert "| t+1 | t+5 | t+20 |" in text


def test_what_cannot_be_measured_is_a_dash(evaluated: Evaluated) -> None:
    _, results, _ = evaluated
    snapped = next(row for row in results.rows() if row.finish == "snapped")
    cells = table([snapped], results.features).splitlines()[-1].split("|")
    assert cells[7].strip() == "-"  # no Frechet distance of snapped paint


def test_the_curves_and_the_sheet_can_be_opened(evaluated: Evaluated) -> None:
    ask, results, out = evaluated
    files = write_report(ask, results, out)
    assert {file.name for file in files} == {
        "report.json",
        "report.md",
        "curves.svg",
        "sheet.png",
    }
    root = ET.parse(out / "curves.svg").getroot()  # noqa: S314 - our own
    lines = [node for node in root.iter() if node.tag.endswith("polyline")]
    assert len(lines) == 2 * 3 * 2  # protocols, figures, weights
    sheet = cv2.imread(str(out / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[1] == 2 * (4 * 206 + 12)


def test_writing_again_changes_nothing(evaluated: Evaluated) -> None:
    ask, results, out = evaluated
    files = write_report(ask, results, out)
    before = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in write_report(ask, results, out)] == before
