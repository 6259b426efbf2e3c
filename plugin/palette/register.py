"""The palette of a run: numbered as its colours come up, and written when all are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..check import Plan
from ..hint_colours import HintColours
from ..shot import format_frames
from .book import Book, FirstDab
from .files import palette_path, write_palette
from .naming import Numbered, code_of, nearest, number

_MOST_TOLD = 8


class Register:
    """Numbers the engine's palette; one thread at a time.

    Args:
        plan: Says which palette counts, and which names colours had.
        colours: What was dabbed, for exact colours.

    """

    def __init__(self, plan: Plan, colours: HintColours) -> None:
        self._plan, self._colours = plan, colours
        self._last: tuple[bytes, Numbered] | None = None

    def numbered(self, palette: NDArray[np.float32]) -> Numbered:
        """The (P, 3) palette with its numbers and names; asked for again it costs nothing."""
        key = palette.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self._number(palette, {})
        return self._last[1]

    def strangers(self, palette: NDArray[np.float32], dabs: Mapping[int, FirstDab]) -> list[str]:
        """What an artist should know: dabs whose colours the palette that counts does not have.

        Args:
            palette: (P, 3) of the whole shot.
            dabs: Row of the palette to where its colour was dabbed first.

        """
        plan = self._plan
        return _strangers_told(self._number(palette, dabs), plan.palette, plan.job.palette)

    def write(self, palette: NDArray[np.float32], dabs: Mapping[int, FirstDab]) -> None:
        """Leave the palette beside the frames; arguments as for `strangers`.

        Raises:
            FileError: The system refuses.

        """
        plan = self._plan
        numbered = self._number(palette, dabs)
        spaces = plan.spaces
        book = replace(
            numbered.book,
            shot={
                "output": Path(str(plan.out)).name,
                "line": Path(plan.job.line.path).name,
                "frames": format_frames(plan.frames),
            },
            working_space=spaces.colour.working_space,
            scene_space=spaces.out,
        )
        write_palette(palette_path(plan.out), book)

    def _number(self, palette: NDArray[np.float32], dabs: Mapping[int, FirstDab]) -> Numbered:
        plan, out = self._plan, self._plan.spaces.out
        return number(
            palette,
            self._colours.palette_to_file(palette, out),
            lambda working: plan.spaces.colour.to_file(working, out),
            reference=plan.palette,
            before=plan.named,
            dabs=dabs,
        )


def _strangers_told(numbered: Numbered, reference: Book | None, name: str | None) -> list[str]:
    told = []
    for entry in numbered.strangers:
        if reference is None or entry.working is None:
            continue
        near, dab = nearest(reference, entry.working), entry.first_dab
        beside = (
            ""
            if near is None or near.working is None
            else (f"; nearest is {near.name}, {code_of(near.working)}")
        )
        where = "" if dab is None else f"Frame {dab.frame}: the dab at ({dab.x}, {dab.y}), "
        told.append(f"{where}{code_of(entry.working)}, is not in the palette {name}{beside}.")
    if len(told) > _MOST_TOLD:
        told[_MOST_TOLD:] = [f"... and {len(told) - _MOST_TOLD} more colours are not in it."]
    return told
