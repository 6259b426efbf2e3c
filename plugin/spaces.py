"""Which colour space each file of a job is in, and which the paint is written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .colour import Colour
from .fingerprint import file_digest
from .job import Job
from .problems import Problems
from .seen import Seen
from .shot import format_frames


@dataclass(frozen=True, eq=False)
class Spaces:
    """The colour spaces of a job, by their names in the config.

    Attributes:
        colour: The conversions.
        line: Of the line art.
        hints: Of the hints, by index.
        out: Of the paint.
        config_digest: What the config is, for fingerprints.

    """

    colour: Colour
    line: str
    hints: Mapping[int, str]
    out: str
    config_digest: str


def open_colour(job: Job, problems: Problems) -> Colour | None:
    """The job's config, and every colour space that the job names looked up in it."""
    colour = problems.attempt(lambda: Colour(job.ocio))
    if colour is not None:
        named = [place.colorspace for place in (job.line, job.hint, job.out) if place is not None]
        for name in dict.fromkeys(named):
            if name:
                with problems.caught():
                    colour.check(name)
    return colour


def choose_spaces(
    job: Job,
    colour: Colour,
    lines: tuple[Seen, ...],
    hints: Mapping[int, Seen],
    *,
    problems: Problems,
    notes: list[str],
) -> Spaces | None:
    """Choose every space; what was assumed goes to `notes`, what cannot be goes to `problems`."""
    with problems.caught():
        line = _one_space(colour, lines, job.line.colorspace, problems, notes)
        named = None if job.hint is None else job.hint.colorspace
        choices = {index: colour.space_of(one.header, named) for index, one in hints.items()}
        notes += _told_once(choice.note for choice in choices.values())
        if job.out.colorspace:
            out = colour.check(job.out.colorspace)
        elif lines[0].header.format == "openexr":
            out = line
        else:
            out = colour.check("scene_linear")
            notes.append(f"The paint is written in {out}.")
        config = Path(colour.config_name)
        digest = file_digest(config) if config.is_file() else colour.config_name
        hint_spaces = {index: choice.space for index, choice in choices.items()}
        return Spaces(colour, line, hint_spaces, out, digest)
    return None


def _one_space(
    colour: Colour, lines: tuple[Seen, ...], named: str | None, problems: Problems, notes: list[str]
) -> str:
    """The space of the line art, which has to be one for the whole shot."""
    choices = [colour.space_of(one.header, named) for one in lines]
    first = choices[0]
    others = [
        one.frame for one, choice in zip(lines, choices, strict=True) if choice.space != first.space
    ]
    if others:
        problems.add(
            f"The line art of frames {format_frames(others)} is in another colour space than "
            f"frame {lines[0].frame} ({first.space}); say which one is right."
        )
    if first.note:
        notes.append(first.note)
    return first.space


def _told_once(notes: Iterable[str]) -> list[str]:
    """The first note of many alike: the same is true of the other frames."""
    told = [note for note in notes if note]
    return told[:1]
