from __future__ import annotations

import os
import signal
import threading

import pytest
import typer

from celtint.plugin.console import asked_by_signals, errors_told
from celtint.plugin.errors import FileError, JobError
from celtint.plugin.events import BAD_INPUT


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (JobError(["one", "two"]), "error: one\nerror: two\n"),
        (FileError("a.exr is gone"), "error: a.exr is gone\n"),
        (PermissionError(13, "Permission denied", "/x"), "/x cannot be used: Permission denied\n"),
    ],
)
def test_errors_an_artist_can_mend_are_told_and_end_with_3(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, errors_told():
        raise error
    assert left.value.exit_code == BAD_INPUT
    assert capsys.readouterr().err.endswith(told)


def test_faults_of_ours_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), errors_told():
        raise ZeroDivisionError


def test_the_first_signal_asks_and_the_second_one_is_the_callers_again() -> None:
    asked = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append("caller"))
    seen: list[str] = []
    try:
        with asked_by_signals(asked.set):
            os.kill(os.getpid(), signal.SIGTERM)
            assert asked.wait(10)
            assert seen == []
            os.kill(os.getpid(), signal.SIGTERM)
            assert seen == ["caller"]
    finally:
        signal.signal(signal.SIGTERM, before)
