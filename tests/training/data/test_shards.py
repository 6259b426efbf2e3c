from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st

from celtint.training.data.shards import SetInfo, Shard, ShotWriter, read_set, read_shots, share_of
from celtint.training.data.shots import Shot
from celtint.training.errors import DataError

MakeShot = Callable[..., Shot]
MakeSet = Callable[..., Path]


def names(folder: Path | str, **how: int) -> list[str]:
    return [shot.info.name for shot in read_shots(folder, **how)]


def test_the_same_shots_give_the_same_bytes(make_shot: MakeShot, make_set: MakeSet) -> None:
    one, two = (make_set([make_shot(n) for n in range(5)], name=name) for name in ("a", "b"))
    files = sorted(path.name for path in one.iterdir())
    assert files == ["set.json", "train-000000.tar", "train-000001.tar"]
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes()


def test_set_json_counts(disc_set: Path) -> None:
    info = read_set(disc_set)
    assert (info.shots, info.drawings, info.frames, info.seed) == (12, 48, 96, 7)
    assert [shard.shots for shard in info.shards] == [4, 4, 4]
    fields = json.loads((disc_set / "set.json").read_text())
    assert (fields["format"], fields["shots"]) == (1, 12)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_the_same_samples(disc_set: Path) -> None:
    """An independent reader of the layout."""
    shards = sorted(str(path) for path in disc_set.glob("*.tar"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    gc.collect()  # it leaves its files to the collector, which warns of them
    ours = list(read_shots(disc_set))
    assert [sample["__key__"] for sample in samples] == [shot.info.name for shot in ours]
    for sample, shot in zip(samples, ours, strict=True):
        assert sample["shot.json"] == shot.text
        assert {k: v for k, v in sample.items() if k.endswith(".png")} == shot.files


def test_unshuffled_shots_come_as_stored(disc_set: Path) -> None:
    assert names(disc_set) == [f"discs-{n:03d}" for n in range(12)]


def test_shuffled_order_hangs_on_seed_and_epoch_alone(disc_set: Path) -> None:
    orders = {
        (seed, epoch): names(disc_set, shuffle_seed=seed, epoch=epoch)
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert orders[0, 0] == names(disc_set, shuffle_seed=0)
    assert len({tuple(order) for order in orders.values()}) == 4
    assert all(sorted(order) == sorted(orders[0, 0]) for order in orders.values())


@pytest.mark.parametrize("reader", [{}, {"world": 2, "rank": 1}, {"workers": 4, "worker": 2}])
def test_reading_goes_on_at_any_shot(disc_set: Path, reader: dict[str, int]) -> None:
    whole = names(disc_set, shuffle_seed=3, epoch=1, **reader)
    for start in range(len(whole) + 1):
        assert names(disc_set, shuffle_seed=3, epoch=1, start=start, **reader) == whole[start:]


@pytest.mark.parametrize(("world", "workers"), [(1, 1), (2, 1), (1, 3), (2, 2), (3, 4), (1, 20)])
def test_readers_share_every_shot_once(disc_set: Path, world: int, workers: int) -> None:
    shares = [
        names(disc_set, shuffle_seed=5, rank=rank, world=world, worker=worker, workers=workers)
        for rank in range(world)
        for worker in range(workers)
    ]
    assert sorted(name for share in shares for name in share) == [
        f"discs-{n:03d}" for n in range(12)
    ]
    assert sum(not share for share in shares) == max(0, world * workers - 12)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 9), min_size=1, max_size=9),
    readers=st.integers(1, 30),
    epoch=st.integers(0, 3),
)
def test_shares_are_a_division(counts: list[int], readers: int, epoch: int) -> None:
    shards = tuple(Shard(f"s-{n:06d}.tar", shots, 1) for n, shots in enumerate(counts))
    info = SetInfo("s", 0, 1, 1, shards)
    given_out = [
        (shard, shot)
        for reader in range(readers)
        for shard, shots in share_of(
            info, reader=reader, readers=readers, shuffle_seed=1, epoch=epoch
        )
        for shot in shots
    ]
    assert sorted(given_out) == [
        (n, shot) for n, shots in enumerate(counts) for shot in range(shots)
    ]


def test_shards_go_to_other_readers_in_other_epochs() -> None:
    info = SetInfo("s", 0, 1, 1, tuple(Shard(f"s-{n:06d}.tar", 1, 1) for n in range(8)))
    shares = [
        tuple(number for number, _ in share_of(info, reader=0, readers=2, **how))
        for how in ({}, {"shuffle_seed": 1, "epoch": 0}, {"shuffle_seed": 1, "epoch": 1})
    ]
    assert shares[0] == (0, 2, 4, 6)
    assert len(set(shares)) == 3


