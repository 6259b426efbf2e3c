"""A job, checked against the disk before anything is written: every problem at once, or a plan."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from celtint.engine import FlatSettings
from celtint.engine.embedding.shipped import ShippedEmbedder, shipped_embedder

from .colour import Colour
from .errors import FileError
from .header import Window
from .job import Job
from .network import Network, find_network
from .output import fingerprints, free_bytes, why_not_writable
from .palette.book import Book
from .palette.files import palette_path, read_palette, read_palette_if_any, with_working
from .problems import Problems
from .seen import Paper, Seen, look_at_hints, look_at_lines
from .shot import FramePattern, format_frames, parse_frames
from .spaces import Spaces, choose_spaces, open_colour
from .tracing import with_trace_found

if TYPE_CHECKING:
    from celtint.engine import PaintedSettings

_BYTES_PER_PIXEL = 18  # nine half channels
_LEAST_PACKED = 1 / 100  # zip on flat paint does no better than this
_MOST_SIDE_PX, _MOST_PIXELS = 16_384, 1 << 28  # what one file may have, header.py


@dataclass(frozen=True, eq=False)
class Plan:
    """A job that can be run.

    Attributes:
        job: What was asked for.
        frames: Frame numbers in film order; an index counts in them.
        line: The line-art files, by index.
        hints: The hint files of the frames that have dabs, by index.
        out: Names of the painted frames.
        paper: The window that is painted: every data window and the display window.
        spaces: The colour spaces, and the conversions between them.
        settings: Settings of the finish.
        network: The network of the painted finish; None for the flat one.
        embedder: Flat finish: the network that knows regions by their looks.
        palette: The palette whose names and numbers the job asks for; None for none.
        named: The shot's own palette from an earlier run, whose names stay; None for none.
        standing: Frame to fingerprint of what stands in the output's place already; None for files
            that celtint did not write.
        notes: What was assumed.
        warnings: What will be ignored.

    """

    job: Job
    frames: tuple[int, ...]
    line: tuple[Seen, ...]
    hints: Mapping[int, Seen]
    out: FramePattern
    paper: Window
    spaces: Spaces
    settings: FlatSettings | PaintedSettings
    network: Network | None
    embedder: ShippedEmbedder | None
    palette: Book | None
    named: Book | None
    standing: Mapping[int, str | None]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def check(job: Job, stop: threading.Event) -> Plan:
    """Check a job; nothing is written.

    Raises:
        JobError: Holds every problem that was found.
        Stopped: The run was asked to stop.

    """
    problems = Problems()
    notes: list[str] = []
    warnings: list[str] = []
    settings = settings_of(job, problems)
    network = _network(job, settings, problems)
    embedder = None
    if job.finish == "flat":
        embedder = problems.attempt(lambda: shipped_embedder(job.device))
    colour = open_colour(job, problems)
    line = problems.attempt(lambda: FramePattern.parse(job.line.path))
    hint = line
    if job.hint is not None:
        hint_path = job.hint.path
        hint = problems.attempt(lambda: FramePattern.parse(hint_path))
    out = problems.attempt(lambda: FramePattern.parse(job.out.path))
    frames = None if line is None else problems.attempt(lambda: frames_of(job, line, notes))
    seen = None
    if line is not None and frames:
        seen = look_at_lines(line, frames, job.line, problems, stop)
    paper = None if seen is None else _paper(seen, problems)
    hints: Mapping[int, Seen] = {}
    if hint is not None and frames:
        hints = look_at_hints(
            hint, frames, job, paper, problems=problems, warnings=warnings, stop=stop
        )
    spaces = None
    if colour is not None and seen is not None:
        spaces = choose_spaces(job, colour, seen, hints, problems=problems, notes=notes)
    palette = named = None
    if colour is not None and out is not None:
        palette, named = _palettes(job, out, colour, problems)
    standing: Mapping[int, str | None] = {}
    if out is not None:
        standing = _output(job, out, frames or (), problems)
        if seen is not None and paper is not None:
            _room(out, paper.window, len(seen), problems)
            _apart(out, seen, hints, problems)
    problems.raise_any()
    if seen is None or paper is None or spaces is None or settings is None or out is None:
        raise AssertionError("a check failed without a problem")
    if isinstance(settings, FlatSettings):
        settings = with_trace_found(settings, seen, job.line.layer, spaces, notes)
    return Plan(
        job=job,
        frames=tuple(frames or ()),
        line=seen,
        hints=hints,
        out=out,
        paper=paper.window,
        spaces=spaces,
        settings=settings,
        network=network,
        embedder=embedder,
        palette=palette,
        named=named,
        standing=standing,
        notes=tuple(notes),
        warnings=tuple(warnings),
    )


def settings_of(job: Job, problems: Problems) -> FlatSettings | PaintedSettings | None:
    """The finish's settings, from their names in the job."""
    kind = _settings_kind(job.finish)
    known = {field.name: type(field.default) for field in fields(kind)}
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in job.settings.items():
        wanted = known.get(name)
        if wanted is None:
            wrong.append(
                f"The {job.finish} finish has no setting `{name}`; it has {', '.join(known)}."
            )
        elif wanted is float and type(value) is int:
            values[name] = float(value)
        elif type(value) is not wanted:
            wrong.append(f"The setting `{name}` is a {wanted.__name__}, not {value!r}.")
        else:
            values[name] = value
    problems.add(*wrong)
    with problems.caught():
        return kind(**values)
    return None


