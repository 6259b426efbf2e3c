"""Switches everything on and off, in one order and its reverse."""

from __future__ import annotations

import atexit

import bpy

from . import hint_layer, operators, panels, preferences, review, session, settings

_MODULES = (settings, preferences, operators, review, hint_layer, panels)


def register() -> None:
    """Register every class; a fault leaves nothing behind."""
    done = []
    try:
        for module in _MODULES:
            module.register()
            done.append(module)
    except Exception:
        for module in reversed(done):
            module.unregister()
        raise
    bpy.app.handlers.load_pre.append(_before_load)
    atexit.register(session.end_all)


def unregister() -> None:
    """Stop a run that is at work, then take everything away."""
    session.end_all()
    preferences.end_at_once()
    review.end_at_once()
    atexit.unregister(session.end_all)
    if _before_load in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(_before_load)
    for module in reversed(_MODULES):
        module.unregister()


@bpy.app.handlers.persistent
def _before_load(*_args: object) -> None:
    # The strips that the run paints for are about to go.
    session.end_run()
