"""Figures and tables of what `following.py` has measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from held_out import CLEAN
from judging import MEAN, SEEN, UNCOVERED, Verdict
from pages import percent, table

from celtint.training.evaluation.chart import Panel, draw_chart
from celtint.training.metrics import RegionScore

ALL_SETS = "all"
Figures = dict[str, Any]

TARGETS = {
    # what, hints, figure, at least
    "one step from the truth": ("one-step", "mean", 0.98),
    "one step, regions seen on the frame before": ("one-step", SEEN, 0.98),
    "t+1, truth on the first frame": ("first", "t+1", 0.98),
    "t+5, truth on the first frame": ("first", "t+5", 0.96),
    "t+20, truth on the first frame": ("first", "t+20", 0.92),
    "Pix-Acc, truth on the first frame": ("first", "pix_acc", 0.985),
    "reachable Pix-Acc, truth on the first frame": ("first", "reachable_pix_acc", 0.985),
    "mean, truth on the first and the last frame": ("first+last", "mean", 0.975),
    "unreachable regions flagged, truth on the first frame": ("first", "flagged", 0.8),
    "wrong regions in the least sure tenth, truth on the first frame": (
        "first",
        "calibration",
        0.9,
    ),
}

_COLUMNS = {
    "t+1": "t+1",
    "t+5": "t+5",
    "t+20": "t+20",
    "mean": "mean",
    "by_shot": "mean of shots",
    "acc_thres": "all regions",
    "pix_acc": "Pix-Acc",
    "reachable_pix_acc": "reachable pix",
    "flagged": "flagged",
    "needless": "needless",
    "calibration": "calibration",
}


def figures_of(records: Sequence[Mapping[str, Any]]) -> list[Figures]:
    """One row for each set, style, hints and method, and for all sets together."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for record in records:
        key = record["key"]
        for place in (key["set"], ALL_SETS):
            name = (place, key["style"], key["hints"], key["method"])
            groups.setdefault(name, []).append(record)
    names = ("set", "style", "hints", "method")
    rows = []
    for name, some in groups.items():
        place, _, hints, method = name
        clean = {_shot(one): one for one in groups.get((place, CLEAN, hints, method), [])}
        same = [clean[_shot(one)] for one in some if _shot(one) in clean]
        row = dict(zip(names, name, strict=True)) | _row(some)
        row["clean"] = _row(same)[MEAN] if len(same) == len(some) else None
        rows.append(row)
    return rows


