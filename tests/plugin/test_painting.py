from __future__ import annotations

import threading
from typing import Any

import pytest

import celtint.plugin.painting
from celtint.plugin.check import check
from celtint.plugin.painting import paint
from celtint.plugin.stream import Clock, Stopped


def painted(shot: Any, wanted: set[int], order: list[int], **changes: Any) -> list[int]:
    done: list[int] = []
    options: dict[str, Any] = {
        "done": done.append,
        "warn": lambda _: None,
        "stop": threading.Event(),
        "clock": Clock(),
    }
    plan = check(shot.job(), threading.Event())
    plan.out.folder.mkdir(exist_ok=True)
    paint(plan, order, wanted, lambda index: {"celtint:frame": index}, **options | changes)
    return sorted(done)


def test_only_what_is_wanted_is_written(shot: Any) -> None:
    assert painted(shot, {1, 3}, [0, 1, 2, 3]) == [1, 3]
    assert shot.painted == [1002, 1004]
    assert shot.metadata(shot.paint(1002))["celtint:frame"] == 1


def test_what_nothing_wanted_depends_on_is_not_read(
    shot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_layer = celtint.plugin.painting.read_layer

    def spy(path: Any, *arguments: Any, **options: Any) -> Any:
        read.append(path.name)
        return read_layer(path, *arguments, **options)

    monkeypatch.setattr(celtint.plugin.painting, "read_layer", spy)
    painted(shot, {1}, [0, 1])

    lines = [name for name in read if name.startswith("line")]
    assert sorted(lines) == ["line.1001.exr", "line.1002.exr"]


def test_few_frames_are_in_memory_however_long_the_shot(
    shot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(6, 60):
        shot.write(shot.line(1001 + step), shot.drawing(step % 12))
    lock = threading.Lock()
    counts = {"now": 0, "most": 0}
    read_layer, write_frame = (
        celtint.plugin.painting.read_layer,
        celtint.plugin.painting.write_frame,
    )

    def reading(path: Any, *arguments: Any, **options: Any) -> Any:
        if path.name.startswith("line"):
            with lock:
                counts["now"] += 1
                counts["most"] = max(counts["most"], counts["now"])
        return read_layer(path, *arguments, **options)

    def writing(*arguments: Any, **options: Any) -> None:
        write_frame(*arguments, **options)
        with lock:
            counts["now"] -= 1

    plan_order = list(range(60))
    plan = check(shot.job(), threading.Event())
    plan.out.folder.mkdir()
    monkeypatch.setattr(celtint.plugin.painting, "read_layer", reading)
    monkeypatch.setattr(celtint.plugin.painting, "write_frame", writing)
    paint(
        plan,
        plan_order,
        set(plan_order),
        lambda _: {},
        done=lambda _: None,
        warn=lambda _: None,
        stop=threading.Event(),
        clock=Clock(),
    )

    assert counts["now"] == 0
    # Two read ahead, one with the engine, one waiting, two being written, one in between.
    assert counts["most"] <= 8


def test_a_stop_leaves_whole_frames(shot: Any) -> None:
    stop = threading.Event()
    done: list[int] = []

    def enough(index: int) -> None:
        done.append(index)
        stop.set()

    with pytest.raises(Stopped):
        painted(shot, set(range(6)), list(range(6)), done=enough, stop=stop)
    assert len(shot.painted) == len(done) < 6


def test_time_is_counted_by_stage(shot: Any) -> None:
    clock = Clock()
    painted(shot, set(range(6)), list(range(6)), clock=clock)
    seconds = clock.seconds()

    assert set(seconds) == {
        "read",
        "ink",
        "paint",
        "compose",
        "encode",
        "wait for reading",
        "wait for writing",
    }
    assert all(spent >= 0 for spent in seconds.values())
