from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from celtint.plugin.blender.engine import Question, find_python
from celtint.plugin.client import WorkerError


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("given", ["", "bin/python", "bin/celtint"])
def test_a_folder_a_python_and_the_command_all_find_the_python(given: str, tmp_path: Path) -> None:
    program(tmp_path / "bin" / "celtint", "true")
    python = program(tmp_path / "bin" / "python", "true")

    assert find_python(str(tmp_path / given), {}) == python


def test_the_environment_is_asked_where_nothing_was_given(tmp_path: Path) -> None:
    python = program(tmp_path / "bin" / "python", "true")

    assert find_python(" ", {"CELTINT_PYTHON": python}) == python
    with pytest.raises(WorkerError, match="does not know where the engine is"):
        find_python("", {})


def test_a_place_without_a_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="no Python in"):
        find_python(str(tmp_path), {})
    with pytest.raises(WorkerError, match="is not at"):
        find_python(str(tmp_path / "python"), {})


def test_an_engine_tells_version_devices_and_models() -> None:
    said = Question(sys.executable).answer()

    assert said.version.startswith("0.")
    assert said.devices[0].startswith("cpu: ")
    assert said.models


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo No module named celtint >&2; exit 1", "has no celtint installed"),
        ("echo broken driver >&2; exit 3", "failed: broken driver"),
        ("exit 3", "failed: exit code 3"),
        ("echo hello", "is another program"),
        ("echo '{}'", "is another program"),
        ("true", "is another program"),
    ],
)
def test_what_is_no_engine_is_told_plainly(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=words):
        Question(program(tmp_path / "python", text)).answer()


def test_an_engine_that_hangs_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="did not answer"):
        Question(program(tmp_path / "python", "exec sleep 60")).answer(timeout_s=0.2)


def test_a_question_can_be_cancelled_from_another_thread(tmp_path: Path) -> None:
    question = Question(program(tmp_path / "python", "exec sleep 60"))
    started = time.monotonic()
    threading.Timer(0.2, question.cancel).start()

    with pytest.raises(WorkerError):
        question.answer()

    assert time.monotonic() - started < 50  # it would have slept for 60
