"""The review of painted strips, made by the engine beside Blender.

Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile

from ..client import WorkerError, clean_environment
from ..errors import JobError
from ..job import Job

_COMMAND = ("-I", "-m", "celtint.plugin.cli", "review")


class Review:
    """A review that is being made; a second or two where the shot was painted by this engine.

    Attributes:
        page: Where it will be.

    """

    def __init__(self, python: str, job: Job) -> None:
        """Begin.

        Args:
            python: The engine's Python.
            job: The job that painted the strip.

        Raises:
            JobError: The job has no review.
            WorkerError: The Python cannot be started.

        """
        if job.finish != "flat":
            raise JobError(["A review tells of regions, and the painted finish has none."])
        if job.hint is not None and not os.path.isdir(os.path.dirname(job.hint.path)):
            raise JobError(
                [
                    "The hints of this paint are not there any more. Hints that were matched by "
                    "the timeline are kept for the run alone: match them by number to review."
                ]
            )
        folder, name = os.path.split(job.out.path)
        self.page = os.path.join(folder, name.partition("#")[0].rstrip(".") + ".review.html")
        handle, self._job_file = tempfile.mkstemp(prefix="celtint-review-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(job.to_json())
        try:
            self._process = subprocess.Popen(
                [python, *_COMMAND, self._job_file, "--out", self.page],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            self._forget()
            raise WorkerError(f"{python} cannot be started: {error}.") from error

    def cancel(self) -> None:
        """Stop it, from any thread."""
        self._process.kill()
        self._process.wait()

    def answer(self, *, timeout_s: float = 600.0) -> str:
        """Wait for the end; what the engine says there is to see.

        Raises:
            WorkerError: The page was not made; the message says why.

        """
        try:
            said, log = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise WorkerError(f"The review was not made within {timeout_s:.0f} s.") from error
        finally:
            self._forget()
        if self._process.returncode != 0:
            words = log.decode("utf-8", "replace").strip() or f"exit {self._process.returncode}"
            raise WorkerError(f"The review could not be made: {words[-1000:]}")
        lines = said.decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            os.remove(self._job_file)
