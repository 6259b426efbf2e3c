from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celtint.plugin.errors import FileError
from celtint.plugin.shot import FramePattern, FramesError, format_frames, parse_frames


@pytest.fixture
def folder(tmp_path):
    def fill(*names):
        for name in names:
            (tmp_path / name).write_bytes(b"x")
        return tmp_path

    return fill


@pytest.mark.parametrize(
    "text", ["line.####.exr", "line.%04d.exr", "line.@@@@.exr", "line.$F4.exr"]
)
def test_every_way_to_write_a_pattern_names_the_same_files(text, folder):
    at = folder("line.0999.exr", "line.1001.exr", "line.10000.exr", "line.99.exr", "line.x.exr")
    pattern = FramePattern.parse(f"{at}/{text}")
    assert pattern.path(1001) == at / "line.1001.exr"
    assert pattern.frames_on_disk() == (999, 1001, 10000)
    assert str(pattern) == f"{at}/line.####.exr"


@pytest.mark.parametrize("text", ["line.#.exr", "line.%d.exr", "line.$F.exr", "line.@.exr"])
def test_patterns_without_padding_take_unpadded_numbers(text, folder):
    at = folder("line.1.exr", "line.12.exr", "line.007.exr")
    assert FramePattern.parse(f"{at}/{text}").frames_on_disk() == (1, 12)


def test_one_frame_stands_for_its_sequence(folder):
    at = folder("line.1001.exr", "line.1002.exr", "line_1003.exr")
    assert FramePattern.parse(f"{at}/line.1001.exr").frames_on_disk() == (1001, 1002)


def test_one_unpadded_frame_stands_for_its_sequence(folder):
    at = folder("line.8.exr", "line.9.exr", "line.10.exr", "line.11.exr")
    assert FramePattern.parse(f"{at}/line.10.exr").frames_on_disk() == (8, 9, 10, 11)


def test_one_frame_that_is_not_there_yet_is_a_pattern(tmp_path):
    pattern = FramePattern.parse(f"{tmp_path}/paint.1001.exr")
    assert pattern.path(5) == tmp_path / "paint.0005.exr"


def test_a_number_alone_is_a_frame(folder):
    assert FramePattern.parse(f"{folder('0001.png', '0002.png')}/0001.png").frames_on_disk() == (
        1,
        2,
    )


@pytest.mark.parametrize("name", ["line.exr", "line_v002.exr", "sh010.exr", "take-2.exr"])
def test_other_names_are_stills(name, folder):
    pattern = FramePattern.parse(f"{folder(name)}/{name}")
    assert pattern.is_still
    assert pattern.path(7) == pattern.path(1) == pattern.folder / name
    assert pattern.frames_on_disk() == (1,)


def test_negative_frames_of_nuke_and_blender_are_found(folder):
    at = folder("n.-001.exr", "n.0000.exr", "b.-0002.exr", "b.0001.exr")
    nuke, blender = (FramePattern.parse(f"{at}/{name}.####.exr") for name in "nb")
    assert nuke.frames_on_disk() == (-1, 0)
    assert blender.frames_on_disk() == (-2, 1)
    assert nuke.path(-1) == at / "n.-001.exr"
    assert blender.path(-2) == at / "b.-0002.exr"


def test_names_with_special_characters_are_taken_literally(folder):
    at = folder("a+(b).0001.exr", "aa.0001.exr", "a+(b)x0001.exr")
    assert FramePattern.parse(f"{at}/a+(b).####.exr").frames_on_disk() == (1,)


def test_another_padding_is_told(folder):
    at = folder("line.101.exr", "line.102.exr")
    with pytest.raises(FileError, match=r"line\.101\.exr is there: its number has 3 digits, write"):
        FramePattern.parse(f"{at}/line.####.exr").require_frames()


def test_files_that_come_close_are_told(folder):
    at = folder("lines.1001.exr", "note.txt")
    with pytest.raises(FileError, match=r"no file matches .*; the folder holds lines\.1001\.exr"):
        FramePattern.parse(f"{at}/line.####.exr").require_frames()


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(FileError, match="No such file or directory"):
        FramePattern.parse(f"{tmp_path}/no/line.####.exr").frames_on_disk()


def test_a_missing_still_is_told(tmp_path):
    with pytest.raises(FileError, match=r"line\.exr does not exist"):
        FramePattern.parse(f"{tmp_path}/line.exr").require_frames()


@pytest.mark.parametrize(
    "text",
    ["", "shot/", "line.<UDIM>.exr", "v##/line.####.exr", "line.%04d.v#.exr",
     "line.1001-1010####.exr", "line.####.####.exr", "line.\udcff.####.exr", "line\0.####.exr"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(FramesError):
        FramePattern.parse(text)


@pytest.mark.parametrize("name", ["me@work", "#1", "50%d", "$F4"])
def test_folders_that_are_there_may_be_called_like_patterns(name, tmp_path):
    (tmp_path / name).mkdir()
    pattern = FramePattern.parse(f"{tmp_path}/{name}/new/line.####.exr")
    assert pattern.path(7) == tmp_path / name / "new" / "line.0007.exr"


@pytest.mark.parametrize("name", ["me@work", "shot#1", "50%d", "$F4"])
def test_a_frame_that_is_there_may_be_called_like_a_pattern(name, folder):
    at = folder(f"{name}.1001.exr", f"{name}.1002.exr")
    pattern = FramePattern.parse(f"{at}/{name}.1001.exr")
    assert pattern.frames_on_disk() == (1001, 1002)
    assert pattern.path(1003) == at / f"{name}.1003.exr"


def test_ranges_are_read():
    assert parse_frames("1001-1009x4, 1060") == (1001, 1005, 1009, 1060)
    assert parse_frames("-3--1") == (-3, -2, -1)
    assert parse_frames("5-3,4") == (3, 4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1-",
        "1-10x0",
        "1-10y2",
        "1,,2",
        "1-99999999",
        "1.5",
        "1-600000,1-600000",
        "1" * 5000,
        "\u0661",
    ],
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(FramesError):
        parse_frames(text)


@given(st.sets(st.integers(-2000, 200_000), min_size=1, max_size=30))
def test_a_written_range_reads_back(frames):
    assert parse_frames(format_frames(frames)) == tuple(sorted(frames))


@pytest.mark.parametrize(
    ("name", "told"), [("line.1001.exr", "line.####.exr"), ("notes.txt", "line.####.exr")]
)
def test_a_folder_instead_of_its_frames_is_told_with_what_to_write(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "drawings").mkdir()
    (tmp_path / "drawings" / name).touch()
    pattern = FramePattern.parse(str(tmp_path / "drawings"))
    with pytest.raises(FileError, match=r"drawings is a folder: name the frames in it") as raised:
        pattern.require_frames()
    assert str(raised.value).endswith(str(tmp_path / "drawings" / told))