def _shot(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["key"]["set"], record["key"]["shot"]


def _row(records: Sequence[Mapping[str, Any]]) -> Figures:
    verdicts = [Verdict.from_json(record["verdict"]) for record in records]
    whole, none = reduce(add, verdicts), RegionScore()
    mean = whole.scores.get(MEAN, none)
    by_shot = [one.scores.get(MEAN, none) for one in verdicts]
    shares = [one.reachable_acc_thres for one in by_shot if one.reachable]
    frames = sum(record["frames"] for record in records)
    look = sum(record["cpu_s"]["look"] for record in records)
    row = {
        when: whole.scores.get(when, none).reachable_acc_thres
        for when in ("t+1", "t+5", "t+20", MEAN, SEEN, UNCOVERED)
    }
    found: dict[str, Any] = row | {
        "by_shot": _mean(shares),
        "least_shot": min(shares, default=float("nan")),
        "acc_thres": mean.acc_thres,
        "pix_acc": mean.pix_acc,
        "reachable_pix_acc": mean.reachable_pix_acc,
        "pix_acc_by_shot": _mean([one.pix_acc for one in by_shot if one.pixels]),
        "flagged": whole.flagged / max(mean.unreachable, 1),
        "needless": whole.needless / max(mean.reachable, 1),
        "calibration": whole.calibration(),
        "flips": whole.flips.flipped,
        "own_flips": whole.own,
        "flips_in_holds": whole.held,
        "tracked": whole.flips.tracked,
        "reachable": mean.reachable,
        "reachable_uncovered": whole.scores.get(UNCOVERED, none).reachable,
        "unreachable": mean.unreachable,
        "shots": len(records),
        "frames": frames,
        "look_ms": 1000 * look / max(frames, 1),
    }
    # nan is no JSON
    found = {name: None if math.isnan(value) else value for name, value in found.items()}
    last = max(whole.curve, default=0)
    shares = {at: right / all_ for at, (all_, right) in whole.curve.items() if all_}
    return found | {"curve": [shares.get(at) for at in range(last + 1)]}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def find(
    rows: Sequence[Figures], hints: str, method: str, *, place: str = ALL_SETS, style: str = CLEAN
) -> Figures | None:
    """The row of a set, style, hints and method, if it was measured."""
    wanted = (place, style, hints, method)
    for row in rows:
        if (row["set"], row["style"], row["hints"], row["method"]) == wanted:
            return row
    return None


def text_of(rows: Sequence[Figures]) -> str:
    """Tables for a terminal."""
    head = [f"{'':<14}", *(f"{name:>14}" for name in _COLUMNS.values()), f"{'flips (own)':>24}"]
    parts = []
    for place, style in dict.fromkeys((row["set"], row["style"]) for row in rows):
        some = [row for row in rows if (row["set"], row["style"]) == (place, style)]
        parts.append(f"\n{place}, {style}: {some[0]['shots']} shots, {some[0]['frames']} frames")
        for hints in dict.fromkeys(row["hints"] for row in some):
            parts.append("".join([f"{hints:<14}", *head[1:]]))
            parts += ["".join(_text_row(row)) for row in some if row["hints"] == hints]
    return "\n".join(parts)


def _text_row(row: Figures) -> list[str]:
    cells = [f"{percent(row[name]):>14}" for name in _COLUMNS]
    flips = f"{row['flips']} ({row['own_flips']}) of {row['tracked']}"
    return [f"{row['method']:<14}", *cells, f"{flips:>24}"]


def section(report: Mapping[str, Any]) -> str:
    """The generated part of the page."""
    rows = report["rows"]
    sets: dict[str, int] = {}
    for row in rows:
        sets[row["set"]] = max(sets.get(row["set"], 0), row["shots"])
    sets.pop(ALL_SETS)
    frames = max(row["frames"] for row in rows)
    parts = [
        f"Engine `{report['engine']}`; matching network: {report['embedding']}. "
        + "; ".join(f"{name}: {shots} shots" for name, shots in sets.items())
        + f". All figures in %, of the regions of up to {frames} frames; each row says "
        "of how many shots.",
        "",
        "### What was aimed at",
        "",
        targets(rows),
        "",
        "### Hints",
        "",
    ]
    for place in dict.fromkeys([ALL_SETS, *(row["set"] for row in rows)]):
        heading = "All sets together" if place == ALL_SETS else place
        parts += [f"**{heading}**, clean lines", "", hints_table(rows, place), ""]
    if find(rows, "first", "ours"):
        parts += ["![Reachable regions right, frame by frame](images/following.svg)", ""]
    if hidden := uncovered_table(rows):
        parts += ["### What comes to light from one frame to the next", "", hidden, ""]
    parts += ["### Line art as it comes", "", styles_table(rows), ""]
    return "\n".join(parts)


def chart_of(rows: Sequence[Figures]) -> str:
    """Reachable regions right from frame to frame, all sets together, as SVG."""
    panels = []
    for hints, title in (("first", "Truth on the first frame"), ("first+last", "and on the last")):
        series = {
            method: [math.nan if share is None else 100 * share for share in row["curve"]]
            for method in ("ours", "flow voting", "ceiling")
            if (row := find(rows, hints, method))
        }
        if series:
            panels.append(Panel(title, "% of reachable regions right", series))
    return draw_chart(panels, columns=2) if panels else ""


def targets(rows: Sequence[Figures]) -> str:
    """Aims beside what was reached."""
    lines: dict[str, list[str]] = {}
    for what, (hints, name, least) in TARGETS.items():
        values = [find(rows, hints, method) for method in ("ours", "flow voting", "ceiling")]
        ours = values[0]
        if ours is None or ours[name] is None:
            continue
        cells = [percent(row[name]) if row else "-" for row in values]
        if name in ("flagged", "calibration"):
            cells[2] = "-"  # the ceiling has no doubts
        verdict = "yes" if ours[name] >= least else f"{100 * (ours[name] - least):+.1f}"
        lines[what] = [percent(least), *cells, verdict]
    gap = _dabs_gap(rows)
    if gap is not None:
        what = "points lost by a 5-px dab in each region instead of the truth"
        lines[what] = ["1.0", f"{gap:.1f}", "-", "-", "yes" if gap <= 1 else f"{1 - gap:+.1f}"]
    ours = find(rows, "first", "ours")
    if ours is not None:
        others = [find(rows, "first", name) for name in ("flow voting", "ceiling")]
        cells = [_flips(row) if row else "-" for row in (ours, *others)]
        what = "flips without a hint (own, in holds)"
        lines[what] = ["0", *cells, "yes" if ours["flips"] == 0 else str(-ours["flips"])]
    shots = [
        str(row["shots"]) if row else "-"
        for row in (find(rows, "first", method) for method in ("ours", "flow voting", "ceiling"))
    ]
    lines["shots"] = ["", *shots, ""]
    head = ["", "aim", "ours", "flow voting", "ceiling", "reached"]
    return table(head, lines)


def _flips(row: Figures) -> str:
    return f"{row['flips']} of {row['tracked']} ({row['own_flips']}, {row['flips_in_holds']})"


def _dabs_gap(rows: Sequence[Figures]) -> float | None:
    full, dabs = find(rows, "first", "ours"), find(rows, "5px", "ours")
    if not (full and dabs):
        return None
    return 100 * float(full[MEAN] - dabs[MEAN])


def hints_table(rows: Sequence[Figures], place: str) -> str:
    """A row for each way to hint, and each method."""
    lines = {}
    for row in rows:
        if (row["set"], row["style"]) == (place, CLEAN):
            cells = [str(row["shots"]), *(percent(row[name]) for name in _COLUMNS)]
            lines[f"{row['hints']}, {row['method']}"] = [*cells, _flips(row)]
    return table(["", "shots", *_COLUMNS.values(), "flips (own, in holds)"], lines)


def uncovered_table(rows: Sequence[Figures]) -> str:
    """One step from the truth, apart for what was seen on the frame before; empty if not known."""
    lines = {}
    for method in ("ours", "flow voting", "ceiling"):
        row = find(rows, "one-step", method)
        if row is None or row[UNCOVERED] is None:
            continue
        hidden = row["reachable_uncovered"]
        lines[method] = [
            str(row["shots"]),
            str(row["reachable"]),
            percent(row[MEAN]),
            percent(row[SEEN]),
            percent(hidden / row["reachable"]),
            percent(row[UNCOVERED]),
        ]
    head = ["", "shots", "regions", "right", "seen: right", "uncovered: share", "uncovered: right"]
    return table(head, lines) if lines else ""


def styles_table(rows: Sequence[Figures]) -> str:
    """What each line style costs, in points beside clean lines on the same shots."""
    lines = {}
    hints = [one for one in ("first", "5px") if find(rows, one, "ours")]
    for style in dict.fromkeys(row["style"] for row in rows):
        found = [find(rows, one, "ours", style=style) for one in hints]
        found.append(find(rows, "first", "ceiling", style=style))
        some = next((row for row in found if row), None)
        lines[style] = [str(some["shots"]) if some else "-"]
        lines[style] += [cell for row in found for cell in _beside_clean(row)]
    head = [f"{one}: {what}" for one in (*hints, "ceiling") for what in ("mean", "cost", "Pix-Acc")]
    return table(["lines", "shots", *head], lines)


def _beside_clean(found: Figures | None) -> list[str]:
    if found is None or found[MEAN] is None:
        return ["-"] * 3
    cost = "-" if found["clean"] is None else f"{100 * (found['clean'] - found[MEAN]):.1f}"
    return [percent(found[MEAN]), cost, percent(found["pix_acc"])]
