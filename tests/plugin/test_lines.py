from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from celtint.plugin.check import check
from celtint.plugin.lines import MOST_BYTES, Lines
from celtint.plugin.marks import Marks
from celtint.plugin.reading import Reader
from celtint.plugin.stream import Clock


def reader_and_lines(shot: Any, most_bytes: int = MOST_BYTES) -> tuple[Reader, Lines]:
    plan = check(shot.job(), threading.Event())
    reader = Reader(plan, Clock())
    return reader, Lines(reader.line, plan.spaces.out, plan.paper, most_bytes=most_bytes)


def keep(lines: Lines, index: int, layer: Any) -> None:
    packed = lines.packed(layer)
    assert packed is not None
    lines.keep(index, packed)


def same(one: Marks, other: Marks) -> bool:
    return np.array_equal(one.at, other.at) and all(
        np.array_equal(one.channel(at), other.channel(at)) for at in range(4)
    )


def test_what_is_kept_comes_back_as_it_was_and_once(shot: Any) -> None:
    reader, lines = reader_and_lines(shot)
    layer = reader.layer(1)
    expected = lines.of(layer)
    keep(lines, 1, layer)
    kept = lines.take(1)

    assert kept is not None
    assert not kept.is_on_paper
    assert isinstance(kept.drawn, Marks)
    assert isinstance(expected.drawn, Marks)
    assert len(kept.drawn.at) > 0
    assert same(kept.drawn, expected.drawn)
    assert kept.header is layer.header
    assert lines.take(1) is None


def test_black_ink_is_looked_for_once(shot: Any) -> None:
    """Coverage and what is laid over paint are told from the same pixels."""
    reader, lines = reader_and_lines(shot)
    layer = reader.layer(0)
    assert layer.is_black
    ink = reader.ink(layer)
    drawn = lines.of(layer).drawn

    assert drawn is layer.marks
    alpha = np.zeros(ink.size, np.float32)
    alpha[layer.marks.at] = layer.marks.alpha
    assert np.array_equal(ink.reshape(-1), np.rint(255 * alpha))


def test_no_more_is_kept_than_there_is_room_for(shot: Any) -> None:
    reader, ample = reader_and_lines(shot)
    layer = reader.layer(0)
    drawn = ample.of(layer).drawn
    assert isinstance(drawn, Marks)
    room = -(-drawn.shape[0] * drawn.shape[1] // 8) + drawn.alpha.nbytes
    room += 0 if drawn.colour is None else drawn.colour.nbytes

    reader, lines = reader_and_lines(shot, most_bytes=2 * room)
    for index in range(3):
        keep(lines, index, layer)
    assert [lines.take(index) is not None for index in range(3)] == [True, True, False]
    assert lines.has_room
    keep(lines, 3, layer)  # where others were
    assert lines.take(3) is not None


def test_what_is_drawn_on_paper_is_read_again(shot: Any) -> None:
    reader, lines = reader_and_lines(shot)
    layer = reader.layer(0)
    white = np.ones_like(layer.pixels)
    on_paper = replace(layer, pixels=white, is_opaque=True, is_black=False)

    assert lines.of(on_paper).is_on_paper
    assert lines.packed(on_paper) is None
