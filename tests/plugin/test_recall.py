from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from celtint.engine import flow_order
from celtint.plugin.hold import FOLDER
from celtint.plugin.recall import Recall
from celtint.plugin.shot import FramePattern

COUNT = 5
PAINTED = np.random.default_rng(0).random((4, 6, 3), np.float32)


def recall_in(folder: Path, name: str = "paint", job: str = "a") -> Recall:
    (folder / FOLDER).mkdir(exist_ok=True)
    fingerprints = {index: f"{job}{index}".ljust(64, "0") for index in range(COUNT)}
    out = FramePattern.parse(str(folder / f"{name}.####.exr"))
    return Recall(out, fingerprints, flow_order(COUNT, [1]))


def files(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).iterdir())


def test_what_was_kept_comes_back_to_the_bit(tmp_path: Path) -> None:
    recall_in(tmp_path).keep(2, PAINTED)
    later = recall_in(tmp_path)
    assert list(later) == [2]
    assert np.array_equal(later[2].view(np.uint32), PAINTED.view(np.uint32))


def test_what_another_job_left_is_not_taken(tmp_path: Path) -> None:
    recall_in(tmp_path, job="a").keep(2, PAINTED)
    other = recall_in(tmp_path, job="b")
    assert 2 not in other
    with pytest.raises(KeyError):
        other[2]


def test_what_was_cut_off_is_not_taken(tmp_path: Path) -> None:
    recall = recall_in(tmp_path)
    recall.keep(2, PAINTED)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert 2 not in recall


def test_a_whole_frame_releases_the_one_it_was_painted_from(tmp_path: Path) -> None:
    recall = recall_in(tmp_path)
    for index in (1, 2, 3):
        recall.keep(index, PAINTED)
    recall.release(3)
    assert set(recall) == {1, 3}


def test_the_first_frame_of_the_flow_stays_for_the_second_run(tmp_path: Path) -> None:
    recall = recall_in(tmp_path)
    recall.keep(1, PAINTED)
    recall.release(1)
    recall.release(2)
    recall.release(0)
    assert set(recall) == {1}


def test_clearing_removes_this_outputs_files_and_no_others(tmp_path: Path) -> None:
    recall_in(tmp_path, job="old").keep(2, PAINTED)
    recall_in(tmp_path, name="paint2").keep(2, PAINTED)
    recall = recall_in(tmp_path)
    recall.keep(2, PAINTED)
    (tmp_path / FOLDER / ".paint.#.exr.x.77.tmp.recall").touch()

    recall.clear(keep_valid=True)
    assert len(files(tmp_path)) == 2
    assert 2 in recall
    recall.clear()
    assert len(files(tmp_path)) == 1
    assert 2 in recall_in(tmp_path, name="paint2")
