"""The card of a weight file: what it is, what it was trained on and how, what it scored.

Every figure comes out of a file: the weights, the run's configuration, the set, reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..data.shards import SetInfo
from ..described import CONFIG, STEPS
from .figures import Figures
from .weights import Exported

_UNKNOWN = "unknown"

_LIMITS = """\
- It paints every pixel anew from line art, hints and the frame before. Unlike the flat finish it
  does not promise to give a hint's colour back to the bit, and it does not know where it errs.
- It was trained on the pictures named above alone. How it does on a show that looks otherwise has
  to be measured: `celtint-train evaluate`; `celtint-train adapt` fits it to one.
- Colours are display-referred sRGB in [0, 1]; brighter ones are cut.
"""


def card_of(
    exported: Exported,
    name: str,
    *,
    licence: str,
    sets: Mapping[str, SetInfo],
    figures: Sequence[Figures],
) -> str:
    """The card as Markdown.

    Args:
        exported: The weights.
        name: What they are called.
        licence: SPDX expression.
        sets: What they were trained on, by name; empty where that is not known.
        figures: What reports say of them; empty where nothing was measured.

    """
    generator, preset = exported.weights.generator, exported.weights.preset
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    parts = [
        f"# Model card: {name}",
        "",
        "Written by `celtint-train export`; figures are taken from reports, none by hand.",
        "",
        "| | |",
        "|---|---|",
        f"| network | `{preset.name}`, width {generator.width}, {len(generator.blocks)} blocks |",
        f"| parameters | {_grouped(parameters)} |",
        f"| file | `{exported.file.name}`, {exported.size_bytes / 1e6:.2f} MB, float16 |",
        f"| SHA-256 | `{exported.weights.sha256}` |",
        f"| licence | {licence} |",
        "",
        "## Trained on",
        "",
        trained_on(sets),
        "",
        "## How",
        "",
        *_how(exported),
        "",
        "## Figures",
        "",
        *_figures(figures),
        "## Limits",
        "",
        _LIMITS,
    ]
    return "\n".join(parts)


def trained_on(sets: Mapping[str, SetInfo]) -> str:
    """What weights were trained on, in a sentence for each set."""
    if not sets:
        return f"{_UNKNOWN.capitalize()}: no set was named when the weights were exported."
    lines = []
    for name, info in sets.items():
        made = ", ".join(f"{key} {_plain(value)}" for key, value in sorted(info.made.items()))
        lines.append(
            f"- `{name}`: {_grouped(info.shots)} shots, {_grouped(info.drawings)} drawings, "
            f"{_grouped(info.frames)} frames of film, seed {info.seed}"
            + (f"; {made}." if made else "; the set does not say how it was made.")
        )
    return "\n".join(lines)


def _how(exported: Exported) -> list[str]:
    metadata, config = exported.description.metadata, exported.description.config
    if not config:
        return [f"{_UNKNOWN.capitalize()}: the file carries no configuration of a run."]
    clips = config.get("batch", {}).get("clips", _UNKNOWN)
    return [
        f"{metadata.get(STEPS, _UNKNOWN)} steps of {clips} clips, with this configuration:",
        "",
        "```toml",
        metadata[CONFIG].strip(),
        "```",
    ]


def _figures(figures: Sequence[Figures]) -> list[str]:
    if not figures:
        return ["None yet: no report was given when the weights were exported.", ""]
    lines: list[str] = []
    for report in figures:
        for name in dict.fromkeys(row["set"] for row in report.rows):
            lines += [f"### {name}", "", *_rows(name, report), ""]
    return lines


def _rows(name: str, report: Figures) -> list[str]:
    columns = (
        ("PSNR", "psnr", "{:.2f}"),
        ("SSIM", "ssim", "{:.3f}"),
        (report.frechet, "frechet", "{:.3g}"),
        ("Acc-Thres", "acc_thres", "{:.3f}"),
        ("reachable", "reachable", "{:.3f}"),
        ("Pix-Acc", "pix_acc", "{:.4f}"),
        ("flips", "flips", "{:.4f}"),
        ("TC", "tc", "{:.2f}"),
    )
    lines = [
        "| hints | follows | finish | frames | "
        + " | ".join(head for head, _, _ in columns)
        + " |",
        "|---|---|---|---:|" + "---:|" * len(columns),
    ]
    for row in (row for row in report.rows if row["set"] == name):
        values = [
            "-" if row[field] is None else form.format(row[field]) for _, field, form in columns
        ]
        follows = "the truth" if row["previous"] == "true" else "its own"
        cells = [row["protocol"], follows, row["finish"], str(row["frames"]), *values]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _grouped(number: int) -> str:
    """A number with its thousands apart.

    >>> _grouped(5276380)
    '5 276 380'
    """
    return f"{number:,}".replace(",", " ")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items()) + ")"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) if len(value) <= 8 else f"{len(value)} entries"
    return str(value)
