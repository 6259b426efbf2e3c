"""The worker as a process of its own, started by the client, as a host does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from celtint.plugin import client
from celtint.plugin.events import (
    BAD_INPUT,
    BUSY,
    FAILED_MIDWAY,
    PROTOCOL,
    Cancelled,
    Checked,
    Failed,
    Finished,
    FrameDone,
    Hello,
    Looked,
)
from celtint.plugin.hold import hold
from celtint.plugin.job import Output, Source
from celtint.plugin.run import run_job

FRAMES = list(range(1001, 1007))
WORKER = [sys.executable, *client.WORKER]


def start(shot: Any, **changes: Any) -> client.Run:
    return client.start(shot.job(**changes), python=sys.executable)


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
    """Give the shot many more frames, so that there is time to interfere."""
    for step in range(6, frames):
        shot.write(shot.line(1001 + step), shot.drawing(step % 12))


def test_a_worker_paints_a_shot_and_tells_its_story(shot: Any) -> None:
    events = list(start(shot))

    assert isinstance(events[0], Hello)
    assert events[0].protocol == PROTOCOL
    assert events[1:7] == [Looked(done=done, total=6) for done in range(1, 7)]
    assert isinstance(events[7], Checked)
    assert sorted(event.frame for event in events if isinstance(event, FrameDone)) == FRAMES
    assert isinstance(events[-1], Finished)
    assert shot.painted == FRAMES


def test_a_worker_gives_the_bytes_that_a_run_in_this_process_gives(shot: Any) -> None:
    start(shot).wait(60)
    apart = shot.tree()
    for frame in FRAMES:
        shot.paint(frame).unlink()
    run_job(shot.job(), lambda _: None, threading.Event())

    assert shot.tree() == apart


def test_bad_input_comes_back_as_a_list(shot: Any) -> None:
    shot.line(1002).unlink()
    last = start(shot, settings={"blur": 1}).wait(60)

    assert isinstance(last, Failed)
    assert last.exit_code == BAD_INPUT
    assert len(last.problems) == 2


def test_what_is_no_job_is_refused() -> None:
    done = subprocess.run(
        WORKER, input=b'{"celtint_job": 1, "lime": {}}\n', capture_output=True, check=False
    )
    hello, failed = (json.loads(line) for line in done.stdout.splitlines())

    assert done.returncode == BAD_INPUT
    assert hello["event"] == "hello"
    assert failed["event"] == "failed"
    assert any("`lime`" in problem for problem in failed["problems"])


def test_cancel_stops_after_whole_frames_and_a_later_run_goes_on(shot: Any) -> None:
    lengthen(shot)
    run = start(shot)
    for event in run:
        if isinstance(event, FrameDone):
            run.cancel()
            break
    last = run.wait(60)

    assert isinstance(last, Cancelled)
    assert 1 <= last.painted < 60
    assert last.painted == len(shot.painted)
    assert not list((shot.folder / "paint").glob(".*.tmp.exr"))
    resumed = start(shot).wait(120)
    assert isinstance(resumed, Finished)
    assert resumed.kept == last.painted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_cancels(shot: Any, number: int) -> None:
    lengthen(shot)
    run = start(shot)
    for event in run:
        if isinstance(event, FrameDone):
            os.kill(run.pid, number)
            break
    last = run.wait(60)

    assert isinstance(last, Cancelled)
    assert last.painted == len(shot.painted) < 60


def test_a_worker_does_not_outlive_its_host(shot: Any, tmp_path: Path) -> None:
    host = tmp_path / "host.py"
    host.write_text(
        textwrap.dedent(
            """
            import sys
            from celtint.plugin import client
            from celtint.plugin.events import FrameDone
            from celtint.plugin.job import Job

            run = client.start(Job.from_json(sys.stdin.readline()), python=sys.executable)
            for event in run:
                if isinstance(event, FrameDone):
                    print(run.pid, flush=True)
            """
        )
    )
    lengthen(shot, 300)
    with subprocess.Popen(
        [sys.executable, str(host)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(shot.job().to_json() + "\n")
        process.stdin.flush()
        worker = int(process.stdout.readline())
        process.kill()
        process.wait()
        wait_for(lambda: not is_alive(worker))

    assert 1 <= len(shot.painted) < 300
    assert not list((shot.folder / "paint").glob(".*.tmp.exr"))


def test_a_killed_worker_is_resumed_to_the_same_bytes(shot: Any) -> None:
    start(shot).wait(60)
    whole = shot.tree()
    for frame in FRAMES:
        shot.paint(frame).unlink()
    run = start(shot)
    for event in run:
        if isinstance(event, FrameDone):
            os.kill(run.pid, signal.SIGKILL)
            break
    last = run.wait(60)
    assert isinstance(last, Failed)
    assert "SIGKILL" in last.problems[0]

    assert isinstance(start(shot).wait(60), Finished)
    assert shot.tree() == whole


def test_a_second_worker_is_refused_with_the_first_ones_name(shot: Any) -> None:
    with hold(shot.folder / "paint", "paint.#.exr"):
        last = start(shot).wait(60)

    assert isinstance(last, Failed)
    assert last.exit_code == BUSY
    assert f"process {os.getpid()}" in last.problems[0]


def test_the_hosts_python_does_not_reach_the_worker(
    shot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy", "cv2", "celtint", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('poisoned')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "numpy.py"))
    run = client.start(shot.job(), python=sys.executable, cwd=str(tmp_path))

    assert isinstance(run.wait(60), Finished)


def test_relative_paths_are_relative_to_the_workers_folder(shot: Any) -> None:
    job = shot.job(line=Source("line/line.####.exr"), out=Output("paint/paint.####.exr"))
    last = client.start(job, python=sys.executable, cwd=str(shot.folder)).wait(60)

    assert isinstance(last, Finished)
    assert shot.painted == FRAMES


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_whole_frames_stay(shot: Any, small_disk: Path) -> None:
    lengthen(shot)
    last = start(shot, out=Output(str(small_disk / "paint.####.exr"))).wait(120)

    assert isinstance(last, Failed)
    assert last.exit_code == FAILED_MIDWAY
    assert "No space left" in last.problems[0]
    painted = sorted(small_disk.glob("paint.*.exr"))
    assert 1 <= len(painted) < 60
    for path in painted:
        assert len(shot.read(path)) == 9
    assert not list(small_disk.glob(".*.tmp.exr"))
    assert f"{len(painted)} of 60 frames were painted" in last.problems[1]
