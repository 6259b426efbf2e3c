"""A sequence of frames on disk: how artists write one, and which frames there are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fileseq.exceptions import FileSeqException
from fileseq.frameset import FrameSet

from .errors import FileError, PluginError
from .job import is_utf8

# A shot of a day at 24 frames a second is 2 million frames; more than this is a slip of the hand.
_MOST_FRAMES = 1_000_000

# The frame number of a file name without a pattern: digits before the extension, set apart by a
# separator, so that `line_v002.exr` is a still and not frame 2.
_FRAME_NUMBER = re.compile(r"^(?P<base>(?:.*[._])?)(?P<number>-?\d+)(?P<ext>\.[^.]+)$")
_PATTERN_CHARACTERS = re.compile(r"#|@|%\d*d|\$F\d*")
_PATTERN = re.compile(
    r"(?P<base>.*?)(?P<marks>#+|@+|[%]0*(?P<digits>\d*)d|\$F(?P<houdini>\d*))(?P<ext>\..*)",
    re.ASCII,
)
_RANGE = re.compile(r"\d-\d+$", re.ASCII)
_ONE_RANGE = r"-?\d{1,9}(?:--?\d{1,9}(?:x\d{1,9})?)?"
_RANGES = re.compile(rf"{_ONE_RANGE}(?:,{_ONE_RANGE})*", re.ASCII)
_UDIM = re.compile(r"<UDIM>|%\(UDIM\)d|<U>_<V>|<TILE>", re.IGNORECASE)


class FramesError(PluginError, ValueError):
    """A frame range or a frame pattern cannot be understood; the message says how to write it."""


@dataclass(frozen=True)
class FramePattern:
    """Names of the frames of a sequence, or one still.

    Attributes:
        folder: Folder of the files.
        base: Start of every name, before the number; the whole name for a still.
        width: Fewest digits of the number, 0 for a still.
        ext: End of every name, with its dot; "" for a still.

    """

    folder: Path
    base: str
    width: int
    ext: str

    @classmethod
    def parse(cls, text: str) -> FramePattern:
        """Read `line.####.exr`, `line.%04d.exr`, `line.@@@@.exr`, `line.$F4.exr` or a file name.

        A file name with a number set apart by "." or "_" before its extension (`line.1001.exr`)
        stands for the sequence it belongs to; any other name is a still.

        Raises:
            FramesError: Empty text, two patterns in one name, a pattern in a folder, or UDIM tiles.

        """
        folder, name = os.path.split(text)
        if not name:
            raise FramesError(f"{text!r} names no file; write a pattern such as line.####.exr")
        if _UDIM.search(text):
            raise FramesError(f"{text!r} names UDIM tiles; frames are written as line.####.exr")
        if not is_utf8(text):
            raise FramesError(f"{text!r} is no UTF-8 text; files with such names cannot be opened")
        if _is_pattern(Path(folder)):
            raise FramesError(f"{text!r} has a frame pattern in its folder; keep it in the name")
        numbered = _FRAME_NUMBER.match(name)
        # A frame that is there (`me@work.1001.exr`) is what its name says, not a pattern.
        is_there = numbered is not None and os.path.isfile(text)  # noqa: PTH113 - never raises
        if _PATTERN_CHARACTERS.search(name) and not is_there:
            return cls._from_pattern(Path(folder), name, text)
        if numbered is None:
            return cls(Path(folder), name, 0, "")
        digits = numbered["number"]
        # A number without a leading zero may have grown past its padding (999, 1000), so its
        # width says nothing unless the sequence is there to look at.
        padded = cls(Path(folder), numbered["base"], len(digits), numbered["ext"])
        return padded._widened(int(digits))

    @classmethod
    def _from_pattern(cls, folder: Path, name: str, text: str) -> FramePattern:
        found = _PATTERN.fullmatch(name)
        if found is None or _PATTERN_CHARACTERS.search(found["base"] + found["ext"]):
            raise FramesError(
                f"{text!r} must hold one pattern, right before the extension; or name one frame"
            )
        if _RANGE.search(found["base"]):
            raise FramesError(f"{text!r} holds a frame range; give the range as the frames option")
        marks, digits = found["marks"], found["digits"] or found["houdini"]
        width = len(marks) if marks[0] in "#@" else int(digits or 1)
        return cls(folder, found["base"], max(width, 1), found["ext"])

    @property
    def is_still(self) -> bool:
        """True for one image without a frame number."""
        return self.width == 0

    def __str__(self) -> str:
        return str(self.folder / f"{self.base}{'#' * self.width}{self.ext}")

    def path(self, frame: int) -> Path:
        """File of a frame, whether it exists or not; the same file for every frame of a still."""
        if self.is_still:
            return self.folder / self.base
        if frame < 0:
            # Nuke counts the sign as a digit (-001), Blender does not (-0001).
            blender = self.folder / f"{self.base}-{-frame:0{self.width}d}{self.ext}"
            if blender.exists():
                return blender
        return self.folder / f"{self.base}{frame:0{self.width}d}{self.ext}"

    def frames_on_disk(self) -> tuple[int, ...]:
        """Frame numbers of the files there are, ascending; (1,) for a still that exists.

        Raises:
            FileError: The folder cannot be read, or what should be an image is a folder.

        """
        if self.is_still and self.path(1).is_dir():
            raise FileError(f"{self} is a folder: name the frames in it, {self._frames_within()}")
        if self.is_still:
            return (1,) if self.path(1).exists() else ()
        return tuple(sorted({n for digits, n in self._numbers() if self._fits(digits)}))

    def require_frames(self) -> tuple[int, ...]:
        """The same, but at least one.

        Raises:
            FileError: There is none; the message names files that come close.

        """
        frames = self.frames_on_disk()
        if frames:
            return frames
        if self.is_still:
            raise FileError(f"{self} does not exist")
        others = sorted({digits for digits, _ in self._numbers()}, key=lambda d: (len(d), d))
        if others:
            width = len(others[0].lstrip("-"))
            like = FramePattern(self.folder, self.base, width, self.ext)
            raise FileError(
                f"no file matches {self}, but {self.base}{others[0]}{self.ext} is there: "
                f"its number has {width} digits, write {like}"
            )
        raise FileError(f"no file matches {self}{self._neighbours()}")

    def _names(self) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.folder))
        except OSError as error:
            raise FileError(f"folder {self.folder} cannot be read: {error.strerror}") from error

    def _frames_within(self) -> Path:
        """A pattern of images in the folder that was named instead of them."""
        folder = self.path(1)
        within = FramePattern(folder, "", 4, ".exr")._names()
        for name in within:
            if match := re.fullmatch(r"(.*[._])(\d+)(\.(?:exr|png|tiff?))", name, re.I | re.ASCII):
                return folder / f"{match[1]}{'#' * len(match[2])}{match[3]}"
        return folder / "line.####.exr"

    def _numbers(self) -> list[tuple[str, int]]:
        """Digits and number of every file that differs from the pattern in its number alone."""
        shape = re.compile(rf"{re.escape(self.base)}(-?\d+){re.escape(self.ext)}", re.ASCII)
        found = [match[1] for name in self._names() if (match := shape.fullmatch(name))]
        return [(digits, int(digits)) for digits in found]

    def _fits(self, digits: str) -> bool:
        """True where a program that pads to this width writes the number so."""
        number = int(digits)
        if number < 0:
            return digits in (f"{number:0{self.width}d}", f"-{-number:0{self.width}d}")
        return digits == f"{number:0{self.width}d}"

    def _widened(self, number: int) -> FramePattern:
        """The same pattern with the padding that the most files beside it share."""
        if not self.folder.is_dir():
            return self
        widths = range(1, self.width + 1) if number >= 10 ** (self.width - 1) else [self.width]
        candidates = [FramePattern(self.folder, self.base, width, self.ext) for width in widths]
        return max(candidates, key=lambda one: (len(one.frames_on_disk()), one.width))

    def _neighbours(self) -> str:
        ext = self.ext.casefold()
        near = [name for name in self._names() if name.casefold().endswith(ext)]
        if not near:
            return f"; the folder holds no {self.ext} file"
        return f"; the folder holds {', '.join(near[:3])}{' ...' if len(near) > 3 else ''}"


def parse_frames(text: str) -> tuple[int, ...]:
    """Frames of a range such as `1001-1048x2,1060`, ascending, each once.

    Raises:
        FramesError: The text is no range, or holds more than a million frames.

    """
    compact = re.sub(r"\s", "", text)
    if not _RANGES.fullmatch(compact):
        raise FramesError(f"{text!r} is no frame range; write one such as 1001-1048x2,1060")
    ranges = re.findall(r"(-?\d+)-(-?\d+)", compact)
    if sum(abs(int(last) - int(first)) + 1 for first, last in ranges) > _MOST_FRAMES:
        raise FramesError(f"{text!r} holds more than {_MOST_FRAMES:,} frames")
    try:
        return tuple(sorted({int(frame) for frame in FrameSet(compact)}))
    except FileSeqException as error:
        raise FramesError(f"{text!r} is no frame range: {error}") from error


def format_frames(frames: Iterable[int]) -> str:
    """The range that stands for the frames: (1001, 1002, 1003, 1060) is `1001-1003,1060`."""
    return str(FrameSet.framesToFrameRange(sorted(set(frames)), sort=True))


def _is_pattern(folder: Path) -> bool:
    """True where a folder is named like a pattern and does not exist."""
    return any(
        _PATTERN_CHARACTERS.search(at.name) and not os.path.isdir(at)  # noqa: PTH112 - never raises
        for at in (folder, *folder.parents)
    )
