"""Paint every clip in every way that was asked for, and keep what comes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.hints import Hint
from ..errors import DataError, TrainingError
from .clips import Clip, as_float, name_of, read_clips
from .features import Features
from .parts import Part, key_of, read_part, write_part
from .protocols import Protocol
from .scoring import FrameScore, Scorer
from .sheet import shown_frames, thumbnail
from .subjects import Painted, Subject, paint_clip
from .summary import AS_PAINTED, SNAPPED, Row, summarise

PARTS = "parts"
"""Folder beside the report in which results are kept clip by clip."""


class StoppedError(TrainingError):
    """The user asked for the end. What is done is kept, and a further run goes on from there."""


@dataclass(frozen=True)
class Ask:
    """What is to be evaluated.

    Attributes:
        subjects: Weights.
        places: Sets and folders of shots.
        protocols: Which hints are shown.
        with_true_previous: Each way a second time, every frame following the true one before.
        frames: Longer shots are cut into clips of so many frames; 0 leaves them whole.
        most_shots: Of each set, at most so many shots; None for all.
        seed: Of the hints.

    """

    subjects: Sequence[Subject]
    places: Sequence[str]
    protocols: Sequence[Protocol]
    with_true_previous: bool = False
    frames: int = 24
    most_shots: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Way:
    """One way to paint a clip."""

    subject: Subject
    protocol: Protocol
    is_previous_true: bool

    @property
    def label(self) -> str:
        """For tables and sheets."""
        hints = self.protocol.title if self.subject.takes_hints else "takes no hints"
        follows = ", follows the truth" if self.is_previous_true else ""
        return f"{self.subject.label}: {hints}{follows}"


@dataclass(eq=False)
class Results:
    """What came of an evaluation, clip by clip.

    Attributes:
        features: Name of the Frechet distance.
        ways: The ways that clips were painted in.
        folder: Where parts lie.
        clips: Of every set the names of its clips and the part of their truth.
        parts: By set and way, in the order of the clips. Here and in `clips` without pictures,
            which would fill the memory.
        keys: Names of these parts in the folder; those of the truth stand for way -1.
        motion: How motion was known in each set: `exact` or `optical flow`.

    """

    features: str
    ways: list[Way]
    folder: Path
    clips: dict[str, list[tuple[str, Part]]] = field(default_factory=dict)
    parts: dict[tuple[str, int], list[Part]] = field(default_factory=dict)
    keys: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    motion: dict[str, str] = field(default_factory=dict)

    def thumbnails(self, name: str, way: int, clip: int) -> Mapping[str, NDArray[np.uint8]]:
        """Pictures of one clip of a set; of the truth, where the way is -1."""
        part = read_part(self.folder, self.keys[name, way][clip])
        return {} if part is None else part.thumbnails

    def rows(self) -> Iterator[Row]:
        """Every set and way, as painted and snapped."""
        for name, clips in self.clips.items():
            for number, way in enumerate(self.ways):
                done = [
                    (clip, part, truth)
                    for (clip, truth), part in zip(clips, self.parts[name, number], strict=True)
                ]
                for finish in (AS_PAINTED, SNAPPED):
                    row = summarise(
                        done,
                        finish=finish,
                        is_first_only=way.protocol.is_first_only,
                        set=name,
                        weights=way.subject.label,
                        sees=way.subject.sees,
                        protocol=way.protocol.name,
                        previous="true" if way.is_previous_true else "own",
                    )
                    if row is not None:
                        yield row


def evaluate(
    ask: Ask,
    features: Features,
    out: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> Results:
    """Evaluate weights.

    Args:
        ask: What.
        features: Network of the Frechet distance.
        out: Folder of the report; results of single clips go into `parts` in it, and what lies
            there from an earlier run with the same weights and data is not painted again.
        on_progress: Called with frames done and frames in all.
        stop: Set to end soon.

    Raises:
        DataError: A set is missing, empty or damaged, or two are of one name.
        OSError: `out` cannot be written.
        StoppedError: `stop` was set.

    """
    names = [name_of(place) for place in ask.places]
    if twice := {name for name in names if names.count(name) > 1}:
        raise DataError(
            f"two sets are called {', '.join(sorted(twice))}: a report could not tell them apart"
        )
    ways = [
        Way(subject, protocol, is_previous_true)
        for protocol in ask.protocols
        for is_previous_true in ((False, True) if ask.with_true_previous else (False,))
        for subject in ask.subjects
    ]
    run = _Run(
        ask,
        ways,
        features=features,
        folder=out / PARTS,
        on_progress=on_progress,
        stop=stop or threading.Event(),
    )
    results = Results(features.name, ways, out / PARTS)
    for place, name in zip(ask.places, names, strict=True):
        results.clips[name] = []
        for clip in run.clips_of(place):
            key, truth = run.truth_of(clip)
            results.clips[name].append((clip.name, replace(truth, thumbnails={})))
            results.keys.setdefault((name, -1), []).append(key)
            results.motion.setdefault(name, _motion_kind(clip))
            for number, way in enumerate(ways):
                key, part = run.part_of(clip, way)
                results.keys.setdefault((name, number), []).append(key)
                results.parts.setdefault((name, number), []).append(replace(part, thumbnails={}))
    return results


class _Run:
    def __init__(
        self,
        ask: Ask,
        ways: Sequence[Way],
        *,
        features: Features,
        folder: Path,
        on_progress: Callable[[int, int], None] | None,
        stop: threading.Event,
    ) -> None:
        self._ask, self._features, self._folder = ask, features, folder
        self._on_progress, self._stop = on_progress, stop
        # Sets are read twice, but a count that is wrong would be worse than none.
        frames = sum(clip.frames for place in ask.places for clip in self.clips_of(place))
        self._total, self._done = frames * len(ways), 0

    def clips_of(self, place: str) -> Iterator[Clip]:
        return read_clips(place, frames=self._ask.frames, most_shots=self._ask.most_shots)

    def truth_of(self, clip: Clip) -> tuple[str, Part]:
        key = key_of(clip=clip.name, digest=clip.digest, features=self._features.name)
        done = read_part(self._folder, key)
        if done is not None:
            return key, done
        shown = [clip.frame(index) for index in shown_frames(clip.frames)]
        frames = (as_float(clip.frame(index).finished) for index in range(clip.frames))
        part = Part(
            painted=[],
            snapped=[],
            features=np.stack([self._features(frame) for frame in frames]),
            thumbnails={"truth": np.stack([thumbnail(true.finished) for true in shown])},
        )
        write_part(self._folder, key, part)
        return key, part

    def part_of(self, clip: Clip, way: Way) -> tuple[str, Part]:
        subject = way.subject
        key = key_of(
            clip=clip.name,
            digest=clip.digest,
            features=self._features.name,
            weights=subject.sha256,
            sees=subject.sees,
            takes_hints=subject.takes_hints,
            device=subject.painter.device.description,
            protocol=vars(way.protocol),
            is_previous_true=way.is_previous_true,
            seed=self._ask.seed,
        )
        part = read_part(self._folder, key)
        if part is None:
            part = self._painted(clip, way)
            write_part(self._folder, key, part)
        else:
            self._tell(clip.frames)
        return key, part

    def _painted(self, clip: Clip, way: Way) -> Part:
        scorer = Scorer(clip)
        plain: list[FrameScore] = []
        flat: list[FrameScore | None] = []
        features: list[NDArray[np.float32]] = []
        shown = set(shown_frames(clip.frames))
        thumbnails: dict[str, list[NDArray[np.uint8]]] = {}
        seconds = 0.0
        frames = paint_clip(
            way.subject,
            clip,
            way.protocol,
            seed=self._ask.seed,
            is_previous_true=way.is_previous_true,
        )
        while True:
            began = time.perf_counter()
            painted = next(frames, None)
            seconds += time.perf_counter() - began
            if painted is None:
                break
            scored, snapped_score, snapped_picture = scorer.score(painted)
            plain.append(scored)
            flat.append(snapped_score)
            features.append(self._features(painted.picture))
            if painted.index in shown:
                for name, picture in _pictures(painted, way.subject, snapped_picture).items():
                    thumbnails.setdefault(name, []).append(thumbnail(picture))
            self._tell(1)
        return Part(
            painted=plain,
            snapped=flat,
            features=np.stack(features),
            thumbnails={name: np.stack(pictures) for name, pictures in thumbnails.items()},
            seconds=seconds,
        )

    def _tell(self, frames: int) -> None:
        self._done += frames
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)
        if self._stop.is_set():
            raise StoppedError(
                "stopped; what is done is kept, and the same command goes on from there"
            )


def _pictures(
    painted: Painted, subject: Subject, snapped_picture: NDArray[np.float32] | None
) -> dict[str, NDArray[np.uint8]]:
    pictures = {
        "seen": _with_hint(painted.seen, painted.hint if subject.takes_hints else None),
        "painted": _as_bytes(painted.picture),
    }
    if snapped_picture is not None:
        pictures["snapped"] = _as_bytes(snapped_picture)
    return pictures


def _with_hint(seen: NDArray[np.uint8], hint: Hint | None) -> NDArray[np.uint8]:
    """What the network saw: line art, pale, and the hints on it."""
    pale = (255 - (255 - seen) // 2).astype(np.uint8)
    picture = np.repeat(pale[..., None], 3, axis=2)
    if hint is not None:
        is_hinted = hint.mask > 0
        picture[is_hinted] = hint.colour[is_hinted]
    return picture


def _as_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _motion_kind(clip: Clip) -> str:
    for index in range(clip.frames - 1):
        if clip.drawing_number(index) != clip.drawing_number(index + 1):
            motion = clip.motion(index)
            if motion is not None:
                return "exact" if motion.is_exact else "optical flow"
    return "none"
