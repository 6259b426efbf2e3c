"""Rules about what files say of themselves, before any pixel is looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...assembly import channels_of, stored_type
from ...composite import CHANNELS
from ...errors import ColourError
from ...header import Attribute, ImageHeader, Window
from ..shot import Finding, Frame, Lineage, PaintedShot


def windows(shot: PaintedShot) -> list[Finding]:
    """One resolution, pixel aspect and display window: that of the line art, and of the shot.

    Otherwise the paint slips under the line in the comp. Display window and pixel aspect can be put
    right from here; the pixels stay as they are.
    """
    found = []
    reference: tuple[Window, float, Window | None] | None = None
    for frame in shot.frames:
        if frame.header is None:
            continue
        seen = frame.header.display_window
        aspect, data = frame.header.pixel_aspect, frame.header.windows[0]
        line = line_header(shot.lineage, frame.frame)
        paper = None if shot.lineage is None else shot.lineage.plan.paper
        if line is not None:
            wanted, wanted_aspect, wanted_data = line.display_window, line.pixel_aspect, paper
            who = "its line art"
        else:
            reference = reference or (seen, aspect, data)
            wanted, wanted_aspect, wanted_data = reference
            who = "the first frame"
        wrong = []
        if seen != wanted:
            wrong.append(f"display window is {_text(seen)}, and {who} has {_text(wanted)}")
        if not math.isclose(aspect, wanted_aspect, rel_tol=1e-4):
            wrong.append(f"pixel aspect is {aspect:g}, and {who} has {wanted_aspect:g}")
        if wanted_data is not None and data != wanted_data:
            wrong.append(f"pixels lie at {_text(data)} and are to lie at {_text(wanted_data)}")
        wrong += _unlike_the_shot(shot, seen, aspect)
        if wrong:
            what = f"Its {'; its '.join(wrong)}."
            found.append(
                shot.finding(
                    what, "Repair the metadata, or paint from the right line art.", frame.frame
                )
            )
    return found


def _unlike_the_shot(shot: PaintedShot, seen: Window, aspect: float) -> list[str]:
    said, wrong = shot.said, []
    for name, value, wanted in (
        ("width", seen.width, said.width),
        ("height", seen.height, said.height),
    ):
        if wanted is not None and value != wanted:
            wrong.append(f"{name} is {value}, and the shot has {wanted}")
    if said.pixel_aspect is not None and not math.isclose(aspect, said.pixel_aspect, rel_tol=1e-4):
        wrong.append(f"pixel aspect is {aspect:g}, and the shot has {said.pixel_aspect:g}")
    return wrong


def line_header(lineage: Lineage | None, frame: int) -> ImageHeader | None:
    """Header of the line art of a frame, where it is known."""
    if lineage is None or frame not in lineage.index_of:
        return None
    return lineage.plan.line[lineage.index_of[frame]].header


def _text(window: Window) -> str:
    return f"{window.width}x{window.height} at ({window.x}, {window.y})"


def channels(shot: PaintedShot) -> list[Finding]:
    """The channels and the bit depth that are promised, in one part.

    R G B A, paint.R G B A and confidence.Y, half float, and the palette layers that the job asks
    for: a comp that was built on them finds them in every frame.
    """
    found = []
    promised: tuple[str, ...] = CHANNELS
    if shot.job is not None:
        promised = channels_of(shot.job.out.layers)
    if CHANNELS[4] not in promised:
        what = "The job writes the paint under the line alone, so nobody can check the paint."
        found.append(shot.finding(what, "Paint it once more with all layers, and publish that."))
    for frame in shot.frames:
        if frame.header is None:
            continue
        wrong = []
        missing = [name for name in promised if name not in frame.channels]
        extra = [name for name in frame.channels if name not in promised]
        other = {kind for name, kind in frame.channels.items() if kind != stored_type(name)}
        if frame.header.format != "openexr":
            wrong.append(f"it is a {frame.header.format.upper()} file, not EXR")
        if missing:
            wrong.append(f"channels {', '.join(missing)} are missing")
        if extra:
            wrong.append(f"channels {', '.join(extra[:8])} were not promised")
        if other:
            wrong.append(f"values are stored as {', '.join(sorted(other))}, not half float")
        if len(frame.header.parts) > 1:
            wrong.append(f"it has {len(frame.header.parts)} parts, not one")
        if wrong:
            what = f"Not what is promised: {'; '.join(wrong)}."
            do = "Paint the frame again; whatever wrote it is not celtint."
            found.append(shot.finding(what, do, frame.frame))
    return found


def colour_space(shot: PaintedShot) -> list[Finding]:
    """A colour space that the config knows, and that all of the metadata agrees on.

    `celtint:colorspace`, the name other programs read and the chromaticities have to tell the same,
    and what the job and the shot say. Metadata can be put right from here.
    """
    found = []
    first: str | None = None
    for frame in shot.frames:
        if frame.header is None:
            continue
        first = first or str(frame.celtint.get("colorspace", ""))
        wrong = _colour_problems(shot, frame, first)
        if wrong:
            what, do = f"Its {'; its '.join(wrong)}.", "Repair the metadata, or paint it again."
            found.append(shot.finding(what, do, frame.frame))
    return found


def _colour_problems(shot: PaintedShot, frame: Frame, first: str) -> list[str]:
    said = str(frame.celtint.get("colorspace", ""))
    if not said:
        return ["metadata names no colour space (celtint:colorspace)"]
    if said != first:
        return [f"colour space is {said}, and that of the first frame is {first}"]
    if shot.lineage is None:
        return []  # without the config there is nothing to ask
    spaces = shot.lineage.plan.spaces
    try:
        known = spaces.colour.check(said)
    except ColourError as error:
        return [f"colour space is unknown to the config: {error}"]
    wrong = []
    if known != spaces.out:
        wrong.append(f"colour space is {known}, and it was painted in {spaces.out}")
    if shot.said.colorspace is not None:
        try:
            wanted = spaces.colour.check(shot.said.colorspace)
            if wanted != known:
                wrong.append(f"colour space is {known}, and the shot wants {wanted}")
        except ColourError as error:
            wrong.append(f"shot names a colour space that is unknown to the config: {error}")
    wrong += _disagreements(frame, spaces.colour.file_metadata(known), known)
    return wrong


def _disagreements(frame: Frame, wanted: Mapping[str, Any], known: str) -> list[str]:
    """Where the name and the chromaticities that other programs read tell another space."""
    assert frame.header is not None  # noqa: S101 - the caller has looked
    wrong = []
    name = str(wanted.get("oiio:ColorSpace", ""))
    if name and frame.header.colour_name != name:
        shown = frame.header.colour_name or "nothing"
        wrong.append(f"metadata says {shown} to other programs, not {name} for {known}")
    asked = wanted.get("chromaticities")
    primaries = frame.header.chromaticities
    if isinstance(asked, Attribute) and not _are_near(primaries, asked.value):
        wrong.append(f"chromaticities are {_numbers(primaries)}, not those of {known}")
    elif asked is None and primaries is not None:
        wrong.append(f"chromaticities are {_numbers(primaries)}, and {known} has none to say")
    return wrong


def _are_near(one: tuple[float, ...] | None, other: tuple[float, ...]) -> bool:
    if one is None or len(one) != len(other):
        return False
    return all(abs(a - b) < 1e-3 for a, b in zip(one, other, strict=True))


def _numbers(values: tuple[float, ...] | None) -> str:
    return "missing" if values is None else " ".join(f"{value:.4g}" for value in values)
