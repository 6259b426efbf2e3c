"""What every command of celtint shares: how errors are told, and how it is asked to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

from .errors import JobError, PluginError
from .events import BAD_INPUT


@contextmanager
def errors_told() -> Iterator[None]:
    """Errors that an artist can do something about end the command in their words."""
    try:
        yield
    except JobError as error:
        refuse(error.problems)
    except PluginError as error:
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
def asked_by_signals(ask: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C or a polite kill asks for the end; a second one is not polite any more."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def asked(_number: int, _frame: FrameType | None) -> None:
        for name, handler in before.items():
            signal.signal(name, handler)
        # By another thread: what it calls takes locks, which this one may hold at this moment.
        threading.Thread(target=ask, name="celtint cancel", daemon=True).start()

    for name in before:
        signal.signal(name, asked)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
