"""The command line as an artist or a farm uses it: real processes, real files, exit codes."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import OpenImageIO
import pytest

from celtint.plugin.events import Cancelled, Failed, FrameDone, Hello, from_line
from celtint.plugin.hold import hold

COMMAND = [sys.executable, "-m", "celtint.plugin.cli"]
FRAMES = list(range(1001, 1007))


def celtint(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


def colorize_arguments(shot: Any) -> list[str]:
    return [
        "colorize",
        *("--line", str(shot.folder / "line" / "line.####.exr")),
        *("--hint", str(shot.folder / "hint" / "hint.####.exr")),
        *("--out", str(shot.folder / "paint" / "paint.####.exr")),
    ]


def test_a_shot_is_painted_and_the_last_line_says_where(shot: Any) -> None:
    sheet = shot.folder / "new" / "sheet.png"
    done = celtint(*colorize_arguments(shot), "--sheet", sheet)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert shot.painted == FRAMES
    lines = done.stdout.splitlines()
    assert sum(line.startswith("frame 100") for line in lines) == 6
    assert any("frames/s" in line and "left" in line for line in lines)
    assert f"the result is in {shot.folder}/paint/paint.####.exr" in lines
    assert lines[-1] == f"the contact sheet is in {sheet}"
    assert OpenImageIO.ImageBuf(str(sheet)).spec().nchannels == 3


def test_json_prints_nothing_but_events(shot: Any) -> None:
    done = celtint(*colorize_arguments(shot), "--json")
    events = [from_line(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0
    assert None not in events
    kinds = [event.kind for event in events if event is not None]
    assert kinds == ["hello", *["looked"] * 6, "checked", *["frame"] * 6, "finished"]


def test_a_terminal_sees_a_bar_with_rate_and_time_left(shot: Any) -> None:
    """On a pseudo-terminal, as in a shell."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *colorize_arguments(shot)],
        stdout=child,
        stderr=child,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    ) as process:
        os.close(child)
        seen = b""
        while True:
            try:
                block = os.read(parent, 4096)
            except OSError:  # how a pseudo-terminal says that the other side is closed
                break
            if not block:
                break
            seen += block
        os.close(parent)
    text = seen.decode()

    assert process.returncode == 0, text
    assert "6/6" in text
    assert "frames/s" in text
    assert "the result is in" in text


def test_every_option_reaches_the_job(shot: Any) -> None:
    done = celtint(
        *colorize_arguments(shot),
        *("--line-layer", "rgba", "--hint-layer", "rgba"),
        *("--line-colorspace", "ACEScg", "--hint-colorspace", "Linear Rec.709 (sRGB)"),
        *("--out-colorspace", "ACES2065-1", "--frames", "1001-1005x2", "--finish", "flat"),
        *("--gap", "2.5", "--device", "cpu", "--overwrite"),
        *("--ocio", "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"),
    )
    said = shot.metadata(shot.paint(1003))

    assert done.returncode == 0, done.stderr
    assert shot.painted == [1001, 1003, 1005]
    assert '"gap_px": 2.5' in said["celtint:settings"]
    assert said["celtint:colorspace"] == "ACES2065-1"