def _settings_kind(finish: str) -> type[FlatSettings] | type[PaintedSettings]:
    if finish == "flat":
        return FlatSettings
    # Only here: it imports torch, which takes seconds, and which the flat finish may do without.
    from celtint.engine import PaintedSettings  # noqa: PLC0415

    return PaintedSettings


def _network(
    job: Job, settings: FlatSettings | PaintedSettings | None, problems: Problems
) -> Network | None:
    """The network of the painted finish; None for the flat finish, which has no choice of any."""
    if job.finish == "flat":
        if job.model is not None:
            problems.add("The flat finish uses no model; leave it out, or choose painted.")
        return None
    if settings is None:
        return None
    painted_settings = cast("PaintedSettings", settings)
    return problems.attempt(lambda: find_network(job, painted_settings))


def _palettes(
    job: Job, out: FramePattern, colour: Colour, problems: Problems
) -> tuple[Book | None, Book | None]:
    """The palette that the job names, and the one that an earlier run left."""
    if job.finish != "flat":
        if job.palette is not None:
            problems.add("The painted finish has no palette; leave --palette out, or choose flat.")
        return None, None
    palette = None
    if job.palette is not None:
        path = Path(job.palette)
        palette = problems.attempt(lambda: with_working(read_palette(path), colour))
    # One that somebody edited into something else is told, not replaced: its names would be lost.
    return palette, problems.attempt(lambda: read_palette_if_any(palette_path(out)))


def frames_of(job: Job, line: FramePattern, notes: list[str]) -> tuple[int, ...]:
    """The frames of the job; every one of them has its file.

    Raises:
        FileError: The frames that are missing, as ranges.

    """
    if job.frames is not None:
        wanted = parse_frames(job.frames)
        if line.is_still and len(wanted) > 1:
            raise FileError(f"{line} is one image and the frames are {job.frames}: give a pattern")
        missing = [frame for frame in wanted if not line.path(frame).exists()]
        if len(missing) == len(wanted):
            line.require_frames()  # where the pattern is wrong, this says which would be right
        if missing:
            raise FileError(f"{line}: frames {format_frames(missing)} are missing")
        return wanted
    found = line.require_frames()
    steps = {later - earlier for earlier, later in itertools.pairwise(found)}
    if len(steps) == 1 and len(found) > 2 and steps != {1}:
        notes.append(
            f"{line} goes from {found[0]} to {found[-1]} in steps of {steps.pop()} frames."
        )
        return found
    missing = sorted(set(range(found[0], found[-1] + 1)) - set(found))
    if missing:
        raise FileError(
            f"{line}: frames {format_frames(missing)} are missing between {found[0]} and "
            f"{found[-1]}; write them, or say which frames to paint: {format_frames(found)}"
        )
    return found


