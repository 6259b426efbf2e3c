"""Direct links from key frames to all other drawings, made when a frame gets its first hint.

Links of neighbours, put together, lose what is hidden for a while and drift. So every drawing is
also compared with the key frames before and after it: where its regions are expected there, by the
links between, is one cue of many. Which frames have hints decides what is compared, but not what
the hints are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .analysis import FrameAnalysis
from .chains import Way
from .cues import Glimpse
from .links import Links
from .matcher import Matcher
from .motion import Look
from .network import RegionNetwork
from .store import AnalysisStore

STONES = 3
"""The way to a key frame leads over so many of the drawings between, the nearest ones."""

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Named:
    """Links and the key that a store has them under."""

    links: Links
    name: str


@dataclass(eq=False)
class KeyLinker:
    """Links key frames with the other drawings of their scene, each pair once.

    Attributes:
        drawings: The drawings of the shot.
        scene: The scene of each.
        links: The links of the shot, by the numbers of two drawings, the earlier one first.
        steps: Drawings from one to another that are linked anyway, ascending.
        matcher: Finds links.
        network: Asked for its opinion; None does without.
        store: Where links are kept from one run to the next; None keeps none.
        glimpses: What drawings look like, as far as they were unpacked already.

    """

    drawings: Sequence[FrameAnalysis]
    scene: Sequence[int]
    links: Mapping[Pair, Named]
    steps: Sequence[int]
    matcher: Matcher
    network: RegionNetwork | None
    store: AnalysisStore | None
    glimpses: dict[int, Glimpse] = field(default_factory=dict)
    _found: dict[Pair, Named] = field(default_factory=dict)

    def direct(self, keys: Iterable[int]) -> dict[Pair, Links]:
        """Links of each key drawing with those up to the next one, by key and other drawing.

        Pairs that are linked anyway are left out. Links are of the earlier with the later drawing,
        whichever is the key.
        """
        found: dict[Pair, Links] = {}
        ordered = sorted(set(keys))
        ends = [-1, *ordered, len(self.drawings)]
        for before, key, after in zip(ends, ordered, ends[2:], strict=False):
            last, first = min(after, len(self.drawings) - 1), max(before, 0)
            for numbers in (range(key + 1, last + 1), range(key - 1, first - 1, -1)):
                found |= self._from(key, numbers)
        return found

    def _from(self, key: int, numbers: range) -> dict[Pair, Links]:
        """Follow a key drawing away from it, in one direction in time."""
        known: dict[int, Named] = {}
        found: dict[Pair, Links] = {}
        for number in numbers:
            if self.scene[number] != self.scene[key]:
                continue
            pair = min(key, number), max(key, number)
            anyway = self.links.get(pair)
            if anyway is not None:
                known[number] = anyway
                continue
            stones = [number - numbers.step * step for step in self.steps]
            stones = [one for one in stones if one in known and _pair(one, number) in self.links]
            direct = self._made(key, number, stones[:STONES], known)
            if direct is not None:
                known[number] = direct
                found[key, number] = direct.links
        return found

    def _made(
        self, key: int, number: int, stones: Sequence[int], known: Mapping[int, Named]
    ) -> Named | None:
        """The direct links of one drawing with a key drawing, as they are kept, or found now."""
        if not stones:
            return None
        legs = [(known[stone], self.links[_pair(stone, number)]) for stone in stones]
        earlier, later = min(key, number), max(key, number)
        name = self.matcher.links_key(
            (self.drawings[earlier], self.drawings[later]),
            later - earlier,
            "" if self.network is None else self.network.name,
            [leg.name for both in legs for leg in both],
        )
        if (key, number) in self._found and self._found[key, number].name == name:
            return self._found[key, number]
        links = None if self.store is None else self.store.links(name)
        if links is None:
            out, home = (Way.forth, Way.back) if key < number else (Way.back, Way.forth)
            there = Way.mean([out(one.links).then(out(on.links)) for one, on in legs])
            again = Way.mean([home(on.links).then(home(one.links)) for one, on in legs])
            ways = (there, again) if key < number else (again, there)
            links = self.matcher.match_far(
                self._glimpse(earlier), self._glimpse(later), later - earlier, ways, self.network
            )
            if self.store is not None:
                self.store.keep_links(name, links)
        made = self._found[key, number] = Named(links, name)
        return made

    def _glimpse(self, number: int) -> Glimpse:
        if number not in self.glimpses:
            look = Look.at(self.drawings[number], self.matcher.describe)
            self.glimpses[number] = Glimpse.of(look)
        return self.glimpses[number]


def _pair(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)
