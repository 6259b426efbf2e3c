"""Painted shots checked and published; pyblish plug-ins over pure rules."""

from __future__ import annotations

from pathlib import Path

PLUGINS_FOLDER = Path(__file__).parent / "plugins"
"""The folder of the pyblish plug-ins."""


def register() -> Path:
    """Register the plug-ins with pyblish, beside those of the studio; return their folder.

    Discover plug-ins once afterwards and pass the list on: each discovery makes new classes.
    """
    import pyblish.api  # noqa: PLC0415 - only whoever uses pyblish has it

    pyblish.api.register_plugin_path(str(PLUGINS_FOLDER))
    return PLUGINS_FOLDER


def deregister() -> None:
    """Take the plug-ins out of pyblish again."""
    import pyblish.api  # noqa: PLC0415 - as above

    pyblish.api.deregister_plugin_path(str(PLUGINS_FOLDER))
