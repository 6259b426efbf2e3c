"""An image strip's list of file names, as a frame pattern and a frame range.

A strip is a plain list of names: it may be cut, reversed, on twos, with drawings left out. A job
wants a pattern and frame numbers. Standard library only and valid Python 3.9.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import JobError

# The last run of digits before the extension. A sign belongs to the number only after a separator:
# `line-0001.exr` is frame 1.
_NUMBERED = re.compile(r"(?P<base>.*?)(?P<number>(?:(?<=[._])-|^-)?\d+)(?P<ext>\.[^.\d][^.]*)")
_PATTERN_CHARACTERS = re.compile(r"#|@|%\d*d|\$F\d*")
_SHOWN = 3


@dataclass(frozen=True)
class Drawing:
    """One file of a sequence: its name, and its number on the film; None for a still."""

    name: str
    frame: int | None


@dataclass(frozen=True)
class StripSequence:
    """The sequence that a strip shows.

    Attributes:
        folder: Absolute folder of the files.
        base: Start of every name, before the number; the whole name for a still.
        width: Fewest digits of the number, 0 for a still.
        ext: End of every name, with its dot; "" for a still.
        shown: The drawing of each timeline frame of the strip, in their order.

    """

    folder: str
    base: str
    width: int
    ext: str
    shown: tuple[Drawing, ...]

    @classmethod
    def of(cls, strip: str, folder: str, names: Sequence[str]) -> StripSequence:
        """The sequence of a strip.

        Args:
            strip: The strip's name, for messages.
            folder: Absolute folder of its files.
            names: The file name of each timeline frame of the strip, as the host shows it.

        Raises:
            JobError: The names are no numbered sequence, or none at all.

        """
        if not names:
            raise JobError([f"The strip '{strip}' shows no image."])
        strange = sorted({name for name in names if _PATTERN_CHARACTERS.search(name)})
        if strange:
            raise JobError(
                [
                    f"The strip '{strip}' shows {_some(strange)}: a file name with #, @, %d or $F "
                    "reads as a frame pattern; rename the files."
                ]
            )
        found = [_NUMBERED.fullmatch(name) for name in names]
        if not all(found):
            return cls._still(strip, folder, names)
        matches = [match for match in found if match is not None]
        shapes = sorted({(match["base"], match["ext"]) for match in matches})
        if len(shapes) > 1:
            listed = _some([f"{base}####{ext}" for base, ext in shapes])
            raise JobError(
                [f"The strip '{strip}' shows several sequences, {listed}: make one strip of each."]
            )
        width = min(len(match["number"].lstrip("-")) for match in matches)
        odd = sorted({m.string for m in matches if m["number"] != padded(int(m["number"]), width)})
        if odd:
            raise JobError(
                [
                    f"The strip '{strip}' pads its frame numbers in several ways ({_some(odd)}): "
                    "rename the files to one number of digits."
                ]
            )
        base, ext = shapes[0]
        shown = tuple(Drawing(match.string, int(match["number"])) for match in matches)
        return cls(folder, base, width, ext, shown)

    @classmethod
    def _still(cls, strip: str, folder: str, names: Sequence[str]) -> StripSequence:
        different = sorted(set(names))
        if len(different) > 1:
            raise JobError(
                [
                    f"The strip '{strip}' shows {_some(different)}, which is no numbered sequence: "
                    "name the files line.0001.exr, line.0002.exr and so on."
                ]
            )
        return cls(folder, different[0], 0, "", tuple(Drawing(name, None) for name in names))

    @property
    def is_still(self) -> bool:
        """True for one image without a frame number."""
        return self.width == 0

    @property
    def pattern(self) -> str:
        """The pattern of the files, absolute: `/shot/line.####.exr`."""
        return os.path.join(self.folder, f"{self.base}{'#' * self.width}{self.ext}")

    @property
    def frames(self) -> tuple[int, ...]:
        """The numbers on the film that the strip shows, ascending, each once; () for a still."""
        return tuple(sorted({one.frame for one in self.shown if one.frame is not None}))

    def name_of(self, frame: int) -> str:
        """The file name of a frame number."""
        return f"{self.base}{padded(frame, self.width)}{self.ext}"


def padded(frame: int, width: int) -> str:
    """A frame number with at least `width` digits, as Blender writes it.

    >>> padded(7, 4), padded(-7, 4), padded(12345, 4)
    ('0007', '-0007', '12345')
    """
    return f"{'-' if frame < 0 else ''}{abs(frame):0{width}d}"


def frame_range(frames: Iterable[int]) -> str:
    """The range that stands for the frames.

    >>> frame_range([1004, 1001, 1002, 1003, 1010])
    '1001-1004,1010'
    """
    runs: list[list[int]] = []
    for frame in sorted(set(frames)):
        if runs and frame == runs[-1][-1] + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def painted_sequence(line: StripSequence, folder: str) -> StripSequence:
    """The painted frames of a strip: numbered as its line art, in the same order on the timeline.

    Args:
        line: The line art.
        folder: Absolute folder of the painted frames.

    """
    stem, ext = (os.path.splitext(line.base)[0] + ".", "") if line.is_still else (line.base, ".exr")
    base = f"{stem}paint.exr" if line.is_still else f"{stem}paint."
    if line.is_still:
        shown = tuple(Drawing(base, None) for _ in line.shown)
    else:
        shown = tuple(
            Drawing(f"{base}{padded(one.frame, line.width)}{ext}", one.frame)
            for one in line.shown
            if one.frame is not None
        )
    return StripSequence(folder, base, line.width, ext, shown)


def hints_by_timeline(line: Mapping[int, Drawing], hint: Mapping[int, Drawing]) -> dict[int, str]:
    """Which hint belongs to which drawing, where what stands over it on the timeline counts.

    Args:
        line: Timeline frame to drawing.
        hint: Timeline frame to hint.

    Returns:
        Frame number of the line art to file name of the hint; a drawing that is held takes the
        hint over its first timeline frame.

    """
    found: dict[int, str] = {}
    for timeline_frame in sorted(line):
        drawing = line[timeline_frame]
        if drawing.frame is not None and timeline_frame in hint:
            found.setdefault(drawing.frame, hint[timeline_frame].name)
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