def test_a_command_or_an_address_is_read_like_a_folder(disc_set: Path) -> None:
    whole = names(disc_set, shuffle_seed=2)
    assert names(f"pipe:cat {disc_set}/{{file}}", shuffle_seed=2) == whole
    assert names(f"file:{disc_set}", shuffle_seed=2) == whole
    assert names(f"pipe:cat {disc_set}/{{file}}", worker=3, workers=5) == names(
        disc_set, worker=3, workers=5
    )


def test_a_stream_may_be_left_in_the_middle(disc_set: Path) -> None:
    shots = read_shots(f"pipe:cat {disc_set}/{{file}}")
    assert next(shots).info.name == "discs-000"
    shots.close()  # type: ignore[attr-defined]


def test_nothing_is_left_of_a_set_that_failed(make_shot: MakeShot, tmp_path: Path) -> None:
    def fail() -> None:
        with ShotWriter(tmp_path / "new" / "set", "train", 1) as writer:
            writer.add(make_shot(0))
            assert (tmp_path / "new" / "set" / "train-000000.tar").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_shards_appear_whole_and_set_json_last(make_shot: MakeShot, tmp_path: Path) -> None:
    with ShotWriter(tmp_path, "train", 2) as writer:
        writer.add(make_shot(0))
        assert [path.name for path in tmp_path.glob("*.tar")] == []
        writer.add(make_shot(1))
        assert [path.name for path in tmp_path.glob("*.tar")] == ["train-000000.tar"]
        assert not (tmp_path / "set.json").exists()
    assert not list(tmp_path.glob("*.part"))


def test_shards_of_a_killed_run_are_replaced(make_shot: MakeShot, tmp_path: Path) -> None:
    (tmp_path / "train-000007.tar").write_bytes(b"old")
    (tmp_path / "train-000008.tar.part").write_bytes(b"old")
    with ShotWriter(tmp_path, "train") as writer:
        writer.add(make_shot(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.json", "train-000000.tar"]


def test_a_finished_set_is_never_overwritten(disc_set: Path) -> None:
    with pytest.raises(DataError, match="holds a set already"):
        ShotWriter(disc_set, "train")


def test_a_set_without_a_shot_or_with_one_twice_is_refused(
    make_shot: MakeShot, make_set: MakeSet, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="without a shot"), ShotWriter(tmp_path / "none", "train"):
        pass
    twice = [make_shot(0), make_shot(0)]
    with pytest.raises(DataError, match="discs-000 already"):
        make_set(twice, name="twice")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_set_says_what_a_set_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"set\.json cannot be read .*prepare"):
        read_shots(tmp_path)
    with pytest.raises(DataError, match=r"set\.json cannot be read .*prepare"):
        read_shots("pipe:exit 3")


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"format": 2}, "version 2"),
        ({"format": 1}, "lacks or garbles"),
        ({"format": 1, "name": "a", "seed": 0, "drawings": 0, "frames": 0, "shards": []}, "empty"),
        (
            {"format": 1, "name": "a", "shards": [{"file": "../x.tar", "shots": 1, "bytes": 1}]},
            "garbles a shard called",
        ),
    ],
)
def test_a_set_that_cannot_be_read_says_why(
    tmp_path: Path, fields: dict[str, object], part: str
) -> None:
    (tmp_path / "set.json").write_text(json.dumps(fields))
    with pytest.raises(DataError, match=part):
        read_set(tmp_path)


def test_shards_that_are_cut_off_or_missing_are_all_named_at_once(
    make_shot: MakeShot, make_set: MakeSet
) -> None:
    folder = make_set([make_shot(n) for n in range(6)], per_shard=2)
    shard = folder / "train-000001.tar"
    shard.write_bytes(shard.read_bytes()[:-2000])
    (folder / "train-000002.tar").unlink()
    with pytest.raises(DataError) as told:
        read_shots(folder)
    assert "train-000001.tar has" in str(told.value)
    assert "train-000002.tar is missing" in str(told.value)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8])
def test_a_stream_that_ends_early_names_its_shard(
    make_shot: MakeShot, make_set: MakeSet, kept: float
) -> None:
    """Wherever it ends: within a file, or between two shots, which tar takes for the end."""
    folder = make_set([make_shot(n) for n in range(4)])
    shard = folder / "train-000000.tar"
    content = shard.read_bytes()
    between_shots = content.index(b"discs-002.shot.json")
    for size in (int(kept * len(content)), between_shots):
        shard.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"train-000000\.tar.*(cut off|damaged).*again"):
            list(read_shots(f"pipe:cat {folder}/{{file}}"))


def test_a_reader_that_is_not_among_those_there_are_is_refused(disc_set: Path) -> None:
    with pytest.raises(ValueError, match="no reader 2 of 2"):
        read_shots(disc_set, rank=2, world=2)
