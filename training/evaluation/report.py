"""What an evaluation leaves: tables in Markdown and JSON, curves, and a contact sheet."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..whole_files import write_whole
from .chart import Panel, draw_chart
from .evaluate import Ask, Results
from .protocols import PROTOCOLS
from .sheet import Strip, draw_sheet
from .summary import AS_PAINTED, PROPAGATED_TO, SNAPPED, Row

FORMAT = 1
"""Version of report.json."""

JSON, MARKDOWN, CURVES, SHEET = "report.json", "report.md", "curves.svg", "sheet.png"

_CLIPS_SHOWN = 3
"""Clips of each set on the contact sheet, evenly over the set."""

_NOTES = """\
PSNR and SSIM compare finished frames, lines included, over the three sRGB channels; SSIM has the
11x11 Gaussian window of Wang et al. (2004). *PSNR paper* leaves pixels with ink out. No frame
counts more than 60 dB. *Within 2*: share of paper pixels within 2 of 255 of the truth. *Acc*: share
of regions whose colour equals the truth to the bit, *Acc-Thres* of those over 10 px, *reachable* of
those whose colour some hint has shown by then, *Pix-Acc* by pixel, *Pix-F* of the foreground,
*Pix-B* the background's mean intersection over union. *Flips*: tracked things that change colour
without a hint. *TC*: warp error over that of the truth, 1 is as steady as the original. *Chroma*:
colourfulness over that of the truth, 0 is grey. *Snapped*: every region of the drawing in the
nearest of the colours that hints have shown so far; weights that take no hints are given the same
colours. A Frechet distance depends on how many frames there are: compare it within a table alone.
"""


def write_report(ask: Ask, results: Results, out: Path) -> list[Path]:
    """Write `report.json`, `report.md`, `curves.svg` and `sheet.png`, each whole or not at all.

    Returns:
        The files.

    Raises:
        OSError: A file cannot be written.

    """
    rows = list(results.rows())
    files = {
        JSON: json.dumps(to_json(ask, results, rows), indent=1, allow_nan=False).encode() + b"\n",
        MARKDOWN: to_markdown(ask, results, rows).encode(),
        CURVES: draw_chart(panels(rows)).encode(),
        SHEET: contact_sheet(results),
    }
    for name, content in files.items():
        write_whole(out / name, content)
    return [out / name for name in files]


def to_json(ask: Ask, results: Results, rows: Sequence[Row]) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "format": FORMAT,
        "celtint": version("celtint"),
        "frechet": results.features,
        "seed": ask.seed,
        "frames_of_a_clip": ask.frames,
        "weights": [
            {
                "label": subject.label,
                "sha256": subject.sha256,
                "preset": subject.painter.preset.name,
                "sees": subject.sees,
                "takes_hints": subject.takes_hints,
                "device": subject.painter.device.description,
                "steps": subject.description.metadata.get("steps"),
            }
            for subject in ask.subjects
        ],
        "sets": [
            {
                "name": name,
                "clips": len(clips),
                "frames": sum(len(truth.features) for _, truth in clips),
                "motion": results.motion[name],
            }
            for name, clips in results.clips.items()
        ],
        "rows": [row.to_json() for row in rows],
    }


def to_markdown(ask: Ask, results: Results, rows: Sequence[Row]) -> str:
    """The tables, for people."""
    parts = ["# Evaluation", ""]
    for subject in ask.subjects:
        hints = "takes hints" if subject.takes_hints else "takes no hints"
        parts.append(
            f"- **{subject.label}**: {subject.painter.preset.name}, sees {subject.sees}, {hints}; "
            f"SHA-256 `{subject.sha256[:16]}`; {subject.painter.device.description}"
        )
    for name, clips in results.clips.items():
        frames = sum(len(truth.features) for _, truth in clips)
        parts += ["", f"## {name}", "", f"{len(clips)} clips, {frames} frames."]
        if results.motion[name] != "none":
            parts[-1] += f" TC by {results.motion[name].replace('exact', 'exact flow')}."
        for protocol in ask.protocols:
            chosen = [row for row in rows if (row.set, row.protocol) == (name, protocol.name)]
            parts += ["", f"### Hints: {protocol.title}", "", table(chosen, results.features)]
            if protocol.is_first_only and any(row.propagated for row in chosen):
                parts += ["", "Acc-Thres / Pix-Acc so many frames after the hinted one:", ""]
                parts.append(propagated_table(chosen))
    return "\n".join([*parts, "", _NOTES])


def table(rows: Iterable[Row], frechet: str) -> str:
    """Rows as a Markdown table."""
    columns = (
        ("PSNR", "psnr", "{:.2f}"),
        ("PSNR paper", "psnr_paper", "{:.2f}"),
        ("SSIM", "ssim", "{:.3f}"),
        (frechet, "frechet", "{:.3g}"),
        ("within 2", "within", "{:.3f}"),
        ("Acc", "acc", "{:.3f}"),
        ("Acc-Thres", "acc_thres", "{:.3f}"),
        ("reachable", "reachable", "{:.3f}"),
        ("Pix-Acc", "pix_acc", "{:.4f}"),
        ("Pix-F", "pix_f_acc", "{:.4f}"),
        ("Pix-B", "pix_b_miou", "{:.4f}"),
        ("flips", "flips", "{:.4f}"),
        ("TC", "tc", "{:.2f}"),
        ("chroma", "chroma", "{:.2f}"),
        ("s/frame", "seconds", "{:.3f}"),
    )
    lines = ["| weights | follows | finish | " + " | ".join(name for name, _, _ in columns) + " |"]
    lines.append("|---|---|---|" + "---:|" * len(columns))
    for row in rows:
        figures = (number(getattr(row, field), form) for _, field, form in columns)
        follows = "the truth" if row.previous == "true" else "its own"
        lines.append(f"| {row.weights} | {follows} | {row.finish} | {' | '.join(figures)} |")
    return "\n".join(lines)


def propagated_table(rows: Iterable[Row]) -> str:
    """Propagated accuracy as a Markdown table."""
    lines = ["| weights | follows | finish | " + " | ".join(f"t+{k}" for k in PROPAGATED_TO) + " |"]
    lines.append("|---|---|---|" + "---:|" * len(PROPAGATED_TO))
    for row in rows:
        figures = []
        for after in PROPAGATED_TO:
            acc, pixels = row.propagated.get(after, (math.nan, math.nan))
            figures.append(f"{number(acc, '{:.3f}')} / {number(pixels, '{:.4f}')}")
        follows = "the truth" if row.previous == "true" else "its own"
        lines.append(f"| {row.weights} | {follows} | {row.finish} | {' | '.join(figures)} |")
    return "\n".join(lines)


def number(value: float | None, form: str) -> str:
    """A figure as text; a dash where nothing could be measured.

    >>> number(0.12345, "{:.3f}"), number(None, "{:.3f}")
    ('0.123', '-')
    """
    return "-" if value is None or math.isnan(value) else form.format(value)


def panels(rows: Sequence[Row]) -> list[Panel]:
    """Curves of every set and protocol, its own frames followed: as painted, and snapped."""
    drawn = []
    names = list(dict.fromkeys((row.set, row.protocol) for row in rows))
    for name, protocol in names:
        chosen = [row for row in rows if (row.set, row.protocol) == (name, protocol)]
        own = [row for row in chosen if row.previous == "own"]
        plain = [row for row in own if row.finish == AS_PAINTED]
        flat = [row for row in own if row.finish == SNAPPED]
        title = f"{name}: {PROTOCOLS[protocol].name}"
        drawn.append(Panel(f"{title}", "PSNR, dB", {r.weights: r.curve.psnr for r in plain}))
        accurate = {r.weights: r.curve.acc_thres for r in flat}
        drawn.append(Panel(f"{title}, snapped", "Acc-Thres", accurate))
        drawn.append(
            Panel(title, "chroma over the truth's", {r.weights: r.curve.chroma for r in plain})
        )
    return drawn


def contact_sheet(results: Results) -> bytes:
    """A PNG: of each set a few clips, the truth, then what every way painted."""
    columns = []
    for name, clips in results.clips.items():
        for at in dict.fromkeys(
            np.linspace(0, len(clips) - 1, _CLIPS_SHOWN).round().astype(int).tolist()
        ):
            truth = results.thumbnails(name, -1, at)["truth"]
            strips = [Strip(f"{name} / {clips[at][0]}: truth", truth)]
            shown: set[tuple[str, str]] = set()
            for order, way in enumerate(results.ways):
                pictures = results.thumbnails(name, order, at)
                hints = way.protocol.title if way.subject.takes_hints else "no hints"
                if (way.subject.sees, hints) not in shown:
                    shown.add((way.subject.sees, hints))
                    strips.append(Strip(f"{way.subject.sees}, {hints}", pictures["seen"]))
                strips += [
                    Strip(f"{way.label}: {kind}", pictures[kind])
                    for kind in ("painted", "snapped")
                    if kind in pictures
                ]
            columns.append(strips)
    sheet = cv2.cvtColor(draw_sheet(columns), cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", sheet)[1])
