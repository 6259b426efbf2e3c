"""What can be put right while every pixel that stands stays as it is."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..composite import CHANNELS
from ..errors import FileError, PluginError
from ..events import Event, Finished
from ..header import opened, what_failed
from ..hold import hold
from ..identity import Identity
from ..images import write_frame
from ..output import label, remove_leftovers
from ..run import run_job
from ..shot import format_frames
from .rules import RULES
from .rules.files import odd_number
from .rules.headers import line_header
from .shot import Frame, PaintedShot


class RepairError(PluginError):
    """A repair would change pixels, or cannot be done; the message says what to do instead."""


def repair(shot: PaintedShot, rule: str) -> list[str]:
    """Put right what a rule found, as far as that is safe; return what was done.

    Raises:
        RepairError: It is not safe, or failed.
        KeyError: There is no repair for this rule.

    """
    return REPAIRS[rule](shot)


def paint_missing(shot: PaintedShot) -> list[str]:
    """Run the job again: frames that stand are kept, because their fingerprints are right."""
    there = {one.frame for one in shot.frames}
    if shot.lineage is None or shot.job is None:
        raise RepairError("Missing frames cannot be painted: it is not known what from.")
    missing = sorted(set(shot.lineage.index_of) - there)
    if not missing:
        return []
    _require_kept(shot)
    _run(shot)
    return [f"painted frames {format_frames(missing)}"]


def paint_damaged(shot: PaintedShot) -> list[str]:
    """Take damaged frames away and paint them again."""
    damaged = [one for one in shot.frames if one.error]
    if not damaged:
        return []
    if shot.lineage is None or not {one.frame for one in damaged} <= set(shot.lineage.index_of):
        raise RepairError("Damaged frames cannot be painted: it is not known what from.")
    _require_kept(shot)
    with hold(shot.pattern.folder, label(shot.pattern)):
        for one in damaged:
            one.path.unlink(missing_ok=True)
    _run(shot)
    return [f"painted frames {format_frames(one.frame for one in damaged)} again"]


def _require_kept(shot: PaintedShot) -> None:
    """Refuse where a run would paint frames that stand: it has to know them as its own."""
    assert shot.lineage is not None  # noqa: S101 - the callers have looked
    plan = shot.lineage.plan
    own = Identity.of(plan).fingerprints
    others = [
        one.frame
        for one in shot.frames
        if not one.error
        and one.frame in shot.lineage.index_of
        and one.celtint.get("fingerprint") != own[shot.lineage.index_of[one.frame]]
    ]
    if others:
        raise RepairError(
            f"A run would also paint frames {format_frames(others)} anew, which were painted from "
            "something else or by another celtint: run `celtint colorize` yourself."
        )


def _unheard(_event: Event) -> None:
    """Nobody follows a repair frame by frame."""


def _run(shot: PaintedShot) -> None:
    assert shot.job is not None  # noqa: S101 - the callers have looked
    last = run_job(shot.job, _unheard, threading.Event())
    if not isinstance(last, Finished):
        raise RepairError(f"Painting failed: {'; '.join(getattr(last, 'problems', ['stopped']))}")


def rename_odd(shot: PaintedShot) -> list[str]:
    """Rename files of another padding, where no file has the name yet."""
    done = []
    with hold(shot.pattern.folder, label(shot.pattern)):
        for path in shot.odd_names:
            target = shot.pattern.path(odd_number(shot, path.name))
            if not target.exists():
                path.rename(target)
                done.append(f"renamed {path.name} to {target.name}")
    return done


def rewrite_metadata(shot: PaintedShot, rule: str) -> list[str]:
    """Write metadata as a run would, over the same pixels, where the fingerprint is right."""
    lineage = shot.lineage
    if lineage is None:
        raise RepairError("Metadata cannot be written: it is not known what is right.")
    accused = {one.frame for one in RULES[rule].check(shot)}
    done = []
    with hold(shot.pattern.folder, label(shot.pattern)):
        for one in shot.frames:
            index = lineage.index_of.get(one.frame)
            if one.frame not in accused or index is None or one.error:
                continue
            is_own = one.celtint.get("fingerprint") == lineage.identity.fingerprints[index]
            if is_own and set(one.channels.items()) == {(name, "half") for name in CHANNELS}:
                _rewrite(shot, one, index)
                done.append(one.frame)
    return [f"wrote the metadata of frames {format_frames(done)}"] if done else []


def _rewrite(shot: PaintedShot, frame: Frame, index: int) -> None:
    lineage, line = shot.lineage, line_header(shot.lineage, frame.frame)
    assert lineage is not None  # noqa: S101 - the caller has looked
    assert line is not None  # noqa: S101
    assert frame.header is not None  # noqa: S101
    with opened(frame.path) as (source, _):
        names = list(source.spec().channelnames)
        pixels: Any = source.read_image(0, 0, 0, len(names), "half")
        if pixels is None:
            raise FileError(f"{frame.path} cannot be read: {what_failed(source)}")
    write_frame(
        frame.path,
        np.ascontiguousarray(pixels[..., [names.index(name) for name in CHANNELS]]),
        CHANNELS,
        window=frame.header.windows[0],
        display_window=line.display_window,
        pixel_aspect=line.pixel_aspect,
        metadata={**line.metadata, **lineage.identity.metadata(index)},
    )


def remove_left(shot: PaintedShot) -> list[str]:
    """Remove what interrupted runs left, unless somebody is at work there."""
    with contextlib.ExitStack() as held:
        held.enter_context(hold(shot.pattern.folder, label(shot.pattern)))
        remove_leftovers(shot.pattern)
        if shot.target is not None and shot.target.root.is_dir():
            held.enter_context(hold(shot.target.root, "publish"))
        for path in shot.leftovers:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    return [f"removed {path.name}" for path in shot.leftovers]


REPAIRS: Mapping[str, Callable[[PaintedShot], list[str]]] = MappingProxyType(
    {
        "frame_range": paint_missing,
        "padding": rename_odd,
        "decodes": paint_damaged,
        "windows": lambda shot: rewrite_metadata(shot, "windows"),
        "colour_space": lambda shot: rewrite_metadata(shot, "colour_space"),
        "provenance": lambda shot: rewrite_metadata(shot, "provenance"),
        "leftovers": remove_left,
    }
)
"""The rules that can be put right, and how."""
