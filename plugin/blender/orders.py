"""A job from what an artist set on a strip.

Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import FileError, JobError
from ..job import Job, Output, Setting, Source
from .colours import interop_name, job_space
from .image_header import read_header
from .strips import Drawing, StripSequence, frame_range, padded


@dataclass(frozen=True)
class StripSource:
    """A strip as a source of images.

    Attributes:
        sequence: Its files.
        space: The colour space that the strip is set to, as Blender names it.
        layer: The layer inside the files; "" takes the obvious one.

    """

    sequence: StripSequence
    space: str
    layer: str = ""


@dataclass(frozen=True)
class Wishes:
    """What an artist chose: as the fields of a job."""

    finish: str = "flat"
    gap_px: float = 4.0
    model: str = ""
    device: str = "auto"
    palette: str = ""


@dataclass(frozen=True)
class Order:
    """A job, and what Blender has to know about it.

    Attributes:
        job: For the worker.
        doubts: What the artist should know about the result.
        advice: What may be the cause where the job cannot be run.

    """

    job: Job
    doubts: tuple[str, ...]
    advice: tuple[str, ...]


def order(
    line: StripSource,
    hint: StripSource | None,
    paint: StripSequence,
    wishes: Wishes,
    *,
    hint_layer: str = "",
    only_rgba: bool = False,
    custom_config: bool = False,
) -> Order:
    """The job that paints a strip.

    Args:
        line: The line art.
        hint: The hints; None where they are a layer of the line art.
        paint: Where the paint goes.
        wishes: What the artist chose.
        hint_layer: The layer of the line art that holds the hints, where `hint` is None; "" takes
            the one called `hint`.
        only_rgba: True where the host cannot show files with further layers.
        custom_config: True where `$OCIO` names a config.

    Raises:
        JobError: A value is wrong.

    """
    doubts: list[str] = []
    advice: list[str] = []
    line_space = _space(line, custom_config, doubts)
    source = None
    if hint is not None:
        hint_space = _space(hint, custom_config, doubts)
        source = Source(hint.sequence.pattern, hint.layer or None, hint_space)
        if not set(hint.sequence.frames) & set(line.sequence.frames) and hint.sequence.frames:
            advice.append(
                f"The hints are numbered {frame_range(hint.sequence.frames)} and the line art "
                f"{frame_range(line.sequence.frames)}: where they belong to the drawings that they "
                "stand over, choose Match: By timeline."
            )
    elif hint_layer:
        source = Source(line.sequence.pattern, hint_layer, line_space)
    # The engine refuses a setting that its finish does not have.
    settings: dict[str, Setting] = {"gap_px": wishes.gap_px} if wishes.finish == "flat" else {}
    job = Job(
        line=Source(line.sequence.pattern, line.layer or None, line_space),
        hint=source,
        out=Output(paint.pattern, layers="rgba" if only_rgba else "all"),
        frames=None if line.sequence.is_still else frame_range(line.sequence.frames),
        finish=wishes.finish,
        settings=settings,
        model=(wishes.model or None) if wishes.finish == "painted" else None,
        device=wishes.device,
        palette=(wishes.palette or None) if wishes.finish == "flat" else None,
    )
    return Order(job, tuple(doubts), tuple(advice))


def _space(source: StripSource, custom_config: bool, doubts: list[str]) -> str | None:
    """What the job is told of a source's colour space: nothing, where the files tell it."""
    sequence = source.sequence
    first = os.path.join(sequence.folder, sequence.shown[0].name)
    try:
        header = read_header(first)
    except FileError:
        return None  # the engine looks at every file, and tells of all that are missing at once
    if header is None or not header.is_openexr:
        return None
    if header.space is None:
        # The artist sees the strip through this setting, so it is what the file means.
        return job_space(source.space, custom_config=custom_config)
    said = interop_name(header.space)
    shown = interop_name(source.space)
    if said is not None and shown is not None and said != shown:
        doubts.append(
            f"{sequence.shown[0].name} says that its colours are {header.space}, and its strip "
            f"shows them as {source.space}. The file is believed; set the strip's colour space "
            "to see the same."
        )
    return None


def stage_hints(
    line: StripSequence, hint: StripSequence, pairs: Mapping[int, str]
) -> tuple[StripSequence, str]:
    """The hints under the numbers of the drawings they stand over, in a folder of their own.

    Args:
        line: The line art.
        hint: The hints.
        pairs: Frame number of the line art to file name of the hint.

    Returns:
        The sequence to read, and the folder that the caller removes after the run.

    Raises:
        JobError: No hint stands over a drawing.
        FileError: A hint cannot be read.

    """
    if not pairs:
        raise JobError(
            ["No hint stands over the line art on the timeline: move the hint strip above it."]
        )
    folder = tempfile.mkdtemp(prefix="celtint-hints-")
    ext = hint.ext or os.path.splitext(hint.base)[1]
    width = max(line.width, 1)
    shown = tuple(Drawing(f"hint.{padded(frame, width)}{ext}", frame) for frame in sorted(pairs))
    staged = StripSequence(folder, "hint.", width, ext, shown)
    try:
        for frame, name in pairs.items():
            shutil.copyfile(
                os.path.join(hint.folder, name), os.path.join(folder, staged.name_of(frame))
            )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise FileError(f"A hint cannot be read: {error.filename}: {error.strerror}") from error
    return staged, folder
