"""Painted key frames of a shot: line art and what an artist painted, as the engine sees them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import fileseq
import numpy as np
import OpenImageIO as oiio
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from .errors import DataError

Pixels = NDArray[np.uint8]

CONFIG = "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"
"""Unless $OCIO names another; the one that painting takes."""

WORKING_SPACES = ("sRGB - Texture", "srgb_tx", "srgb_texture", "srgb_rec709_scene", "sRGB")

PAPER_INK = 20
"""Ink coverage, of 255, up to which the paint shows."""


PAINTED_ALPHA = 0.5
"""From this alpha on a pixel is painted; what is left bare shows the paper."""


@dataclass(frozen=True, eq=False)
class KeyFrame:
    """A frame that an artist painted.

    Attributes:
        frame: Its number on the film.
        line: (H, W) uint8, 255 is paper.
        paint: (H, W, 3) uint8 sRGB, under the lines too; white where nobody painted.

    """

    frame: int
    line: Pixels
    paint: Pixels


def read_key_frames(
    line: str,
    painted: str,
    *,
    line_layer: str = "line",
    painted_layer: str = "paint",
    colorspace: str = "scene_linear",
) -> list[KeyFrame]:
    """Read every frame that is there both as line art and painted.

    Ink is alpha times one minus the least of red, green and blue, as in painting. Where a file has
    the painted layer, as celtint writes it, no line lies over it; of others the top level is taken,
    and the colour under a line is that of the nearest paper. What is unpainted, a background for
    example, becomes white paper.

    Args:
        line: Pattern of the line art: `line.####.exr`.
        painted: Pattern of the painted key frames.
        line_layer: Layer of the line art, where files have it; else the top level.
        painted_layer: Layer of the paint, likewise.
        colorspace: Of EXR files, as OpenColorIO names it; others are sRGB.

    Raises:
        DataError: No frame is there twice, a file cannot be read, sizes differ, or OpenColorIO does
            not know the space.

    """
    lines, paints = _files(line), _files(painted)
    both = sorted(set(lines) & set(paints))
    if not both:
        raise DataError(
            f"no frame is there both as {line} ({len(lines)} found) and as {painted} "
            f"({len(paints)} found)"
        )
    to_srgb = _to_srgb(colorspace)
    found = []
    for frame in both:
        drawn, _ = _read(lines[frame], line_layer, to_srgb)
        darkness = 1 - np.clip(drawn[..., :3].min(axis=-1), 0, 1)
        ink = np.rint(255 * np.clip(drawn[..., 3], 0, 1) * darkness).astype(np.uint8)
        rgba, is_bare = _read(paints[frame], painted_layer, to_srgb)
        if rgba.shape[:2] != ink.shape:
            raise DataError(
                f"{paints[frame]} is {rgba.shape[1]}x{rgba.shape[0]}, its line art "
                f"{ink.shape[1]}x{ink.shape[0]}"
            )
        paint = np.rint(255 * np.clip(rgba[..., :3], 0, 1)).astype(np.uint8)
        paint[rgba[..., 3] < PAINTED_ALPHA] = 255
        found.append(KeyFrame(frame, 255 - ink, paint if is_bare else _without_lines(paint, ink)))
    return found


def _files(pattern: str) -> dict[int, Path]:
    """The files of a sequence by frame."""
    try:
        found = fileseq.findSequenceOnDisk(pattern)
    except (fileseq.exceptions.FileSeqException, OSError):
        return {}
    return {int(frame): Path(found.frame(frame)) for frame in found.frameSet() or ()}


def _to_srgb(colorspace: str) -> ocio.CPUProcessor:
    name = os.environ.get("OCIO") or CONFIG
    try:
        config = ocio.Config.CreateFromFile(name)
        working = next(space for space in WORKING_SPACES if config.getColorSpace(space))
        return config.getProcessor(colorspace, working).getDefaultCPUProcessor()
    except (ocio.Exception, StopIteration) as error:
        raise DataError(
            f"OpenColorIO config {name} does not convert {colorspace!r} to sRGB: {error}"
        ) from error


def _read(path: Path, layer: str, to_srgb: ocio.CPUProcessor) -> tuple[NDArray[np.float32], bool]:
    """(H, W, 4) straight sRGB over the display window; whether it is the layer asked for."""
    source = oiio.ImageBuf(str(path))
    if source.has_error or not source.spec().nchannels:
        raise DataError(f"{path} cannot be read: {source.geterror()}")
    spec = source.spec()
    names = {name.upper(): number for number, name in enumerate(spec.channelnames)}
    has_layer = f"{layer}.R".upper() in names
    start = f"{layer}." if has_layer else ""
    wanted = [names.get(f"{start}{channel}".upper()) for channel in "RGBA"]
    if any(number is None for number in wanted[:3]):
        grey = names.get("Y", 0)
        wanted = [grey, grey, grey, names.get("A")]
    whole = oiio.ROI(
        spec.full_x, spec.full_x + spec.full_width, spec.full_y, spec.full_y + spec.full_height
    )
    whole.chend = spec.nchannels
    pixels = source.get_pixels(oiio.FLOAT, whole)
    if pixels is None:
        raise DataError(f"{path} is damaged: {source.geterror()}")
    rgba = np.ones((whole.height, whole.width, 4), np.float32)
    for place, number in enumerate(wanted):
        if number is not None:
            rgba[..., place] = pixels[..., number]
    if wanted[3] is not None and not spec.get_int_attribute("oiio:UnassociatedAlpha"):
        rgba[..., :3] /= np.maximum(rgba[..., 3:], 1e-6)
    rgb = np.ascontiguousarray(rgba[..., :3])
    if path.suffix.lower() == ".exr":
        to_srgb.applyRGB(rgb)
    rgba[..., :3] = rgb
    return np.nan_to_num(rgba), has_layer


def _without_lines(paint: Pixels, ink: Pixels) -> Pixels:
    """Give every pixel under ink the colour of the nearest paper."""
    is_ink = (ink > PAPER_INK).astype(np.uint8)
    if is_ink.all():
        return paint
    _, nearest = cv2.distanceTransformWithLabels(
        is_ink, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    is_paper = is_ink == 0
    colour = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    colour[nearest[is_paper]] = paint[is_paper]
    return colour[nearest]
