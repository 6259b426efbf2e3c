"""A sample shot of the repository, as a set to train on and as frames to paint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from .data.shards import ShotWriter
from .data.shots import Drawing, RegionColour, Shot, ShotInfo
from .errors import DataError

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sample:
    """A shot in the layout of `samples/README.md`, at the size it is trained on.

    Attributes:
        name: Of its folder.
        ink: Coverage of every frame, (H, W) uint8.
        shape: Which shape every pixel belongs to, (H, W) uint16.
        colour: 8-bit sRGB of every shape.
        dabs: (H, W) bool where hints lie, by index; only frames with hints.

    """

    name: str
    ink: Sequence[Pixels]
    shape: Sequence[NDArray[np.uint16]]
    colour: Mapping[int, tuple[int, int, int]]
    dabs: Mapping[int, NDArray[np.bool_]]

    def truth(self, index: int) -> Pixels:
        """(H, W, 3) uint8 sRGB of the paint under the lines."""
        table = np.zeros((max(self.colour) + 1, 3), np.uint8)
        for shape, rgb in self.colour.items():
            table[shape] = rgb
        return table[self.shape[index]]

    def hints(self) -> dict[int, NDArray[np.float32]]:
        """The hints as `colorize_sequence` takes them: every dab in its shape's exact colour."""
        found = {}
        for index, is_dab in self.dabs.items():
            hint = np.zeros((*is_dab.shape, 4), np.float32)
            hint[is_dab, :3] = self.truth(index)[is_dab].astype(np.float32) / 255
            hint[is_dab, 3] = 1
            found[index] = hint
        return found


def read_sample(folder: Path, *, height: int = 360) -> Sample:
    """Read a sample, scaled down.

    Args:
        folder: Such as `samples/meadow`.
        height: Pixels to scale to, where the frames are larger.

    Raises:
        DataError: It is not such a folder, or a file is damaged.

    """
    lines = sorted((folder / "line").glob("line.*.exr"))
    if not lines:
        raise DataError(
            f"{folder} is no sample: it has no line/line.####.exr. Samples lie in the checkout, "
            "samples/meadow"
        )
    try:
        palette = json.loads((folder / "palette.json").read_text("utf-8"))
        shapes = json.loads((folder / "shapes.json").read_text("utf-8"))
        srgb = {entry["index"]: entry.get("srgb") for entry in palette}
        colour = {entry["id"]: tuple(srgb[entry["palette_index"]]) for entry in shapes}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} is no sample: its palette cannot be read: {error}") from error
    ink, shape, dabs = [], [], {}
    for index, path in enumerate(lines):
        number = path.name.split(".")[-2]
        full = _alpha(path, "line.A")
        size = _size(full, height)
        ink.append(np.rint(255 * cv2.resize(full, size, interpolation=cv2.INTER_AREA)).astype("u1"))
        shape.append(_shapes(folder / "truth" / f"shape.{number}.png", size, colour))
        hint = folder / "hint" / f"hint.{number}.exr"
        if hint.exists():
            scaled = cv2.resize(_alpha(hint, "hint.A"), size, interpolation=cv2.INTER_AREA)
            dabs[index] = scaled >= 0.5
    return Sample(folder.resolve().name, ink, shape, colour, dabs)


def write_sample_set(sample: Sample, out: Path) -> None:
    """Write a sample as a set of one shot.

    Raises:
        DataError: There is a set already.

    """
    height, width = sample.ink[0].shape
    info = ShotInfo(
        name=sample.name,
        sources=(sample.name,),
        width=width,
        height=height,
        holds=tuple(range(len(sample.ink))),
        regions={
            shape: RegionColour(base=rgb, shade=rgb, group=group)
            for group, (shape, rgb) in enumerate(sorted(sample.colour.items()))
        },
    )
    drawings = [
        Drawing(ink=ink, regions=shape) for ink, shape in zip(sample.ink, sample.shape, strict=True)
    ]
    with ShotWriter(out, "sample", made={"from": sample.name}) as writer:
        writer.add(Shot(info, drawings))


def _size(plane: NDArray[np.float32], height: int) -> tuple[int, int]:
    """Width and height to scale to."""
    rows, columns = plane.shape
    return (columns, rows) if rows <= height else (round(columns * height / rows), height)


def _alpha(path: Path, channel: str) -> NDArray[np.float32]:
    """One channel of an EXR over its display window, 0..1."""
    source = oiio.ImageBuf(str(path))
    spec = source.spec()
    if source.has_error or channel not in spec.channelnames:
        raise DataError(f"{path} cannot be read, or has no channel {channel}: {source.geterror()}")
    number = spec.channelnames.index(channel)
    whole = oiio.ROI(
        spec.full_x, spec.full_x + spec.full_width, spec.full_y, spec.full_y + spec.full_height
    )
    whole.chbegin, whole.chend = number, number + 1
    pixels = source.get_pixels(oiio.FLOAT, whole)
    if pixels is None:
        raise DataError(f"{path} is damaged: {source.geterror()}")
    return np.clip(np.asarray(pixels, np.float32)[..., 0], 0, 1)


def _shapes(
    path: Path, size: tuple[int, int], colour: Mapping[int, tuple[int, int, int]]
) -> NDArray[np.uint16]:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 2:
        raise DataError(f"{path} cannot be read, or is no 16-bit grey PNG")
    if unknown := set(np.unique(found).tolist()) - set(colour):
        raise DataError(f"{path} shows the shape {min(unknown)}, which shapes.json does not know")
    return np.asarray(cv2.resize(found, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint16)
