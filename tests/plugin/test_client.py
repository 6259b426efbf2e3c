"""The client against small stand-in workers: real processes that misbehave in one way each."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from celtint.plugin import client, process
from celtint.plugin.client import Run, WorkerError, clean_environment
from celtint.plugin.events import Cancelled, Event, Failed, FrameDone, Hello
from celtint.plugin.job import Job, Output, Source

JOB = Job(line=Source("line.####.exr"), out=Output("paint.####.exr"))
HELLO = '{"event": "hello", "protocol": 1, "version": "0.1", "pid": 1}'
FRAME = (
    '{"event": "frame", "frame": 1001, "path": "p", "done": 1, "total": 3, '
    '"frames_per_s": 1.0, "seconds_left": 2.0, "something_newer": [1]}'
)
CANCELLED = '{"event": "cancelled", "painted": 1, "left": 2}'

MakeRun = Callable[[str], Run]


@pytest.fixture
def run_script(tmp_path: Path) -> MakeRun:
    """Start a run whose worker is this Python script; `job` holds the line it was sent."""

    def start(script: str) -> Run:
        path = tmp_path / "worker.py"
        path.write_text(
            "import os, signal, sys, time\n"
            "job = sys.stdin.readline()\n"
            "def say(line):\n"
            "    print(line, flush=True)\n"
            f"HELLO, FRAME, CANCELLED = {HELLO!r}, {FRAME!r}, {CANCELLED!r}\n"
            + textwrap.dedent(script)
        )
        return Run([sys.executable, "-I", str(path)], JOB)

    return start


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_events_come_typed_and_in_order_and_garbage_is_skipped(run_script: MakeRun) -> None:
    run = run_script(
        """
        say(HELLO)
        say("libfoo: warning: something")
        sys.stdout.buffer.write(b"\\xff\\xfe{[\\n" + b'{"event": "frame"}\\n[1]\\n')
        say(FRAME)
        say(CANCELLED)
        """
    )

    events = list(run)

    assert [type(event) for event in events] == [Hello, FrameDone, Cancelled]
    assert run.wait() == run.last_event == events[-1]
    assert list(run) == []


def test_the_worker_is_sent_the_job_as_one_line(run_script: MakeRun, tmp_path: Path) -> None:
    copy = tmp_path / "job.json"
    run = run_script(f"open({str(copy)!r}, 'w').write(job); say(HELLO); say(CANCELLED)")

    run.wait(30)

    assert Job.from_json(copy.read_text()) == JOB


def test_a_host_may_poll_instead_of_waiting(run_script: MakeRun) -> None:
    run = run_script("say(HELLO); say(FRAME); say(CANCELLED)")
    events: list[Event] = []
    deadline = time.monotonic() + 30
    while run.last_event is None and time.monotonic() < deadline:
        events += run.poll()
        time.sleep(0.005)
    run.wait(30)
    events += run.poll()

    assert [event.kind for event in events] == ["hello", "frame", "cancelled"]
    assert run.poll() == []


def test_a_killed_worker_is_reported_with_the_signal_and_its_log(run_script: MakeRun) -> None:
    run = run_script(
        """
        say(HELLO)
        print("reading frame 1003", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )

    last = run.wait(30)

    assert isinstance(last, Failed)
    assert "SIGKILL" in last.problems[0]
    assert any("reading frame 1003" in problem for problem in last.problems)
    assert last.exit_code == 6


def test_a_worker_that_ends_without_a_result_is_a_failure(run_script: MakeRun) -> None:
    last = run_script("say(HELLO); say(FRAME); sys.exit(0)").wait(30)

    assert isinstance(last, Failed)
    assert "exit code 0" in last.problems[0]
    assert last.exit_code != 0


def test_a_missing_python_is_said_at_once() -> None:
    with pytest.raises(WorkerError, match="CELTINT_PYTHON"):
        client.start(JOB, python="/nowhere/bin/python")


