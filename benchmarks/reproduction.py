r"""The paper's experiment beside its table 1: its baseline, its model and ours, in both modes.

    python benchmarks/reproduction.py \
        --runs runs/experiment --more shipped=guided \
        --data data/held_out --data out/prologue_kid --out out/reproduction

Evaluates the runs of benchmarks/experiment.py (and whatever else is named with --more) on the same
shots and hints, and writes the figures into the generated part of docs/reproduction.md, the curves
over time to docs/images/reproduction.svg. Every weight file follows its own output; in a
second row, the true frame before. What is done is kept in --out, so that a run that was stopped
goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celtint.engine.errors import EngineError
from celtint.training.errors import TrainingError
from celtint.training.evaluation.chart import draw_chart
from celtint.training.evaluation.evaluate import Ask, evaluate
from celtint.training.evaluation.features import choose_features
from celtint.training.evaluation.protocols import PROTOCOLS
from celtint.training.evaluation.report import panels, to_json, write_report
from celtint.training.evaluation.subjects import Subject, load_subject

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs" / "reproduction.md"
CURVES = CHECKOUT / "docs" / "images" / "reproduction.svg"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

EVERY_FRAME = "patches"  # the paper's hints
FIRST_FRAME = ("patches-first", "dabs-first")


@dataclass(frozen=True)
class Pair:
    """A figure of the baseline and of the paper's model."""

    baseline: float
    paper: float


