"""What can go wrong around the engine, told to an artist: what, where and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class PluginError(Exception):
    """Base of every error that the plug-in raises on purpose."""


class JobError(PluginError, ValueError):
    """A job cannot be run. Holds every problem that was found, not only the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class FileError(PluginError, OSError):
    """A file cannot be read or written as asked; the message names it."""


class ColourError(PluginError, ValueError):
    """A colour space or an OpenColorIO config cannot be used; the message names it."""


class BusyError(PluginError, OSError):
    """Another run holds the output; the message names it."""
