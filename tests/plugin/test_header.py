import os

import numpy as np
import OpenImageIO as oiio
import pytest

from celtint.plugin import header
from celtint.plugin.errors import FileError
from celtint.plugin.header import Window, opened, read_header, what_failed


@pytest.fixture
def path(tmp_path):
    spec = oiio.ImageSpec(7, 5, 3, "half")
    spec.channelnames = ("hint.R", "hint.G", "hint.B")
    target = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    assert target.open(str(tmp_path / "a.exr"), spec)
    assert target.write_image(np.ones((5, 7, 3), np.float16))
    assert target.close()
    return tmp_path / "a.exr"


def test_a_header_names_parts_channels_and_type(path):
    found = read_header(path)
    assert found.parts[0].channels == ("hint.R", "hint.G", "hint.B")
    assert (found.format, found.stored_type) == ("openexr", "half")
    assert found.windows == (Window(0, 0, 7, 5),)


def test_a_plain_exr_says_nothing_of_its_colour(path):
    assert (read_header(path).colour_name, read_header(path).chromaticities) == ("", None)


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MOST_SIDE_PX", 6, "claims 7x5 pixels"),
        ("MOST_PIXELS", 34, "claims 7x5 pixels"),
        ("MOST_CHANNELS", 2, "claims 3 channels"),
        ("_MOST_ROW_VALUES", 20, "claims 3 channels of 7 pixels a row"),
    ],
)
def test_every_limit_is_kept(limit, value, reason, path, monkeypatch):
    monkeypatch.setattr(header, limit, value)
    with pytest.raises(FileError, match=reason):
        read_header(path)


def test_errors_are_fetched_so_that_none_is_printed_at_exit(path):
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FileError), opened(path):
        pass
    assert not oiio.geterror()


def test_without_a_reason_the_data_is_blamed():
    assert what_failed(None) == "its data is damaged"


def test_the_smallest_window_around_others():
    assert Window.around([Window(-2, 0, 3, 3), Window(0, -5, 9, 1)]) == Window(-2, -5, 11, 8)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "line.exr")
    with pytest.raises(FileError, match=r"cannot be read: it is a pipe"):
        read_header(tmp_path / "line.exr")


def test_what_the_library_says_twice_is_told_once(path):
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(FileError) as told:
        read_header(path)
    assert str(told.value).count("End of file attempting to read header") == 1
