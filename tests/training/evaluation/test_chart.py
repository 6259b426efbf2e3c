from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest

from celtint.training.evaluation.chart import Panel, draw_chart

SVG = "{http://www.w3.org/2000/svg}"


def curves(svg: str) -> list[list[tuple[float, float]]]:
    root = ET.fromstring(svg)  # noqa: S314 - our own
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
        for line in root.iter(f"{SVG}polyline")
    ]


def test_values_lie_between_the_ticks_above_and_below_them() -> None:
    svg = draw_chart([Panel("t", "dB", {"ours": [10.0, 20.0, 15.0]})])
    (points,) = curves(svg)
    xs, ys = zip(*points, strict=True)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert ys[2] == pytest.approx((ys[0] + ys[1]) / 2, abs=0.2)
    assert ys[1] < ys[0]  # up is more


def test_a_gap_parts_a_curve() -> None:
    svg = draw_chart([Panel("t", "u", {"a": [1, math.nan, 2, 3], "b": [math.nan] * 4})])
    assert [len(points) for points in curves(svg)] == [1, 2]


def test_labels_keep_their_colour_and_are_escaped() -> None:
    panels = [
        Panel("one", "u", {"a<b": [1, 2], "c": [2, 1]}),
        Panel("two", "u", {"c": [0, 0]}),
    ]
    root = ET.fromstring(draw_chart(panels))  # noqa: S314 - our own
    strokes = [line.get("stroke") for line in root.iter(f"{SVG}polyline")]
    assert strokes[1] == strokes[2] != strokes[0]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.count("a<b") == 1


def test_nothing_to_draw_is_an_empty_panel() -> None:
    assert curves(draw_chart([Panel("t", "u", {})])) == []
