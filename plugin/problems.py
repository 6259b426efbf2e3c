"""Everything that is wrong with a job, gathered before anything is done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from celtint.engine import EngineError

from .errors import JobError, PluginError
from .shot import format_frames

Result = TypeVar("Result")

_MOST_ALIKE = 4


class Problems:
    """A list of problems in an artist's words, in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[str] = []

    @property
    def found(self) -> tuple[str, ...]:
        """The problems so far."""
        return tuple(self._found)

    def add(self, *texts: str) -> None:
        """Note problems; one that several checks find is told once."""
        self._found.extend(text for text in dict.fromkeys(texts) if text not in self._found)

    def add_frames(self, told: Iterable[tuple[int, str]]) -> None:
        """Note a problem for each of several frames; of many, the first few and how many more."""
        frames = list(told)
        self._found.extend(text for _, text in frames[:_MOST_ALIKE])
        if len(frames) > _MOST_ALIKE:
            rest = format_frames(frame for frame, _ in frames[_MOST_ALIKE:])
            self._found.append(f"... and so it is with frames {rest}.")

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Note the error that ends the block, if it is one that is raised on purpose."""
        try:
            yield
        except JobError as error:
            self.add(*error.problems)
        except (PluginError, EngineError) as error:
            self.add(str(error))

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        """What `action` returns; None, and a problem noted, where it fails."""
        with self.caught():
            return action()
        return None

    def raise_any(self) -> None:
        """Raise JobError with every problem, if there is one."""
        if self._found:
            raise JobError(self._found)
