"""A shot with something in doubt: the disc is dabbed in two colours, the paper in none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from celtint.plugin.check import Plan, check
from celtint.plugin.palette.register import Register
from celtint.plugin.review.doubts import find_doubts
from celtint.plugin.review.report import review_of
from celtint.plugin.solving import Solved, solve_shot
from celtint.plugin.stream import Clock


@pytest.fixture
def doubtful(shot: Any) -> Any:
    first = shot.dabs()
    first[:8] = 0  # nobody dabs the paper
    shot.write(shot.hint(1001), first)
    last = shot.dabs(step=5)
    last[:8] = 0
    last[22:26, 46:50] = (0.2, 0.6, 0.1, 1)
    shot.write(shot.hint(1006), last)
    return shot


@pytest.fixture
def solve() -> Callable[..., tuple[Plan, Solved]]:
    def solved(shot: Any, **changes: Any) -> tuple[Plan, Solved]:
        plan = check(shot.job(**changes), threading.Event())
        return plan, solve_shot(plan, stop=threading.Event(), clock=Clock())

    return solved


@pytest.fixture
def review(solve: Any) -> Callable[..., dict[str, Any]]:
    def of(shot: Any, **options: Any) -> dict[str, Any]:
        plan, solved = solve(shot)
        numbered = Register(plan, solved.colours).numbered(solved.solution.palette)
        return review_of(plan, solved, numbered, find_doubts(solved, **options))

    return of


@pytest.fixture
def page_of(doubtful: Any) -> Callable[..., Path]:
    """Writes the page; where it is."""

    def written(**options: Any) -> Path:
        from celtint.plugin.review.write import write_review  # noqa: PLC0415

        return write_review(doubtful.job(), **options).html

    return written
