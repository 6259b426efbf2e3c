"""Tables of what `peers.py` has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from pages import percent, table

from celtint.training.metrics import RegionScore

OURS = "celtint"
NEAR = 0.1
"""Peers that come so near in reachable regions right must be slower."""

_MEANT = ("psnr", "within2", "flicker", "s_frame", "cpu_frame")
_TITLES = {
    "every": "Dabs on every frame",
    "first": "Dabs on the first frame only",
    "key": "The first frame given painted",
}


def summary(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each setting and peer: regions are pooled, the rest are means over shots."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault((record["key"]["setting"], record["key"]["peer"]), []).append(record)
    rows = []
    for (setting, peer), some in groups.items():
        done = [record for record in some if "error" not in record]
        errors = [record["error"] for record in some if "error" in record]
        row: dict[str, Any] = {"setting": setting, "peer": peer, "shots": len(done)}
        if errors:
            row["error"] = f"{len(errors)} of {len(some)} shots: {errors[0]}"
        if done:
            score = reduce(add, (RegionScore(**record["score"]) for record in done))
            row |= {"reachable": score.reachable_acc_thres, "pix_acc": score.pix_acc}
            row |= {name: _mean([record[name] for record in done]) for name in _MEANT}
            row["MB"] = max(record["MB"] for record in done)
        rows.append(row)
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def text_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each row or record."""
    lines = []
    for row in rows:
        found = summary([row])[0] if "key" in row else row
        name = f"{found['setting']:<6} {found['peer']:<22} {found['shots']:>3} shots"
        if "error" in found:
            name += f"  {found['error']}"
        if found["shots"]:
            name += (
                f"  reachable {percent(found['reachable']):>5}"
                f"  Pix-Acc {percent(found['pix_acc']):>5}"
                f"  within 2 {percent(found['within2']):>5}  PSNR {found['psnr']:5.2f}"
                f"  {found['cpu_frame']:.3f} cpu s/frame  {found['s_frame']:.3f} s  "
                f"{found['MB']:.0f} MB"
            )
        lines.append(name)
    return "\n".join(lines)


def section(report: Mapping[str, Any]) -> str:
    """The generated part of the page."""
    parts = [f"{report['set']}; a shot's frames are the same for all. Times are rough.", ""]
    for setting in dict.fromkeys(row["setting"] for row in report["rows"]):
        rows = [row for row in report["rows"] if row["setting"] == setting]
        parts += [f"### {_TITLES[setting]}", "", peers_table(rows), "", verdict(rows), ""]
    if report["left_out"]:
        parts += ["Left out, because it is not installed: ", ""]
        parts += [f"- {peer}: {why}" for peer, why in report["left_out"].items()]
    return "\n".join(parts)


def peers_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """One setting, the most accurate first."""
    done = sorted((row for row in rows if row["shots"]), key=lambda row: -row["reachable"])
    lines = {}
    for row in done:
        name = f"**{row['peer']}**" if row["peer"] == OURS else row["peer"]
        lines[name] = [
            str(row["shots"]),
            percent(row["reachable"]),
            percent(row["pix_acc"]),
            percent(row["within2"]),
            f"{row['psnr']:.2f}",
            "-" if row["flicker"] is None else f"{row['flicker']:.2f}",
            f"{row['cpu_frame']:.3f}",
            f"{row['MB']:.0f}",
        ]
    head = ["", "shots", "reachable", "Pix-Acc", "within 2", "PSNR", "flicker", "cpu s/frame", "MB"]
    return table(head, lines)


def verdict(rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether ours is ahead of every peer, and faster than every one that comes near."""
    done = {row["peer"]: row for row in rows if row["shots"]}
    ours = done.pop(OURS, None)
    if ours is None:
        return "Ours was not run."
    ahead = [name for name, row in done.items() if row["reachable"] > ours["reachable"]]
    level = [name for name, row in done.items() if row["reachable"] == ours["reachable"]]
    near = {name: row for name, row in done.items() if row["reachable"] >= ours["reachable"] - NEAR}
    faster = [name for name, row in near.items() if row["cpu_frame"] <= ours["cpu_frame"]]
    first = (
        "Ours is ahead of every one in reachable regions right"
        if not ahead + level
        else f"Ours is behind {', '.join(ahead)}"
        if ahead
        else f"Ours is level with {', '.join(level)} and ahead of all others"
    )
    if not near:
        return f"{first}, and none comes within ten points."
    within = f"of the {len(near)} that come within ten points"
    second = (
        f"{within} none is as fast"
        if not faster
        else f"{within} these are as fast or faster: {', '.join(faster)}"
    )
    return f"{first}, and {second}."
