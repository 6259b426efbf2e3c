import numpy as np
import pytest

from celtint.plugin.atomic import is_whole_exr, is_whole_png, leftovers, refusal, replacing
from celtint.plugin.errors import FileError
from celtint.plugin.images import Window, write_frame, write_png


def always(path):
    return True


def test_a_file_appears_under_its_name_at_the_end(tmp_path):
    path = tmp_path / "a.exr"
    with replacing(path, always) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".exr"
        temporary.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [RuntimeError("no"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_no_other(fault, tmp_path):
    path = tmp_path / "a.exr"
    path.write_bytes(b"old")

    def interrupted(temporary):
        temporary.write_bytes(b"new")
        raise fault

    with pytest.raises(type(fault)), replacing(path, always) as temporary:
        interrupted(temporary)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_whole_is_not_kept(tmp_path):
    with (
        pytest.raises(FileError, match=r"a\.exr cannot be written: the disk took only part"),
        replacing(tmp_path / "a.exr", is_whole_exr) as temporary,
    ):
        temporary.write_bytes(b"\x76\x2f\x31\x01 and then nothing")
    assert not list(tmp_path.iterdir())


def test_the_systems_reason_is_told(tmp_path):
    with (
        pytest.raises(FileError, match="No such file or directory"),
        replacing(tmp_path / "missing" / "a.exr", always),
    ):
        raise AssertionError("the folder is not there")  # pragma: no cover
    assert refusal(tmp_path / "missing") == "No such file or directory"


def test_every_cut_of_an_exr_is_noticed(tmp_path):
    path = tmp_path / "a.exr"
    window = Window(0, 0, 20, 40)
    pixels = np.random.default_rng(0).random((40, 20, 1)).astype(np.float16)
    write_frame(path, pixels, ["Y"], window=window, display_window=window)
    data = path.read_bytes()
    assert is_whole_exr(path)
    for size in range(len(data)):
        path.write_bytes(data[:size])
        assert not is_whole_exr(path), size
    path.write_bytes(data + b"\0")
    assert not is_whole_exr(path)


def test_an_exr_without_its_table_is_noticed(tmp_path):
    path = tmp_path / "a.exr"
    window = Window(0, 0, 20, 40)
    write_frame(path, np.ones((40, 20, 1), np.float16), ["Y"], window=window, display_window=window)
    data = bytearray(path.read_bytes())
    # The table follows the end of the header; it is filled in when the file is closed.
    table = data.index(b"screenWindowWidth\0float\0") + len(b"screenWindowWidth\0float\0") + 9
    for lost in (slice(table, table + 24), slice(table + 8, table + 16)):
        damaged = data.copy()
        damaged[lost] = bytes(lost.stop - lost.start)
        path.write_bytes(damaged)
        assert not is_whole_exr(path)


def test_a_cut_png_is_noticed(tmp_path):
    path = tmp_path / "a.png"
    write_png(path, np.zeros((5, 5, 3), np.uint8))
    assert is_whole_png(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert not is_whole_png(path)


def test_leftovers_of_killed_runs_are_found(tmp_path):
    for name in (".a.1001.77.tmp.exr", "a.1001.exr", ".sheet.9.tmp.png", ".hidden.exr"):
        (tmp_path / name).write_bytes(b"")
    assert [p.name for p in leftovers(tmp_path)] == [".a.1001.77.tmp.exr", ".sheet.9.tmp.png"]
