"""What the rules look at: a painted shot, described; and what a rule says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..check import Plan
from ..header import ImageHeader, Window
from ..identity import Identity
from ..job import Job
from ..shot import FramePattern
from .options import Options
from .reviews import Review


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, in an artist's words.

    Attributes:
        shot: The shot's name.
        frame: The frame, None where it is the shot as a whole.
        place: Where in the picture, as `x, y, width, height`, counted as the files count; None for
            the whole frame.
        what: What is wrong.
        do: What to do about it.

    """

    shot: str
    frame: int | None
    place: Window | None
    what: str
    do: str

    def __str__(self) -> str:
        where = self.shot if self.frame is None else f"{self.shot} frame {self.frame}"
        if self.place is not None:
            where += f" at ({self.place.x}, {self.place.y})"
        return f"{where}: {self.what} {self.do}"


@dataclass(frozen=True)
class Spot:
    """A patch of pixels that something holds for: its box, its area, and the worst value in it."""

    box: Window
    area_px: int
    value: float = 0.0


@dataclass(frozen=True)
class Turned:
    """A patch whose colour the frame before contradicts.

    Attributes:
        spot: Where; `value` is how sure the frame before is, 0..1.
        source_frame: The frame that colour flowed from.
        was, now: Colours, (3,) as the file stores them.

    """

    spot: Spot
    source_frame: int
    was: tuple[float, float, float]
    now: tuple[float, float, float]


@dataclass(frozen=True)
class Dishonoured:
    """A region whose paint is not what its hint says.

    Attributes:
        spot: A wrong pixel and how many there are.
        hinted: The hint's colour, (3,) as the paint's file would store it.
        painted: What stands there.
        is_contradiction: Another hint claimed the same region, so that both cannot be honoured.

    """

    spot: Spot
    hinted: tuple[float, float, float]
    painted: tuple[float, float, float]
    is_contradiction: bool = False


@dataclass(frozen=True)
class Pixels:
    """What one decoding of a frame tells; everything that would grow with its size is left behind.

    Attributes:
        faults: Of the values that no paint may have, by kind (`NaN`, `infinite`, `negative`, `at
            the limit of half floats`): how many, and the first one's channel and place.
        colours: Paint colour, packed as four half floats, to its pixels; the most frequent ones.
        unpainted: Patches without paint, largest first.
        doubtful: Painted patches of low confidence, most doubtful first.
        turned: Patches that contradict the frame that colour came from.
        dishonoured: Regions that contradict the hints of this frame.
        hint_colours: The colours its hints ask for, packed as `colours`.

    """

    faults: Mapping[str, tuple[int, str, Spot]] = field(default_factory=dict)
    colours: Mapping[int, Spot] = field(default_factory=dict)
    unpainted: tuple[Spot, ...] = ()
    doubtful: tuple[Spot, ...] = ()
    turned: tuple[Turned, ...] = ()
    dishonoured: tuple[Dishonoured, ...] = ()
    hint_colours: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Frame:
    """One frame's file.

    Attributes:
        frame: Its number.
        path: Where it is.
        header: What it says of itself; None where it cannot be opened.
        channels: Channel name to stored type, in the first part.
        celtint: Its `celtint:` metadata, by the names after the colon.
        error: Why it cannot be decoded; "" where every pixel was.
        pixels: What decoding it told; None where it cannot be decoded.
        size, changed_ns: What tells it from a later file of the same name.

    """

    frame: int
    path: Path
    header: ImageHeader | None
    channels: Mapping[str, str] = field(default_factory=dict)
    celtint: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    pixels: Pixels | None = None
    size: int = 0
    changed_ns: int = 0


@dataclass(frozen=True)
class Lineage:
    """What the frames were painted from, as it is on disk now.

    Attributes:
        plan: Line art, hints, colour spaces and settings.
        identity: What frames painted from it say of themselves.
        index_of: Frame to its index in the plan.

    """

    plan: Plan
    identity: Identity
    index_of: Mapping[int, int]


@dataclass(frozen=True)
class Said:
    """What the production says about the shot; None where nobody says.

    Attributes:
        first_frame, last_frame: Its range with its handles, inclusive.
        width, height: Of the display window, in pixels.
        pixel_aspect: Width of a pixel over its height.
        colorspace: Name in the config.

    """

    first_frame: int | None = None
    last_frame: int | None = None
    width: int | None = None
    height: int | None = None
    pixel_aspect: float | None = None
    colorspace: str | None = None


@dataclass(frozen=True)
class Target:
    """Where the shot is to be published.

    Attributes:
        root: Folder of the versions.
        version: Which one, from 1.
        exists: Whether it is there already.

    """

    root: Path
    version: int
    exists: bool

    @property
    def folder(self) -> Path:
        """Folder of the version."""
        return self.root / f"v{self.version:03d}"


@dataclass(frozen=True)
class PaintedShot:
    """A painted shot as it stands on disk.

    Attributes:
        name: What to call it.
        pattern: Names of its frames.
        frames: What is there, ascending.
        odd_names: Files of the sequence whose number is padded in another way.
        leftovers: What interrupted runs left behind.
        is_being_painted: A run holds the output.
        job: What it was painted by; None where nothing says.
        lineage: What it was painted from; None where that cannot be told.
        untold: Why not, one problem each.
        said: What the production says.
        target: Where it is to be published; None where it is only checked.
        reviews: What people have looked at and allowed.
        options: What is asked for.

    """

    name: str
    pattern: FramePattern
    frames: tuple[Frame, ...]
    odd_names: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    is_being_painted: bool
    job: Job | None
    lineage: Lineage | None
    untold: tuple[str, ...]
    said: Said
    target: Target | None
    reviews: tuple[Review, ...]
    options: Options

    @property
    def is_flat(self) -> bool:
        """Whether every region is to have one exact colour."""
        return self.job is None or self.job.finish == "flat"

    def finding(
        self, what: str, do: str, frame: int | None = None, place: Window | None = None
    ) -> Finding:
        """A finding about this shot."""
        return Finding(self.name, frame, place, what, do)

    def is_allowed(self, rule: str, frame: int, place: Window) -> bool:
        """Whether a person has allowed what a rule says about a place."""
        return any(review.covers(rule, frame, place) for review in self.reviews)
