from __future__ import annotations

import dataclasses

import pytest

from celtint.plugin.events import (
    Cancelled,
    Checked,
    Event,
    Failed,
    Finished,
    FrameDone,
    Looked,
    Warned,
)
from celtint.plugin.progress import left, shown


def told(
    capsys: pytest.CaptureFixture[str], *events: Event, as_json: bool = False
) -> tuple[str, str]:
    with shown(as_json=as_json) as say:
        for event in events:
            say(event)
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert left(seconds) == text


def test_a_log_gets_one_line_a_frame(capsys: pytest.CaptureFixture[str]) -> None:
    frame = FrameDone(frame=1003, path="p", done=3, total=48, frames_per_s=4.5, seconds_left=10.0)
    out, err = told(capsys, frame)

    assert out == "frame 1003: 3 of 48, 4.50 frames/s, 10 s left\n"
    assert err == ""


def test_warnings_and_errors_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(
        capsys,
        Checked(frames=3, kept=1, hint_frames=[1001, 1002], notes=["n"], warnings=["w1"]),
        Warned("w2 [bold]"),
        Failed(exit_code=4, problems=["p1", "p2"]),
    )

    assert out == "note: n\n3 frames, 1 already painted; hints on frames 1001, 1002\n"
    assert err == "warning: w1\nwarning: w2 [bold]\nerror: p1\nerror: p2\n"


def test_the_end_says_where_the_result_is(capsys: pytest.CaptureFixture[str]) -> None:
    finished = Finished(
        path="/a/very/long/path/" + "x" * 200 + ".####.exr",
        frames=4,
        painted=4,
        kept=0,
        seconds=2.0,
        frames_per_s=2.0,
        stages_s={},
        peak_memory_mb=1.0,
    )
    out, _ = told(capsys, finished)

    assert out.splitlines() == [
        "4 frames painted in 2 s, 2.00 frames/s",
        f"the result is in {finished.path}",
    ]


def test_what_is_worth_a_look_is_counted_with_the_command_that_shows_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    finished = Finished(
        path="/shots/a b/paint.####.exr",
        frames=4,
        painted=0,
        kept=4,
        seconds=2.0,
        frames_per_s=2.0,
        stages_s={},
        peak_memory_mb=1.0,
        doubtful=5,
        unpainted=1,
    )
    out, _ = told(capsys, finished)

    assert out.splitlines()[-1] == (
        "4 doubtful and 1 unpainted things to look at: celtint review '/shots/a b' --open"
    )
    alone = dataclasses.replace(finished, doubtful=1)
    assert "\n1 unpainted thing to look at" in told(capsys, alone)[0]
    assert "to look at" not in told(capsys, dataclasses.replace(finished, doubtful=0))[0]


def test_looking_at_drawings_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, *(Looked(done=done, total=60) for done in range(1, 61)))

    assert out.splitlines() == [f"looked at {done} of 60 drawings" for done in (25, 50, 60)]


def test_a_cancelled_run_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = told(capsys, Cancelled(painted=3, left=45))

    assert "3 frames painted, 45 left" in err


def test_json_is_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    event = Warned("[red]" + "x" * 300)
    out, _ = told(capsys, event, event, as_json=True)

    assert out.splitlines() == [event.to_line()] * 2


def test_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = told(capsys, Failed(exit_code=3, problems=["/shots/:smile: [red]/a.exr"]))

    assert err == "error: /shots/:smile: [red]/a.exr\n"


def test_one_frame_is_no_frames(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(
        capsys,
        Checked(frames=1, kept=0, hint_frames=[1], notes=[], warnings=[]),
        Cancelled(painted=1, left=0),
    )

    assert out == "1 frame; hints on frame 1\n"
    assert err.startswith("cancelled: 1 frame painted")


def test_a_run_cancelled_in_its_check_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, Cancelled(painted=0, left=0))[1] == (
        "cancelled before anything was painted\n"
    )
