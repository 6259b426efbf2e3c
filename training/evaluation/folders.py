"""A shot that lies in a folder as pictures: line art and truth, in the layout of the samples.

line/NAME.####.exr or .png     line art: black ink whose alpha is its coverage, or ink on white
truth/shape.####.png           16 bit, identity of the shape at every pixel
palette.json                   index, name and sRGB of every colour
shapes.json                    what each shape belongs to, and its palette index
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from celtint.engine.frames import ink_of

from ..data.shots import Drawing, RegionColour, Rgb, ShotInfo
from ..errors import DataError

BACKGROUND = "background"
"""What shapes.json says a background's shape belongs to."""

_SHIFT = 1
"""Shape k of the folder is region k + 1: there, 0 is a shape like any other."""


@dataclass(frozen=True)
class FolderShot:
    """A shot in a folder; its drawings are read when they are asked for.

    Attributes:
        info: The shot, every frame a drawing of its own.
        background: Regions that belong to the background.
        lines: Files of line art, in film order.
        shapes: Files of identities, likewise.

    """

    info: ShotInfo
    background: frozenset[int]
    lines: tuple[Path, ...]
    shapes: tuple[Path, ...]

    def drawing(self, number: int) -> Drawing:
        """Read one drawing.

        Raises:
            DataError: A file cannot be read, or is not of the shot's size.

        """
        size = (self.info.height, self.info.width)
        shape = _picture(self.shapes[number])
        ink = read_ink(self.lines[number])
        for path, got in ((self.shapes[number], shape.shape), (self.lines[number], ink.shape)):
            if got != size:
                raise DataError(f"{path} is of {got[1]}x{got[0]}, its shot of {size[1]}x{size[0]}")
        regions = (shape.astype(np.int64) + _SHIFT).astype(np.uint16)
        unknown = sorted(set(np.unique(regions).tolist()) - set(self.info.regions or {}))
        if unknown:
            raise DataError(
                f"{self.shapes[number]} shows shapes that shapes.json does not name: "
                f"{[number - _SHIFT for number in unknown[:5]]}"
            )
        return Drawing(ink=ink, regions=regions)

    def digest(self) -> str:
        """Of every file's bytes.

        Raises:
            DataError: A file cannot be read.

        """
        digest = hashlib.sha256(self.info.to_json() + repr(sorted(self.background)).encode())
        for path in (*self.lines, *self.shapes):
            try:
                digest.update(path.name.encode() + path.read_bytes())
            except OSError as error:
                raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
        return digest.hexdigest()


def read_folder(folder: Path) -> FolderShot:
    """Find the frames of a shot and what its shapes are.

    Raises:
        DataError: Something is missing or garbled; all that is wrong is told.

    """
    lines = _frames(folder / "line", r"\.(exr|png)")
    shapes = _frames(folder / "truth", r"\.png", stem="shape")
    problems = []
    if not lines:
        problems.append(f"{folder / 'line'} holds no frame of line art (.exr or .png)")
    if not shapes:
        problems.append(f"{folder / 'truth'} holds no shape.####.png")
    if alone := sorted(lines.keys() ^ shapes.keys()):
        problems.append(f"{folder}: line art or truth is missing of frames {alone[:5]}")
    regions: dict[int, RegionColour] = {}
    background: frozenset[int] = frozenset()
    try:
        regions, background = _colours(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(f"{folder}: palette.json or shapes.json cannot be used: {error!r}")
    if problems:
        raise DataError("; ".join(problems))
    order = sorted(shapes)
    height, width = _picture(shapes[order[0]]).shape
    name = re.sub(r"[^a-z0-9-]+", "-", folder.resolve().name.lower()).strip("-") or "shot"
    info = ShotInfo(
        name=name,
        sources=(folder.name,),
        width=width,
        height=height,
        holds=tuple(range(len(order))),
        regions=regions,
    )
    return FolderShot(
        info=info,
        background=background,
        lines=tuple(lines[frame] for frame in order),
        shapes=tuple(shapes[frame] for frame in order),
    )


def read_ink(path: Path) -> NDArray[np.uint8]:
    """(H, W) coverage of line art over its display window.

    An EXR file's ink is its alpha: its colours are scene-linear, and black ink has none. Pictures
    of 8 bits are what `celtint.engine` takes for line art.

    Raises:
        DataError: The file cannot be read, or has no alpha.

    """
    if path.suffix.lower() != ".exr":
        picture = _picture(path)
        if picture.dtype != np.uint8:
            raise DataError(f"{path}: expected 8 bits a channel, got {picture.dtype}")
        if picture.ndim == 2:  # ink on white, as scanned; the engine takes grey for coverage
            return np.asarray(255 - picture, np.uint8)
        order = [2, 1, 0, 3][: picture.shape[2]]
        return ink_of(np.ascontiguousarray(picture[..., order]))
    source = oiio.ImageInput.open(str(path))
    if source is None:
        raise DataError(f"{path} cannot be read: {oiio.geterror()}")
    try:
        spec = source.spec()
        names = [name.rsplit(".", 1)[-1].lower() for name in spec.channelnames]
        if not {"a", "alpha"} & set(names):
            raise DataError(f"{path} has no alpha, only {', '.join(spec.channelnames)}")
        at = next(k for k, name in enumerate(names) if name in ("a", "alpha"))
        pixels = source.read_image(0, 0, at, at + 1, oiio.FLOAT)
        if pixels is None:
            raise DataError(f"{path} cannot be read: {source.geterror()}")
    finally:
        source.close()
    window = np.zeros((spec.full_height, spec.full_width), np.float32)
    top, left = spec.y - spec.full_y, spec.x - spec.full_x
    rows = slice(max(top, 0), min(top + spec.height, spec.full_height))
    columns = slice(max(left, 0), min(left + spec.width, spec.full_width))
    window[rows, columns] = pixels[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, 0
    ]
    return ink_of(window)


def _frames(folder: Path, ending: str, stem: str = r".+") -> dict[int, Path]:
    """Files of a folder by the number of their frame."""
    name = re.compile(rf"{stem}\.(\d+){ending}", re.IGNORECASE)
    paths = folder.iterdir() if folder.is_dir() else ()
    return {int(match[1]): path for path in paths if (match := name.fullmatch(path.name))}


def _colours(folder: Path) -> tuple[dict[int, RegionColour], frozenset[int]]:
    palette: dict[int, Rgb] = {}
    for entry in json.loads((folder / "palette.json").read_text("utf-8")):
        if entry["index"]:
            red, green, blue = (int(value) for value in entry["srgb"])
            palette[entry["index"]] = red, green, blue
    regions, background = {}, set()
    for row in json.loads((folder / "shapes.json").read_text("utf-8")):
        number, colour = int(row["id"]) + _SHIFT, palette[row["palette_index"]]
        regions[number] = RegionColour(colour, colour, int(row["palette_index"]))
        if row["of"] == BACKGROUND:
            background.add(number)
    return regions, frozenset(background)


def _picture(path: Path) -> NDArray[np.generic]:
    # cv2.imread tells of a damaged file on stderr as well, where nobody asked it to.
    try:
        packed = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    picture = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED) if packed.size else None
    if picture is None:
        raise DataError(f"{path} cannot be read: it is no picture, or cut off")
    return np.asarray(picture)
