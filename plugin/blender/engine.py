"""Where the engine is, and what it says about itself.

Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from ..client import WorkerError, clean_environment

_INFO = ("-I", "-m", "celtint.plugin.cli", "info", "--json")
_SCRIPTS = ("bin/python", "bin/python3", "Scripts/python.exe")


@dataclass(frozen=True)
class EngineInfo:
    """What an engine says about itself.

    Attributes:
        version: Of celtint.
        devices: What it can paint on, `cpu: 8 threads`.
        models: The networks of the painted finish.

    """

    version: str
    devices: tuple[str, ...]
    models: tuple[str, ...]


def find_python(given: str, environment: Mapping[str, str] = os.environ) -> str:
    """The engine's Python from what an artist gave.

    Args:
        given: A Python, the folder of its environment, or the `celtint` command; "" takes
            `$CELTINT_PYTHON`.
        environment: Where `CELTINT_PYTHON` is looked up.

    Raises:
        WorkerError: Nothing was given, or no Python is there.

    """
    place = given.strip() or environment.get("CELTINT_PYTHON", "").strip()
    if not place:
        raise WorkerError(
            "Blender does not know where the engine is: open Preferences > Add-ons > Celtint and "
            "choose the Python that has celtint installed."
        )
    place = os.path.expanduser(place)
    folder = place
    if os.path.splitext(os.path.basename(place))[0] == "celtint" and os.path.isfile(place):
        folder = os.path.dirname(os.path.dirname(place))
    if os.path.isdir(folder):
        for script in _SCRIPTS:
            python = os.path.join(folder, script)
            if os.path.isfile(python):
                return python
        raise WorkerError(f"There is no Python in {folder}: choose bin/python of celtint's .venv.")
    if not os.path.isfile(place):
        raise WorkerError(
            f"The engine's Python is not at {place}: open Preferences > Add-ons > Celtint and "
            "choose the Python that has celtint installed."
        )
    return place


class Question:
    """An engine that was asked for its version, devices and models; the answer takes seconds."""

    def __init__(self, python: str) -> None:
        """Ask.

        Raises:
            WorkerError: The Python cannot be started.

        """
        self._python = python
        try:
            self._process = subprocess.Popen(
                [python, *_INFO],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            raise WorkerError(f"{python} cannot be started: {error}.") from error

    def cancel(self) -> None:
        """Stop asking, from any thread."""
        self._process.kill()
        self._process.wait()

    def answer(self, *, timeout_s: float = 120.0) -> EngineInfo:
        """Wait for the answer.

        Raises:
            WorkerError: There is none; the message says why.

        """
        try:
            said, log = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise WorkerError(f"{self._python} did not answer within {timeout_s:.0f} s.") from error
        return _understood(
            self._python,
            self._process.returncode,
            said.decode("utf-8", "replace"),
            log.decode("utf-8", "replace").strip(),
        )


def _understood(python: str, code: int, said: str, log: str) -> EngineInfo:
    if code != 0:
        if "No module named" in log and "celtint" in log:
            raise WorkerError(f"{python} has no celtint installed: choose the Python that has it.")
        last = log.splitlines()[-1] if log else f"exit code {code}"
        raise WorkerError(f"The engine at {python} failed: {last}")
    try:
        document = json.loads(said.splitlines()[-1])
        return EngineInfo(
            str(document["versions"]["celtint"]),
            tuple(document["devices"]),
            tuple(document["models"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise WorkerError(f"{python} is another program: its answer is not celtint's.") from error
