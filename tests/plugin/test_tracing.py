import threading
from typing import Any

import cv2
import numpy as np
import pytest

from celtint.engine import FlatSettings
from celtint.plugin.check import check
from celtint.plugin.colour import PINNED_CONFIG, Colour
from celtint.plugin.errors import JobError
from celtint.plugin.events import Finished
from celtint.plugin.header import ImageHeader, Window
from celtint.plugin.images import Layer
from celtint.plugin.ink import LineArt
from celtint.plugin.pixels import survey
from celtint.plugin.run import run_job
from celtint.plugin.tracing import hues, hues_painted_over

COLOUR = Colour(PINNED_CONFIG)
SIZE = (90, 120)
LIT, SHADED, SAND = (0.8, 0.5, 0.3), (0.5, 0.25, 0.2), (0.9, 0.85, 0.7)


def inked(trace=(0.0, 0.0, 1.0)):
    """(H, W, 4) straight, linear Rec.709: a black disc on nothing, a trace line through it."""
    black, line = np.zeros((2, *SIZE), np.uint8)
    cv2.circle(black, (60, 45), 34, 255, 3, cv2.LINE_AA)
    cv2.line(line, (42, 10), (60, 80), 255, 2, cv2.LINE_AA)
    line[cv2.circle(np.zeros(SIZE, np.uint8), (60, 45), 34, 1, cv2.FILLED) == 0] = 0
    cover = [(black / 255.0)[..., None], (line / 255.0)[..., None]]
    alpha = cover[0] + cover[1] * (1 - cover[0])
    rgb = np.array(trace) * cover[1] * (1 - cover[0])
    return np.dstack([rgb / np.maximum(alpha, 1e-6), alpha]).astype(np.float32), black, line


def layer_of(pixels, *, is_premultiplied):
    pixels = np.ascontiguousarray(pixels)
    window = Window(0, 0, pixels.shape[1], pixels.shape[0])
    header = ImageHeader("a", "openexr", (), (window,), window, 1.0, {}, "", None, "half")
    found = survey(pixels)
    return Layer(
        pixels, window, header, "", True, is_premultiplied, found.is_black, found.is_opaque
    )


def premultiplied(straight, kind=np.float16):
    return np.dstack([straight[..., :3] * straight[..., 3:], straight[..., 3]]).astype(kind)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_trace_lines_are_borders_and_vanish_from_the_line(kind):
    straight, black, line = inked()
    layer = layer_of(premultiplied(straight, kind), is_premultiplied=True)
    art = LineArt(COLOUR, "lin_rec709", ("blue",))
    assert (art.ink(layer)[line == 255] == 255).all()
    over = art.in_space(layer, "lin_rec709").astype(np.float32)
    assert (over[..., :3].max(axis=2) <= 0.15 * over[..., 3]).all()  # a tinge of black ink at most
    mixed = (black > 0) & (black < 255) & (line > 0)  # there coverage is an estimate
    np.testing.assert_allclose(over[..., 3][~mixed], (black / 255)[~mixed], atol=0.02)
    np.testing.assert_allclose(over[..., 3], black / 255, atol=0.3)
    alone = (black == 0) & (line > 0)
    assert alone.sum() > 80
    assert over[alone].max() < 1e-6


def test_black_pixels_keep_their_bits():
    straight, _, line = inked()
    pixels = premultiplied(straight)
    layer = layer_of(pixels, is_premultiplied=True)
    over = LineArt(COLOUR, "lin_rec709", ("blue",)).in_space(layer, "lin_rec709")
    untouched = line == 0
    assert np.array_equal(over[untouched].view(np.uint16), pixels[untouched].view(np.uint16))
    assert np.array_equal(layer.pixels.view(np.uint16), premultiplied(straight).view(np.uint16))


def test_other_hues_stay():
    pixels = premultiplied(inked()[0])
    layer = layer_of(pixels, is_premultiplied=True)
    for asked in ((), ("red", "green")):
        assert LineArt(COLOUR, "lin_rec709", asked).in_space(layer, "lin_rec709") is pixels


