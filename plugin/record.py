"""The job that painted frames came from, left beside them, so that their folder alone says all.

The record is a job like any other, but for its paths, which count from the folder of the frames:
a shot may move to another disk or machine as a whole, and the same job leaves the same bytes.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from .atomic import replacing
from .check import Plan
from .errors import FileError, JobError
from .hold import FOLDER
from .job import Job
from .output import label
from .shot import FramePattern, format_frames

_ENDING = ".job.json"


def write_record(plan: Plan) -> None:
    """Leave the plan's job beside its frames, whole or not at all; the caller holds the output.

    What the machine or the disk decided is written out: which frames, and which colour config.

    Raises:
        FileError: The folder cannot be written.

    """
    job, folder = plan.job, plan.out.folder.absolute()
    line = replace(job.line, path=_from(folder, job.line.path))
    hint = job.hint and replace(job.hint, path=_from(folder, job.hint.path))
    resolved = replace(
        job,
        line=line,
        hint=hint,
        out=replace(job.out, path=Path(str(plan.out)).name),
        frames=format_frames(plan.frames),
        model=_whole(job.model),
        ocio=_whole(plan.spaces.colour.config_name),
        palette=job.palette and _from(folder, job.palette),
        overwrite=False,
    )
    text = json.dumps(resolved.to_dict(), indent=2, sort_keys=True) + "\n"
    path = record_path(plan.out)
    if path.exists() and path.read_bytes() == text.encode():
        return
    with replacing(path, Path.is_file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def record_path(out: FramePattern) -> Path:
    """Where the record of an output is, whether there is one or not."""
    return out.folder / FOLDER / f"{label(out)}{_ENDING}"


def records_in(folder: Path) -> tuple[Path, ...]:
    """The records of every output of a folder, by name."""
    return tuple(sorted((folder / FOLDER).glob(f"*{_ENDING}")))


def read_record(path: Path) -> Job:
    """The job that a record tells of, its paths made whole.

    Raises:
        FileError: It cannot be read.
        JobError: It is no job; every message names the file.

    """
    folder = path.absolute().parent.parent
    try:
        job = Job.from_json(path.read_text(encoding="utf-8"))
    except JobError as error:
        raise JobError([f"{path}: {problem}" for problem in error.problems]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error

    def whole(relative: str) -> str:
        return os.path.normpath(folder / relative)

    return replace(
        job,
        line=replace(job.line, path=whole(job.line.path)),
        hint=job.hint and replace(job.hint, path=whole(job.hint.path)),
        out=replace(job.out, path=whole(job.out.path)),
        palette=job.palette and whole(job.palette),
    )


def _from(folder: Path, path: str) -> str:
    """A path as it is seen from a folder; a whole one where they are on two Windows drives."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return str(Path(path).absolute())


def _whole(name: str | None) -> str | None:
    """A file's whole path; any other name as it is."""
    return str(Path(name).absolute()) if name and Path(name).is_file() else name