def _paper(seen: tuple[Seen, ...], problems: Problems) -> Paper | None:
    """The window to paint; the display window and the pixel aspect are one for the whole shot."""
    first = seen[0]
    display, aspect = first.header.display_window, first.header.pixel_aspect
    others = [one for one in seen if one.header.display_window != display]
    if others:
        found = others[0].header.display_window
        problems.add(
            f"Frames {format_frames(one.frame for one in others)} are of another size: "
            f"{_window(found)} in frame {others[0].frame}, {_window(display)} in frame "
            f"{first.frame}. A shot has one display window."
        )
    others = [one for one in seen if abs(one.header.pixel_aspect - aspect) > 1e-4]
    if others:
        problems.add(
            f"Frames {format_frames(one.frame for one in others)} have another pixel aspect: "
            f"{others[0].header.pixel_aspect:g}, and frame {first.frame} has {aspect:g}."
        )
    paper = Window.around([display, *(one.window for one in seen)])
    if max(paper.width, paper.height) > _MOST_SIDE_PX or paper.width * paper.height > _MOST_PIXELS:
        problems.add(
            f"The data windows of the shot lie far apart: together they make {_window(paper)}, "
            f"more than the {_MOST_SIDE_PX} pixels a side that are painted."
        )
        return None
    return Paper(paper, display)


def _output(
    job: Job, out: FramePattern, frames: tuple[int, ...], problems: Problems
) -> Mapping[int, str | None]:
    """What stands in the output's place; foreign files are a problem."""
    if not can_be_output(out, len(frames), problems):
        return {}
    standing = fingerprints(out, frames)
    foreign = [frame for frame, found in standing.items() if found is None]
    if foreign and not job.overwrite:
        problems.add(
            f"{out}: frames {format_frames(foreign)} are there and were not painted by celtint. "
            "Choose another name, or allow to overwrite them."
        )
    return standing


def can_be_output(out: FramePattern, count: int, problems: Problems) -> bool:
    """Whether frames can be written in the output's folder; the names are looked at too."""
    suffix = Path(out.base).suffix if out.is_still else out.ext
    if suffix.casefold() != ".exr":
        problems.add(f"{out}: painted frames are EXR files; end the name in .exr.")
    if out.is_still and count > 1:
        problems.add(f"{out} names one file for {count} frames; write paint.####.exr.")
    reason = why_not_writable(out.folder)
    if reason is not None:
        problems.add(f"{out} cannot be written: {reason}.")
    return reason is None


def _room(out: FramePattern, paper: Window, count: int, problems: Problems) -> None:
    """Refuse a disk that cannot even take frames that pack very well."""
    least = int(paper.width * paper.height * _BYTES_PER_PIXEL * _LEAST_PACKED) * count
    with problems.caught():
        free = free_bytes(out.folder)
        if free < least:
            raise FileError(
                f"{out}: the disk has {free / 1e6:.0f} MB left, and {count} frames take at least "
                f"{least / 1e6:.0f} MB."
            )


def _apart(
    out: FramePattern, seen: tuple[Seen, ...], hints: Mapping[int, Seen], problems: Problems
) -> None:
    """Refuse to paint over what is read."""
    read = {os.path.realpath(one.path) for one in (*seen, *hints.values())}
    over = [one.frame for one in seen if os.path.realpath(out.path(one.frame)) in read]
    if over:
        problems.add(
            f"{out} would replace the line art or the hints of frames {format_frames(over)}: "
            "paint to another name."
        )


def _window(window: Window) -> str:
    return f"{window.width}x{window.height} at ({window.x}, {window.y})"