def test_on_white_paper_trace_becomes_paper():
    straight, black, line = inked()
    display = 1 - straight[..., 3:] * (1 - straight[..., :3])
    drawn = np.rint(255 * np.dstack([display, np.ones(SIZE)])).astype(np.uint8)
    layer = layer_of(drawn, is_premultiplied=False)
    over = LineArt(COLOUR, "sRGB - Texture", ("blue",)).in_space(layer, "ACEScg")
    assert (over[..., 3] == 1).all()
    assert (over[(black == 0) & (line > 0)] == 1).all()
    assert (over[black == 255][:, :3] < 0.01).all()


def trace_shot(shot: Any, trace: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Any:
    """Three frames of the disc with its trace line, and dabs on the first."""
    for frame in range(1001, 1007):
        shot.line(frame).unlink()
    for frame in (1001, 1002, 1003):
        shot.write(shot.line(frame), premultiplied(inked(trace)[0]))
    hint = np.zeros((*SIZE, 4), np.float32)
    for (x, y), colour in (((38, 45), LIT), ((70, 45), SHADED), ((5, 5), SAND)):
        hint[y : y + 6, x : x + 6] = (*colour, 1)
    shot.write(shot.hint(1001), hint)
    for frame in range(1002, 1007):
        shot.hint(frame).unlink(missing_ok=True)
    return shot


def ran(job: Any) -> None:
    last = run_job(job, lambda event: None, threading.Event())
    assert isinstance(last, Finished), last


def test_a_painted_shot_shows_no_trace_line_and_no_hole_where_it_was(shot: Any) -> None:
    ran(trace_shot(shot).job())
    _, black, line = inked()
    clear = (black == 0) & (line > 0)
    for frame in (1001, 1003):
        painted = shot.read(shot.paint(frame))
        for name in "RGBA":
            paint = painted[f"paint.{name}"]
            assert np.array_equal(painted[name][clear], paint[clear])
        reds = set(np.float16(painted["paint.R"][clear]).tolist())
        assert reds == {float(np.float16(LIT[0])), float(np.float16(SHADED[0]))}
    assert hues_painted_over(shot.paint(1001)) == ("blue",)


def test_off_keeps_them(shot: Any) -> None:
    ran(trace_shot(shot).job(settings={"trace": "off"}))
    _, black, line = inked()
    painted = shot.read(shot.paint(1002))
    assert (painted["B"][(line == 255) & (black == 0)] == 1).all()
    assert hues_painted_over(shot.paint(1002)) == ()


def checked(job: Any) -> tuple[str, tuple[str, ...]]:
    plan = check(job, threading.Event())
    assert isinstance(plan.settings, FlatSettings)
    assert hues(plan.settings) == (
        () if plan.settings.trace == "off" else tuple(plan.settings.trace.split(","))
    )
    return plan.settings.trace, plan.notes


def test_auto_looks_for_red_green_and_blue_and_says_what_it_took(shot: Any) -> None:
    trace, notes = checked(trace_shot(shot).job())
    assert trace == "blue"
    assert any("blue lines" in note for note in notes)


@pytest.mark.parametrize("ink", [(0.15, 0.05, 0.02), (0.0, 0.0, 0.0), (1.0, 1.0, 0.0)])
def test_auto_leaves_ink_of_other_colours_alone(shot: Any, ink: Any) -> None:
    trace, notes = checked(trace_shot(shot, ink).job())
    assert trace == "off"
    assert not any("trace" in note for note in notes)


def test_a_drawing_all_in_blue_pencil_is_no_trace(shot: Any) -> None:
    trace_shot(shot)
    blue = premultiplied(inked()[0])
    blue[..., 2] = blue[..., 3]
    for frame in (1001, 1002, 1003):
        shot.write(shot.line(frame), blue)
    assert checked(shot.job())[0] == "off"
    assert checked(shot.job(settings={"trace": "blue"}))[0] == "blue"


def test_a_wrong_name_is_told_before_anything_is_painted(shot: Any) -> None:
    with pytest.raises(JobError, match="trace: expected auto, off, or some of red"):
        check(shot.job(settings={"trace": "purple"}), threading.Event())