def test_a_job_file_says_everything(shot: Any, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(shot.job(frames="1001-1002").to_json())

    assert celtint("colorize", "--job", path).returncode == 0
    assert shot.painted == [1001, 1002]
    assert celtint("colorize", "--job", path, "--frames", "1003").returncode == 2


def test_a_job_file_may_begin_with_the_mark_that_windows_editors_write(
    shot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "job.json"
    path.write_text(shot.job(frames="1001").to_json(), encoding="utf-8-sig")

    assert celtint("colorize", "--job", path).returncode == 0


def test_hints_may_be_a_layer_of_the_line_art(shot: Any) -> None:
    arguments = colorize_arguments(shot)
    del arguments[3:5]

    done = celtint(*arguments)

    assert done.returncode == 3
    assert "no layer `hint`" in done.stderr


# Exit codes


def test_a_command_that_cannot_be_understood_is_2(shot: Any) -> None:
    assert celtint("colorize").returncode == 2
    assert celtint("colorize", "--line", "a", "--out", "b", "--finish", "oil").returncode == 2
    assert celtint("paint").returncode == 2


def test_bad_input_is_3_and_told_on_stderr(shot: Any) -> None:
    shot.line(1002).unlink()
    done = celtint(*colorize_arguments(shot), "--gap", "-1", "--device", "tpu")
    assert done.returncode == 3
    assert "error: `device`" in done.stderr

    done = celtint(*colorize_arguments(shot), "--gap", "-1")
    assert done.returncode == 3
    assert "frames 1002 are missing" in done.stderr
    assert "gap_px" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shot.folder / "paint").exists()


@pytest.mark.parametrize("text", [None, "{", '{"celtint_job": 9}'])
def test_a_job_file_that_cannot_be_used_is_3(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "job.json"
    if text is not None:
        path.write_text(text)
    done = celtint("colorize", "--job", path)

    assert done.returncode == 3
    assert str(path) in done.stderr


def test_a_drawing_that_is_cut_off_is_3_and_nothing_is_painted(shot: Any) -> None:
    data = shot.line(1003).read_bytes()
    shot.line(1003).write_bytes(data[: len(data) * 2 // 3])
    done = celtint(*colorize_arguments(shot))

    assert done.returncode == 3
    assert "line.1003.exr" in done.stderr
    assert shot.painted == []


def test_a_file_that_may_not_grow_is_4_and_nothing_half_is_left(shot: Any) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = celtint(*colorize_arguments(shot), preexec_fn=limit)

    assert done.returncode == 4
    assert "File too large" in done.stderr
    assert shot.painted == []
    assert not list((shot.folder / "paint").glob(".*.tmp.exr"))


def test_an_output_that_another_run_holds_is_5(shot: Any) -> None:
    with hold(shot.folder / "paint", "paint.#.exr"):
        done = celtint(*colorize_arguments(shot))

    assert done.returncode == 5
    assert f"process {os.getpid()}" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_130_and_leaves_whole_frames(shot: Any, number: int) -> None:
    for step in range(6, 100):
        shot.write(shot.line(1001 + step), shot.drawing(step % 12))
    with subprocess.Popen(
        [*COMMAND, *colorize_arguments(shot), "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        last = None
        for line in process.stdout:
            last = from_line(line)
            if isinstance(last, FrameDone) and last.done == 1:
                process.send_signal(number)

    assert process.returncode == 130
    assert isinstance(last, Cancelled)
    assert 1 <= last.painted == len(shot.painted) < 100


@pytest.mark.parametrize(
    "option",
    [("--overwrite",), ("--finish", "flat"), ("--line-layer", "line"), ("--device", "cpu")],
)
def test_what_a_job_file_would_overrule_is_refused(
    shot: Any, tmp_path: Path, option: tuple[str, ...]
) -> None:
    path = tmp_path / "job.json"
    path.write_text(shot.job().to_json())
    done = celtint("colorize", "--job", path, *option)

    assert done.returncode == 2
    assert f"leave {option[0]} out" in done.stderr


@pytest.mark.parametrize("name", ["sheet.jpg", "line/line.1001.exr/sheet.png"])
def test_a_sheet_that_cannot_be_written_is_refused_before_painting(shot: Any, name: str) -> None:
    done = celtint(*colorize_arguments(shot), "--sheet", shot.folder / name)

    assert done.returncode == 3
    assert name in done.stderr
    assert not (shot.folder / "paint").exists()


def test_programs_hear_of_a_job_that_is_no_job_as_of_any_failure(tmp_path: Path) -> None:
    done = celtint("colorize", "--job", tmp_path / "no.json", "--json")
    first, last = map(from_line, done.stdout.splitlines())

    assert done.returncode == 3
    assert isinstance(first, Hello)
    assert isinstance(last, Failed)
    assert "no.json" in last.problems[0]


def test_names_that_a_log_has_no_letters_for_are_escaped(shot: Any) -> None:
    arguments = [one.replace("/paint/", "/色/") for one in colorize_arguments(shot)]
    done = celtint(*arguments, env=os.environ | {"PYTHONIOENCODING": "ascii"})

    assert done.returncode == 0, done.stderr
    assert "\\u8272/paint.####.exr" in done.stdout


def test_a_name_that_is_no_utf8_is_told(shot: Any) -> None:
    shot.line(1003).rename(shot.folder / os.fsdecode(b"\xff.exr"))
    done = celtint("info", shot.folder / os.fsdecode(b"\xff.exr"))

    assert done.returncode == 3
    assert "no UTF-8" in done.stderr


def test_a_sheet_of_a_name_that_is_no_utf8_is_refused(shot: Any) -> None:
    sheet = os.fsdecode(os.fsencode(shot.folder) + b"/\xff.png")
    done = celtint(*colorize_arguments(shot), "--sheet", sheet)

    assert done.returncode == 3
    assert "no UTF-8" in done.stderr


def test_a_painted_shot_without_hints_gets_its_sheet(shot: Any, weights: Path) -> None:
    sheet = shot.folder / "sheet.png"
    line = str(shot.folder / "line" / "line.####.exr")
    out = str(shot.folder / "paint" / "paint.####.exr")
    done = celtint(
        *("colorize", "--line", line, "--out", out, "--sheet", sheet, "--frames", "1001"),
        *("--finish", "painted", "--model", weights),
    )

    assert done.returncode == 0, done.stderr
    assert sheet.exists()


# The other commands


def test_info_tells_what_files_hold(shot: Any) -> None:
    shot.line(1003).unlink()
    done = celtint("info", shot.folder / "line" / "line.####.exr", shot.hint(1001))

    assert done.returncode == 0, done.stderr
    for word in ("1001-1002,1004-1006", "64x48 at (0, 0)", "rgba (top level)", "ACEScg (assumed)"):
        assert word in done.stdout


def test_info_without_paths_tells_what_celtint_runs_on() -> None:
    machine = json.loads(celtint("info", "--json").stdout)

    assert machine["versions"]["celtint"]
    assert machine["devices"][0].startswith("cpu")
    assert "ACEScg" in machine["colour spaces"]
    assert machine["models"]


def test_info_tells_of_bad_files_and_still_of_the_good_ones(shot: Any) -> None:
    done = celtint("info", shot.folder / "nothing.exr", shot.line(1001), "--json")

    assert done.returncode == 3
    assert "nothing.exr" in done.stderr
    assert json.loads(done.stdout)["pixels"] == "half"


def test_sheet_is_written_where_it_is_asked_for(shot: Any) -> None:
    celtint(*colorize_arguments(shot))
    sheet = shot.folder / "sheet.png"
    done = celtint("sheet", shot.folder / "paint" / "paint.####.exr", "--out", sheet)

    assert done.returncode == 0, done.stderr
    assert sheet.exists()
    assert celtint("sheet", shot.folder / "no.####.exr", "--out", sheet).returncode == 3


@pytest.mark.parametrize("command", ["colorize", "info", "sheet"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = celtint(command, "--help")

    assert done.returncode == 0
    assert f"Example: celtint {command}" in done.stdout


def test_the_version_is_told() -> None:
    assert celtint("--version").stdout.strip()


def test_asking_for_help_imports_no_engine() -> None:
    """Start-up stays quick: torch and OpenImageIO are for commands that need them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    for module in ("torch", "OpenImageIO", "PyOpenColorIO", "cv2", "numpy"):
        assert f"| {module}\n" not in done.stderr, module
    assert "| typer\n" in done.stderr


def test_what_is_refused_is_told_without_waiting_for_torch(shot: Any) -> None:
    shot.hint(1001).unlink()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], *colorize_arguments(shot)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0

    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "cv2" in modules
    assert "torch" not in modules
