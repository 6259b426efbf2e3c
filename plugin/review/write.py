"""A review of a job, from its check to the page on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..atomic import replacing
from ..check import check
from ..errors import FileError, JobError
from ..job import Job
from ..output import why_not_writable
from ..palette.register import Register
from ..record import read_record, records_in
from ..solving import solve_shot
from ..stream import Clock
from .doubts import DOUBTFUL_BELOW, LEAST_PX, find_doubts
from .page import page
from .pictures import pictures_of
from .report import review_of, review_path

MOST_ITEMS = 300


@dataclass(frozen=True)
class Written:
    """A review that is on disk.

    Attributes:
        html: The page.
        json: The same for programs, without pictures.
        doubtful, unpainted: How many things are listed.
        not_listed: How many more there are.

    """

    html: Path
    json: Path
    doubtful: int
    unpainted: int
    not_listed: int


def write_review(
    job: Job,
    *,
    out: Path | None = None,
    below: float = DOUBTFUL_BELOW,
    least_px: int = LEAST_PX,
    most: int = MOST_ITEMS,
    stop: threading.Event | None = None,
    looked: Callable[[int, int], None] = lambda _done, _total: None,
) -> Written:
    """Write the review of a job; whether it was painted already does not matter.

    Args:
        job: A job of the flat finish.
        out: The page to write, `.html`; None for the one beside the frames. The JSON goes beside.
        below: Regions less sure than this are in doubt, 0..1.
        least_px: Regions of less area are left out.
        most: How many things are listed.
        stop: Asks to leave.
        looked: Told how many drawings of how many were looked at, where some are new.

    Raises:
        JobError: Holds every problem of the job.
        FileError: A file cannot be read, or the page cannot be written.
        EngineError: A hint is not what it should be.
        Stopped: `stop` was set.

    """
    stop = stop or threading.Event()
    if job.finish != "flat":
        raise JobError(
            ["A review tells of regions, and the painted finish has none: review flat shots."]
        )
    # What stands in the output's place is not touched, whoever it is from.
    plan = check(replace(job, overwrite=True), stop)
    html = out or review_path(plan.out)
    if html.suffix.casefold() not in (".html", ".htm"):
        raise FileError(f"{html}: a review is a page; end its name in .html")
    reason = why_not_writable(html.parent)
    if reason is not None:
        raise FileError(f"{html} cannot be written: {reason}")
    solved = solve_shot(plan, stop=stop, clock=Clock(), looked=looked)
    numbered = Register(plan, solved.colours).numbered(solved.solution.palette)
    found = find_doubts(solved, below=below, least_px=least_px)
    listed = found[:most]
    review = review_of(plan, solved, numbered, listed, more=len(found) - len(listed))
    text = page(review, pictures_of(plan, solved, listed, stop), plan.frames)
    data = html.with_suffix(".json")
    html.parent.mkdir(parents=True, exist_ok=True)
    for path, content in ((data, json.dumps(review, indent=1) + "\n"), (html, text)):
        with replacing(path, Path.is_file) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return Written(
        html=html,
        json=data,
        doubtful=review["summary"]["doubtful"],
        unpainted=review["summary"]["unpainted"],
        not_listed=review["summary"]["not_listed"],
    )


def job_of(named: str) -> Job:
    """The job that a job file, or a folder of painted frames with its record, names.

    Raises:
        JobError: It is no job.
        FileError: It cannot be read; the folder has no record, or several.

    """
    path = Path(named)
    if path.is_dir():
        records = records_in(path)
        if len(records) == 1:
            return read_record(records[0])
        told = "several painted shots" if records else "no record of a painted shot"
        raise FileError(f"{path} holds {told}: name a job, or a record in its .celtint folder.")
    if path.name.endswith(".job.json") and path.parent.name == ".celtint":
        return read_record(path)
    if not path.exists():
        raise FileError(f"{path} does not exist: name the folder of painted frames, or a job.")
    try:
        return Job.from_json(path.read_text(encoding="utf-8-sig"))
    except JobError as error:
        raise JobError([f"{path}: {problem}" for problem in error.problems]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
