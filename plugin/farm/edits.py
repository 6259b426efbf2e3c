"""An edit (OpenTimelineIO) as a list of shots: each clip of its video tracks is one."""

from __future__ import annotations

import os
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import JobError
from ..problems import Problems
from ..shot import format_frames
from .lists import filled
from .shots import Row


def read_edit(
    path: Path, defaults: Mapping[str, str], handles: int, problems: Problems
) -> list[Row]:
    """The shots of an edit.

    A clip's media, if it is an image sequence, is the line art, and the cut says which frames;
    `line` in the defaults comes before that, and then every frame on disk is painted. A clip that
    is cut more than once from the same media is one shot with all its frames, because
    colour flows through it.

    Args:
        path: The edit.
        defaults: What the edit does not say; `{shot}` stands for the clip's name.
        handles: Frames to paint before and after each cut, where the media has them.
        problems: Where clips without media are noted.

    Raises:
        JobError: OpenTimelineIO is not installed, or cannot read the file.

    """
    try:
        import opentimelineio as otio  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise JobError(
            [f"{path}: edits need OpenTimelineIO: pip install 'celtint[farm]'."]
        ) from error
    try:
        edit = otio.adapters.read_from_file(str(path))
        clips = [
            clip
            for track in edit.video_tracks()
            for clip in track.find_clips()
            if clip.enabled and track.enabled
        ]
    except (OSError, ValueError, AttributeError, otio.exceptions.OTIOError) as error:
        raise JobError([f"{path}: cannot be read as an edit: {error}"]) from error
    said: dict[str, dict[str, str]] = {}
    frames: dict[str, set[int]] = {}
    for clip in clips:
        where = f"{path}, clip {clip.name!r}"
        values = filled(defaults, {"shot": clip.name}, problems, where)
        if "line" not in values:
            if not isinstance(clip.media_reference, otio.schema.ImageSequenceReference):
                problems.add(
                    f"{where}: its media is no image sequence; say where its line art is with "
                    "--line, as /show/{shot}/line/line.####.exr."
                )
                continue
            values["line"] = _pattern(clip.media_reference)
            frames.setdefault(clip.name, set()).update(_frames(clip, handles))
        if said.setdefault(clip.name, values)["line"] != values["line"]:
            problems.add(
                f"{where}: the edit has another clip of this name, with other media: "
                f"{said[clip.name]['line']} and {values['line']}."
            )
    if not clips:
        problems.add(f"{path}: the edit has no clips on video tracks.")
    rows = []
    for name, values in said.items():
        if name in frames and "frames" not in values:
            values["frames"] = format_frames(frames[name])
        rows.append(Row(f"{path}, clip {name!r}", {**values, "shot": name}, path.parent))
    return rows


def _pattern(media: Any) -> str:
    """The frame pattern of an image sequence; its folder may be a file URL."""
    base = media.target_url_base
    if base.startswith("file:"):
        base = urllib.request.url2pathname(urllib.parse.urlsplit(base).path)
    padding = f"%0{max(media.frame_zero_padding, 1)}d"
    return os.path.join(base, f"{media.name_prefix}{padding}{media.name_suffix}")  # noqa: PTH118 - may be relative to the edit


def _frames(clip: Any, handles: int) -> range:
    """The frame numbers of a cut with its handles, within the media."""
    first, last = clip.media_reference.frame_range_for_time_range(clip.trimmed_range())
    return range(
        max(first - handles, clip.media_reference.start_frame),
        min(last + handles, clip.media_reference.end_frame()) + 1,
    )
