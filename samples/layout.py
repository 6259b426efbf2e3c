"""The layout of a sample shot: line art and hints as a pipeline hands them over, and the truth.

line/line.####.exr      layer `line`: black ink, alpha its coverage, half float, ACEScg
hint/hint.####.exr      layer `hint`: dabs, premultiplied, only on frames that have hints
truth/palette.####.png  8 bit: palette index of the paint, under the ink too
truth/shape.####.png    16 bit: id of the shape, the same thing on every frame
palette.json            every palette index: name, sRGB, ACEScg as stored in the hints
shapes.json             every shape id: what it belongs to, and its palette index
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import PyOpenColorIO as ocio
from numpy.typing import NDArray

COLOUR_CONFIG = "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"
# ACES AP1 primaries and white, as OpenEXR stores them.
AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
INK_FROM = 128  # coverage of 255; from here a pixel shows ink rather than its paint
FAINTEST_LINE = 20  # coverage of 255; an artist sees a line, and dabs on both sides of it
SMALLEST_REGION = 20  # px; an artist dabs no smaller ones


@dataclass(frozen=True)
class Palette:
    """The colours of a shot; index k is `names[k - 1]`, index 0 is *unpainted*.

    Attributes:
        names: One for each colour.
        srgb: (P, 3) uint8.
        acescg: (P, 3) float16, scene-linear, what the hints hold.

    """

    names: list[str]
    srgb: NDArray[np.uint8]
    acescg: NDArray[np.float16]

    def write(self, path: Path) -> None:
        """Write as JSON, the half floats as their bits too."""
        rows: list[dict[str, object]] = [{"index": 0, "name": "unpainted"}]
        for k, name in enumerate(self.names):
            rows.append(
                {
                    "index": k + 1,
                    "name": name,
                    "srgb": self.srgb[k].tolist(),
                    "acescg": self.acescg[k].astype(float).tolist(),
                    "acescg_half_bits": self.acescg[k].view(np.uint16).tolist(),
                }
            )
        write_json(path, rows)


def make_palette(colours: Mapping[str, str]) -> Palette:
    """Convert named "#rrggbb" display colours to ACEScg half floats."""
    srgb = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours.values()]
    return palette_from_srgb(list(colours), np.array(srgb, np.uint8))


def palette_from_srgb(names: list[str], srgb: NDArray[np.uint8]) -> Palette:
    """Convert (P, 3) uint8 display colours to ACEScg half floats."""
    config = ocio.Config.CreateFromFile(COLOUR_CONFIG)
    processor = config.getProcessor("sRGB - Texture", "ACEScg").getDefaultCPUProcessor()
    linear = np.ascontiguousarray(srgb.astype(np.float32) / 255.0)
    processor.applyRGB(linear)
    return Palette(names, srgb, linear.astype(np.float16))


def write_json(path: Path, rows: Sequence[object]) -> None:
    """Write one row a line, so that a change shows as one."""
    text = ",\n".join("  " + json.dumps(row) for row in rows)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def write_layer(path: Path, layer: str, rgba: NDArray[np.float16], frame: int) -> None:
    """Write one half-float layer, cropped to what it holds, over the whole display window."""
    height, width = rgba.shape[:2]
    rows, columns = np.nonzero(rgba[..., 3])
    if not len(rows):
        raise ValueError(f"frame {frame}: the layer {layer!r} is empty")
    y0, y1 = int(rows.min()), int(rows.max()) + 1
    x0, x1 = int(columns.min()), int(columns.max()) + 1
    spec = oiio.ImageSpec(x1 - x0, y1 - y0, 4, oiio.HALF)
    spec.x, spec.y = x0, y0
    spec.full_width, spec.full_height = width, height
    spec.channelnames = tuple(f"{layer}.{channel}" for channel in "RGBA")
    spec.alpha_channel = 3
    spec.attribute("compression", "zip:9")
    spec.attribute("Software", "celtint samples")
    spec.attribute(
        "DateTime", "2026:01:01 00:00:00"
    )  # else the time of writing: no two builds alike
    spec.attribute("framesPerSecond", oiio.TypeDesc("rational"), (24, 1))
    spec.attribute("chromaticities", oiio.TypeDesc("float[8]"), AP1)
    spec.attribute("oiio:ColorSpace", "ACEScg")
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        raise OSError(f"{path}: {oiio.geterror()}")
    pixels = np.ascontiguousarray(rgba[y0:y1, x0:x1])
    if not (output.open(str(path), spec) and output.write_image(pixels) and output.close()):
        raise OSError(f"{path}: {output.geterror()}")


def write_line(path: Path, ink: NDArray[np.uint8], frame: int) -> None:
    """Write (H, W) ink coverage, 0..255, as black line art."""
    rgba = np.zeros((*ink.shape, 4), np.float16)
    rgba[..., 3] = (ink.astype(np.float32) / 255.0).astype(np.float16)
    write_layer(path, "line", rgba, frame)


def write_hint(
    path: Path, palette: Palette, dabs: Sequence[Dab], size: tuple[int, int], frame: int
) -> None:
    """Write dabs, (height, width) in all: alpha 1 inside, an anti-aliased, premultiplied rim."""
    rgba = np.zeros((*size, 4), np.float32)
    for dab in dabs:
        reach = int(np.ceil(dab.radius)) + 1
        y0, x0 = max(dab.y - reach, 0), max(dab.x - reach, 0)
        window = rgba[y0 : dab.y + reach + 1, x0 : dab.x + reach + 1]
        yy, xx = np.mgrid[y0 : y0 + window.shape[0], x0 : x0 + window.shape[1]]
        alpha = np.clip(dab.radius + 0.5 - np.hypot(yy - dab.y, xx - dab.x), 0.0, 1.0)
        rgb = palette.acescg[dab.palette_index - 1].astype(np.float32)
        mine = alpha > 0
        window[mine] = np.column_stack([alpha[mine, None] * rgb, alpha[mine]])
    write_layer(path, "hint", rgba.astype(np.float16), frame)


def write_truth(
    folder: Path, frame: int, palette_index: NDArray[np.int32], shape_id: NDArray[np.int32]
) -> None:
    """Write both truth images of a frame."""
    for name, image in (
        ("palette", palette_index.astype(np.uint8)),
        ("shape", shape_id.astype(np.uint16)),
    ):
        path = folder / f"{name}.{frame:04d}.png"
        if not cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
            raise OSError(f"{path}: cannot be written")


@dataclass(frozen=True)
class Dab:
    """One touch of the brush: centre and radius in pixels, and its colour."""

    x: int
    y: int
    radius: float
    palette_index: int


def paint_under_ink(ink: NDArray[np.uint8], shape_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give every pixel that is mostly ink the shape of the nearest paper.

    What a drawing hides under its ink is arbitrary (a black silhouette below the colours, as
    often as not); what a painter wants there is the neighbouring paint. (H, W) in and out.
    """
    is_ink = (ink >= INK_FROM).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        is_ink, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    shape_of_label = np.zeros(int(nearest.max()) + 1, np.int32)
    paper = is_ink == 0
    shape_of_label[nearest[paper]] = shape_id[paper]
    return np.take(shape_of_label, nearest.astype(np.int32))


