"""What a shot of a training set is: drawings with exact ink, regions and colours, or colour frames.

A shot is a list of *drawings* and a list of *holds*: for every frame of the film, which drawing it
shows. Shots made from drawings carry ink and region identities, from which any colouring can be
made; shots cut from video carry the colour of each drawing alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

FORMAT = 1
"""Version of `shot.json` and `set.json`. A reader refuses every other."""

FLOW_STEPS_PX = 64
"""Flow is stored in steps of 1/64 pixel, so that it reaches 512 pixels either way."""

FLOW_ZERO = 32768
FLOW_VALID = 65535
PNG_LEVEL = 4
"""Half the size of level 3 on drawings; the levels above win nothing."""

SHOT_NAME = re.compile(r"[a-z0-9-]+")

Rgb = tuple[int, int, int]
"""8-bit sRGB."""


@dataclass(frozen=True)
class RegionColour:
    """The colours of one drawn shape.

    Attributes:
        base: 8-bit sRGB in light.
        shade: 8-bit sRGB in shade.
        group: Number shared by regions that are painted alike, whatever the palette.

    """

    base: Rgb
    shade: Rgb
    group: int


@dataclass(frozen=True)
class ShotInfo:
    """What is known of a shot without decoding a picture.

    Attributes:
        name: Lower-case letters, digits and hyphens.
        sources: Names of the drawings, or of the file, that the shot was made from.
        width: Pixels.
        height: Pixels.
        holds: For every frame of the film, the number of the drawing it shows, from 0 without gaps.
        regions: Colours by region identity; None where only colour frames are known.
        trace_rgb: Colour of the trace lines; None where there are none.
        seed: What the shot was made from, with its sources.
        fps: Frames of film a second.

    """

    name: str
    sources: tuple[str, ...]
    width: int
    height: int
    holds: tuple[int, ...]
    regions: Mapping[int, RegionColour] | None = None
    trace_rgb: Rgb | None = None
    seed: int = 0
    fps: float = 24

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise DataError(f"shot {self.name!r} cannot be: {'; '.join(problems)}")

    @property
    def drawings(self) -> int:
        """How many drawings the shot has."""
        return max(self.holds) + 1

    def to_json(self) -> bytes:
        """`shot.json`, the same bytes for the same shot."""
        fields: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "sources": list(self.sources),
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "holds": list(self.holds),
            "trace_rgb": self.trace_rgb and list(self.trace_rgb),
            "seed": self.seed,
        }
        if self.regions is not None:
            fields["regions"] = {
                str(number): {
                    "base": list(colour.base),
                    "shade": list(colour.shade),
                    "group": colour.group,
                }
                for number, colour in sorted(self.regions.items())
            }
        return json.dumps(fields, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> ShotInfo:
        """Read `shot.json`.

        Raises:
            DataError: It is of another version, or no description of a shot.

        """
        try:
            fields = json.loads(text)
            version = fields["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("shot.json does not describe a shot") from error
        if version != FORMAT:
            raise DataError(f"shot.json is of version {version!r}, and version {FORMAT} is read")
        try:
            regions = fields.get("regions")
            return cls(
                name=str(fields["name"]),
                sources=tuple(map(str, fields["sources"])),
                width=int(fields["width"]),
                height=int(fields["height"]),
                holds=tuple(map(int, fields["holds"])),
                regions=None
                if regions is None
                else {
                    int(number): RegionColour(
                        _rgb(colour["base"]), _rgb(colour["shade"]), int(colour["group"])
                    )
                    for number, colour in regions.items()
                },
                trace_rgb=None if fields.get("trace_rgb") is None else _rgb(fields["trace_rgb"]),
                seed=int(fields["seed"]),
                fps=float(fields["fps"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"shot.json lacks or garbles a field: {type(error).__name__} {error}"
            ) from error


def _rgb(values: Sequence[int]) -> Rgb:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def _problems(info: ShotInfo) -> Sequence[str]:
    problems = []
    if not SHOT_NAME.fullmatch(info.name):
        problems.append("its name may hold lower-case letters, digits and hyphens alone")
    if info.width < 1 or info.height < 1:
        problems.append(f"its size is {info.width}x{info.height}")
    if not info.holds or set(info.holds) != set(range(max(info.holds) + 1)):
        problems.append("its holds must name every drawing from 0 on, without gaps")
    if info.fps <= 0:
        problems.append(f"{info.fps} frames a second")
    for number, colour in (info.regions or {}).items():
        if not 1 <= number <= 65535:
            problems.append(f"region {number} is not within 1..65535")
        if not all(0 <= value <= 255 for value in (*colour.base, *colour.shade)):
            problems.append(f"region {number} has a colour outside 0..255")
    return problems


@dataclass(frozen=True)
class Drawing:
    """One drawing, as stored. A part that a shot does not have is None.

    Attributes:
        ink: (H, W) uint8 coverage: 0 paper, 255 solid ink.
        regions: (H, W) uint16 identity of the shape at each pixel, under the ink too; 0 is none.
        shade: (H, W) uint8, 255 where an untraced cel shade lies.
        trace: (H, W) uint8 coverage of colour-trace lines.
        flow: (H, W, 3) uint16 as `encode_flow` makes it; None for the last drawing.
        colour: (H, W, 3) uint8 sRGB of shots that have no ink and regions.

    """

    ink: NDArray[np.uint8] | None = None
    regions: NDArray[np.uint16] | None = None
    shade: NDArray[np.uint8] | None = None
    trace: NDArray[np.uint8] | None = None
    flow: NDArray[np.uint16] | None = None
    colour: NDArray[np.uint8] | None = None

    def planes(self) -> dict[str, NDArray[Any]]:
        """The parts that are there, by name."""
        return {name: plane for name in PLANES if (plane := getattr(self, name)) is not None}


PLANES: Mapping[str, tuple[type[np.unsignedinteger[Any]], int]] = {
    "ink": (np.uint8, 1),
    "regions": (np.uint16, 1),
    "shade": (np.uint8, 1),
    "trace": (np.uint8, 1),
    "flow": (np.uint16, 3),
    "colour": (np.uint8, 3),
}
"""Name of each plane of a drawing, its depth and its channels."""


@dataclass(frozen=True)
class Shot:
    """A shot whose drawings are decoded."""

    info: ShotInfo
    drawings: Sequence[Drawing]


@dataclass(frozen=True)
class EncodedShot:
    """A shot whose drawings are still files.

    Attributes:
        text: `shot.json`.
        files: Bytes by field, such as `0003.ink.png`.
        place: Where it was read from, for messages.

    """

    text: bytes
    files: Mapping[str, bytes]
    place: str = "memory"

    @cached_property
    def info(self) -> ShotInfo:
        """The shot's description.

        Raises:
            DataError: It is of another version or garbled, or drawings are missing.

        """
        try:
            info = ShotInfo.from_json(self.text)
        except DataError as error:
            raise DataError(f"{self.place}: {error}. Prepare the set again") from error
        needed = "regions" if info.regions is not None else "colour"
        missing = [n for n in range(info.drawings) if field(n, needed) not in self.files]
        if missing:
            raise DataError(
                f"{self.place} is cut off or damaged: shot {info.name} lacks "
                f"{field(missing[0], needed)}. Fetch or prepare the set again"
            )
        return info

    def has(self, number: int, plane: str) -> bool:
        """Whether drawing `number` was stored with this plane."""
        return field(number, plane) in self.files

    def drawing(self, number: int, *, planes: Sequence[str] | None = None) -> Drawing:
        """Decode one drawing.

        Args:
            number: 0 to `info.drawings - 1`.
            planes: Names of the planes to decode; all that are there where None.

        Raises:
            IndexError: There is no such drawing.
            DataError: A picture cannot be decoded, or is not of the size that the shot has.

        """
        info = self.info
        if not 0 <= number < info.drawings:
            raise IndexError(f"shot {info.name} has no drawing {number}")
        return Drawing(
            **{
                plane: self._decode(number, plane)
                for plane in (PLANES if planes is None else planes)
                if self.has(number, plane)
            }
        )

    def _decode(self, number: int, plane: str) -> NDArray[Any]:
        depth, channels = PLANES[plane]
        packed = np.frombuffer(self.files[field(number, plane)], np.uint8)
        picture = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED) if packed.size else None
        shape = (self.info.height, self.info.width) + ((channels,) if channels > 1 else ())
        if picture is None or picture.shape != shape or picture.dtype != depth:
            raise DataError(
                f"{self.place}: {field(number, plane)} of shot {self.info.name} is damaged. "
                "Prepare the set again"
            )
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) if channels > 1 else picture


def field(number: int, plane: str) -> str:
    """Name of a file in a shot.

    >>> field(3, "ink")
    '0003.ink.png'
    """
    return f"{number:04d}.{plane}.png"


def encode_shot(shot: Shot) -> EncodedShot:
    """Check a shot and make files of it; for the same shot, the same bytes.

    Raises:
        DataError: The drawings do not fit the description. All that is wrong is told.

    """
    problems = list(_misfits(shot))
    if problems:
        raise DataError(f"shot {shot.info.name} cannot be stored: {'; '.join(problems)}")
    files = {}
    for number, drawing in enumerate(shot.drawings):
        for name, plane in drawing.planes().items():
            files[field(number, name)] = as_png(plane)
    return EncodedShot(shot.info.to_json(), files)


def as_png(plane: NDArray[Any]) -> bytes:
    """One plane of a drawing as it is stored."""
    picture = plane if plane.ndim == 2 else cv2.cvtColor(plane, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])[1].tobytes()


def _misfits(shot: Shot) -> Sequence[str]:
    info = shot.info
    problems = []
    if len(shot.drawings) != info.drawings:
        problems.append(f"it has {len(shot.drawings)} drawings and its holds {info.drawings}")
    needed = ("colour",) if info.regions is None else ("ink", "regions")
    for number, drawing in enumerate(shot.drawings):
        planes = drawing.planes()
        problems += [f"drawing {number} has no {name}" for name in needed if name not in planes]
        for name, plane in planes.items():
            depth, channels = PLANES[name]
            shape = (info.height, info.width) + ((channels,) if channels > 1 else ())
            if plane.shape != shape or plane.dtype != depth:
                problems.append(
                    f"{name} of drawing {number} is {plane.shape} {plane.dtype}, "
                    f"expected {shape} {np.dtype(depth)}"
                )
        if info.regions is not None and drawing.regions is not None:
            there = set(np.flatnonzero(np.bincount(drawing.regions.ravel())).tolist()) - {0}
            unknown = sorted(there - set(info.regions))
            if unknown:
                problems.append(f"drawing {number} shows regions without a colour: {unknown[:5]}")
    return problems


def encode_flow(flow_px: NDArray[np.floating[Any]], valid: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Flow as it is stored.

    Args:
        flow_px: (H, W, 2) dx, dy in pixels to the next drawing.
        valid: (H, W) where the flow means something; elsewhere it is stored as none. Flow that is
            longer than can be stored is not valid either.

    Returns:
        (H, W, 3) uint16.

    """
    code = np.rint(np.nan_to_num(flow_px) * FLOW_STEPS_PX) + FLOW_ZERO
    fits = valid & ((code >= 0) & (code <= 65535)).all(axis=-1)
    stored = np.where(fits[..., None], code, FLOW_ZERO).astype(np.uint16)
    return np.dstack([stored, np.where(fits, FLOW_VALID, 0).astype(np.uint16)])


def decode_flow(stored: NDArray[np.uint16]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """`(H, W, 2)` dx, dy in pixels, and `(H, W)` where they are valid."""
    flow = (stored[..., :2].astype(np.float32) - FLOW_ZERO) / np.float32(FLOW_STEPS_PX)
    return flow, stored[..., 2] == FLOW_VALID
