"""Sets on disk: tar shards in the WebDataset layout, written whole and read as a stream.

A set is a folder of `NAME-000000.tar` ... and `set.json`, which is written last and says what must
be there. A shot is one sample: files that share the shot's name up to the first dot. Any reader of
WebDataset shards can read them; this one also notices what is missing.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ..errors import DataError
from .places import address_of, opened, place_of
from .shots import FORMAT, SHOT_NAME, EncodedShot, Shot, encode_shot
from .tars import Sample, add_file, samples_of_file, samples_of_stream

SET_FILE = "set.json"
SHUFFLED_OVER = 32
"""Shots that are held, undecoded, to be given out in another order than they are stored in."""


@dataclass(frozen=True)
class Shard:
    """One tar file of a set."""

    file: str
    shots: int
    bytes: int


@dataclass(frozen=True)
class SetInfo:
    """What `set.json` says.

    Attributes:
        name: First part of the shards' names.
        seed: What the set was made from.
        drawings: Drawings in all shots.
        frames: Frames of film in all shots.
        shards: In the order they were written.
        made: How it was made: whatever its maker wants remembered.

    """

    name: str
    seed: int
    drawings: int
    frames: int
    shards: tuple[Shard, ...]
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shots(self) -> int:
        """Shots in all shards."""
        return sum(shard.shots for shard in self.shards)


class ShotWriter:
    """Writes a set: `with ShotWriter(folder, "train") as writer: writer.add(shot)`.

    The same shots in the same order give the same bytes. Shards appear whole or not at all, and
    `set.json` last; when the `with` block is left by an error, what was written is removed again.
    So it is when it is left without a shot, which is an error: DataError.

    Args:
        folder: Where the set goes; made where it is missing. Shards that an earlier run left
            without a `set.json` are removed.
        name: First part of the shards' names: lower-case letters, digits and hyphens.
        shots_per_shard: How many shots a tar file holds.
        seed: What the set is made from, for `set.json`.
        made: How the set is made, for `set.json`; may be filled until the block is left.

    Raises:
        DataError: The folder holds a finished set already, or the name cannot be.

    """

    def __init__(
        self,
        folder: str | Path,
        name: str,
        shots_per_shard: int = 32,
        *,
        seed: int = 0,
        made: dict[str, Any] | None = None,
    ) -> None:
        if not SHOT_NAME.fullmatch(name):
            raise DataError(f"a set cannot be called {name!r}: lower-case letters, digits, hyphens")
        if shots_per_shard < 1:
            raise DataError(f"a shard needs at least one shot, not {shots_per_shard}")
        self.folder = Path(folder)
        if (self.folder / SET_FILE).exists():
            raise DataError(f"{self.folder} holds a set already: name another folder, or delete it")
        self.name = name
        self.made = {} if made is None else made
        self._shots_per_shard = shots_per_shard
        self._seed = seed
        self._shards: list[Shard] = []
        self._names: set[str] = set()
        self._drawings = self._frames = self._in_shard = 0
        self._tar: tarfile.TarFile | None = None
        self._new_folders: list[Path] = []

    def __enter__(self) -> Self:
        self._new_folders = [p for p in (self.folder, *self.folder.parents) if not p.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_shards()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._close_shard()
                if not self._shards:
                    raise DataError(f"{self.folder} would be a set without a shot")
                self._write_set_file()
        except BaseException as failure:
            error = failure
            raise
        finally:
            if error is not None:
                if self._tar is not None:
                    self._tar.fileobj.close()
                    self._tar = None
                self._remove_shards()
                with suppress(OSError):  # somebody else may have put something there
                    for folder in self._new_folders:
                        folder.rmdir()

    def add(self, shot: Shot | EncodedShot) -> None:
        """Store a shot behind those before it.

        Raises:
            DataError: The shot's drawings do not fit its description, or its name is taken.

        """
        encoded = encode_shot(shot) if isinstance(shot, Shot) else shot
        info = encoded.info
        if info.name in self._names:
            raise DataError(f"{self.folder} holds a shot {info.name} already")
        self._names.add(info.name)
        tar = self._tar or self._open_shard()
        add_file(tar, f"{info.name}.shot.json", encoded.text)
        for name in sorted(encoded.files):
            add_file(tar, f"{info.name}.{name}", encoded.files[name])
        self._drawings += info.drawings
        self._frames += len(info.holds)
        self._in_shard += 1
        if self._in_shard == self._shots_per_shard:
            self._close_shard()

    def _shard_path(self) -> Path:
        return self.folder / f"{self.name}-{len(self._shards):06d}.tar"

    def _open_shard(self) -> tarfile.TarFile:
        path = self._shard_path().with_suffix(".tar.part")
        self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 - stays open
        return self._tar

    def _close_shard(self) -> None:
        if self._tar is None:
            return
        self._tar.close()
        self._tar = None
        path = self._shard_path()
        part = path.with_suffix(".tar.part")
        self._shards.append(Shard(path.name, self._in_shard, part.stat().st_size))
        part.rename(path)
        self._in_shard = 0

    def _write_set_file(self) -> None:
        fields = {
            "format": FORMAT,
            "name": self.name,
            "seed": self._seed,
            "shots": sum(shard.shots for shard in self._shards),
            "drawings": self._drawings,
            "frames": self._frames,
            "made": self.made,
            "shards": [vars(shard) for shard in self._shards],
        }
        part = self.folder / f"{SET_FILE}.part"
        part.write_text(json.dumps(fields, indent=1) + "\n")
        part.rename(self.folder / SET_FILE)

    def _remove_shards(self) -> None:
        for pattern in (f"{self.name}-[0-9]*.tar", f"{self.name}-[0-9]*.tar.part"):
            for path in self.folder.glob(pattern):
                path.unlink()
        (self.folder / f"{SET_FILE}.part").unlink(missing_ok=True)


def read_set(folder: str | Path) -> SetInfo:
    """Read `set.json` of a set.

    Args:
        folder: A folder; or anything that webdataset opens, with `{file}` where the file's name
            goes (`pipe:aws s3 cp s3://films/train/{file} -`), or to be put before it
            (`https://films.example/train`).

    Raises:
        DataError: There is no set, it is of another version, or it has no shot.

    """
    place = place_of(folder, SET_FILE)
    try:
        with opened(folder, SET_FILE) as stream:
            text = stream.read()
    except OSError as error:
        raise DataError(
            f"{place} cannot be read ({error}): a set is a folder that "
            "`celtint-train prepare` has finished. Prepare it again"
        ) from error
    try:
        fields = json.loads(text)
        version = fields["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{place} does not describe a set. Prepare it again") from error
    if version != FORMAT:
        raise DataError(
            f"{place} is of version {version!r}, and version {FORMAT} is read. Prepare it again"
        )
    try:
        shards = tuple(
            Shard(_plain_name(shard["file"]), int(shard["shots"]), int(shard["bytes"]))
            for shard in fields["shards"]
        )
        info = SetInfo(
            name=str(fields["name"]),
            seed=int(fields["seed"]),
            drawings=int(fields["drawings"]),
            frames=int(fields["frames"]),
            shards=shards,
            made=dict(fields.get("made") or {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{place} lacks or garbles {error}. Prepare it again") from error
    if info.shots == 0:
        raise DataError(f"{place} names no shot: the set is empty. Prepare it from more material")
    return info


def _plain_name(name: object) -> str:
    """Refuse names that lead elsewhere: they become part of a path, a URL or a command."""
    text = str(name)
    if not text.endswith(".tar") or not SHOT_NAME.fullmatch(text[:-4]):
        raise ValueError(f"a shard called {text!r}")
    return text


def read_shots(
    folder: str | Path,
    *,
    shuffle_seed: int | None = None,
    rank: int = 0,
    world: int = 1,
    worker: int = 0,
    workers: int = 1,
    epoch: int = 0,
    start: int = 0,
) -> Iterator[EncodedShot]:
    """Stream one reader's share of a set, once.

    All readers together see each shot exactly once. Whole shards are dealt out where there are
    enough of them; else every reader takes its shots out of all shards.

    Args:
        folder: As for `read_set`.
        shuffle_seed: With the epoch it fixes the order of shards, and of shots within
            SHUFFLED_OVER neighbours. None: as stored.
        rank: Which process this is, of `world`.
        world: Processes that share the set.
        worker: Which worker of this process, of `workers`.
        workers: Workers of every process.
        epoch: Counts the times the set is read.
        start: Shots to skip, of this reader's share and order: where to go on. Shards that lie
            wholly before it are not opened.

    Raises:
        ValueError: The rank or worker is not among those there are.
        DataError: The set or a shard is missing, cut off, damaged or of another version.

    """
    if not (0 <= rank < world and 0 <= worker < workers):
        raise ValueError(f"there is no reader {rank} of {world}, worker {worker} of {workers}")
    info = read_set(folder)
    _check_sizes(folder, info)
    share = share_of(
        info,
        reader=rank * workers + worker,
        readers=world * workers,
        shuffle_seed=shuffle_seed,
        epoch=epoch,
    )
    seed = None if shuffle_seed is None else (shuffle_seed, epoch)
    return _stream(folder, info, share, seed, start)


def share_of(
    info: SetInfo, *, reader: int, readers: int, shuffle_seed: int | None = None, epoch: int = 0
) -> list[tuple[int, range]]:
    """Which shots one reader of `readers` gets: numbers of shards, and of shots in each, in order.

    Every reader gets at least one shot where there are as many shots as readers.
    """
    order = list(range(len(info.shards)))
    if shuffle_seed is not None:
        np.random.default_rng((shuffle_seed, epoch)).shuffle(order)
    if readers <= len(order):
        return [(number, range(info.shards[number].shots)) for number in order[reader::readers]]
    before = np.cumsum([0, *(shard.shots for shard in info.shards)]).tolist()
    taken = [
        (number, range((reader - before[number]) % readers, info.shards[number].shots, readers))
        for number in order
    ]
    return [(number, shots) for number, shots in taken if shots]


def _stream(
    folder: str | Path,
    info: SetInfo,
    share: list[tuple[int, range]],
    seed: tuple[int, int] | None,
    start: int,
) -> Iterator[EncodedShot]:
    for number, wanted in share:
        if start >= len(wanted):
            start -= len(wanted)
            continue
        shots = _shots_of(folder, info.shards[number], wanted)
        if seed is not None:
            shots = _shuffled(shots, np.random.default_rng((*seed, number)))
        yield from islice(shots, start, None)
        start = 0


def _shuffled(shots: Iterator[EncodedShot], rng: np.random.Generator) -> Iterator[EncodedShot]:
    held: list[EncodedShot] = []
    for shot in shots:
        held.append(shot)
        if len(held) == SHUFFLED_OVER:
            yield held.pop(int(rng.integers(len(held))))
    while held:
        yield held.pop(int(rng.integers(len(held))))


def _shots_of(folder: str | Path, shard: Shard, wanted: range) -> Iterator[EncodedShot]:
    """The wanted shots of a shard, as stored. What lies between them is passed over unread."""
    place = place_of(folder, shard.file)
    count = 0
    try:
        for sample in _samples_of(folder, shard, wanted):
            count += 1
            if sample is None:
                continue
            name, files = sample
            text = files.pop("shot.json", None)
            if text is None:
                raise DataError(f"{place}: {name} has no shot.json. Prepare the set again")
            shot = EncodedShot(text, files, place)
            _ = shot.info  # a shot that cannot be is told here, not by whoever decodes it
            yield shot
    except DataError:
        raise
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(
            f"{place} is cut off or damaged ({error}). Fetch or prepare it again"
        ) from (error)
    if count != shard.shots:
        raise DataError(
            f"{place} holds {count} shots of the {shard.shots} that {SET_FILE} promises: it is cut "
            "off. Fetch or prepare it again"
        )


def _samples_of(folder: str | Path, shard: Shard, wanted: range) -> Iterator[Sample | None]:
    if address_of(folder, shard.file) is None:
        yield from samples_of_file(Path(folder) / shard.file, wanted)
    else:
        with opened(folder, shard.file) as stream:
            yield from samples_of_stream(stream, wanted)


def _check_sizes(folder: str | Path, info: SetInfo) -> None:
    """Tell of missing and cut-off shards before any is needed, where that is cheap."""
    if address_of(folder, SET_FILE) is not None:
        return
    problems = []
    for shard in info.shards:
        path = Path(folder) / shard.file
        size = path.stat().st_size if path.exists() else None
        if size is None:
            problems.append(f"{path} is missing")
        elif size != shard.bytes:
            problems.append(f"{path} has {size} bytes of {shard.bytes}: it is cut off or not whole")
    if problems:
        more = f", and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise DataError(f"{'; '.join(problems[:5])}{more}. Fetch or prepare the set again")
