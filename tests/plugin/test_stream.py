from __future__ import annotations

import threading
import time

import pytest

from celtint.plugin.stream import Clock, ReadAhead, Stopped, WriteBehind


class Gauge:
    """Counts how many are inside at once, and the most there ever were."""

    def __init__(self) -> None:
        self.now = self.most = self.total = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)

    def leave(self) -> None:
        with self._lock:
            self.now -= 1


def reader(read: object, order: list[int], stop: threading.Event | None = None) -> ReadAhead[int]:
    return ReadAhead(
        read,  # type: ignore[arg-type]
        order,
        ahead=3,
        threads=2,
        stop=stop or threading.Event(),
        clock=Clock(),
    )


def test_items_come_in_the_order_asked_for_and_each_is_read_once() -> None:
    asked: list[int] = []
    order = [3, 4, 5, 2, 1, 0]

    def read(index: int) -> int:
        asked.append(index)
        return index * 10

    with reader(read, order) as items:
        assert [items.take(index) for index in order] == [index * 10 for index in order]
    assert sorted(asked) == sorted(order)


def test_reading_ahead_is_bounded() -> None:
    gauge = Gauge()

    def read(index: int) -> int:
        gauge.enter()
        return index

    with reader(read, list(range(20))) as items:
        for index in range(5):
            items.take(index)
        time.sleep(0.05)
        assert gauge.total == 5 + 3


def test_an_item_that_is_skipped_is_not_lost_for_the_next() -> None:
    with reader(lambda index: index, [0, 1, 2, 3]) as items:
        assert items.take(2) == 2
        assert items.take(0) == 0
        with pytest.raises(KeyError):
            items.take(2)


def test_an_error_of_a_reader_comes_up_where_its_item_is_asked_for() -> None:
    def read(index: int) -> int:
        if index == 2:
            raise ValueError("frame 2")
        return index

    with reader(read, [0, 1, 2, 3]) as items:
        assert [items.take(0), items.take(1)] == [0, 1]
        with pytest.raises(ValueError, match="frame 2"):
            items.take(2)


def test_a_stop_is_met_before_the_next_item() -> None:
    stop = threading.Event()
    with reader(lambda index: index, [0, 1, 2], stop) as items:
        items.take(0)
        stop.set()
        with pytest.raises(Stopped):
            items.take(1)


def test_writing_is_bounded_and_all_is_done_at_the_end() -> None:
    at_work, held, done = Gauge(), Gauge(), []

    def write(index: int) -> None:
        at_work.enter()
        time.sleep(0.005)
        at_work.leave()
        held.leave()
        done.append(index)

    with WriteBehind(threads=2, waiting=1, clock=Clock()) as writer:
        for index in range(20):
            writer.bring(write, index)
            held.enter()
    assert sorted(done) == list(range(20))
    assert at_work.most == 2
    assert held.most <= 4  # two at work, one waiting, and the one just brought


def test_an_error_of_a_writer_comes_up_with_the_next_job_and_what_was_begun_ends() -> None:
    done = []
    other_begun, let_go = threading.Event(), threading.Event()

    def write(index: int) -> None:
        if index == 0:
            other_begun.wait(5)
            raise OSError("disk full")
        other_begun.set()
        let_go.wait(5)
        done.append(index)

    def work() -> None:
        with WriteBehind(threads=2, waiting=8, clock=Clock()) as writer:
            writer.bring(write, 0)
            writer.bring(write, 1)
            time.sleep(0.05)
            let_go.set()
            writer.bring(write, 2)
            done.append(-1)

    with pytest.raises(OSError, match="disk full"):
        work()
    assert 1 in done
    assert -1 not in done


def test_an_error_of_the_last_writer_is_not_lost() -> None:
    def write() -> None:
        raise OSError("disk full")

    with (
        pytest.raises(OSError, match="disk full"),
        WriteBehind(threads=1, waiting=1, clock=Clock()) as writer,
    ):
        writer.bring(write)


def test_seconds_add_up_over_threads() -> None:
    clock = Clock()

    def work() -> None:
        with clock.time("decode"):
            time.sleep(0.03)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 0.12 <= clock.seconds()["decode"] < 2.0
