"""Drawings that other processes look at: the same as if this one had, whatever becomes of them."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from celtint.plugin import observers, solving
from celtint.plugin.check import Plan, check
from celtint.plugin.errors import FileError
from celtint.plugin.observers import Observers, worth
from celtint.plugin.observing import Observed
from celtint.plugin.run import run_job
from celtint.plugin.stream import Clock, Stopped


def plan_of(shot: Any) -> Plan:
    return check(shot.job(), threading.Event())


def as_bytes(seen: Observed) -> dict[str, bytes]:
    arrays = dict(seen.measured.to_arrays())
    assert seen.sight is not None
    arrays |= {f"sight {name}": np.asarray(one) for name, one in vars(seen.sight).items()}
    if seen.line is not None:
        arrays |= {"mask": seen.line.mask, "alpha": seen.line.alpha}
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.fixture
def two(shot: Any) -> Iterator[tuple[Observers, Observers]]:
    with (
        Observers(plan_of(shot), Clock(), 0, threading.Event()) as here,
        Observers(plan_of(shot), Clock(), 1, threading.Event()) as there,
    ):
        yield here, there


def test_what_comes_back_is_what_would_have_been_found_here(
    two: tuple[Observers, Observers],
) -> None:
    here, there = two
    for index in (0, 3):
        own = here.look(index, keeps_line=True)
        other = there.look(index, keeps_line=True)
        assert own.line is not None
        assert other.line is not None
        assert as_bytes(other) == as_bytes(own)
        assert other.line.header == own.line.header
    assert there.look(1, keeps_line=False).line is None


def test_what_goes_wrong_there_is_raised_here_and_the_next_drawing_is_looked_at(
    shot: Any, two: tuple[Observers, Observers]
) -> None:
    here, there = two
    data = shot.line(1002).read_bytes()
    shot.line(1002).write_bytes(data[: len(data) // 2])
    told = []
    for observed_by in (here, there):
        with pytest.raises(FileError) as caught:
            observed_by.look(1, keeps_line=True)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert as_bytes(there.look(2, keeps_line=False)) == as_bytes(here.look(2, keeps_line=False))


def test_where_a_process_ends_this_one_goes_on(
    two: tuple[Observers, Observers], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = two
    there.look(0, keeps_line=False)
    process = there._all[0]._process
    assert process is not None
    process.kill()
    for index in (1, 2):
        assert as_bytes(there.look(index, keeps_line=False)) == as_bytes(
            here.look(index, keeps_line=False)
        )
    assert len(caplog.records) == 1, "told once"


def test_where_none_can_be_started_this_one_looks(
    shot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with Observers(plan_of(shot), Clock(), 1, threading.Event()) as alone:
        assert alone.look(0, keeps_line=False).measured.count > 1


def test_whoever_waits_for_a_process_leaves_when_asked_to(shot: Any) -> None:
    stop = threading.Event()
    with Observers(plan_of(shot), Clock(), 1, stop) as there:
        stop.set()
        with pytest.raises(Stopped):
            there.look(0, keeps_line=False)


def test_what_processes_spend_is_counted(shot: Any) -> None:
    clock = Clock()
    with Observers(plan_of(shot), clock, 1, threading.Event()) as there:
        there.look(0, keeps_line=True)
        process = there._all[0]._process
        assert process is not None
    assert {"read", "ink", "analyse"} <= set(clock.seconds())
    assert clock.peak_beside_bytes > 10_000_000
    assert process.poll() == 0, "it has ended by itself"


def test_processes_are_started_where_they_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observers, "_cores", lambda: 8)
    monkeypatch.setattr("sys.executable", "/opt/celtint/bin/python3.11")
    assert worth(observers.LEAST_DRAWINGS) == observers.MOST_PROCESSES
    assert worth(observers.LEAST_DRAWINGS - 1) == 0
    monkeypatch.setattr(observers, "_cores", lambda: 2)
    assert worth(100) == 1
    monkeypatch.setattr(observers, "_cores", lambda: 1)
    assert worth(100) == 0
    monkeypatch.setattr(observers, "_cores", lambda: 8)
    monkeypatch.setattr("sys.executable", "/opt/Nuke15.1/Nuke15.1")
    assert worth(100) == 0


def test_a_plan_is_the_same_in_another_process(shot: Any) -> None:
    plan = check(shot.job(settings={"gap_px": 2.0}), threading.Event())
    other: Plan = pickle.loads(pickle.dumps(plan))  # noqa: S301 - its own
    assert other.job == plan.job
    assert other.line == plan.line
    assert other.settings == plan.settings
    assert other.spaces.colour.config_name == plan.spaces.colour.config_name
    assert plan.embedder is not None
    assert other.embedder is not None
    assert other.embedder.name == plan.embedder.name


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_run_gives_the_same_bytes_however_many_processes_look(
    shot: Any, monkeypatch: pytest.MonkeyPatch, is_broken: bool
) -> None:
    if is_broken:
        shot.line(1004).write_bytes(shot.line(1004).read_bytes()[:400])
    written = []
    for processes in (0, 2):
        monkeypatch.setattr(solving, "worth", lambda _, many=processes: many)
        last = run_job(shot.job(overwrite=True), lambda _: None, threading.Event())
        files = sorted((shot.folder / "paint").rglob("*.exr"))
        written.append((getattr(last, "problems", None), [one.read_bytes() for one in files]))
        for file in (shot.folder / "paint").rglob("*"):
            if file.is_file():
                file.unlink()
    assert written[0] == written[1]
    assert bool(written[0][1]) != is_broken
