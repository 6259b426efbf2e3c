"""The region preview: what celtint takes for regions, gaps, specks and trace lines, as pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.flat.preview import ClosedGap, RegionColours, closed_gaps, specks
from celtint.engine.flat.regions import find_regions
from celtint.engine.trace import hues_of

from .check import frames_of, settings_of
from .errors import FileError
from .header import Window
from .images import Layer, placed, read_layer, write_frame, write_png
from .ink import LineArt
from .job import Job
from .output import why_not_writable
from .problems import Problems
from .seen import Seen, look_at_lines
from .shot import FramePattern, format_frames
from .spaces import Spaces, choose_spaces, open_colour
from .stream import Stopped
from .tracing import with_trace_found

GAP, NECK, SPECK = (255, 0, 255), (255, 120, 0), (255, 255, 0)
"""sRGB of what is marked: closed gaps, narrow places that are hardly gaps, and specks."""


@dataclass(frozen=True, eq=False)
class Preview:
    """A preview that can be drawn."""

    job: Job
    line: tuple[Seen, ...]
    out: FramePattern
    spaces: Spaces
    settings: FlatSettings
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """What was found in a frame."""

    frame: int
    path: Path
    regions: int
    gaps: int
    necks: int
    speck_px: int
    done: int
    total: int
    seconds_left: float


def check_preview(job: Job, stop: threading.Event, *, overwrite: bool) -> Preview:
    """Check what is asked for; nothing is written.

    Args:
        job: Its line art, frames and settings; `out` is where the preview goes, EXR or PNG.
        stop: Asks to leave.
        overwrite: May files be replaced?

    Raises:
        JobError: Holds every problem that was found.
        Stopped: `stop` was set.

    """
    problems = Problems()
    notes: list[str] = []
    settings = settings_of(job, problems)
    if job.finish != "flat":
        problems.add("The painted finish knows no regions: preview a job of the flat finish.")
    colour = open_colour(job, problems)
    line = problems.attempt(lambda: FramePattern.parse(job.line.path))
    out = problems.attempt(lambda: FramePattern.parse(job.out.path))
    frames = None if line is None else problems.attempt(lambda: frames_of(job, line, notes))
    seen = look_at_lines(line, frames, job.line, problems, stop) if line and frames else None
    spaces = None
    if colour is not None and seen is not None:
        spaces = choose_spaces(job, colour, seen, {}, problems=problems, notes=notes)
    if out is not None:
        _check_output(out, frames or (), problems, overwrite=overwrite)
    problems.raise_any()
    if seen is None or spaces is None or out is None or not isinstance(settings, FlatSettings):
        raise AssertionError("a check failed without a problem")
    settings = with_trace_found(settings, seen, job.line.layer, spaces, notes)
    return Preview(job, seen, out, spaces, settings, tuple(notes))


def _check_output(
    out: FramePattern, frames: tuple[int, ...], problems: Problems, *, overwrite: bool
) -> None:
    suffix = Path(out.base).suffix if out.is_still else out.ext
    if suffix.casefold() not in (".exr", ".png"):
        problems.add(f"{out}: a preview is EXR or PNG; end the name in .exr or .png.")
    if out.is_still and len(frames) > 1:
        problems.add(f"{out} names one file for {len(frames)} frames; write regions.####.png.")
    reason = why_not_writable(out.folder)
    if reason is not None:
        problems.add(f"{out} cannot be written: {reason}.")
        return
    there = [frame for frame in frames if out.path(frame).exists()]
    if there and not overwrite:
        problems.add(
            f"{out}: frames {format_frames(there)} are there already. Choose another name, or "
            "allow to overwrite them."
        )


def draw_preview(plan: Preview, drawn: Callable[[Drawn], None], stop: threading.Event) -> None:
    """Draw every frame, each whole or not at all.

    Raises:
        Stopped: `stop` was set; what is drawn is whole.
        FileError: A file cannot be read or written; what is drawn is whole.

    """
    art = LineArt(plan.spaces.colour, plan.spaces.line, hues_of(plan.settings.trace))
    colours = RegionColours()
    begun = time.monotonic()
    for number, seen in enumerate(plan.line):
        if stop.is_set():
            raise Stopped
        layer = read_layer(seen.path, plan.job.line.layer, role="line")
        if not seen.is_unchanged():
            raise FileError(f"Frame {seen.frame}: {seen.path} was changed while it was read.")
        window = Window.around([layer.display_window, layer.window])
        ink = placed(art.ink(layer), layer.window, window)
        regions = find_regions(ink, plan.settings)
        gaps = closed_gaps(regions)
        is_speck = specks(ink, regions, plan.settings)
        picture = colours.of(regions)[regions.label]
        picture[is_speck] = SPECK
        _draw_line(picture, art, layer, window)
        _mark_gaps(picture, gaps)
        plan.out.folder.mkdir(parents=True, exist_ok=True)
        path = plan.out.path(seen.frame)
        _write(path, picture, plan.spaces, layer, window)
        done, total = number + 1, len(plan.line)
        drawn(
            Drawn(
                frame=seen.frame,
                path=path,
                regions=regions.count,
                gaps=sum(not gap.is_neck for gap in gaps),
                necks=sum(gap.is_neck for gap in gaps),
                speck_px=int(is_speck.sum()),
                done=done,
                total=total,
                seconds_left=(time.monotonic() - begun) / done * (total - done),
            )
        )


def _draw_line(picture: NDArray[np.uint8], art: LineArt, layer: Layer, window: Window) -> None:
    """The line art over the picture: black ink black, trace lines in colours of their own."""
    ink = placed(art.ink(layer), layer.window, window)
    covered = ink > 0
    share = ink[covered].astype(np.float32)[:, None] / 255
    picture[covered] = np.rint(picture[covered] * (1 - share)).astype(np.uint8)
    if layer.is_black:
        return
    place, trace = art.trace(layer)
    y, x = np.divmod(place[trace.member], layer.window.width)
    y, x = y + layer.window.y - window.y, x + layer.window.x - window.x
    pixels = layer.pixels.reshape(-1, 4)[place[trace.member]]
    rgba = art.working(pixels, is_premultiplied=layer.is_premultiplied)
    picture[y, x] = np.rint(255 * np.clip(rgba[:, :3], 0, 1)).astype(np.uint8)


def _mark_gaps(picture: NDArray[np.uint8], gaps: tuple[ClosedGap, ...]) -> None:
    """A disc over every place, as wide as it is; the width in pixels beside those in lines."""
    scale = max(0.3, min(picture.shape[:2]) / 2400)
    for gap in gaps:
        colour = NECK if gap.is_neck else GAP
        radius = max(1, round(gap.width_px / 2))
        cv2.circle(picture, (gap.x, gap.y), radius, colour, cv2.FILLED, cv2.LINE_8)
        if gap.is_neck:
            continue
        at = (gap.x + radius + 2, gap.y - radius - 2)
        text = f"{gap.width_px:.0f}"
        for thickness, shade in ((3, (0, 0, 0)), (1, colour)):
            cv2.putText(
                picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, shade, thickness, cv2.LINE_AA
            )


def _write(
    path: Path, picture: NDArray[np.uint8], spaces: Spaces, layer: Layer, window: Window
) -> None:
    if path.suffix.casefold() == ".png":
        write_png(path, picture)
        return
    encoded = np.divide(picture, 255, dtype=np.float32)
    rgb = spaces.colour.to_file(encoded, spaces.out)
    write_frame(
        path,
        rgb,
        ("R", "G", "B"),
        window=window,
        display_window=layer.display_window,
        pixel_aspect=layer.header.pixel_aspect,
        metadata=spaces.colour.file_metadata(spaces.out),
    )
