"""Looks at drawings: decodes their files, finds their regions and measures them.

No network is asked here, so that a process which does nothing else need not import one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from celtint.engine import FlatSettings
from celtint.engine.embedding.sight import Sight, look_at
from celtint.engine.flat.regions import find_regions
from celtint.engine.graph.analysis import FrameAnalysis
from celtint.engine.graph.measure import analysis_key, measured

from .check import Plan
from .lines import Lines, PackedLine
from .reading import Reader
from .stream import Clock


@dataclass(frozen=True, eq=False)
class Observed:
    """What was found of a drawing.

    Attributes:
        measured: All but what the network says of it.
        sight: What the network is to be shown; None where none is asked.
        line: What is laid over its paint, to be kept; None where that was not asked for.

    """

    measured: FrameAnalysis
    sight: Sight | None
    line: PackedLine | None = None


class Observer:
    """Looks at the drawings of a plan; called by several threads.

    Args:
        plan: The shot.
        clock: Where time is counted: `read`, `ink`, `keep lines`, `analyse`.

    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self._reader = Reader(plan, clock)
        self._lines = Lines(self._reader.line, plan.spaces.out, plan.paper)
        self._last: dict[bytes, Observed] = {}

    def look(self, index: int, *, keeps_line: bool) -> Observed:
        """Look at the drawing of a frame.

        Raises:
            FileError: It cannot be read, or is not the file that was checked.

        """
        plan, clock = self._plan, self._clock
        settings = cast("FlatSettings", plan.settings)
        layer = self._reader.layer(index)
        ink = self._reader.ink(layer)
        line = None
        if keeps_line:
            with clock.time("keep lines"):
                line = self._lines.packed(layer)
        del layer  # a frame of pixels, and the rest takes a while
        with clock.time("analyse"):
            key = analysis_key(ink, settings, plan.embedder)
            found = self._last.get(key.tobytes())  # a hold, of which every frame is its own file
            if found is None:
                regions = find_regions(ink, settings)
                sight = None if plan.embedder is None else look_at(ink, regions)
                found = Observed(measured(ink, regions, key), sight)
                self._last = {key.tobytes(): found}
        return replace(found, line=line)
