"""From what an artist names (folder, pattern or job) to the description of a painted shot."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from celtint.engine import EngineError

from ..atomic import leftovers
from ..check import check
from ..errors import FileError, JobError, PluginError
from ..header import opened
from ..hold import FOLDER
from ..identity import Identity
from ..job import Job
from ..output import label
from ..record import read_record, record_path, records_in
from ..shot import FramePattern
from .integrate import next_version, staging_leftovers
from .options import Options
from .reviews import FILE_NAME, Review, read_reviews
from .scan import nobody, scan
from .shot import Lineage, PaintedShot, Said, Target

_NUMBERED = re.compile(r"(?P<base>.*?)(?P<digits>-?\d+)(?P<ext>\.exr)", re.IGNORECASE)


def gather(
    named: str,
    options: Options,
    *,
    said: Said | None = None,
    reviews: Path | None = None,
    threads: int | None = None,
    done: Callable[[int], None] = nobody,
) -> PaintedShot:
    """Describe a painted shot: headers, pixels and what they were painted from.

    Args:
        named: A folder of painted frames, a frame pattern, or a job (JSON).
        options: What is asked for.
        said: What the production says; None takes it from the options.
        reviews: What people have allowed; None takes `reviews.toml` beside the frames, if it is
            there.
        threads: How many frames are decoded at a time; None for all cores.
        done: Called with each frame that was looked at.

    Raises:
        FileError, JobError, FramesError: What is named cannot be understood.

    """
    pattern, job = find(named)
    lineage, untold = _lineage(pattern, job)
    files, odd_names = _files(pattern)
    is_flat = job is None or job.finish == "flat"
    frames = scan(files, lineage, options, is_flat=is_flat, threads=threads, done=done)
    name = shot_name(pattern)
    target = target_of(options, name)
    return PaintedShot(
        name=name,
        pattern=pattern,
        frames=frames,
        odd_names=odd_names,
        leftovers=find_leftovers(pattern, target),
        is_being_painted=_is_held(pattern),
        job=job,
        lineage=lineage,
        untold=untold,
        said=said or said_by(options),
        target=target,
        reviews=_reviews(pattern, reviews),
        options=options,
    )


def find(named: str) -> tuple[FramePattern, Job | None]:
    """The frames that are named, and the job that painted them, if it can be told.

    Raises:
        FileError, JobError, FramesError: What is named cannot be understood.

    """
    path = Path(named)
    if path.suffix.casefold() == ".json" and not path.is_dir():
        job = read_record(path) if path.parent.name == FOLDER else _job(path)
        return FramePattern.parse(job.out.path), job
    if not path.is_dir():
        pattern = FramePattern.parse(named)
        record = record_path(pattern)
        return pattern, read_record(record) if record.exists() else None
    records = records_in(path)
    if len(records) > 1:
        names = ", ".join(str(read_record(one).out.path) for one in records)
        raise FileError(f"{path} holds several painted shots, name one: {names}")
    if records:
        job = read_record(records[0])
        return FramePattern.parse(job.out.path), job
    return _only_sequence(path), None


def shot_name(pattern: FramePattern) -> str:
    """What to call a shot: its folder, or that above where the folder says no more than paint."""
    folder = pattern.folder.absolute()
    if folder.name.casefold() in ("paint", "painted", "frames", "exr") and folder.parent.name:
        folder = folder.parent
    return folder.name


def said_by(options: Options) -> Said:
    """What the production says, as the options have it."""
    shot = options.shot
    first, last = shot.frameStart, shot.frameEnd
    return Said(
        first_frame=None if first is None else first - shot.handleStart,
        last_frame=None if last is None else last + shot.handleEnd,
        width=shot.resolutionWidth,
        height=shot.resolutionHeight,
        pixel_aspect=shot.pixelAspect,
        colorspace=shot.colorspace,
    )


def target_of(options: Options, name: str) -> Target | None:
    """Where a shot is to be published."""
    publish = options.publish
    if publish.to is None:
        return None
    root = Path(publish.to.replace("{shot}", name))
    target = Target(root, publish.version or next_version(root), exists=False)
    return replace(target, exists=target.folder.exists())


def find_leftovers(pattern: FramePattern, target: Target | None) -> tuple[Path, ...]:
    """What interrupted runs left: temporary frames, word of who held the output, half versions."""
    found = list(leftovers(pattern.folder)) if pattern.folder.is_dir() else []
    holder = pattern.folder / FOLDER / f"{label(pattern)}.holder.json"
    if holder.exists() and not _is_held(pattern):
        found.append(holder)
    if target is not None:
        found += staging_leftovers(target.root)
    return tuple(found)


def _is_held(pattern: FramePattern) -> bool:
    path = pattern.folder / FOLDER / f"{label(pattern)}.lock"
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that only others may write: nobody here can tell
        return False


def _job(path: Path) -> Job:
    try:
        return Job.from_json(path.read_text(encoding="utf-8"))
    except JobError as error:
        raise JobError([f"{path}: {problem}" for problem in error.problems]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _only_sequence(folder: Path) -> FramePattern:
    """The one sequence of EXR files in a folder that no run left word in."""
    try:
        names = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    except OSError as error:
        raise FileError(f"{folder} cannot be read: {error.strerror or error}") from error
    kinds: dict[tuple[str, str], str] = {}
    for name in names:
        found = _NUMBERED.fullmatch(name)
        if found is not None:
            kinds.setdefault((found["base"], found["ext"]), name)
    if not kinds:
        raise FileError(f"{folder} holds no painted frames (paint.1001.exr and so on)")
    if len(kinds) > 1:
        listed = ", ".join(f"{base}#{ext}" for base, ext in kinds)
        raise FileError(f"{folder} holds several sequences, name one: {listed}")
    return FramePattern.parse(str(folder / next(iter(kinds.values()))))


def _files(pattern: FramePattern) -> tuple[dict[int, Path], tuple[Path, ...]]:
    """Frame to file as the pattern pads it, and the files that pad another way."""
    frames = pattern.frames_on_disk()
    files = {frame: pattern.path(frame) for frame in frames}
    if pattern.is_still:
        return files, ()
    shape = re.compile(rf"{re.escape(pattern.base)}-?\d+{re.escape(pattern.ext)}", re.ASCII)
    ours = {path.name for path in files.values()}
    odd = sorted(
        path
        for path in pattern.folder.iterdir()
        if shape.fullmatch(path.name) and path.name not in ours
    )
    return files, tuple(odd)


def _lineage(pattern: FramePattern, job: Job | None) -> tuple[Lineage | None, tuple[str, ...]]:
    """What the frames come from, computed anew from what is on disk."""
    if job is None:
        return None, (
            "Nothing says what the frames were painted from: there is no record "
            f"{record_path(pattern)}.",
        )
    try:
        # What stands in the output's place is looked at by the rules, not refused here.
        plan = check(replace(job, overwrite=True), threading.Event())
        identity = Identity.of(plan, painted_by=_painted_by(plan.out, plan.frames))
    except JobError as error:
        return None, error.problems
    except (PluginError, EngineError) as error:
        return None, (str(error),)
    index_of = {frame: index for index, frame in enumerate(plan.frames)}
    return Lineage(plan, identity, index_of), ()


def _painted_by(pattern: FramePattern, frames: tuple[int, ...]) -> str | None:
    """The version of celtint that the first readable frame names."""
    for frame in frames:
        path = pattern.path(frame)
        try:
            if path.exists():
                with opened(path) as (source, _):
                    said = str(source.spec().get_string_attribute("celtint:version"))
                if said:
                    return said
        except FileError:
            continue
    return None


def _reviews(pattern: FramePattern, named: Path | None) -> tuple[Review, ...]:
    path = named or pattern.folder / FILE_NAME
    return read_reviews(path) if named is not None or path.exists() else ()
