"""The graph of a shot: its drawings, and the links between drawings near and far in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .analysis import FrameAnalysis
from .chains import Way
from .cues import Glimpse
from .keyed import KeyLinker, Named
from .links import Links
from .matcher import FURTHEST_FLOW, Matcher, compare, default_matcher
from .motion import Flows, Look
from .network import RegionNetwork
from .smoothing import Tracks
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
        linker: Finds the direct links of key frames; None leaves them out.
        key_links: Direct links by key drawing and other drawing, see `KeyLinker.direct`.

    """

    drawings: tuple[FrameAnalysis, ...]
    drawing_of_frame: NDArray[np.intp]
    links: dict[tuple[int, int], Links]
    scene: NDArray[np.intp]
    linker: KeyLinker | None = None
    key_links: dict[tuple[int, int], Links] = field(default_factory=dict)
    _with_keys: dict[tuple[int, ...], ShotGraph] = field(default_factory=dict)

    def with_keys(self, frames: Iterable[int]) -> ShotGraph:
        """The same, with the direct links of the frames that have hints."""
        if self.linker is None:
            return self
        keys = tuple(sorted({int(self.drawing_of_frame[frame]) for frame in frames}))
        if keys not in self._with_keys:
            self._with_keys.clear()  # only the last ones are asked for again
            self._with_keys[keys] = replace(
                self, linker=None, key_links=self.linker.direct(keys), _with_keys={}
            )
        return self._with_keys[keys]

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
        direct = {pair: links for pair, links in self.key_links.items() if pair[0] < pair[1]}
        for (earlier, later), links in _in_order(self.links | direct):
            into[later].append((later - earlier, int(self.first_region[earlier]), links))
        return tuple(
            Inlet.of(links, one.count, from_later=False)
            for links, one in zip(into, self.drawings, strict=True)
        )

    @cached_property
    def from_later(self) -> tuple[Inlet, ...]:
        """What flows into each drawing from those after it."""
        into: list[list[tuple[int, int, Links]]] = [[] for _ in self.drawings]
        direct = {(b, a): links for (a, b), links in self.key_links.items() if a > b}
        for (earlier, later), links in _in_order(self.links | direct):
            into[earlier].append((later - earlier, int(self.first_region[later]), links))
        return tuple(
            Inlet.of(links, one.count, from_later=True)
            for links, one in zip(into, self.drawings, strict=True)
        )

    @cached_property
    def tracks(self) -> Tracks:
        """How drawings next to each other hang together."""
        return Tracks.of(self.links, self.first_region)

    def cuts(self) -> list[int]:
        """The frames that begin another scene."""
        scene = self.scene[self.drawing_of_frame]
        return [int(at) for at in np.flatnonzero(scene[1:] != scene[:-1]) + 1]


def _in_order(
    links: Mapping[tuple[int, int], Links],
) -> list[tuple[tuple[int, int], Links]]:
    return sorted(links.items(), key=lambda item: item[0])


