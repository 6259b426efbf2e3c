"""Figures that belong to a weight file, taken from reports of `celtint-train evaluate`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError

REPORT_FORMAT = 1


@dataclass(frozen=True)
class Figures:
    """What one report says of the weights.

    Attributes:
        rows: Its rows of these weights, as `report.json` has them.
        frechet: Name of its Frechet distance.
        sees: What the weights saw.

    """

    rows: tuple[dict[str, Any], ...]
    frechet: str


def read_figures(reports: Iterable[Path], sha256: Collection[str]) -> list[Figures]:
    """Find what reports say of weights.

    Args:
        reports: `report.json` files, or the folders they are in.
        sha256: Of the weight files that count as these weights.

    Raises:
        DataError: A report cannot be read, is of another version, or says nothing of these weights.

    """
    found = []
    for place in reports:
        path = place / "report.json" if place.is_dir() else place
        try:
            report = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise DataError(f"{path} is no report of `celtint-train evaluate`: {error}") from error
        try:
            if report["format"] != REPORT_FORMAT:
                raise DataError(f"{path} is of version {report['format']!r}: evaluate again")
            labels = {w["label"] for w in report["weights"] if w["sha256"] in sha256}
            rows = tuple(row for row in report["rows"] if row["weights"] in labels)
            frechet = str(report["frechet"])
        except (KeyError, TypeError) as error:
            raise DataError(f"{path} is no report of `celtint-train evaluate`") from error
        if not rows:
            raise DataError(
                f"{path} says nothing of these weights: its SHA-256 are "
                f"{', '.join(w['sha256'][:16] for w in report['weights'])}, theirs "
                f"{' and '.join(sorted(digest[:16] for digest in sha256))}. Evaluate the "
                "exported file"
            )
        found.append(Figures(rows, frechet))
    return found


def scores(figures: Iterable[Figures]) -> dict[str, float]:
    """The figures that the registry keeps: PSNR and SSIM, Acc-Thres where it was snapped."""
    kept = {}
    for row in (row for report in figures for row in report.rows):
        if row["previous"] != "own":
            continue
        where = f"{row['set']}, hints {row['protocol']}"
        if row["finish"] == "snapped":
            chosen = {"Acc-Thres snapped": (row["acc_thres"], 4)}
        else:
            chosen = {"PSNR": (row["psnr"], 2), "SSIM": (row["ssim"], 4)}
        for name, (value, digits) in chosen.items():
            if value is not None:
                kept[f"{name}, {where}"] = round(value, digits)
    return kept
