"""The graph of a shot: its drawings, and the links between drawings near and far in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .links import Links
from .matcher import FURTHEST_FLOW, Matcher, default_matcher
from .motion import Flows, Look
from .store import AnalysisStore
from .wiring import Inlet

STEPS = (1, 2, 4, 8, 16)
"""Drawings from one to another that are linked: what is hidden for a while is bridged, and from any
drawing to any other it is but a few links, so that errors add up by the logarithm of the time."""


@dataclass(frozen=True, eq=False)
class ShotGraph:
    """All that is known of a shot without hints.

    A *drawing* here is a run of frames that show the same picture: holds cost nothing, and cannot
    flicker.

    Attributes:
        drawings: The drawings, in film order.
        drawing_of_frame: (F,) intp, which one each frame shows; ascending.
        links: Links by the numbers of two drawings, the earlier one first.
        scene: (D,) intp, the scene of each drawing; no link leads from one scene to another.

    """

    drawings: tuple[FrameAnalysis, ...]
    drawing_of_frame: NDArray[np.intp]
    links: dict[tuple[int, int], Links]
    scene: NDArray[np.intp]

    @property
    def frames(self) -> int:
        """F, how many frames the shot has."""
        return len(self.drawing_of_frame)

    @cached_property
    def first_region(self) -> NDArray[np.intp]:
        """(D + 1,) intp, where the regions of each drawing begin, counted through the shot."""
        return np.concatenate([[0], np.cumsum([one.count for one in self.drawings])])

    @cached_property
    def log_share(self) -> NDArray[np.float32]:
        """(regions of the shot,) float32, log area of each region, by its drawing."""
        parts = [
            np.log(np.maximum(one.area_px, 1) / (one.shape[0] * one.shape[1]))
            for one in self.drawings
        ]
        return np.concatenate(parts).astype(np.float32)

    @cached_property
    def from_earlier(self) -> tuple[Inlet, ...]:
        """What flows into each drawing from those before it."""
        into: list[list[tuple[int, int, Links]]] = [[] for _ in self.drawings]
        for (earlier, later), links in sorted(self.links.items(), key=lambda item: item[0]):
            into[later].append((later - earlier, int(self.first_region[earlier]), links))
        return tuple(
            Inlet.of(links, one.count, from_later=False)
            for links, one in zip(into, self.drawings, strict=True)
        )

    @cached_property
    def from_later(self) -> tuple[Inlet, ...]:
        """What flows into each drawing from those after it."""
        into: list[list[tuple[int, int, Links]]] = [[] for _ in self.drawings]
        for (earlier, later), links in sorted(self.links.items(), key=lambda item: item[0]):
            into[earlier].append((later - earlier, int(self.first_region[later]), links))
        return tuple(
            Inlet.of(links, one.count, from_later=True)
            for links, one in zip(into, self.drawings, strict=True)
        )

    def cuts(self) -> list[int]:
        """The frames that begin another scene."""
        scene = self.scene[self.drawing_of_frame]
        return [int(at) for at in np.flatnonzero(scene[1:] != scene[:-1]) + 1]


@dataclass(eq=False)
class GraphBuilder:
    """Builds the graph frame by frame, in film order.

    Only the last few drawings are held unpacked, however long the shot.

    Attributes:
        store: Where links are kept from one run to the next; None keeps none.
        matcher: Finds the links.

    """

    store: AnalysisStore | None = None
    matcher: Matcher = field(default_factory=default_matcher)
    _drawings: list[FrameAnalysis] = field(default_factory=list)
    _of_frame: list[int] = field(default_factory=list)
    _links: dict[tuple[int, int], Links] = field(default_factory=dict)
    _scene: list[int] = field(default_factory=list)
    _looks: dict[int, Look] = field(default_factory=dict)
    _flows: Flows = field(init=False)
    _known: dict[str, Links] = field(default_factory=dict)
    _last_by_key: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._flows = Flows(self._look)

    def add(self, analysis: FrameAnalysis) -> None:
        """The next frame."""
        key = analysis.key.tobytes()
        if self._drawings and self._drawings[-1].key.tobytes() == key:
            self._of_frame.append(len(self._drawings) - 1)
            return
        number = len(self._drawings)
        self._drawings.append(analysis)
        self._of_frame.append(number)
        self._looks = {at: look for at, look in self._looks.items() if at >= number - max(STEPS)}
        self._flows.forget(number - FURTHEST_FLOW)
        near = [number - step for step in STEPS if step <= min(number, FURTHEST_FLOW)]
        # Behind a flash, a drawing or two of something else, the scene goes on.
        goes_on = [at for at in near if not self._link(at, number).is_cut]
        self._scene.append(self._scene[goes_on[0]] if goes_on else 1 + max(self._scene, default=-1))
        far = [number - step for step in STEPS if FURTHEST_FLOW < step <= number]
        same = self._last_by_key.get(key)
        if same is not None:  # a drawing that comes back, however much later
            self._links[same, number] = Links.identity(analysis.count)
        for at in near + far:
            if self._scene[at] == self._scene[number]:
                self._link(at, number)
            else:
                self._links.pop((at, number), None)
        self._last_by_key[key] = number

    def graph(self) -> ShotGraph:
        """The graph of the frames so far."""
        return ShotGraph(
            drawings=tuple(self._drawings),
            drawing_of_frame=np.array(self._of_frame, np.intp),
            links=dict(self._links),
            scene=np.array(self._scene, np.intp),
        )

    def _link(self, earlier: int, later: int) -> Links:
        """The links between two drawings, made if they are not known."""
        if (earlier, later) in self._links:
            return self._links[earlier, later]
        step = later - earlier
        key = self.matcher.links_key(self._drawings[earlier : later + 1])
        links = self._known.get(key)  # where drawings come back, as in a walk
        if links is None and self.store is not None:
            links = self.store.links(key)
        if links is None:
            flow = self._flows.between(earlier, later) if step <= FURTHEST_FLOW else None
            links = self.matcher.match(self._look(earlier), self._look(later), step, flow)
            if self.store is not None:
                self.store.keep_links(key, links)
        self._known[key] = links
        self._links[earlier, later] = links
        return links

    def _look(self, number: int) -> Look:
        if number not in self._looks:
            self._looks[number] = Look.at(self._drawings[number], self.matcher.describe)
        return self._looks[number]
