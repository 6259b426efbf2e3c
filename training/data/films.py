"""Video files, frame by frame, at the shape in which they are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong is told by us
import cv2

from ..errors import DataError

Frame = NDArray[np.uint8]

CUT_OFF_SHARE = 0.95
"""A film that ends before this share of the frames its header promises was cut off: counts in
headers are rounded."""


@dataclass(frozen=True)
class Film:
    """What a video's header says.

    Attributes:
        path: The file.
        width: Pixels as shown: pixels that are not square are accounted for.
        height: Pixels.
        fps: Frames a second.
        frames: How many there should be; 0 where the header does not say.

    """

    path: Path
    width: int
    height: int
    fps: float
    frames: int


def open_film(path: Path) -> Film:
    """Look at a video: its header, and its first frame.

    Raises:
        DataError: It is missing, empty, or nothing that can be watched.

    """
    if not path.is_file():
        raise DataError(f"{path} is not there, or is no file: name a video")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty: copy it again")
    capture = _capture(path)
    try:
        is_read, frame = capture.read()
        if not is_read:
            raise DataError(
                f"{path} cannot be read as a video: it has no picture (sound alone?), is cut off, "
                "or is of a kind that this OpenCV does not know. Try it in a player, or convert it"
            )
        height, width = frame.shape[:2]
        across, down = (capture.get(p) for p in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN))
        aspect = across / down if across > 0 and down > 0 else 1.0
        return Film(
            path=path,
            width=round(width * aspect),
            height=height,
            fps=capture.get(cv2.CAP_PROP_FPS) or 24.0,
            frames=max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))),
        )
    finally:
        capture.release()


def frames_of(film: Film, short_side_px: int) -> Iterator[Frame]:
    """All frames, (H, W, 3) uint8 sRGB, scaled so that the shorter side is `short_side_px`.

    Both sides are scaled alike, so nothing is squashed; smaller films keep their size.
    """
    scale = min(1.0, short_side_px / min(film.width, film.height))
    size = (max(1, round(film.width * scale)), max(1, round(film.height * scale)))
    capture = _capture(film.path)
    try:
        while True:
            is_read, frame = capture.read()
            if not is_read:
                return
            if frame.shape[1::-1] != size:
                frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
            yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        capture.release()


def is_cut_off(film: Film, frames_read: int) -> bool:
    """Whether a film ended long before its header said it would."""
    return frames_read < CUT_OFF_SHARE * film.frames - 2


def _capture(path: Path) -> cv2.VideoCapture:
    # What cannot be opened is told by us, in words that say what to do.
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        # The other readers would take a picture, or a name with a % in it, for a film.
        return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(before)
