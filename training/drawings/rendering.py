"""Renders a staged shot into the planes that a set stores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..data.shots import Drawing, Shot, ShotInfo, encode_flow
from .cast import Pose
from .flow import flow_between, seen_again
from .library import Entry
from .raster import Easel
from .staging import Stage, stage_shot


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Whoever asked for the shots does not want them any more."""


def seed_of(seed: int, split: str, number: int) -> int:
    """Seed of one shot of a set: the same whichever process renders it, in whatever order."""
    digest = hashlib.sha256(f"{seed} {split} {number}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def render_shot(
    name: str,
    entries: Sequence[Entry],
    *,
    drawings: int,
    width: int,
    height: int,
    seed: int,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Shot:
    """Stage and render a shot.

    Args:
        name: Of the shot: lower-case letters, digits and hyphens.
        entries: Drawings to pick from.
        drawings: How many; held on ones, twos or threes.
        width: Pixels.
        height: Pixels.
        seed: What everything that is left to chance is made from.
        is_stopped: Asked before every drawing.

    Raises:
        DataError: Too many of the drawings cannot be read.
        Cancelled: It is stopped.

    """
    stage = stage_shot(entries, drawings, width / height, np.random.default_rng(seed))
    return _render_stage(name, stage, (width, height), seed, is_stopped)


def _render_stage(
    name: str, stage: Stage, size: tuple[int, int], seed: int, is_stopped: Callable[[], bool]
) -> Shot:
    width, height = size
    pots = np.zeros(65536, np.uint16)
    for region, colour in stage.colours.items():
        pots[region] = colour.group
    easel = Easel(width, height, stage.actors, pots)
    aspect = width / height

    def posed(frame: int) -> list[Pose]:
        return [
            actor.posed(frame, stage.camera.at(frame, actor.motion.depth, aspect, height))
            for actor in stage.actors
        ]

    pictures = []
    seen = np.zeros(65536, np.bool_)
    pose = posed(stage.frame_of[0])
    moment = easel.draw(pose)
    for k in range(len(stage.frame_of)):
        if is_stopped():
            raise Cancelled
        seen |= np.bincount(moment.regions.ravel(), minlength=len(seen)) > 0
        picture = Drawing(
            ink=moment.ink, regions=moment.regions, shade=moment.shade, trace=moment.trace
        )
        if k + 1 < len(stage.frame_of):
            next_pose = posed(stage.frame_of[k + 1])
            later = easel.draw(next_pose)
            flow_px = flow_between(easel, moment, pose, next_pose)
            seen_later = seen_again(moment, later, flow_px)
            picture = replace(picture, flow=encode_flow(flow_px, seen_later))
            pose, moment = next_pose, later
        pictures.append(picture)
    # A shot has shade, or trace lines, in all of its drawings or in none.
    has_shade = any(p.shade is not None and p.shade.any() for p in pictures)
    has_trace = any(p.trace is not None and p.trace.any() for p in pictures)
    pictures = [
        replace(p, shade=p.shade if has_shade else None, trace=p.trace if has_trace else None)
        for p in pictures
    ]
    info = ShotInfo(
        name=name,
        sources=stage.sources,
        width=width,
        height=height,
        holds=stage.holds,
        regions={k: c for k, c in stage.colours.items() if seen[k]},
        trace_rgb=stage.trace_rgb if has_trace else None,
        seed=seed,
    )
    return Shot(info, pictures)
