"""A version in the making: the frames, a contact sheet, a review movie, and a page of facts."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..colour import Colour
from ..errors import FileError
from ..fingerprint import file_digest
from ..hold import user
from ..job import Source
from ..sheet import write_sheet
from ..shot import FramePattern, format_frames
from .integrate import Staged, staging
from .measure import is_painted, rgb_of
from .shot import Frame, PaintedShot, Target

SIDECAR = "publish.json"
SIDECAR_VERSION = 1


def extract(shot: PaintedShot, target: Target, report: Sequence[Mapping[str, Any]]) -> Staged:
    """Make a version; it appears when it is integrated.

    Args:
        shot: The shot as it was checked; files that changed since are refused.
        target: Where it goes.
        report: What the rules said, for the page of facts.

    Raises:
        BusyError: Somebody else is publishing there.
        FileError: Something cannot be read or written, or changed since it was checked.

    """
    publish = shot.options.publish
    with staging(target) as staged:
        digests = _copied(shot, staged.folder)
        pattern = FramePattern(
            staged.folder, shot.pattern.base, shot.pattern.width, shot.pattern.ext
        )
        ocio = None if shot.job is None else shot.job.ocio
        if publish.sheet:
            hint = None if shot.job is None else shot.job.hint
            frames = format_frames(one.frame for one in shot.frames)
            sheet = staged.folder / "sheet.png"
            write_sheet(sheet, Source(str(pattern)), hint=hint, frames=frames, ocio=ocio)
        if publish.movie:
            try:
                from .movie import write_movie  # noqa: PLC0415 - only whoever wants one needs PyAV
            except ImportError as error:
                raise FileError(
                    "A review movie needs PyAV: install celtint[publish], or set `movie = false` "
                    "in the table [publish] of the configuration"
                ) from error
            write_movie(
                staged.folder / "review.mp4",
                [pattern.path(one.frame) for one in shot.frames],
                Colour(ocio),
                fps=shot.options.shot.fps,
                most_width_px=publish.movie_width,
            )
        facts = sidecar(shot, target, digests, report)
        text = json.dumps(facts, indent=2, allow_nan=False) + "\n"
        (staged.folder / SIDECAR).write_text(text, encoding="utf-8")
        return staged


def _copied(shot: PaintedShot, folder: Path) -> dict[str, str]:
    """Copy the frames; return their names with the SHA-256 of the copies."""

    def copied(frame: Frame) -> tuple[str, str]:
        target = folder / frame.path.name
        try:
            shutil.copyfile(frame.path, target)
            now = frame.path.stat()
        except OSError as error:
            problem = error.strerror or error
            raise FileError(f"{frame.path} cannot be copied to {target}: {problem}") from error
        if (now.st_size, now.st_mtime_ns) != (frame.size, frame.changed_ns):
            raise FileError(f"{frame.path} was changed after it was checked: check it again")
        return target.name, file_digest(target)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return dict(pool.map(copied, shot.frames))


def sidecar(
    shot: PaintedShot,
    target: Target,
    digests: Mapping[str, str],
    report: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The page of facts: what was published, from what, by whom, and how it was judged."""
    lineage = shot.lineage
    first = shot.frames[0] if shot.frames else None
    header = None if first is None else first.header
    said = {} if first is None else {key: str(value) for key, value in first.celtint.items()}
    for own in ("frame", "hint_frames", "fingerprint"):
        said.pop(own, None)
    sources: dict[str, Any] = {}
    if lineage is not None:
        sources = {
            "line": {str(one.frame): _source(one) for one in lineage.plan.line},
            "hint": {str(one.frame): _source(one) for one in lineage.plan.hints.values()},
            "config": lineage.plan.spaces.colour.config_name,
        }
    return {
        "celtint_publish": SIDECAR_VERSION,
        "shot": shot.name,
        "version": target.version,
        "published": {
            "by": user(),
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "celtint": version("celtint"),
        },
        "frames": format_frames(one.frame for one in shot.frames),
        "fps": shot.options.shot.fps,
        "resolutionWidth": None if header is None else header.display_window.width,
        "resolutionHeight": None if header is None else header.display_window.height,
        "pixelAspect": None if header is None else header.pixel_aspect,
        "colorspace": said.get("colorspace"),
        "files": dict(digests),
        "job": None if shot.job is None else shot.job.to_dict(),
        "settings": json.loads(said["settings"]) if "settings" in said else None,
        "celtint": said,
        "sources": sources,
        "palette": _palette(shot),
        "figures": _figures(shot),
        "rules": list(report),
        "reviews": [{**asdict(one), "frames": format_frames(one.frames)} for one in shot.reviews],
    }


def _source(seen: Any) -> dict[str, Any]:
    return {"path": str(seen.path), "layer": seen.layer.name, "sha256": seen.digest}


def _palette(shot: PaintedShot) -> list[dict[str, Any]]:
    """The colours of the paint, most used first, as the files store them and as screens show."""
    pixels: Counter[int] = Counter()
    for one in shot.frames:
        for colour, spot in ({} if one.pixels is None else one.pixels.colours).items():
            if is_painted(colour) and all(map(math.isfinite, rgb_of(colour))):
                pixels[colour] += spot.area_px
    total = sum(pixels.values())
    entries = []
    for packed, count in pixels.most_common():
        rgb = rgb_of(packed)
        entry: dict[str, Any] = {"rgb": list(rgb), "share": round(count / total, 6)}
        if shot.lineage is not None:
            spaces = shot.lineage.plan.spaces
            srgb = spaces.colour.convert(
                np.array(rgb, np.float32), spaces.out, spaces.colour.working_space
            )
            entry["srgb"] = "#" + (np.clip(srgb, 0, 1) * 255 + 0.5).astype(np.uint8).tobytes().hex()
        entries.append(entry)
    return entries


def _figures(shot: PaintedShot) -> dict[str, Any]:
    measured = [one.pixels for one in shot.frames if one.pixels is not None]
    return {
        "frames": len(shot.frames),
        "bytes": sum(one.size for one in shot.frames),
        "doubtful_regions": sum(len(one.doubtful) for one in measured),
        "least_confidence": min(
            (spot.value for one in measured for spot in one.doubtful), default=None
        ),
        "unpainted_px": sum(spot.area_px for one in measured for spot in one.unpainted),
        "flips": sum(len(one.turned) for one in measured),
    }
