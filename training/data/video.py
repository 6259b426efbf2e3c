"""Sets from video: frames to shots, with holds marked and what is of no use left out.

One pass, whatever the length: a frame is decoded, scaled, compared with the one before it (a cut?)
and with the drawing that is shown (a hold?), and stored at once if it is a new drawing.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode, HistogramDetector

from ..errors import ConfigError, DataError
from .films import Film, frames_of, is_cut_off, open_film
from .frame_rules import is_credits, is_dark, is_hold, steadied
from .shards import SET_FILE, ShotWriter
from .shots import EncodedShot, ShotInfo, as_png
from .shots import field as field_name

TRAIN, HELD_OUT = "train", "held_out"

CUT_THRESHOLD = 0.05
"""PySceneDetect's own for HistogramDetector: a cut leaves the histogram of luma less alike than
this short of 1. Histograms hardly change when the camera moves over flat colours, while pixels, on
which its other detectors go, change as much as at a cut."""

CUT_BINS = 64

LEAST_DRAWINGS = 3
"""Shots with fewer drawings teach nothing about time, and are left out."""

MOST_DRAWINGS = 96
"""Longer shots are stored in parts."""


@dataclass(frozen=True)
class VideoConfig:
    """How videos become sets.

    Attributes:
        short_side_px: Frames are scaled down to this, keeping their shape.
        held_out_share: Share of the files that are held out, by a hash of their names; 0..1.
        held_out: Files to hold out instead: with any named, the hash is not asked.
        shots_per_shard: Shots in a tar file.

    """

    short_side_px: int = 256
    held_out_share: float = 0.1
    held_out: tuple[Path, ...] = ()
    shots_per_shard: int = 32

    def __post_init__(self) -> None:
        problems = []
        if self.short_side_px < 16:
            problems.append(f"short_side_px is {self.short_side_px}, expected at least 16 pixels")
        if not 0 <= self.held_out_share <= 1:
            problems.append(f"held_out_share is {self.held_out_share}, expected 0..1")
        if self.shots_per_shard < 1:
            problems.append(f"shots_per_shard is {self.shots_per_shard}, expected at least 1")
        if problems:
            raise ConfigError(problems)


@dataclass
class Tally:
    """What became of the frames of a split.

    Attributes:
        files: Videos read.
        shots: Shots stored.
        drawings: Drawings stored.
        frames: Frames of film that they cover.
        dark: Frames left out because next to nothing is to be seen.
        credits: Frames left out because they carry credits.
        short: Frames left out because their shot has fewer than LEAST_DRAWINGS drawings.
        warnings: Sentences on what was odd.

    """

    files: int = 0
    shots: int = 0
    drawings: int = 0
    frames: int = 0
    dark: int = 0
    credits: int = 0
    short: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """Files that were found to be readable, and where each goes.

    Attributes:
        out: Folder of the sets.
        films: By split.
        config: How they are read.

    """

    out: Path
    films: dict[str, list[Film]]
    config: VideoConfig

    @property
    def frames(self) -> int:
        """Frames that the headers promise."""
        return sum(film.frames for films in self.films.values() for film in films)


def plan_video(files: Sequence[Path], out: Path, config: VideoConfig) -> Plan:
    """Look at every file before anything is written.

    Raises:
        ConfigError: Files cannot be read, the sets are there already, or nothing would be left to
            train on. All that is wrong is told.

    """
    problems = [
        f"{out / split} holds a set already: name another folder, or delete it"
        for split in (TRAIN, HELD_OUT)
        if (out / split / SET_FILE).exists()
    ]
    if not files:
        problems.append("no video is named: name at least one file")
    named = {path.resolve() for path in config.held_out}
    missing = named - {path.resolve() for path in files}
    problems += [f"{path} is to be held out, but is not among the videos" for path in missing]
    films: dict[str, list[Film]] = {TRAIN: [], HELD_OUT: []}
    for path in dict.fromkeys(files):
        try:
            film = open_film(path)
        except DataError as error:
            problems.append(str(error))
            continue
        is_held_out = path.resolve() in named if named else _is_hashed_out(path, config)
        films[HELD_OUT if is_held_out else TRAIN].append(film)
    if not problems and not films[TRAIN]:
        problems.append(
            "every video would be held out: name which ones with --held-out, "
            "or none with --held-out-share 0"
        )
    if problems:
        raise ConfigError(problems)
    return Plan(out, films, config)


def _is_hashed_out(path: Path, config: VideoConfig) -> bool:
    """By the name alone, so that a file stays where it is when others come."""
    digest = hashlib.sha256(path.name.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < config.held_out_share * 2**64


def prepare_video(
    plan: Plan,
    *,
    stop: threading.Event | None = None,
    on_frame: Callable[[Film], None] | None = None,
) -> dict[str, Tally]:
    """Write the sets `OUT/train` and, where files are held out, `OUT/held_out`.

    Args:
        plan: What `plan_video` found.
        stop: Set it to end early; nothing is left behind then.
        on_frame: Called after every frame.

    Returns:
        What became of the frames, by split.

    Raises:
        KeyboardInterrupt: `stop` was set.
        DataError: No shot was found, or a set cannot be written.

    """
    tallies = {split: Tally() for split, films in plan.films.items() if films}
    with ExitStack() as sets:
        for split, tally in tallies.items():
            name = split.replace("_", "-")
            writer = ShotWriter(plan.out / split, name, plan.config.shots_per_shard)
            writer.made |= _made(plan, split)
            sets.enter_context(writer)
            for number, film in enumerate(plan.films[split]):
                reader = _FilmReader(film, number, tally, plan.config)
                for shot in reader.shots(stop or threading.Event(), on_frame or _nothing):
                    writer.add(shot)
                    tally.shots += 1
                    tally.drawings += shot.info.drawings
                    tally.frames += len(shot.info.holds)
                tally.files += 1
            if tally.shots == 0:
                raise DataError(
                    f"{plan.out / split} would be empty: no shot of {LEAST_DRAWINGS} drawings was "
                    f"found in {', '.join(film.path.name for film in plan.films[split])}"
                )
            writer.made["tally"] = asdict(tally)
    return tallies


def _nothing(_film: Film) -> None:
    """Nobody watches."""


def _made(plan: Plan, split: str) -> dict[str, object]:
    """What `set.json` remembers of how the set was made: no time, and no folder of this machine."""
    return {
        "files": [film.path.name for film in plan.films[split]],
        "short_side_px": plan.config.short_side_px,
        "held_out": "named" if plan.config.held_out else f"by hash, {plan.config.held_out_share}",
        "cut_threshold": CUT_THRESHOLD,
    }


class _FilmReader:
    """Makes shots of one film."""

    def __init__(self, film: Film, number: int, tally: Tally, config: VideoConfig) -> None:
        self._film, self._number, self._tally, self._config = film, number, tally, config
        self._slug = re.sub(r"[^a-z0-9]+", "-", film.path.stem.lower()).strip("-")[:40] or "film"

    def shots(
        self, stop: threading.Event, on_frame: Callable[[Film], None]
    ) -> Iterator[EncodedShot]:
        """Every shot that is of use, in film order."""
        film, tally = self._film, self._tally
        detector = HistogramDetector(CUT_THRESHOLD, bins=CUT_BINS, min_scene_len=0)
        rate = Fraction(film.fps).limit_denominator(1001)
        shot = _Gathered(0)
        read = 0
        for index, frame in enumerate(frames_of(film, self._config.short_side_px)):
            if stop.is_set():
                raise KeyboardInterrupt
            read = index + 1
            # The detector wants OpenCV's order of channels.
            is_cut = bool(detector.process_frame(FrameTimecode(index, rate), frame[..., ::-1]))
            is_unseen, is_text = is_dark(frame), is_credits(frame)
            tally.dark += is_unseen
            tally.credits += is_text and not is_unseen
            if is_cut or is_unseen or is_text:
                yield from self._finished(shot)
                shot = _Gathered(index)
            if not (is_unseen or is_text or shot.add(frame)):
                yield from self._finished(shot)
                shot = _Gathered(index)
                shot.add(frame)
            on_frame(film)
        yield from self._finished(shot)
        if is_cut_off(film, read):
            tally.warnings.append(
                f"{film.path.name} ends after {read} of {film.frames} frames: it seems cut off"
            )

    def _finished(self, shot: _Gathered) -> Iterator[EncodedShot]:
        if len(shot.drawings) < LEAST_DRAWINGS:
            self._tally.short += len(shot.holds)
            return
        height, width = shot.shape
        info = ShotInfo(
            name=f"{self._slug}-{self._number:04d}-{shot.first:06d}",
            sources=(self._film.path.name,),
            width=width,
            height=height,
            holds=tuple(shot.holds),
            fps=self._film.fps,
        )
        files = {field_name(n, "colour"): drawing for n, drawing in enumerate(shot.drawings)}
        yield EncodedShot(info.to_json(), files)


@dataclass
class _Gathered:
    """A shot that is being read.

    Attributes:
        first: Number of its first frame in the film, from 0.
        drawings: As PNG.
        holds: The drawing of each frame.
        shape: Height and width.
        shown: The last drawing, as `is_hold` compares it.

    """

    first: int
    drawings: list[bytes] = field(default_factory=list)
    holds: list[int] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    shown: NDArray[np.uint8] | None = None

    def add(self, frame: NDArray[np.uint8]) -> bool:
        """Take the next frame: a drawing, or the last one once more. False if the shot is full."""
        steady = steadied(frame)
        if self.shown is None or not is_hold(self.shown, steady):
            if len(self.drawings) == MOST_DRAWINGS:
                return False
            self.shape = (frame.shape[0], frame.shape[1])
            self.shown = steady
            self.drawings.append(as_png(frame))
        self.holds.append(len(self.drawings) - 1)
        return True
