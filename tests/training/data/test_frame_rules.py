from __future__ import annotations

import cv2
import numpy as np
import pytest

from celtint.training.data.frame_rules import is_credits, is_dark, is_hold, steadied


def picture() -> np.ndarray:
    frame = np.full((256, 456, 3), (120, 180, 220), np.uint8)
    cv2.circle(frame, (200, 130), 70, (250, 210, 180), cv2.FILLED)
    cv2.circle(frame, (200, 130), 70, (0, 0, 0), 2)
    return frame


def as_compressed(frame: np.ndarray, quality: int) -> np.ndarray:
    packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))


@pytest.mark.parametrize("qualities", [(90, 60), (75, 50), (60, 60)])
def test_a_drawing_compressed_in_two_ways_is_a_hold(qualities: tuple[int, int]) -> None:
    one, two = (steadied(as_compressed(picture(), quality)) for quality in qualities)
    assert is_hold(one, two)


def test_a_mouth_that_opens_is_a_new_drawing() -> None:
    open_mouth = picture()
    cv2.ellipse(open_mouth, (200, 160), (4, 2), 0, 0, 360, (120, 20, 20), cv2.FILLED)
    one, two = (steadied(as_compressed(frame, 75)) for frame in (picture(), open_mouth))
    assert not is_hold(one, two)


def test_a_slow_pan_is_no_hold_for_long() -> None:
    frames = [steadied(np.roll(picture(), shift, axis=1)) for shift in range(3)]
    assert not is_hold(frames[0], frames[2])


def test_black_and_the_ends_of_a_fade_are_dark_and_a_night_is_not() -> None:
    assert is_dark(np.zeros((64, 64, 3), np.uint8))
    assert is_dark((picture() * 0.1).astype(np.uint8))
    assert not is_dark((picture() * 0.4).astype(np.uint8))
    night = np.full((64, 64, 3), 10, np.uint8)
    night[20:30, 20:40] = 200  # a lit window
    assert not is_dark(night)


def credits_roll(lines: int) -> np.ndarray:
    frame = np.zeros((256, 456, 3), np.uint8)
    for line in range(lines):
        at = (60, 30 + 24 * line)
        cv2.putText(frame, "Key Animation  A Person", at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3)
    return frame


def test_letters_in_rows_on_black_are_credits() -> None:
    assert is_credits(credits_roll(6))
    assert is_credits(credits_roll(2))


def test_other_bright_things_on_black_are_no_credits() -> None:
    night = np.zeros((256, 456, 3), np.uint8)
    rng = np.random.default_rng(0)
    for x, y in rng.integers(0, 250, (200, 2)):
        night[y, x] = 255  # stars
    assert not is_credits(night)
    cv2.circle(night, (300, 100), 40, (240, 240, 200), cv2.FILLED)
    assert not is_credits(night)
    assert not is_credits(picture())
    assert not is_credits(255 - credits_roll(6))
