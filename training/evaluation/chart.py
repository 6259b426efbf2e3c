"""Curves over time as an SVG file: no library, one panel for each figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_PANEL = (360, 220)
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 30, 10, 34
_COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#566573", "#117a65", "#a04000")
_LEGEND_ROW_PX = 16
_TICKS = 5


@dataclass(frozen=True)
class Panel:
    """One figure over time.

    Attributes:
        title: Above it.
        unit: Of the upright axis.
        series: Label to a value for each frame, from 0; nan leaves a gap.
        across: What the level axis counts.

    """

    title: str
    unit: str
    series: Mapping[str, Sequence[float]]
    across: str = "frames after the first"


def draw_chart(panels: Sequence[Panel], *, columns: int = 3) -> str:
    """An SVG document of panels side by side, with one legend below.

    Args:
        panels: At least one. A label has one colour in all of them.
        columns: Panels in a row.

    """
    labels = list(dict.fromkeys(label for panel in panels for label in panel.series))
    colour = {label: _COLOURS[k % len(_COLOURS)] for k, label in enumerate(labels)}
    wide, high = _PANEL
    rows = math.ceil(len(panels) / columns)
    width = wide * min(columns, len(panels))
    height = high * rows + _LEGEND_ROW_PX * len(labels) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for k, panel in enumerate(panels):
        x, y = wide * (k % columns), high * (k // columns)
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel, colour)}</g>')
    for k, label in enumerate(labels):
        y = high * rows + _LEGEND_ROW_PX * k + 10
        parts.append(
            f'<line x1="{_LEFT}" x2="{_LEFT + 24}" y1="{y}" y2="{y}" stroke="{colour[label]}" '
            f'stroke-width="2"/><text x="{_LEFT + 30}" y="{y + 4}">{escape(label)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, colour: Mapping[str, str]) -> str:
    wide, high = _PANEL
    inner_w, inner_h = wide - _LEFT - _RIGHT, high - _TOP - _BOTTOM
    values = [v for series in panel.series.values() for v in series if math.isfinite(v)]
    low, top = (min(values), max(values)) if values else (0.0, 1.0)
    step = _round_step((top - low) / (_TICKS - 1) or 1.0)
    low = math.floor(low / step) * step
    top = max(math.ceil(top / step) * step, low + step)
    last = max((len(series) for series in panel.series.values()), default=2) - 1

    def at(index: float, value: float) -> str:
        x = _LEFT + inner_w * index / max(last, 1)
        y = _TOP + inner_h * (1 - (value - low) / (top - low))
        return f"{x:.1f},{y:.1f}"

    parts = [f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>']
    for tick in range(round((top - low) / step) + 1):
        value = low + tick * step
        x, y = at(0, value).split(",")
        parts.append(
            f'<line x1="{x}" x2="{wide - _RIGHT}" y1="{y}" y2="{y}" stroke="#dddddd"/>'
            f'<text x="{_LEFT - 5}" y="{float(y) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    for index in sorted({0, last // 2, last}):
        x = at(index, low).split(",")[0]
        parts.append(f'<text x="{x}" y="{high - _BOTTOM + 15}" text-anchor="middle">{index}</text>')
    parts.append(
        f'<text x="{_LEFT + inner_w / 2}" y="{high - 5}" text-anchor="middle">'
        f"{escape(panel.across)}; upright: {escape(panel.unit)}</text>"
    )
    for label, series in panel.series.items():
        for run in _runs(series):
            points = " ".join(at(index, value) for index, value in run)
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour[label]}" '
                'stroke-width="2"/>'
            )
    return "".join(parts)


def _runs(series: Sequence[float]) -> list[list[tuple[int, float]]]:
    """The parts of a curve between its gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(series):
        if math.isfinite(value):
            runs[-1].append((index, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, not less than `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * 0.999)
