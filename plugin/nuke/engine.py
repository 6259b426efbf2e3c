"""Finds the Python that has the engine, from where this file is installed.

Standard library only and valid Python 3.9, because Nuke imports this.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import PluginError

_NAMES = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")


class EngineMissingError(PluginError, OSError):
    """No Python with the engine was found; the message says what to set."""


def engine_python(environment: Mapping[str, str] = os.environ, here: Path = Path(__file__)) -> str:
    """The Python that has celtint installed.

    That is `$CELTINT_PYTHON`; or the one of the environment that this file is installed in, or
    whose checkout it is in. Never the host's own, which would start another Nuke.

    Raises:
        EngineMissingError: There is none; says what to set.

    """
    named = environment.get("CELTINT_PYTHON")
    if named:
        if not Path(named).is_file():
            raise EngineMissingError(
                f"CELTINT_PYTHON is {named}, and there is no such file: "
                "set it to the Python that has celtint installed."
            )
        return named
    folders = here.resolve().parents
    for folder in folders:
        # lib/python3.11/site-packages/celtint/plugin/nuke, or a checkout with .venv beside it.
        is_environment = (folder / "pyvenv.cfg").is_file()
        for root in (folder, folder / ".venv") if not is_environment else (folder,):
            if not (root / "pyvenv.cfg").is_file():
                continue
            for name in _NAMES:
                if (root / name).is_file():
                    return str(root / name)
    raise EngineMissingError(
        "The engine was not found: set CELTINT_PYTHON to the Python that has celtint installed "
        "(`celtint nuke path` says which), and start Nuke again."
    )
