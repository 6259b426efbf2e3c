from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celtint.plugin.header import Window
from celtint.plugin.publish.measure import (
    colours_in,
    doubtful_in,
    faults_in,
    pack_rgb,
    packed_rgba,
    rgb_of,
    unpainted_in,
)

WINDOW = Window(-3, 5, 7, 4)
NAMES = ("R", "G", "B")


def clean():
    return np.full((4, 7, 3), 0.25, np.float16)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.nan, "NaN"),
        (np.inf, "infinite"),
        (-np.inf, "infinite"),
        (-6e-8, "negative"),
        (65504, "at the limit of half floats"),
    ],
)
@pytest.mark.parametrize("at", [(0, 0, 0), (2, 3, 1), (3, 6, 2)])
def test_one_bad_value_anywhere_is_found_with_its_place(value, kind, at) -> None:
    pixels = clean()
    pixels[at] = value
    ((count, channel, spot),) = [faults_in(pixels, NAMES, WINDOW).pop(kind)]
    assert (count, channel) == (1, NAMES[at[2]])
    assert spot.box == (at[1] - 3, at[0] + 5, 1, 1)


@pytest.mark.parametrize("value", [0.0, -0.0, 6e-8, 1.0, 65472])
def test_values_that_paint_may_have_are_none(value) -> None:
    pixels = clean()
    pixels[1, 1, 1] = value
    assert faults_in(pixels, NAMES, WINDOW) == {}


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bits_faults_are_those_that_numpy_sees(bits) -> None:
    pixels = np.array(bits, np.uint16).view(np.float16).reshape(1, -1, 1)
    found = faults_in(pixels, ("Y",), Window(0, 0, len(bits), 1))
    wide = pixels.astype(np.float64)
    finite = np.isfinite(wide)
    expected = {
        "NaN": np.isnan(wide).sum(),
        "infinite": np.isinf(wide).sum(),
        "negative": (finite & (wide < 0)).sum(),
        "at the limit of half floats": (finite & (np.abs(wide) >= 65504)).sum(),
    }
    assert {kind: one[0] for kind, one in found.items()} == {k: n for k, n in expected.items() if n}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_colours_are_counted_as_one_by_one(which, width) -> None:
    table = pack_rgb(np.array([[0, 0, 0], [1, 0, 0], [0, 0.5, 0], [0, 0, 9]], np.float16))
    paint = table[np.resize(which, (len(which) // width + 1, width))]
    found = colours_in(paint, Window(0, 0, width, len(paint)))
    value, count = np.unique(paint, return_counts=True)
    counted = {colour: spot.area_px for colour, spot in found.items()}
    assert counted == dict(zip(value.tolist(), count.tolist(), strict=True))
    for colour, spot in found.items():
        assert paint[spot.box.y, spot.box.x] == colour


def test_colours_pack_and_unpack() -> None:
    rgb = np.array([[0.5, 1.5, 60000]], np.float16)
    assert rgb_of(int(pack_rgb(rgb)[0])) == tuple(rgb[0].astype(float))
    rgba = np.concatenate([rgb, [[1]]], axis=1).astype(np.float16)[None]
    assert packed_rgba(rgba, 0)[0, 0] == pack_rgb(rgb)[0]


def test_unpainted_patches_come_largest_first_in_the_files_coordinates() -> None:
    paint = pack_rgb(np.zeros((28, 3), np.float16)).reshape(4, 7)
    paint[0, 0] = paint[2:4, 4:7] = 0
    assert [(one.box, one.area_px) for one in unpainted_in(paint, WINDOW)] == [
        ((1, 7, 3, 2), 6),
        ((-3, 5, 1, 1), 1),
    ]


def test_doubtful_patches_are_told_apart_by_their_confidence_and_the_worst_comes_first() -> None:
    paint = pack_rgb(np.zeros((100, 3), np.float16)).reshape(10, 10)
    paint[:, 9] = 0
    confidence = np.ones((10, 10), np.float16)
    confidence[0:4, 0:4], confidence[0:4, 4:8], confidence[:, 9] = 0.2, 0.1, 0
    found = doubtful_in(confidence, paint, below=0.25, least_px=4, window=Window(0, 0, 10, 10))
    assert [round(one.value, 2) for one in found] == [0.1, 0.2], "unpainted is another rule's"
    assert doubtful_in(confidence, paint, below=0.05, least_px=4, window=WINDOW) == ()
    assert doubtful_in(confidence, paint, below=0.25, least_px=40, window=WINDOW) == ()