def regions(
    ink: NDArray[np.uint8], palette_index: NDArray[np.int32]
) -> tuple[int, NDArray[np.int32]]:
    """Split the paper into 4-connected regions of one colour; 0 is ink, regions are 1..n-1.

    A break in an outline does not join two colours here: the truth knows better than the ink.
    """
    paper = ink <= FAINTEST_LINE
    count = 1
    labels = np.zeros(ink.shape, np.int32)
    for index in np.unique(palette_index[paper]):
        mask = (paper & (palette_index == index)).astype(np.uint8)
        n, found = cv2.connectedComponents(mask, connectivity=4)
        labels[found > 0] = found[found > 0] + (count - 1)
        count += n - 1
    return count, labels


def place_dabs(
    ink: NDArray[np.uint8],
    palette_index: NDArray[np.int32],
    rng: np.random.Generator,
    wanted: NDArray[np.bool_] | None = None,
) -> list[Dab]:
    """Place one dab in every region of the frame, where it is widest, clear of the ink.

    Args:
        ink: (H, W) uint8.
        palette_index: (H, W), the truth.
        rng: Where the brush's size comes from, 5 to 9 px; less where a region is narrower.
        wanted: (H, W), limits the dabs to regions that lie inside; None for all.

    """
    count, labels = regions(ink, palette_index)
    dabs = []
    for label in range(1, count):
        region = labels == label
        if region.sum() < SMALLEST_REGION or (wanted is not None and not wanted[region].all()):
            continue
        clear = np.pad((region & (ink == 0)).astype(np.uint8), 1)
        distance = cv2.distanceTransform(clear, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        y, x = np.unravel_index(int(distance.argmax()), distance.shape)
        room = float(distance[y, x])
        if room < 1.0:  # no pixel without ink: nothing a brush could touch
            continue
        radius = max(min(float(rng.uniform(5.0, 9.0)), room - 1.0), 0.5)
        dabs.append(Dab(int(x), int(y), radius, int(palette_index[y, x])))
    return dabs
