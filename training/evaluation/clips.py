"""What is evaluated: clips of film whose every frame is known, from a set or from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.recolour import colours_of, finished_frame, flat_paint, inked
from ..data.shards import SET_FILE, read_shots
from ..data.shots import Drawing, ShotInfo, decode_flow
from ..errors import DataError
from .folders import read_folder

_FOLLOWED_WITHIN_PX = 1.0
"""Optical flow counts where, followed forth and back, it returns within this."""


@dataclass(frozen=True, eq=False)
class TrueFrame:
    """All that is known of a frame.

    Attributes:
        finished: (H, W, 3) uint8, the frame of film: ink over paint.
        paint: (H, W, 3) uint8, what is under the ink; where only colour is known, the same.
        ink: (H, W) uint8 coverage; None where only colour is known.
        thing: (H, W) uint16, identity of the shape at every pixel; None as above.
        colour: (H, W) int32, true index into the clip's palette, from 1; None as above.

    """

    finished: NDArray[np.uint8]
    paint: NDArray[np.uint8]
    ink: NDArray[np.uint8] | None = None
    thing: NDArray[np.uint16] | None = None
    colour: NDArray[np.int32] | None = None


class Motion(NamedTuple):
    """The way from a frame to the next.

    `flow` is (H, W, 2) dx, dy in pixels, `valid` (H, W) where it is known.
    """

    flow: NDArray[np.float32]
    valid: NDArray[np.bool_]
    is_exact: bool


class Clip:
    """A run of frames of one shot.

    Args:
        info: The shot.
        drawing: Gives its drawings by number.
        first: Film index in the shot of the clip's first frame.
        frames: Number of frames.
        background: Identities that are background.
        digest: Tells this clip's pictures from those of any other.

    """

    def __init__(
        self,
        info: ShotInfo,
        drawing: Callable[[int], Drawing],
        *,
        first: int,
        frames: int,
        background: frozenset[int],
        digest: str,
    ) -> None:
        self.name = info.name if first == 0 else f"{info.name}@{first}"
        self.frames = frames
        self.digest = f"{digest}@{first}+{frames}"
        self.size = (info.height, info.width)
        self._info = info
        self._background = background
        self._holds = info.holds[first : first + frames]
        self._drawing = lru_cache(maxsize=3)(drawing)
        self._true_frame = lru_cache(maxsize=3)(self._looked_at)

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """(P, 3) uint8, the shot's colours in ascending order; row 0 stands for *unpainted*."""
        unpainted = np.zeros((1, 3), np.uint8)
        if self._info.regions is None:
            return unpainted
        colours = colours_of(self._info)
        seen = np.unique(np.concatenate([colours.base, colours.shade]), axis=0)
        return np.concatenate([unpainted, seen])

    @property
    def has_regions(self) -> bool:
        """Whether more than colour is known."""
        return self._info.regions is not None

    @cached_property
    def background_colours(self) -> frozenset[int]:
        """Palette indices that background has and nothing else does; empty where there is none."""
        if self._info.regions is None:
            return frozenset()
        colours = colours_of(self._info)
        index = self.index_of(colours.base)
        behind = {int(index[at]) for at in self._background if at < len(index)}
        in_front = {int(index[at]) for at in self._info.regions if at not in self._background}
        return frozenset(behind - in_front)

    def drawing_number(self, index: int) -> int:
        """Which of the shot's drawings a frame shows."""
        return self._holds[index]

    def frame(self, index: int) -> TrueFrame:
        """The truth of frame `index`, from 0; the same object for frames of one drawing."""
        return self._true_frame(self._holds[index])

    def motion(self, index: int) -> Motion | None:
        """The way from frame `index` to the next; None across a cut or at the end."""
        if index + 1 >= self.frames:
            return None
        now, following = self._holds[index], self._holds[index + 1]
        if now == following:
            still = np.zeros((*self.size, 2), np.float32)
            return Motion(still, np.ones(self.size, bool), True)
        if following != now + 1:
            return None
        stored = self._drawing(now).flow
        if stored is not None:
            return Motion(*decode_flow(stored), True)
        return optical_motion(self.frame(index).finished, self.frame(index + 1).finished)

    def index_of(self, rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Palette index of (..., 3) exact colours; P, one past the last, for all others."""
        known = packed(self.palette[1:])
        if not len(known):
            return np.full(rgb.shape[:-1], len(self.palette), np.int32)
        codes = packed(rgb)
        at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        return np.where(known[at] == codes, at + 1, len(self.palette)).astype(np.int32)

    def _looked_at(self, number: int) -> TrueFrame:
        drawing = self._drawing(number)
        if drawing.regions is None or drawing.ink is None:
            finished = finished_frame(drawing, None)
            return TrueFrame(finished, finished)
        colours = colours_of(self._info)
        paint = flat_paint(drawing.regions, drawing.shade, colours)
        return TrueFrame(
            finished=inked(paint, drawing.ink),
            paint=paint,
            ink=drawing.ink,
            thing=drawing.regions,
            colour=self.index_of(paint),
        )


def as_float(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit values 0..255 as float32 in [0, 1]."""
    return np.asarray(picture, np.float32) / np.float32(255)


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(..., 3) 8-bit colours as one number each, red the most of it."""
    red, green, blue = (rgb[..., channel].astype(np.uint32) for channel in range(3))
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)


def optical_motion(now: NDArray[np.uint8], following: NDArray[np.uint8]) -> Motion:
    """Motion where nobody knows the exact one: DIS optical flow, followed forth and back.

    Args:
        now: (H, W, 3) uint8.
        following: The next frame.

    """
    a, b = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (now, following))
    if min(a.shape) < 16:  # less than DIS can look at
        return Motion(np.zeros((*a.shape, 2), np.float32), np.zeros(a.shape, bool), False)
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    height, width = a.shape
    unknown = np.zeros((height, width, 2), np.float32)
    forth = np.asarray(dis.calc(a, b, unknown.copy()), np.float32)
    back = np.asarray(dis.calc(b, a, unknown), np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    to_x, to_y = x + forth[..., 0], y + forth[..., 1]
    returned = forth + cv2.remap(back, to_x, to_y, cv2.INTER_LINEAR, borderValue=(1e6, 1e6, 0, 0))
    return Motion(forth, np.hypot(returned[..., 0], returned[..., 1]) < _FOLLOWED_WITHIN_PX, False)


def read_clips(
    place: str | Path, *, frames: int = 24, most_shots: int | None = None
) -> Iterator[Clip]:
    """The clips of a set, or of one shot in a folder.

    Args:
        place: A set that `celtint-train prepare` made, or a shot in the layout of the samples.
        frames: Longer shots are cut into clips of so many frames; a rest of less than half is left
            out, unless it is all there is. 0 takes every shot whole.
        most_shots: Take no more shots than the first so many.

    Raises:
        DataError: There is neither, or it is damaged.

    """
    if is_shot_folder(place):
        folder = read_folder(Path(place))
        yield from _cut(folder.info, folder.drawing, frames, folder.background, folder.digest())
        return
    for count, shot in enumerate(read_shots(place)):
        if count == most_shots:
            return
        digest = hashlib.sha256(shot.text)
        for name in sorted(shot.files):
            digest.update(name.encode() + shot.files[name])
        # What no region covers is paper: nothing was drawn there.
        nothing = frozenset({0})
        yield from _cut(shot.info, shot.drawing, frames, nothing, digest.hexdigest())


def name_of(place: str | Path) -> str:
    """What a report calls a set or a shot: its folder, and the one above for a split.

    >>> name_of("data/drawings/held_out"), name_of("out/prologue_kid")
    ('drawings/held_out', 'prologue_kid')
    """
    path = Path(str(place))
    if path.name in ("train", "held_out", "held-out", "validation", "test"):
        return f"{path.parent.name}/{path.name}"
    return path.name


def is_shot_folder(place: str | Path) -> bool:
    """Whether this is one shot rather than a set.

    Raises:
        DataError: It is neither.

    """
    if isinstance(place, str) and not Path(place).is_dir():
        return False  # an address, or missing: the reader of sets says which
    path = Path(place)
    if (path / SET_FILE).exists():
        return False
    if (path / "line").is_dir() and (path / "truth").is_dir():
        return True
    raise DataError(
        f"{path} holds neither a finished set ({SET_FILE}) nor a shot (line/, truth/, palette.json)"
    )


def _cut(
    info: ShotInfo,
    drawing: Callable[[int], Drawing],
    frames: int,
    background: frozenset[int],
    digest: str,
) -> Iterator[Clip]:
    total = len(info.holds)
    length = frames or total
    for first in range(0, total, length):
        count = min(length, total - first)
        if first and 2 * count < length:
            return
        yield Clip(info, drawing, first=first, frames=count, background=background, digest=digest)