# Table 1 of the paper: mode, show, figure.
TABLE_1 = {
    "greyscale": {
        "DragonBall": {"FID": Pair(9.29, 2.48), "SSIM": Pair(0.78, 0.90), "PSNR": Pair(17.4, 24.9)},
        "Futurama": {"FID": Pair(6.14, 3.51), "SSIM": Pair(0.79, 0.87), "PSNR": Pair(20.6, 24.8)},
    },
    "lineart": {
        "DragonBall": {
            "FID": Pair(19.1, 8.84),
            "SSIM": Pair(0.57, 0.73),
            "PSNR": Pair(16.04, 19.57),
        },
        "Futurama": {"FID": Pair(9.50, 9.46), "SSIM": Pair(0.65, 0.68), "PSNR": Pair(18.1, 19.4)},
    },
}
MODES = {"greyscale": "greyscale", "lineart": "line art"}
RUNS = {
    "baseline, greyscale": "tcvc2019-greyscale-end",
    "paper, greyscale": "paper2019-greyscale-end",
    "ours, greyscale": "guided-greyscale-end",
    "baseline, line art": "tcvc2019-lineart-end",
    "paper, line art": "paper2019-lineart-end",
    "ours, line art": "guided-end",
}
FIGURES = {"PSNR": ("psnr", "{:.2f}"), "SSIM": ("ssim", "{:.3f}")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate, write the page; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=Path, required=True, help="folder that benchmarks/experiment.py wrote"
    )
    parser.add_argument("--more", action="append", default=[], help="LABEL=FILE; repeatable")
    parser.add_argument("--data", action="append", required=True, help="set or shot; repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    parser.add_argument("--shots", type=int, help="only the first so many shots of each set")
    parser.add_argument("--inception", type=Path, help="weights of FID's network")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write into")
    parser.add_argument("--curves", type=Path, default=CURVES, help="the chart to write")
    options = parser.parse_args(arguments)
    try:
        subjects = subjects_of(options)
        report = measured(options, subjects)
    except (TrainingError, EngineError) as error:
        print(f"reproduction: {error}", file=sys.stderr)
        return 3
    configurations = {subject.label: subject.description.config for subject in subjects}
    steps = {subject.label: subject.description.metadata.get("steps") for subject in subjects}
    text = section(report, configurations, steps)
    options.page.write_text(with_section(options.page.read_text("utf-8"), text), "utf-8")
    print(f"{options.page} and {options.curves} are written")
    return 0


def subjects_of(options: argparse.Namespace) -> list[Subject]:
    """The runs, and more."""
    named = {label: str(options.runs / folder) for label, folder in RUNS.items()}
    named |= dict(given.split("=", 1) for given in options.more)
    return [
        load_subject(
            file,
            label=label,
            is_greyscale=True if label.endswith(", greyscale") else None,
            takes_hints=False if label.startswith("baseline, ") else None,
            device=options.device,
        )
        for label, file in named.items()
    ]


def measured(options: argparse.Namespace, subjects: list[Subject]) -> dict[str, Any]:
    """Evaluate, first with the truth before each frame too, then from hints on one frame."""
    features = choose_features(options.inception)

    def told(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"{done} of {total} frames", flush=True)

    report: dict[str, Any] = {}
    for protocols, with_truth in (([EVERY_FRAME], True), (list(FIRST_FRAME), False)):
        ask = Ask(
            subjects=subjects,
            places=options.data,
            protocols=[PROTOCOLS[name] for name in protocols],
            with_true_previous=with_truth,
            most_shots=options.shots,
        )
        results = evaluate(ask, features, options.out, on_progress=told)
        write_report(ask, results, options.out / protocols[0])
        rows = list(results.rows())
        part = to_json(ask, results, rows)
        report = part | {"rows": report.get("rows", []) + part["rows"]}
        if not with_truth:
            options.curves.parent.mkdir(parents=True, exist_ok=True)
            options.curves.write_text(draw_chart(panels(rows)), "utf-8")
    (options.out / "reproduction.json").write_text(json.dumps(report, indent=1) + "\n")
    return report


def section(
    report: Mapping[str, Any],
    configurations: Mapping[str, Mapping[str, Any]],
    steps: Mapping[str, str | None],
) -> str:
    """The generated part of the page."""
    parts = ["### What was run", "", runs_table(configurations, steps), ""]
    parts += ["### Table 1 of the paper", ""]
    for show in TABLE_1["greyscale"]:
        parts += [f"**{show}** (the paper's figures)", "", paper_table(show), ""]
    for found in report["sets"]:
        name, count = found["name"], f"{found['clips']} clips, {found['frames']} frames"
        parts += [f"### {name}", "", f"{count}; 1 % hints on every frame.", ""]
        parts += [our_table(report, name, report["frechet"]), ""]
        others = [w["label"] for w in report["weights"] if w["label"] not in RUNS]
        if others:
            parts += ["Other weights on the same frames and hints:", ""]
            parts += [others_table(report, name, others), ""]
        parts += ["Hints on the first frame only, PSNR as painted by frames after it:", ""]
        parts += [time_table(report, name), ""]
    parts += ["![Curves over time](images/reproduction.svg)", ""]
    return "\n".join(parts)


def runs_table(
    configurations: Mapping[str, Mapping[str, Any]], steps: Mapping[str, str | None]
) -> str:
    """What each weight file says of its training; a dash where it does not say."""
    keys = (
        ("network", "model", "network"),
        ("width", "model", "width"),
        ("blocks", "model", "blocks"),
        ("crop, px", "data", "crop_px"),
        ("frames", "data", "frames"),
        ("clips a step", "batch", "clips"),
        ("adversarial", "loss", "adversarial"),
        ("content", "loss", "content"),
        ("style", "loss", "style"),
        ("L1", "loss", "l1"),
        ("perceptual", "loss", "perceptual"),
        ("lr", "optimiser", "lr"),
        ("follows", "rollout", "previous"),
    )
    lines = ["| weights | steps | " + " | ".join(head for head, _, _ in keys) + " |"]
    lines.append("|---|---:|" + "---|" * len(keys))
    for label, config in configurations.items():
        cells = [str(config.get(part, {}).get(key, "-")) for _, part, key in keys]
        lines.append(f"| {label} | {steps.get(label) or '-'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def paper_table(show: str) -> str:
    """One show of table 1, with the gap between its columns."""
    lines = [_head("baseline", "paper", "gap")]
    for figure in ("FID", "SSIM", "PSNR"):
        form = "{:.3f}" if figure == "SSIM" else "{:.2f}"
        cells = []
        for mode in MODES:
            pair = TABLE_1[mode][show][figure]
            cells += _cells(pair.baseline, pair.paper, form=form)
        lines.append(f"| {figure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def our_table(report: Mapping[str, Any], name: str, frechet: str) -> str:
    """The same of a set, with ours beside it; all of them also with the truth before each frame."""
    lines = [_head("baseline", "paper", "gap", "ours", "gap")]
    figures = {**FIGURES, frechet: ("frechet", "{:.3g}")}
    for previous, title in (("own", ""), ("true", ", following the true frame")):
        for figure, (field, form) in figures.items():
            cells = []
            for mode in MODES.values():
                values = [
                    _value(report, name, f"{who}, {mode}", previous, field)
                    for who in ("baseline", "paper", "ours")
                ]
                cells += _cells(*values, form=form)
            lines.append(f"| {figure}{title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def others_table(report: Mapping[str, Any], name: str, labels: Sequence[str]) -> str:
    """Weights that are no part of the experiment."""
    figures = {**FIGURES, report["frechet"]: ("frechet", "{:.3g}")}
    lines = ["| weights | " + " | ".join(figures) + " |", "|---|" + "---:|" * len(figures)]
    for label in labels:
        cells = [
            _number(_value(report, name, label, "own", field), form)
            for field, form in figures.values()
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def time_table(report: Mapping[str, Any], name: str) -> str:
    """PSNR and colourfulness some frames after the hinted one."""
    at = (0, 1, 5, 10, 20, 23)
    lines = ["| weights | hints | " + " | ".join(f"t+{k}" for k in at) + " | chroma at the end |"]
    lines.append("|---|---|" + "---:|" * (len(at) + 1))
    for row in report["rows"]:
        is_wanted = row["set"] == name and row["protocol"] in FIRST_FRAME
        if not is_wanted or row["finish"] != "as painted":
            continue
        curve = row["curve"]["psnr"]
        cells = [_number(curve[k] if k < len(curve) else None, "{:.2f}") for k in at]
        cells.append(_number(row["curve"]["chroma"][-1], "{:.2f}"))
        lines.append(f"| {row['weights']} | {row['protocol']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_section(page: str, text: str) -> str:
    """The page with its generated part replaced.

    Raises:
        ValueError: The page has no such part.

    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _head(*columns: str) -> str:
    names = [f"{mode}: {column}" for mode in MODES.values() for column in columns]
    return f"| | {' | '.join(names)} |\n|---|" + "---:|" * len(names)


def _cells(baseline: float | None, *others: float | None, form: str) -> list[str]:
    """The baseline, then each of the others with its gap to it."""
    cells = [_number(baseline, form)]
    for value in others:
        cells.append(_number(value, form))
        if baseline is None or value is None:
            cells.append("-")
        else:
            cells.append(("+" if value >= baseline else "-") + form.format(abs(value - baseline)))
    return cells


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _value(
    report: Mapping[str, Any], name: str, label: str, previous: str, field: str
) -> float | None:
    for row in report["rows"]:
        found = (row["set"], row["weights"], row["previous"], row["protocol"], row["finish"])
        if found == (name, label, previous, EVERY_FRAME, "as painted"):
            value: float | None = row[field]
            return value
    return None


if __name__ == "__main__":
    sys.exit(main())
