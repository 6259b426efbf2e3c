import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from celtint.training.embedding.clips import SeenDrawing, clip_of
from celtint.training.embedding.feed import batches, feed
from celtint.training.embedding.settings import MatchingSettings
from celtint.training.errors import DataError

SMALL = MatchingSettings(clips=2, drawings=2, frame_px=64, priors=1)


def test_a_step_holds_the_same_wherever_the_stream_begins(shapes_set: Path) -> None:
    # Three shots, two a step: the third step is in the second epoch.
    straight = list(islice(batches(shapes_set, SMALL), 4))
    for step in (1, 3):
        again = next(batches(shapes_set, SMALL, step))
        for name, tensor in vars(straight[step]).items():
            assert torch.equal(tensor, getattr(again, name)), name


def test_seeds_give_other_batches(shapes_set: Path) -> None:
    one = next(batches(shapes_set, SMALL))
    other = next(batches(shapes_set, MatchingSettings(**(vars(SMALL) | {"seed": 1}))))
    assert one.picture.shape != other.picture.shape or not torch.equal(one.picture, other.picture)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on one core
def test_workers_give_the_same_batches_in_order(shapes_set: Path) -> None:
    alone = list(islice(feed(shapes_set, SMALL, 1), 3))
    shared = list(islice(feed(shapes_set, SMALL, 1, workers=2), 3))
    for one, other in zip(alone, shared, strict=True):
        for name, tensor in vars(one).items():
            assert torch.equal(tensor, getattr(other, name)), name


def test_a_damaged_set_is_told_from_a_worker(shapes_set: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(shapes_set, folder)
    for shard in folder.glob("*.tar"):
        shard.write_bytes(b"no shots")
    with pytest.raises(DataError, match="damaged"):
        next(feed(folder, SMALL, workers=1))


def test_late_steps_may_be_plain_and_early_ones_not(
    shapes_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def noted(*args: Any, is_plain: bool, **rest: Any) -> list[SeenDrawing]:
        asked.append(is_plain)
        return clip_of(*args, is_plain=is_plain, **rest)

    monkeypatch.setattr("celtint.training.embedding.feed.clip_of", noted)
    settings = replace(SMALL, clips=1, steps=16, plain_from=0.5)
    for _ in islice(batches(shapes_set, settings), 16):
        pass
    assert not any(asked[:8])
    assert 0 < sum(asked[8:]) < 8
