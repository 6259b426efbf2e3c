from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from celtint.plugin.errors import BusyError, FileError
from celtint.plugin.hold import FOLDER, hold

HOLD_AND_WAIT = """
import sys, time
from pathlib import Path
from celtint.plugin.hold import hold
with hold(Path(sys.argv[1]), "paint.#.exr"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_with_the_first_ones_name(tmp_path: Path) -> None:
    with hold(tmp_path, "paint.#.exr"):
        refused = pytest.raises(BusyError, match=f"process {os.getpid()}, since ")
        with refused as caught, hold(tmp_path, "paint.#.exr"):
            pass
        assert "paint.#.exr" in str(caught.value)
        with hold(tmp_path, "other.#.exr"):
            pass

    with hold(tmp_path, "paint.#.exr"):
        pass


def test_the_folder_is_made_and_nothing_but_the_lock_stays(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "paint"
    with hold(folder, "paint.#.exr"):
        assert len(list((folder / FOLDER).iterdir())) == 2

    assert [path.name for path in (folder / FOLDER).iterdir()] == ["paint.#.exr.lock"]


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_WAIT, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with (
            pytest.raises(BusyError, match=f"process {process.pid}"),
            hold(tmp_path, "paint.#.exr"),
        ):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with hold(tmp_path, "paint.#.exr"):
            pass


@pytest.mark.parametrize("holder", [None, "", "[]", "{}", "\xff"])
def test_a_holder_that_left_no_name_is_another_run(tmp_path: Path, holder: str | None) -> None:
    with hold(tmp_path, "p"):
        path = tmp_path / FOLDER / "p.holder.json"
        path.unlink()
        if holder is not None:
            path.write_bytes(holder.encode("latin-1"))
        with pytest.raises(BusyError, match="another run"), hold(tmp_path, "p"):
            pass


def test_a_folder_that_cannot_be_made_is_a_file_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FileError, match="cannot be written"), hold(tmp_path / "file" / "x", "p"):
        pass
