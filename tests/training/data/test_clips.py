from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import torch

from celtint.training.data.clip_config import ClipConfig
from celtint.training.data.clips import ClipBatch, ClipLoader
from celtint.training.data.shots import Shot
from celtint.training.errors import ConfigError, DataError

MakeShot = Callable[..., Shot]
MakeSet = Callable[..., Path]
SMALL = ClipConfig(crop_px=16, frames=2, lanes=4, held_shots=2, clips_per_shot=3, seed=5)


def same(one: ClipBatch, two: ClipBatch) -> bool:
    return one.shots == two.shots and all(
        torch.equal(part, getattr(two, name))
        for name, part in vars(one).items()
        if isinstance(part, torch.Tensor)
    )


def take(loader: ClipLoader, count: int) -> list[ClipBatch]:
    return list(islice(loader, count))


def test_a_batch_has_the_shapes_and_ranges_it_promises(disc_set: Path) -> None:
    (batch,) = take(ClipLoader(disc_set, SMALL, batch=3), 1)
    shapes = {name: tuple(part.shape) for name, part in vars(batch).items() if name != "shots"}
    assert shapes == {
        "line": (3, 2, 1, 16, 16),
        "hint": (3, 2, 3, 16, 16),
        "hint_mask": (3, 2, 1, 16, 16),
        "truth": (3, 2, 3, 16, 16),
        "paint": (3, 2, 3, 16, 16),
        "is_hold": (3, 2),
    }
    for name in ("line", "hint", "hint_mask", "truth", "paint"):
        part = getattr(batch, name)
        assert part.dtype == torch.float32
        assert 0 <= float(part.min()) <= float(part.max()) <= 1
    assert batch.is_hold.dtype == torch.bool
    assert set(batch.hint_mask.unique().tolist()) <= {0.0, 1.0}
    assert same(batch.to("cpu"), batch)
    assert batch.part(1, 3).shots == batch.shots[1:3]


def test_hints_equal_the_truth_exactly_where_they_are_clean(disc_set: Path) -> None:
    config = ClipConfig(crop_px=16, frames=1, hints={"clean": 1}, lanes=4)
    for batch in take(ClipLoader(disc_set, config, batch=4), 4):
        on = batch.hint_mask.expand_as(batch.hint) > 0
        assert torch.equal(batch.hint[on], batch.truth[on])


def test_an_epoch_shows_every_shot_as_often(disc_set: Path) -> None:
    """Twelve shots, three clips of each, four lanes: one epoch is 36 clips."""
    batches = take(ClipLoader(disc_set, SMALL, batch=4), 18)
    for first in (0, 9):
        names = [name for batch in batches[first : first + 9] for name in batch.shots]
        counts = Counter(names)
        assert len(names) == 36
        # Lanes whose share is larger this time are still at it when others go on.
        assert len(counts) >= 10


def test_clips_of_a_batch_come_from_different_shots(disc_set: Path) -> None:
    for batch in take(ClipLoader(disc_set, SMALL, batch=4), 9):
        assert len(set(batch.shots)) == 4


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_make_the_same_clips_as_none(disc_set: Path, workers: int) -> None:
    alone = take(ClipLoader(disc_set, SMALL, batch=3), 5)
    helped = take(ClipLoader(disc_set, SMALL, batch=3, workers=workers), 5)
    assert all(same(*pair) for pair in zip(alone, helped, strict=True))


@pytest.mark.parametrize("given_out", [1, 4, 9, 13])
def test_a_run_goes_on_at_the_batch_where_it_stopped(disc_set: Path, given_out: int) -> None:
    """Within a tray, in another tray, in another epoch."""
    whole = take(ClipLoader(disc_set, SMALL, batch=3), given_out + 6)
    first = ClipLoader(disc_set, SMALL, batch=3)
    take(first, given_out)
    second = ClipLoader(disc_set, SMALL, batch=3)
    second.load_state_dict(first.state_dict())
    rest = take(second, 6)
    assert all(same(*pair) for pair in zip(whole[given_out:], rest, strict=True))


def test_processes_see_different_shots(disc_set: Path) -> None:
    seen = [
        {name for batch in take(loader, 6) for name in batch.shots}
        for rank in range(2)
        for loader in [ClipLoader(disc_set, SMALL, batch=4, rank=rank, world=2)]
    ]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) > 8


def test_seeds_differ(disc_set: Path) -> None:
    one, two = (
        take(ClipLoader(disc_set, ClipConfig(crop_px=16, seed=seed), batch=2), 1)[0]
        for seed in (0, 1)
    )
    assert not same(one, two)


def test_one_shot_is_enough(make_shot: MakeShot, make_set: MakeSet) -> None:
    folder = make_set([make_shot(0)])
    loader = ClipLoader(folder, SMALL, batch=2)
    assert {name for batch in take(loader, 5) for name in batch.shots} == {"discs-000"}
    assert loader.state_dict() == {"clips": 10, "lanes": 1}


def test_video_and_drawings_may_lie_in_one_set(
    make_shot: MakeShot, make_film: MakeShot, make_set: MakeSet
) -> None:
    folder = make_set([make_shot(0), make_film(0), make_shot(1), make_film(1)])
    names = {name for batch in take(ClipLoader(folder, SMALL, batch=4), 3) for name in batch.shots}
    assert names == {"discs-000", "film-000", "discs-001", "film-001"}


def test_what_cannot_be_is_refused(disc_set: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="batch is 0"):
        ClipLoader(disc_set, SMALL, batch=0)
    with pytest.raises(ConfigError, match="workers is 3, expected 0 or one of 1, 2, 4"):
        ClipLoader(disc_set, SMALL, batch=1, workers=3)
    with pytest.raises(DataError, match="12 shots, fewer than the 13 processes"):
        ClipLoader(disc_set, SMALL, batch=1, world=13)
    with pytest.raises(DataError, match="cannot be read"):
        ClipLoader(tmp_path, SMALL, batch=1)
    loader = ClipLoader(disc_set, SMALL, batch=1)
    with pytest.raises(ConfigError, match="lanes is 4, but the run that is to go on had 8"):
        loader.load_state_dict({"clips": 3, "lanes": 8})


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_shot_is_told_in_plain_words(
    make_shot: MakeShot, make_set: MakeSet, workers: int
) -> None:
    folder = make_set([make_shot(n) for n in range(4)])
    shard = folder / "train-000000.tar"
    content = bytearray(shard.read_bytes())
    at = content.index(b"discs-001.0001.ink.png") + 512
    content[at : at + 60] = bytes(60)
    shard.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"^\S+train-000000\.tar: 0001\.ink\.png of shot discs-001"):
        take(ClipLoader(folder, SMALL, batch=4, workers=workers), 9)
