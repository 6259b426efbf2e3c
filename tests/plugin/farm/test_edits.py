"""Edits as lists of shots."""

from __future__ import annotations

import sys

import pytest

from celtint.plugin.errors import JobError
from celtint.plugin.farm.lists import read_list

otio = pytest.importorskip("opentimelineio", reason="OpenTimelineIO is an extra: celtint[farm]")


def time_at(frame):
    return otio.opentime.RationalTime(frame, 24)


def clip_of(name, url, first, count):
    """A clip cut from frames 1001 to 1006 of an image sequence."""
    media = otio.schema.ImageSequenceReference(
        target_url_base=url,
        name_prefix="line.",
        name_suffix=".exr",
        start_frame=1001,
        frame_zero_padding=4,
        rate=24,
        available_range=otio.opentime.TimeRange(time_at(1001), time_at(6)),
    )
    cut = otio.opentime.TimeRange(time_at(first), time_at(count))
    return otio.schema.Clip(name=name, media_reference=media, source_range=cut)


@pytest.fixture
def edit(episode):
    """Writes an edit of clips beside the show; returns its path."""

    def write(*clips):
        track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
        track.extend(clips)
        timeline = otio.schema.Timeline("ep01")
        timeline.tracks.append(track)
        path = episode.folder / "ep01.otio"
        otio.adapters.write_to_file(timeline, str(path))
        return str(path)

    return write


def read(episode, path, *, handles=0, **more):
    said = {"hint": episode.patterns["hint"], "out": episode.patterns["paint"]}
    return read_list(path, said | more, handles=handles)


def test_clips_are_shots_and_the_cut_says_which_frames(episode, edit):
    path = edit(
        clip_of("sh010", "show/sh010/line", 1001, 3),
        clip_of("sh020", (episode.show / "sh020" / "line").as_uri() + "/", 1001, 6),
    )
    shots = {shot.name: shot for shot in read(episode, path)}
    assert shots["sh010"].job.frames == "1001-1003"
    assert shots["sh020"].job.frames == "1001-1006"
    for name, shot in shots.items():
        assert shot.job.line.path == str(episode.show / name / "line" / "line.%04d.exr")


def test_handles_stay_within_the_media(episode, edit):
    path = edit(clip_of("sh010", "show/sh010/line", 1002, 3))
    (shot,) = read(episode, path, handles=2)
    assert shot.job.frames == "1001-1006"


def test_a_shot_that_is_cut_twice_is_painted_once_with_all_its_frames(episode, edit):
    path = edit(
        clip_of("sh010", "show/sh010/line", 1001, 2), clip_of("sh010", "show/sh010/line", 1004, 2)
    )
    (shot,) = read(episode, path)
    assert shot.job.frames == "1001-1002,1004-1005"


def test_a_pattern_for_line_art_comes_before_the_media(episode, edit):
    path = edit(otio.schema.Clip(name="sh030"))
    (shot,) = read(episode, path, line=episode.patterns["line"])
    assert (shot.name, shot.frames, shot.job.frames) == ("sh030", 6, None)


def test_clips_without_media_and_two_of_one_name_are_told_at_once(episode, edit):
    path = edit(
        otio.schema.Clip(name="sh030"),
        clip_of("sh010", "show/sh010/line", 1001, 2),
        clip_of("sh010", "show/sh020/line", 1001, 2),
    )
    with pytest.raises(JobError) as raised:
        read(episode, path)
    told = "\n".join(raised.value.problems)
    assert "clip 'sh030': its media is no image sequence" in told
    assert "another clip of this name, with other media" in told


def test_a_file_that_is_no_edit_is_told(episode):
    path = episode.folder / "ep01.otio"
    path.write_text("{")
    with pytest.raises(JobError, match="cannot be read as an edit"):
        read(episode, str(path))


def test_without_the_library_it_is_said_how_to_get_it(episode, edit, monkeypatch):
    path = edit(clip_of("sh010", "show/sh010/line", 1001, 2))
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(JobError, match=r"celtint\[farm\]"):
        read(episode, path)
