"""What every command of celtint-train shares: how errors are told, and how it is asked to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

from celtint.engine.errors import EngineError

from .errors import ConfigError, TrainingError

BAD_INPUT = 3
CANCELLED = 130


@contextmanager
def errors_told() -> Iterator[None]:
    """Errors that a user can do something about end the command in plain words."""
    try:
        yield
    except ConfigError as error:
        refuse(error.problems)
    except (TrainingError, EngineError) as error:
        refuse([str(error)])
    except BrokenPipeError:  # whoever listened has heard enough
        raise
    except OSError as error:
        refuse([f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"])


def refuse(problems: Iterable[str]) -> NoReturn:
    """Leave with the exit code for bad input, every problem told on stderr."""
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(BAD_INPUT)


@contextmanager
def asked_by_signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C or a polite kill sets `stop`; a second one is not polite any more."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def asked(_number: int, _frame: FrameType | None) -> None:
        restore()
        stop.set()

    for name in before:
        signal.signal(name, asked)
    try:
        yield
    finally:
        restore()
