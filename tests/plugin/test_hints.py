from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from celtint.plugin.header import Window
from celtint.plugin.hints import dabs_of
from celtint.plugin.images import Layer, read_layer

PAPER = Window(0, 0, 64, 48)


def layer_of(shot: Any, alpha: np.ndarray, origin: tuple[int, int] = (0, 0)) -> Layer:
    rgba = np.repeat(alpha[..., None], 4, axis=2).astype(np.float32)
    return read_layer(shot.write(shot.hint(1003), rgba, origin=origin), role="hint")


def test_pixels_count_from_an_alpha_of_one_half(shot: Any) -> None:
    alpha = np.zeros((48, 64))
    alpha[0, :5] = (0.25, 0.4995, 0.5, 0.75, 1.0)

    dabs = dabs_of(layer_of(shot, alpha), PAPER)

    assert (dabs.inside, dabs.outside, dabs.covers_all) == (3, None, False)


@pytest.mark.parametrize(("dtype", "least"), [(np.uint8, 128), (np.uint16, 32768)])
def test_whole_number_alpha_has_the_same_half(shot: Any, dtype: type, least: int) -> None:
    pixels = np.zeros((48, 64, 4), dtype)
    pixels[0, 0, 3], pixels[0, 1, 3] = least - 1, least
    layer = replace(layer_of(shot, np.zeros((48, 64))), pixels=pixels)

    assert dabs_of(layer, PAPER).inside == 1


def test_what_lies_beside_the_paper_is_boxed(shot: Any) -> None:
    alpha = np.zeros((60, 90))
    alpha[2, 3] = alpha[58, 80] = alpha[30, 30] = 1  # the last one lies on the paper

    dabs = dabs_of(layer_of(shot, alpha, origin=(-5, -4)), PAPER)

    assert dabs.inside == 1
    assert dabs.outside == Window(-2, -2, 78, 57)


def test_hints_wholly_beside_the_paper_are_none(shot: Any) -> None:
    dabs = dabs_of(layer_of(shot, np.ones((4, 4)), origin=(200, 0)), PAPER)

    assert dabs.inside == 0
    assert dabs.outside == Window(200, 0, 4, 4)


def test_a_layer_that_counts_everywhere_is_told(shot: Any) -> None:
    assert dabs_of(layer_of(shot, np.ones((48, 64))), PAPER).covers_all
    assert dabs_of(layer_of(shot, np.ones((60, 90)), origin=(-5, -5)), PAPER).covers_all
