from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from celtint.plugin.blender.review import Review
from celtint.plugin.client import WorkerError
from celtint.plugin.errors import JobError
from celtint.plugin.job import Source
from celtint.plugin.run import run_job


def test_the_page_is_made_beside_the_paint(shot: Any) -> None:
    run_job(shot.job(), lambda _: None, threading.Event())
    made = Review(sys.executable, shot.job())
    assert made.answer() == "0 doubtful and 0 unpainted things"
    assert Path(made.page) == shot.folder / "paint" / "paint.review.html"
    assert "celtint_review" in Path(made.page).read_text()


def test_what_the_engine_refuses_is_told(shot: Any) -> None:
    shot.line(1003).unlink()
    with pytest.raises(WorkerError, match="frames 1003 are missing"):
        Review(sys.executable, shot.job()).answer()
    with pytest.raises(WorkerError, match="cannot be started"):
        Review(str(shot.folder / "python"), shot.job())


def test_what_has_no_review_is_told_at_once(shot: Any) -> None:
    with pytest.raises(JobError, match="painted finish"):
        Review(sys.executable, shot.job(finish="painted"))
    gone = Source(str(shot.folder / "staged" / "hint.####.exr"))
    with pytest.raises(JobError, match="match them by number"):
        Review(sys.executable, shot.job(hint=gone))
