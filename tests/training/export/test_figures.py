from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from celtint.training.errors import DataError
from celtint.training.export.figures import read_figures, scores


def row(label: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "set": "held_out",
        "weights": label,
        "protocol": "patches",
        "previous": "own",
        "finish": "as painted",
        "psnr": 21.2345,
        "ssim": 0.81239,
        "acc_thres": 0.1,
    }
    return plain | changes


@pytest.fixture
def report(tmp_path: Path) -> Path:
    content = {
        "format": 1,
        "frechet": "FD(x)",
        "weights": [{"label": "a", "sha256": "1" * 64}, {"label": "b", "sha256": "2" * 64}],
        "rows": [
            row("a"),
            row("b"),
            row("a", finish="snapped", acc_thres=0.98765),
            row("a", previous="true", psnr=99.0),
        ],
    }
    (tmp_path / "report.json").write_text(json.dumps(content))
    return tmp_path


def test_rows_are_those_of_the_weights_by_their_hash(report: Path) -> None:
    for place in (report, report / "report.json"):
        (found,) = read_figures([place], {"1" * 64, "9" * 64})
        assert [r["weights"] for r in found.rows] == ["a", "a", "a"]
        assert found.frechet == "FD(x)"


def test_a_report_on_other_weights_is_refused(report: Path) -> None:
    with pytest.raises(DataError, match="says nothing of these weights"):
        read_figures([report], {"3" * 64})


def test_what_is_no_report_is_refused(report: Path) -> None:
    path = report / "report.json"
    path.write_text("{}")
    with pytest.raises(DataError, match="no report"):
        read_figures([report], {"1" * 64})
    path.write_text('{"format": 7}')
    with pytest.raises(DataError, match="of version 7"):
        read_figures([report], {"1" * 64})
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        read_figures([report], {"1" * 64})


def test_the_registry_keeps_what_was_painted_on_its_own_frames(report: Path) -> None:
    assert scores(read_figures([report], {"1" * 64})) == {
        "PSNR, held_out, hints patches": 21.23,
        "SSIM, held_out, hints patches": 0.8124,
        "Acc-Thres snapped, held_out, hints patches": 0.9877,
    }
