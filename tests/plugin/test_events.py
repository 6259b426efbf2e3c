from __future__ import annotations

import json

import pytest

from celtint.plugin.events import (
    KINDS,
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Hello,
    Looked,
    Warned,
    from_line,
)

EVENTS = [
    Hello(protocol=1, version="0.1.0", pid=7),
    Looked(done=1, total=2),
    Checked(frames=2, kept=1, hint_frames=[1001], notes=["ü\n"], warnings=[]),
    FrameDone(frame=-3, path="a b.exr", done=1, total=2, frames_per_s=1.5, seconds_left=0.6),
    Warned(message='a "hint"'),
    Finished(
        path="p.####.exr",
        frames=2,
        painted=1,
        kept=1,
        seconds=1.0,
        frames_per_s=1.5,
        stages_s={"read": 0.1},
        peak_memory_mb=99.5,
        doubtful=3,
        unpainted=1,
    ),
    Failed(exit_code=4, problems=["one", "two"]),
    Cancelled(painted=1, left=1),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_survives_its_line(event: Event) -> None:
    line = event.to_line()

    assert from_line(line) == event
    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line)["event"] == event.kind


def test_every_kind_is_tried() -> None:
    assert {event.kind for event in EVENTS} == set(KINDS)
    assert {kind for kind, event in KINDS.items() if event.ends_run} == {
        "finished",
        "failed",
        "cancelled",
    }


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", "null", '{"event": "dance"}', '{"event": "frame"}', '{"event": []}'],
)
def test_what_is_no_event_is_none(line: str) -> None:
    assert from_line(line) is None


def test_what_a_newer_worker_adds_is_left_out() -> None:
    line = '{"event": "cancelled", "painted": 1, "left": 2, "mood": "sad"}'

    assert from_line(line) == Cancelled(painted=1, left=2)