@dataclass(eq=False)
class GraphBuilder:
    """Builds the graph frame by frame, in film order.

    Only the last few drawings are held unpacked, however long the shot.

    Attributes:
        store: Where links are kept from one run to the next; None keeps none.
        matcher: Finds the links.
        network: Asked for its opinion of every pair of drawings that it described; None does
            without.

    """

    store: AnalysisStore | None = None
    matcher: Matcher = field(default_factory=default_matcher)
    network: RegionNetwork | None = None
    _drawings: list[FrameAnalysis] = field(default_factory=list)
    _of_frame: list[int] = field(default_factory=list)
    _links: dict[tuple[int, int], Named] = field(default_factory=dict)
    _scene: list[int] = field(default_factory=list)
    _looks: dict[int, Look] = field(default_factory=dict)
    _flows: Flows = field(init=False)
    _glimpses: dict[int, Glimpse] = field(default_factory=dict)
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
        self._looks = {at: look for at, look in self._looks.items() if at >= number - FURTHEST_FLOW}
        self._flows.forget(number - FURTHEST_FLOW)
        near = [number - step for step in STEPS if step <= min(number, FURTHEST_FLOW)]
        # Behind a flash, a drawing or two of something else, the scene goes on.
        goes_on = [at for at in near if not self._link(at, number).links.is_cut]
        self._scene.append(self._scene[goes_on[0]] if goes_on else 1 + max(self._scene, default=-1))
        far = [number - step for step in STEPS if FURTHEST_FLOW < step <= number]
        same = self._last_by_key.get(key)
        if same is not None:  # a drawing that comes back, however much later
            name = self.matcher.links_key((analysis, analysis), 0)
            self._links[same, number] = Named(Links.identity(analysis.count), name)
        for at in near + far:
            if self._scene[at] == self._scene[number]:
                self._link(at, number)
            else:
                self._links.pop((at, number), None)
        self._last_by_key[key] = number

    def graph(self) -> ShotGraph:
        """The graph of the frames so far."""
        linker = KeyLinker(
            drawings=tuple(self._drawings),
            scene=tuple(self._scene),
            links=dict(self._links),
            steps=STEPS,
            matcher=self.matcher,
            network=self.network,
            store=self.store,
            glimpses=dict(self._glimpses),
        )
        return ShotGraph(
            drawings=tuple(self._drawings),
            drawing_of_frame=np.array(self._of_frame, np.intp),
            links={pair: named.links for pair, named in self._links.items()},
            scene=np.array(self._scene, np.intp),
            linker=linker,
        )

    def _link(self, earlier: int, later: int) -> Named:
        """The links between two drawings, made if they are not known."""
        if (earlier, later) in self._links:
            return self._links[earlier, later]
        step = later - earlier
        legs = [] if step <= FURTHEST_FLOW else self._legs(earlier, later)
        ends = (self._drawings[earlier], self._drawings[later])
        name = self.matcher.links_key(
            self._drawings[earlier : later + 1] if step <= FURTHEST_FLOW else ends,
            step,
            "" if self.network is None else self.network.name,
            [leg.name for leg in legs],
        )
        links = self._known.get(name)  # where drawings come back, as in a walk
        if links is None and self.store is not None:
            links = self.store.links(name)
        if links is None:
            links = self._matched(earlier, later, legs)
            if self.store is not None:
                self.store.keep_links(name, links)
        self._known[name] = links
        named = self._links[earlier, later] = Named(links, name)
        return named

    def _legs(self, earlier: int, later: int) -> list[Named]:
        """The two links that lead from one drawing to another, with one in the middle."""
        middle = (earlier + later) // 2
        legs = [self._links.get((earlier, middle)), self._links.get((middle, later))]
        return [leg for leg in legs if leg is not None] if None not in legs else []

    def _matched(self, earlier: int, later: int, legs: list[Named]) -> Links:
        step = later - earlier
        pair = self._glimpse(earlier), self._glimpse(later)
        if step <= FURTHEST_FLOW:
            one, other = self._look(earlier), self._look(later)
            forth, back, is_cut = compare(one, other, self._flows.between(earlier, later))
            return self.matcher.match(pair, (forth, back), step, self.network, is_cut=is_cut)
        ways = None
        if legs:
            first, second = (leg.links for leg in legs)
            there = Way.forth(first).then(Way.forth(second))
            ways = there, Way.back(second).then(Way.back(first))
        return self.matcher.match_far(*pair, step, ways, self.network)

    def _glimpse(self, number: int) -> Glimpse:
        if number not in self._glimpses:
            self._look(number)
        return self._glimpses[number]

    def _look(self, number: int) -> Look:
        if number not in self._looks:
            self._looks[number] = Look.at(self._drawings[number], self.matcher.describe)
            self._glimpses[number] = Glimpse.of(self._looks[number])
        return self._looks[number]
