"""The review of a shot as plain values: what the page shows, and programs read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from celtint.engine.graph.suggest import Suggestion, suggest

from ..check import Plan
from ..palette.naming import Numbered, code_of
from ..shot import FramePattern, format_frames
from ..solving import Solved
from .doubts import Doubt, place_of
from .tracks import tracks_of

VERSION = 1
NEXT_DABS = 5
"""How many dabs are suggested, each reckoning with those before it."""


def review_of(
    plan: Plan, solved: Solved, numbered: Numbered, doubts: Sequence[Doubt], *, more: int = 0
) -> dict[str, Any]:
    """The review as JSON values.

    Args:
        plan: The shot.
        solved: Its colours.
        numbered: Their names.
        doubts: What is in doubt, as it is to be listed.
        more: How many more there are, which are not listed.

    """
    told = _Told(plan, solved, numbered)
    items = [told.item(number + 1, doubt) for number, doubt in enumerate(doubts)]
    tracks = tracks_of(solved.graph)
    id_of = {doubt.track: number + 1 for number, doubt in enumerate(doubts)}
    next_dabs = []
    for one in suggest(solved.graph, solved.solution, NEXT_DABS if doubts else 0):
        track = int(tracks[solved.graph.drawing_of_frame[one.frame]][one.region])
        next_dabs.append(told.dab(one, id_of.get(track)))
    return {
        "celtint_review": VERSION,
        "shot": {
            "output": str(plan.out),
            "line": plan.job.line.path,
            "frames": format_frames(plan.frames),
            "hint_frames": format_frames(plan.frames[index] for index in plan.hints)
            if plan.hints
            else "",
        },
        "summary": {
            "doubtful": sum(not doubt.is_unpainted for doubt in doubts),
            "unpainted": sum(doubt.is_unpainted for doubt in doubts),
            "not_listed": more,
            "regions": sum(drawing.count for drawing in solved.graph.drawings),
            "drawings": len(solved.graph.drawings),
            "scene_cuts": [plan.frames[index] for index in solved.graph.cuts()],
        },
        "next_dabs": next_dabs,
        "items": items,
        "contradictions": told.contradictions(),
        "disputes": told.disputes(),
    }


class _Told:
    """Puts what the engine found into words and numbers of the film."""

    def __init__(self, plan: Plan, solved: Solved, numbered: Numbered) -> None:
        self._plan, self._solved, self._numbered = plan, solved, numbered
        self._entries = {entry.index: entry for entry in numbered.book.entries}

    def item(self, number: int, doubt: Doubt) -> dict[str, Any]:
        """One thing in doubt."""
        plan = self._plan
        x, y = place_of(plan, self._solved, doubt.index, doubt.region)
        dab_x, dab_y = self._inside(doubt.clear_index, doubt.clear_region)
        return {
            "id": number,
            "kind": "unpainted" if doubt.is_unpainted else "doubtful",
            "frame": plan.frames[doubt.index],
            "frames": format_frames(plan.frames[index] for index in doubt.indices),
            "frame_count": len(doubt.indices),
            "x": x,
            "y": y,
            "area_px": doubt.area_px,
            "confidence": round(doubt.confidence, 4),
            "harm": round(doubt.harm, 1),
            "colour": self._colour(doubt.palette_index),
            "runner_up": self._colour(doubt.runner_up),
            "dab": {
                "frame": plan.frames[doubt.clear_index],
                "x": dab_x,
                "y": dab_y,
                "frames": len(doubt.indices),
            },
        }

    def dab(self, one: Suggestion, item: int | None) -> dict[str, Any]:
        """A dab that settles much, and the thing in doubt that it lies on, if it lies on one."""
        x, y = self._inside(one.frame, one.region)
        return {
            "frame": self._plan.frames[one.frame],
            "x": x,
            "y": y,
            "settles": round(one.settles, 1),
            "item": item,
        }

    def contradictions(self) -> list[dict[str, Any]]:
        """Dabs that are not honoured, because another one claims the same region."""
        return [
            {
                "frame": self._plan.frames[index],
                "x": one.x + self._plan.paper.x,
                "y": one.y + self._plan.paper.y,
                "hinted": code_of(one.hinted),
                "painted": code_of(one.painted),
                "pixels": one.pixels,
            }
            for index, ones in sorted(self._solved.solution.contradictions.items())
            for one in ones
            if one.painted is not None
        ]

    def disputes(self) -> list[dict[str, Any]]:
        """Dabs that are honoured, and that other key frames speak against."""
        found = []
        for one in self._solved.solution.disputes:
            x, y = place_of(self._plan, self._solved, one.frame, one.region)
            found.append(
                {
                    "frame": self._plan.frames[one.frame],
                    "x": x,
                    "y": y,
                    "hinted": self._colour(one.hinted),
                    "expected": self._colour(one.expected),
                    "sure": round(one.sure, 4),
                }
            )
        return found

    def _colour(self, row: int) -> dict[str, Any] | None:
        """A colour of the engine's palette by its number, name and code; None for unpainted."""
        if row == 0:
            return None
        entry = self._entries[int(self._numbered.index[row])]
        assert entry.working is not None  # noqa: S101 - it was numbered from a working colour
        return {"index": entry.index, "name": entry.name, "code": code_of(entry.working)}

    def _inside(self, index: int, region: int) -> tuple[int, int]:
        """The pixel of a region that is furthest from its outline, where a dab fits best."""
        drawing = self._solved.drawing(index)
        x, y, width, height = (int(value) for value in drawing.box_px[region])
        label = drawing.run_map().label()[y : y + height, x : x + width]
        mask = np.pad((label == region).astype(np.uint8), 1)
        inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        paper = self._plan.paper
        return int(column) - 1 + x + paper.x, int(row) - 1 + y + paper.y


def review_path(out: FramePattern) -> Path:
    """Where the page lies by itself: `paint.review.html` beside `paint.####.exr`."""
    start = f"{out.base}." if out.is_still else out.base
    return out.folder / f"{start}review.html"
