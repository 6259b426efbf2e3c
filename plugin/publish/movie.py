"""A review movie of a painted shot, by PyAV, whose wheels bring their own encoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ..colour import Colour
from ..errors import FileError
from ..images import place, read_layer

_ENCODERS = ("libx264", "mpeg4")  # the second one every build has


def write_movie(
    path: Path, files: Sequence[Path], colour: Colour, *, fps: float, most_width_px: int
) -> None:
    """Write the composite, line over paint on white, as an MP4 that every player shows.

    Args:
        path: The file to make.
        files: The frames, in film order; all of one size.
        colour: The conversions.
        fps: Frames per second.
        most_width_px: Wider frames are made smaller.

    Raises:
        FileError: A frame cannot be read, or the movie cannot be written.

    """
    encoder = next(one for one in _ENCODERS if one in av.codecs_available)
    try:
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as movie:
            rate = Fraction(fps).limit_denominator(1001)
            stream = cast(av.VideoStream, movie.add_stream(encoder, rate=rate))
            stream.pix_fmt = "yuv420p"
            # Of one thread, so that the same frames make the same bytes.
            stream.codec_context.thread_count = 1
            for number, picture in enumerate(_pictures(files, colour, most_width_px)):
                if not number:
                    stream.height, stream.width = picture.shape[:2]
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                    movie.mux(packet)
            for packet in stream.encode():
                movie.mux(packet)
    except (av.FFmpegError, OSError) as error:
        raise FileError(f"{path} cannot be written: {error}") from error


def _pictures(
    files: Sequence[Path], colour: Colour, most_width_px: int
) -> Iterator[NDArray[np.uint8]]:
    """(h, w, 3) uint8 sRGB of each frame's display window; even sides, as the encoders want."""
    for file in files:
        layer = read_layer(file, "rgba")
        display = layer.display_window
        space = colour.space_of(layer.header).space
        rgba = place(layer, display).astype(np.float32)
        wide = display.width * layer.header.pixel_aspect
        scale = min(1.0, most_width_px / wide)
        size = (_even(wide * scale), _even(display.height * scale))
        # Made small while it is linear and premultiplied: light adds up, and edges keep no halo.
        small = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA)
        straight = colour.to_working(small, space, is_premultiplied=layer.is_premultiplied)
        alpha = straight[..., 3:]
        over_white = np.clip(straight[..., :3], 0, 1) * alpha + (1 - alpha)
        yield (over_white * 255 + 0.5).astype(np.uint8)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
