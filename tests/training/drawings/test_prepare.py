from __future__ import annotations

import threading
from pathlib import Path

import pytest

from celtint.training.data.shards import read_set, read_shots
from celtint.training.drawings.prepare import Order, prepare_drawings
from celtint.training.drawings.rendering import Cancelled
from celtint.training.errors import ConfigError, DataError


def order(heads, out, **changes):
    settings = {"shots": 4, "drawings": 3, "width": 64, "height": 48, "seed": 7}
    return Order(folders=(heads,), out=out, **(settings | changes))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_sets_are_split_by_drawing_and_read_back(tmp_path, heads):
    told = []
    prepare_drawings(
        order(heads, tmp_path, sheet=tmp_path / "look.png"),
        on_shot=lambda split, drawings: told.append((split, drawings)),
    )
    assert told == [("train", 3)] * 3 + [("held_out", 3)]
    assert read_set(tmp_path / "train").shots == 3
    for split, style in (("train", "adventurer"), ("held_out", "micah")):
        for shot in read_shots(tmp_path / split):
            assert shot.info.width, shot.info.height == (64, 48)
            assert {name.rsplit("-", 1)[0] for name in shot.info.sources} == {style}
            assert shot.drawing(0).flow is not None
        assert (tmp_path / f"look-{split}.png").exists()


def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path, heads):
    prepare_drawings(order(heads, tmp_path / "one", splits=("train",), shots=3))
    prepare_drawings(order(heads, tmp_path / "two", splits=("train",), shots=3, workers=2))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_longer_set_begins_with_the_shots_of_a_shorter_one(tmp_path, heads):
    for shots in (1, 2):
        prepare_drawings(order(heads, tmp_path / str(shots), splits=("train",), shots=shots))
    first = next(read_shots(tmp_path / "1" / "train"))
    assert next(read_shots(tmp_path / "2" / "train")).files == first.files


def test_a_set_that_is_there_is_never_overwritten(tmp_path, heads):
    prepare_drawings(order(heads, tmp_path, shots=2))
    before = contents(tmp_path)
    with pytest.raises(DataError, match=r"train holds a set.*held_out holds a set"):
        prepare_drawings(order(heads, tmp_path, shots=2))
    assert contents(tmp_path) == before


def test_stopping_leaves_nothing_of_the_set_in_work(tmp_path, heads):
    stop = threading.Event()

    def once(_split, _drawings):
        stop.set()

    with pytest.raises(Cancelled):
        prepare_drawings(order(heads, tmp_path), on_shot=once, stop=stop)
    assert contents(tmp_path) == {}
    prepare_drawings(order(heads, tmp_path))  # and a later run finds nothing in its way


def test_workers_stop_within_a_shot(tmp_path, heads):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    endless = order(heads, tmp_path, splits=("train",), drawings=900, workers=2)
    with pytest.raises(Cancelled):
        prepare_drawings(endless, stop=stop)
    assert contents(tmp_path) == {}


def test_a_split_with_too_few_drawings_is_refused_before_anything_is_written(tmp_path, heads):
    only = tmp_path / "only"
    only.mkdir()
    for path in (heads / "heads").glob("adventurer-*"):
        (only / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="held_out has 0 accepted drawings"):
        prepare_drawings(order(only, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_all_mistakes_of_an_order_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        Order(folders=(), out=Path("out"), shots=0, drawings=0, width=8, height=9999, workers=0)
    assert len(caught.value.problems) == 6