def test_a_python_without_celtint_is_told_apart(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)

    last = client.start(JOB, python=str(tmp_path / "bare" / "bin" / "python")).wait(30)

    assert isinstance(last, Failed)
    assert any("has no celtint installed" in problem for problem in last.problems)


def test_a_worker_of_another_protocol_is_refused_and_gone(run_script: MakeRun) -> None:
    run = run_script("say(HELLO.replace('\"protocol\": 1', '\"protocol\": 2')); time.sleep(60)")

    last = run.wait(30)

    assert isinstance(last, Failed)
    assert "protocol 2" in last.problems[0]
    assert not is_alive(run.pid)


def test_a_worker_without_a_greeting_is_refused(run_script: MakeRun) -> None:
    last = run_script("say(FRAME); time.sleep(60)").wait(30)

    assert isinstance(last, Failed)
    assert "hello" in last.problems[0]


def test_cancel_asks_on_stdin_and_takes_the_workers_answer(run_script: MakeRun) -> None:
    run = run_script(
        """
        say(HELLO)
        say(FRAME)
        assert sys.stdin.readline() == "cancel\\n"
        say(CANCELLED)
        """
    )
    events = iter(run)
    next(events), next(events)
    run.cancel()
    run.cancel()

    assert run.wait(30) == Cancelled(painted=1, left=2)


def test_a_worker_deaf_to_cancel_is_terminated_then_killed(run_script: MakeRun) -> None:
    run = run_script(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say(HELLO)
        say(FRAME)
        while True:
            time.sleep(1)
        """
    )
    events = iter(run)
    next(events), next(events)
    run.cancel(grace_s=0.3)

    assert run.wait(30) == Cancelled(painted=1, left=2)
    assert not is_alive(run.pid)


def test_a_worker_that_hangs_after_its_last_word_is_let_go(
    run_script: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_LET_GO_S", 0.2)
    run = run_script("say(HELLO); say(CANCELLED); time.sleep(600)")

    assert run.wait(30) == Cancelled(painted=1, left=2)
    assert not is_alive(run.pid)


def test_leaving_the_run_early_cancels_it(run_script: MakeRun) -> None:
    with run_script("say(HELLO); sys.stdin.readline(); say(CANCELLED)") as run:
        pass

    assert isinstance(run.last_event, Cancelled)
    assert not is_alive(run.pid)


def test_waiting_has_an_end(run_script: MakeRun) -> None:
    run = run_script("say(HELLO); sys.stdin.readline(); say(CANCELLED)")

    with run, pytest.raises(TimeoutError):
        run.wait(0.05)


def test_a_torrent_on_stderr_does_not_block_the_worker(run_script: MakeRun) -> None:
    run = run_script(
        """
        say(HELLO)
        sys.stderr.write("x" * (3 << 20) + "\\n" + "noise\\n" * 100_000)
        say(CANCELLED)
        """
    )

    assert isinstance(run.wait(60), Cancelled)


def test_the_environment_of_the_host_python_does_not_reach_the_worker(
    run_script: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/host/site-packages")
    monkeypatch.setenv("PYTHONHOME", "/host")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/drivers")
    monkeypatch.setenv("OCIO", "/show/config.ocio")

    environment = clean_environment()

    assert [name for name in environment if name.startswith("PYTHON")] == ["PYTHONNOUSERSITE"]
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["LD_LIBRARY_PATH"] == "/drivers"
    assert environment["OCIO"] == "/show/config.ocio"
    run = run_script("say(HELLO); sys.exit(3 if os.environ.get('PYTHONHOME') else 4)")
    assert isinstance(last := run.wait(30), Failed)
    assert last.exit_code == 4


def test_the_worker_is_out_of_reach_of_the_hosts_ctrl_c(run_script: MakeRun) -> None:
    with run_script("say(HELLO); sys.stdin.readline(); say(CANCELLED)") as run:
        assert os.getpgid(run.pid) != os.getpgid(0)
