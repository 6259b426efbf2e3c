from __future__ import annotations

import pytest

from celtint.engine import SettingsError
from celtint.plugin.errors import FileError, JobError
from celtint.plugin.problems import Problems


def found(problems: Problems) -> tuple[str, ...]:
    with pytest.raises(JobError) as caught:
        problems.raise_any()
    return caught.value.problems


def test_no_problem_is_no_error() -> None:
    Problems().raise_any()


def test_problems_come_in_the_order_in_which_they_were_found() -> None:
    problems = Problems()
    problems.add("one")
    with problems.caught():
        raise JobError(["two", "three"])
    assert problems.attempt(lambda: int("4")) == 4
    with problems.caught():
        raise SettingsError("five")

    assert found(problems) == ("one", "two", "three", "five")


def test_an_attempt_that_fails_is_none_and_a_problem() -> None:
    problems = Problems()

    def fail() -> int:
        raise FileError("no such file")

    assert problems.attempt(fail) is None
    assert found(problems) == ("no such file",)


def test_faults_of_ours_are_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError), Problems().caught():
        raise ZeroDivisionError


def test_many_frames_are_told_by_the_first_and_a_range() -> None:
    problems = Problems()
    problems.add_frames((frame, f"frame {frame} is bad") for frame in range(1001, 1049))

    assert found(problems)[0] == "frame 1001 is bad"
    assert found(problems)[-1] == "... and so it is with frames 1005-1048."
    assert len(found(problems)) == 5


def test_a_problem_that_two_checks_find_is_told_once() -> None:
    problems = Problems()
    problems.add("a", "b", "a")
    with problems.caught():
        raise FileError("b")
    assert problems.found == ("a", "b")
