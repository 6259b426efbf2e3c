"""Workers that stay: the second job finds the engine loaded, and nothing outlives its host."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from celtint.engine.painted.generator import Generator
from celtint.engine.painted.weights import load_weights, save_weights
from celtint.plugin import process as process_module
from celtint.plugin.events import (
    BAD_INPUT,
    CANCELLED,
    Cancelled,
    Failed,
    Finished,
    FrameDone,
    Hello,
)
from celtint.plugin.workers import Workers

FRAMES = list(range(1001, 1007))


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(python=sys.executable, stay_s=60)
    yield made
    made.close()


def wait_for(is_so: Callable[[], bool], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def lengthen(shot: Any, frames: int = 60) -> None:
    for step in range(6, frames):
        shot.write(shot.line(1001 + step), shot.drawing(step % 12))


def unpaint(shot: Any) -> None:
    for frame in shot.painted:
        shot.paint(frame).unlink()


def test_the_second_job_has_the_same_worker_and_the_same_bytes(shot: Any, workers: Workers) -> None:
    first = workers.start(shot.job())
    assert isinstance(first.wait(60), Finished)
    once = shot.tree()
    unpaint(shot)
    second = workers.start(shot.job())
    events = list(second)

    assert second.pid == first.pid
    assert [type(event) for event in events[:1]] == [Hello]
    assert sorted(event.frame for event in events if isinstance(event, FrameDone)) == FRAMES
    assert isinstance(events[-1], Finished)
    assert shot.tree() == once


def test_a_job_that_is_refused_leaves_the_worker_well(shot: Any, workers: Workers) -> None:
    first = workers.start(shot.job(settings={"blur": 1}))
    refused = first.wait(60)
    second = workers.start(shot.job())

    assert isinstance(refused, Failed)
    assert refused.exit_code == BAD_INPUT
    assert isinstance(second.wait(60), Finished)
    assert second.pid == first.pid


def test_cancelling_a_job_stops_that_job_and_not_the_next(shot: Any, workers: Workers) -> None:
    lengthen(shot)
    first = workers.start(shot.job())
    for event in first:
        if isinstance(event, FrameDone):
            first.cancel()
            break
    stopped = first.wait(60)
    first.cancel()  # too late: it must reach nobody
    second = workers.start(shot.job(frames="1001-1006"))

    assert isinstance(stopped, Cancelled)
    assert isinstance(second.wait(60), Finished)
    assert second.pid == first.pid


def test_two_jobs_at_once_have_a_worker_each_and_one_of_them_stays(
    shot: Any, workers: Workers
) -> None:
    lengthen(shot)
    one = workers.start(shot.job())
    other = workers.start(
        shot.job(out=type(shot.job().out)(str(shot.folder / "else" / "paint.####.exr")))
    )
    ends = one.wait(120), other.wait(120)

    assert [type(end) for end in ends] == [Finished, Finished]
    assert one.pid != other.pid
    wait_for(lambda: [is_alive(run.pid) for run in (one, other)].count(True) == 1)
    assert workers.start(shot.job()).pid in (one.pid, other.pid)


def test_preparing_again_does_not_make_the_one_that_stands_by_younger(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.prepare()
    first = workers._idle
    workers.prepare()
    assert workers._idle is first

    monkeypatch.setenv("CELTINT_TEST", "another kind of worker is wanted")
    workers.prepare()
    assert first is not None
    assert workers._idle is not None
    assert workers._idle[0].pid != first[0].pid
    wait_for(lambda: not first[0].is_alive)


def test_a_worker_that_died_while_it_stood_by_is_replaced(shot: Any, workers: Workers) -> None:
    first = workers.start(shot.job())
    first.wait(60)
    os.kill(first.pid, 9)
    second = workers.start(shot.job())

    assert isinstance(second.wait(60), Finished)
    assert second.pid != first.pid


def test_a_worker_that_leaves_just_as_a_job_comes_is_replaced(shot: Any) -> None:
    """The pool believes that the worker stays for a minute; it stays for no time at all."""
    workers = Workers(python=sys.executable, stay_s=60)
    workers.prepare()
    process, _, _ = workers._idle or pytest.fail("nobody stands by")
    os.kill(process.pid, 9)
    # As in the moment between the death and the first look at it.
    type(process).is_alive, before = property(lambda _: True), type(process).is_alive
    try:
        run = workers.start(shot.job())
    finally:
        type(process).is_alive = before
    last = run.wait(60)
    workers.close()

    assert isinstance(last, Finished)
    assert run.pid != process.pid


def test_a_worker_without_work_leaves_by_itself(shot: Any) -> None:
    workers = Workers(python=sys.executable, stay_s=1.0)
    run = workers.start(shot.job())
    run.wait(60)

    assert is_alive(run.pid)
    wait_for(lambda: not is_alive(run.pid))
    workers.close()


def test_what_changed_in_the_environment_asks_for_another_worker(
    shot: Any, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workers.start(shot.job())
    first.wait(60)
    monkeypatch.setenv("OCIO", str(shot.folder / "none.ocio"))
    second = workers.start(shot.job())

    assert isinstance(second.wait(60), Failed)
    assert second.pid != first.pid


def test_a_worker_that_never_had_a_job_leaves_when_it_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_module, "_LET_GO_S", 120.0)  # after that it is killed
    workers = Workers(python=sys.executable)
    workers.prepare()
    process, _, _ = workers._idle or pytest.fail("nobody stands by")

    assert process.close() == BAD_INPUT  # it left by itself; killed, it would be a signal


def test_close_cancels_what_runs_and_leaves_no_process(shot: Any) -> None:
    lengthen(shot)
    workers = Workers(python=sys.executable)
    run = workers.start(shot.job())
    workers.prepare()
    idle, _, _ = workers._idle or pytest.fail("nobody stands by")
    workers.close()

    assert isinstance(run.last_event, Cancelled)
    assert not is_alive(run.pid)
    assert not is_alive(idle.pid)


@pytest.mark.parametrize("ending", ["pass", "os.kill(os.getpid(), 9)"])
def test_the_worker_that_stands_by_dies_with_its_host(
    shot: Any, tmp_path: Path, ending: str
) -> None:
    host = tmp_path / "host.py"
    host.write_text(
        textwrap.dedent(
            f"""
            import os, sys
            from celtint.plugin.job import Job
            from celtint.plugin.workers import Workers

            run = Workers(python=sys.executable).start(Job.from_json(sys.stdin.readline()))
            run.wait(60)
            print(run.pid, run.last_event.kind, flush=True)
            {ending}
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(host)],
        input=shot.job().to_json() + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    pid, kind = done.stdout.split()

    assert kind == "finished"
    assert done.stderr == ""
    assert done.returncode == (0 if ending == "pass" else -9)
    wait_for(lambda: not is_alive(int(pid)))


def test_a_worker_that_hangs_does_not_outlive_its_host() -> None:
    script = "import time; from celtint.plugin import worker; worker._OUTLIVES_HOST_S = 0.1; "
    done = subprocess.run(
        [sys.executable, "-I", "-c", script + "worker._Inbox(0); time.sleep(60)"],
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )

    assert done.returncode == CANCELLED


def test_weights_are_loaded_once_until_their_file_changes(weights: Path, tmp_path: Path) -> None:
    torch.manual_seed(2)
    own = tmp_path / "own.safetensors"
    own.write_bytes(weights.read_bytes())
    first = load_weights(own, is_shared=True)
    again = load_weights(own, is_shared=True)
    save_weights(Generator(inputs=8, width=4, blocks=1), own)
    changed = load_weights(own, is_shared=True)

    assert again.generator is first.generator
    assert load_weights(own).generator is not changed.generator
    assert changed.sha256 != first.sha256
    assert changed.generator is not first.generator
