from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

import celtint.plugin.reading
import celtint.plugin.writing
from celtint.plugin.check import check
from celtint.plugin.errors import FileError
from celtint.plugin.lines import Lines
from celtint.plugin.painting import paint_flat
from celtint.plugin.palette.register import Register
from celtint.plugin.reading import Reader
from celtint.plugin.solving import solve_shot
from celtint.plugin.stream import Clock, Stopped


def painted(
    shot: Any, wanted: set[int], between: Callable[[], None] | None = None, **changes: Any
) -> list[int]:
    done: list[int] = []
    options: dict[str, Any] = {
        "done": done.append,
        "stop": threading.Event(),
        "clock": Clock(),
    }
    plan = check(shot.job(), threading.Event())
    plan.out.folder.mkdir(exist_ok=True)
    options["lines"] = lines = Lines(Reader(plan, Clock()).line, plan.spaces.out, plan.paper)
    solved = solve_shot(plan, stop=threading.Event(), clock=Clock(), lines=lines)
    if between is not None:
        between()
    register = Register(plan, solved.colours)
    metadata = lambda index: {"celtint:frame": index}  # noqa: E731 - as a run would say more
    paint_flat(plan, solved, register, wanted, metadata, **options | changes)
    return sorted(done)


def test_only_what_is_wanted_is_written(shot: Any) -> None:
    assert painted(shot, {1, 3}) == [1, 3]
    assert shot.painted == [1002, 1004]
    assert shot.metadata(shot.paint(1002))["celtint:frame"] == 1


def test_what_is_not_wanted_and_known_is_not_read(shot: Any, decoded: list[str]) -> None:
    painted(shot, set())  # now every drawing is known
    decoded.clear()
    painted(shot, {1})

    assert [name for name in decoded if name.startswith("line")] == ["line.1002.exr"]


def test_what_was_just_looked_at_is_not_read_again(shot: Any, decoded: list[str]) -> None:
    painted(shot, {1, 3}, between=decoded.clear)

    assert decoded == []


def test_kept_or_read_again_the_frame_is_the_same(shot: Any) -> None:
    painted(shot, {1})
    kept = shot.paint(1002).read_bytes()
    shot.paint(1002).unlink()
    painted(shot, {1})  # the drawing is known now, and not looked at

    assert shot.paint(1002).read_bytes() == kept


def test_a_drawing_that_changes_after_the_look_is_told(shot: Any) -> None:
    with pytest.raises(FileError, match=r"Frame 1002.*was changed while"):
        painted(shot, {1}, between=lambda: os.utime(shot.line(1002), ns=(1, 1)))


def test_few_frames_are_in_memory_however_long_the_shot(
    shot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(6, 60):
        shot.write(shot.line(1001 + step), shot.drawing(step % 12))
    painted(shot, set())
    lock = threading.Lock()
    counts = {"now": 0, "most": 0}
    read_layer = celtint.plugin.reading.read_layer
    write_frame = celtint.plugin.writing.write_frame

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

    monkeypatch.setattr(celtint.plugin.reading, "read_layer", reading)
    monkeypatch.setattr(celtint.plugin.writing, "write_frame", writing)
    painted(shot, set(range(60)))

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
        painted(shot, set(range(6)), done=enough, stop=stop)
    assert len(shot.painted) == len(done) < 6


def test_time_is_counted_by_stage(shot: Any) -> None:
    painted(shot, set())  # now every drawing is known, and is read to be painted
    clock = Clock()
    painted(shot, set(range(6)), clock=clock)
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
