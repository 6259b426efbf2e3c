"""One worker for all the shots of a session."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from celtint.plugin.events import BAD_INPUT, Cancelled, Failed, Finished, FrameDone, Hello
from celtint.plugin.farm.session import (
    SessionError,
    SessionRun,
    start_session,
    stop_session,
)
from celtint.plugin.job import Output


@pytest.fixture
def session(tmp_path):
    file = tmp_path / "session.json"
    process = start_session(file, idle_s=60)
    yield file
    stop_session(file)
    process.wait()
    assert not file.exists()


def worker_of(events):
    (hello,) = [event for event in events if isinstance(event, Hello)]
    return hello.pid


def wait_until(claim, timeout_s=120.0):
    deadline = time.monotonic() + timeout_s
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert claim()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended and whose parent is gone may wait for init to take note.
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_every_shot_is_painted_by_the_same_worker(episode, session):
    first, second, third = (list(SessionRun(session, shot.job)) for shot in episode.shots())
    assert all(isinstance(events[-1], Finished) for events in (first, second, third))
    assert worker_of(first) == worker_of(second) == worker_of(third)
    assert len(episode.painted()) == 18


def test_a_shot_that_fails_leaves_the_worker_to_the_next(episode, session):
    episode.line("sh010", 1003).unlink()
    shots = {shot.name: shot for shot in (*episode.shots(frames="1001-1002"),)}
    bad = replace(shots["sh010"].job, frames="1001-1006")
    failed = list(SessionRun(session, bad))
    painted = list(SessionRun(session, shots["sh020"].job))
    assert isinstance(failed[-1], Failed)
    assert failed[-1].exit_code == BAD_INPUT
    assert isinstance(painted[-1], Finished)
    assert worker_of(failed) == worker_of(painted)


def test_a_worker_that_is_killed_fails_its_own_shot_alone(episode, session):
    first, second, _ = episode.shots()
    events = []
    for event in SessionRun(session, first.job):
        events.append(event)
        if isinstance(event, Hello):
            os.kill(event.pid, signal.SIGKILL)
    assert isinstance(events[-1], Failed)
    assert "SIGKILL" in events[-1].problems[0]
    others = list(SessionRun(session, second.job))
    assert isinstance(others[-1], Finished)
    assert worker_of(others) != worker_of(events)


def test_a_cancel_leaves_whole_frames_and_the_session_stands(episode, session, big):
    run = SessionRun(session, big.job)
    events = []
    for event in run:
        events.append(event)
        if isinstance(event, FrameDone):
            run.cancel()
    assert isinstance(events[-1], Cancelled)
    assert events[-1].left > 0
    assert isinstance(list(SessionRun(session, episode.shots()[0].job))[-1], Finished)


def test_a_task_that_hangs_up_cancels_its_run(session, big):
    for event in SessionRun(session, big.job):
        if isinstance(event, FrameDone):
            break  # which closes the connection, as the system does for a dead process
    after = list(SessionRun(session, replace(big.job, out=Output(big.job.out.path + ".exr"))))
    assert isinstance(after[-1], Failed)  # a bad output; what counts is that there is an answer
    painted = len(list(big.out.glob("paint.*.exr")))
    time.sleep(0.5)
    assert 0 < painted <= len(list(big.out.glob("paint.*.exr"))) < big.frames


def test_a_session_that_has_ended_leaves_nothing_behind(episode, tmp_path):
    file = tmp_path / "session.json"
    process = start_session(file, idle_s=60)
    folder = os.path.dirname(json.loads(file.read_text())["socket"])  # noqa: PTH120
    worker = worker_of(SessionRun(file, episode.shots()[0].job))
    assert stop_session(file)
    wait_until(lambda: not is_alive(worker) and not os.path.exists(folder))  # noqa: PTH110
    assert process.wait() == 0
    assert not file.exists()
    assert not stop_session(file)


def test_a_session_that_nobody_ends_leaves_by_itself(tmp_path):
    file = tmp_path / "session.json"
    assert start_session(file, idle_s=0.2).wait() == 0
    assert not file.exists()


def test_a_session_that_is_not_there_is_told(episode, tmp_path):
    with pytest.raises(SessionError, match="cannot be reached"):
        SessionRun(tmp_path / "none.json", episode.shots()[0].job)


def test_a_session_that_dies_in_a_shot_fails_the_shot(session, big):
    pid = json.loads(session.read_text())["pid"]
    events = []
    for event in SessionRun(session, big.job):
        events.append(event)
        if isinstance(event, FrameDone):
            os.kill(pid, signal.SIGKILL)
    assert isinstance(events[-1], Failed)
    assert "ended before the shot did" in events[-1].problems[0]
    worker = worker_of(events)
    wait_until(lambda: not is_alive(worker))  # a worker outlives nobody
    session.unlink()
