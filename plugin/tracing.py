"""Which lines of a shot are colour-trace lines: asked for by name, or found by looking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from celtint.engine import FlatSettings
from celtint.engine.trace import USUAL_HUES, hues_of

from .errors import FileError
from .header import opened
from .images import read_layer
from .ink import LineArt
from .seen import Seen
from .spaces import Spaces

if TYPE_CHECKING:  # it imports torch, for which the flat finish has no use
    from celtint.engine import PaintedSettings

_LEAST_PX = 30.0
_LEAST_SHARE = 0.001  # of all ink: less is a slip of the pen


def hues(settings: FlatSettings | PaintedSettings) -> tuple[str, ...]:
    """The hues of trace lines of a checked job; the painted finish knows none."""
    return hues_of(settings.trace) if isinstance(settings, FlatSettings) else ()


def hues_painted_over(path: Path) -> tuple[str, ...]:
    """The hues of the trace lines that a painted frame was painted without.

    Raises:
        FileError: It cannot be read.

    """
    with opened(path) as (source, _):
        said = str(source.spec().get_string_attribute("celtint:settings")) or "{}"
    trace = json.loads(said).get("trace", "off")
    return hues_of(trace) if isinstance(trace, str) else ()


def with_trace_found(
    settings: FlatSettings,
    seen: Sequence[Seen],
    layer: str | None,
    spaces: Spaces,
    notes: list[str],
) -> FlatSettings:
    """The settings, with `auto` replaced by what the shot shows.

    The first drawing, the middle one and the last are looked at. A hue is trace where lines of it
    are there, unless there is more of trace ink than of all other: then it is what the artist
    draws with. Decided for the whole shot, so that no frame differs from its neighbours.
    """
    if settings.trace.strip() != "auto":
        return replace(settings, trace=",".join(hues(settings)) or "off")
    covered = dict.fromkeys(USUAL_HUES, 0.0)
    ink = 0.0
    for index in sorted({0, len(seen) // 2, len(seen) - 1}):
        try:
            drawn = read_layer(seen[index].path, layer, role="line")
        except FileError:  # told when the frame is painted, with all frames before it whole
            continue
        if drawn.is_black:
            continue
        for hue in USUAL_HUES:
            found = LineArt(spaces.colour, spaces.line, (hue,)).trace(drawn)[1]
            covered[hue] += found.covered
        ink += float(LineArt(spaces.colour, spaces.line).ink(drawn).sum()) / 255
    is_there = {
        hue: found for hue, found in covered.items() if found > max(_LEAST_PX, _LEAST_SHARE * ink)
    }
    if not is_there or sum(is_there.values()) > ink / 2:
        return replace(settings, trace="off")
    names = " and ".join(is_there)
    notes.append(
        f"The {names} lines are taken for colour-trace lines: they divide the paint and vanish in "
        "it. Ask for the trace lines `off` to keep them."
    )
    return replace(settings, trace=",".join(is_there))
