"""Renders a staged shot into the planes that a set stores."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..data.shots import Drawing, Shot, ShotInfo, encode_flow
from .cast import Pose
from .flow import flow_between, seen_again
from .library import Entry
from .raster import Easel
from .staging import Stage, stage_shot


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
) -> Shot:
    """Stage and render a shot.

    Args:
        name: Of the shot: lower-case letters, digits and hyphens.
        entries: Drawings to pick from.
        drawings: How many; held on ones, twos or threes.
        width: Pixels.
        height: Pixels.
        seed: What everything that is left to chance is made from.

    Raises:
        DataError: Too many of the drawings cannot be read.

    """
    stage = stage_shot(entries, drawings, width / height, np.random.default_rng(seed))
    return render_stage(name, stage, width=width, height=height, seed=seed)


def render_stage(name: str, stage: Stage, *, width: int, height: int, seed: int) -> Shot:
    """Render a staged shot."""
    easel = Easel(width, height, stage.actors)
    aspect = width / height

    def posed(frame: int) -> list[Pose]:
        return [
            actor.posed(frame, stage.camera.at(frame, actor.motion.depth, aspect, height))
            for actor in stage.actors
        ]

    poses = [posed(frame) for frame in stage.frame_of]
    pictures = []
    seen = np.zeros(65536, np.bool_)
    moment = easel.draw(poses[0])
    for k, pose in enumerate(poses):
        seen |= np.bincount(moment.regions.ravel(), minlength=len(seen)) > 0
        later, flow = None, None
        if k + 1 < len(poses):
            later = easel.draw(poses[k + 1])
            flow_px = flow_between(easel, moment, pose, poses[k + 1])
            flow = encode_flow(flow_px, seen_again(moment, later, flow_px))
        pictures.append(
            Drawing(
                ink=moment.ink,
                regions=moment.regions,
                shade=moment.shade,
                trace=moment.trace,
                flow=flow,
            )
        )
        moment = later or moment
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
