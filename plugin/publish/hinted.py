"""Whether the hints of a frame stand in its paint: read again by the code that painted them."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from celtint.engine import FlatSettings
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.frames import dabs_in
from celtint.engine.palette import Palette, is_same_but_rounding

from ..check import Plan
from ..header import Window
from ..hint_colours import HintColours
from ..images import place, placed, read_layer
from ..ink import LineArt
from .measure import first_spot, pack_rgb, rgb_of
from .shot import Dishonoured, Spot


class HintReader:
    """Reads the hints of a shot again; safe to share between threads."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._line = LineArt(plan.spaces.colour, plan.spaces.line)
        self._colours = HintColours(plan.spaces.colour)
        self._lock = threading.Lock()  # colours are remembered by one thread at a time

    def compare(
        self, index: int, paint: NDArray[np.uint64], window: Window
    ) -> tuple[tuple[Dishonoured, ...], frozenset[int], NDArray[np.bool_]] | None:
        """Compare paint with the hints of its frame.

        The whole region that a dab names is to have the dab's very colour. Only the colour of an
        airbrushed dab is known no better than to rounding, and may be that of a palette colour as
        near as that.

        Args:
            index: Place of the frame in the plan.
            paint: (H, W) packed paint.
            window: Where it lies.

        Returns:
            What is not honoured; the colours that are asked for, packed; and (H, W) bool, what the
            hints speak for. None for a frame without hints, or paint of another size.

        Raises:
            FileError: The line art or the hint cannot be read.

        """
        plan = self._plan
        seen = plan.hints.get(index)
        if seen is None or window != plan.paper or not isinstance(plan.settings, FlatSettings):
            return None
        layer = read_layer(plan.line[index].path, plan.job.line.layer, role="line")
        ink = placed(self._line.ink(layer), layer.window, plan.paper)
        wanted = "hint" if plan.job.hint is None else plan.job.hint.layer
        hint_layer = read_layer(seen.path, wanted, role="hint")
        with self._lock:
            hint = self._colours.to_working(
                place(hint_layer, plan.paper),
                plan.spaces.hints[index],
                is_premultiplied=hint_layer.is_premultiplied,
            )
        regions = find_regions(ink, plan.settings)
        seeds = read_seeds(hint, dabs_in(hint, index), regions, Palette())
        with self._lock:
            colours = self._colours.palette_to_file(seeds.palette.colour, plan.spaces.out)
        asked = pack_rgb(colours)
        wish = np.zeros(regions.count, np.uint64)
        wish[seeds.region] = asked[seeds.palette_index]
        is_hinted = np.zeros(regions.count, bool)
        is_hinted[seeds.region] = True
        hinted = is_hinted[regions.label]
        wrong = hinted & (wish[regions.label] != paint)
        told = []
        for region in np.unique(regions.label[wrong]).tolist():
            here = wrong & (regions.label == region)
            spot = first_spot(here, int(np.count_nonzero(here)), window)
            painted = rgb_of(int(paint[here][0]))
            hinted_rgb = rgb_of(int(wish[region]))
            if not self._is_rounding(painted, hinted_rgb):
                told.append(Dishonoured(spot, hinted_rgb, painted))
        for one in seeds.contradictions:
            if one.painted is not None:
                box = Window(one.x + window.x, one.y + window.y, 1, 1)
                winner = rgb_of(int(wish[one.region]))
                told.append(Dishonoured(Spot(box, one.pixels), winner, winner, True))
        return tuple(told), frozenset(asked[1:].tolist()), hinted

    def _is_rounding(
        self, painted: tuple[float, float, float], hinted: tuple[float, float, float]
    ) -> bool:
        spaces = self._plan.spaces
        both = spaces.colour.convert(
            np.array([painted, hinted], np.float32), spaces.out, spaces.colour.working_space
        )
        return bool(is_same_but_rounding(both[0], both[1]))
