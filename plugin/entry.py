"""Entry of the `celtint` command, which Ctrl-C ends in a plain line at any time.

The command's own imports take a good part of a second, and libraries that are interrupted as they
load say all kinds of things. So this module comes first, and imports next to nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

CANCELLED = 130

_asked = False


def main() -> None:
    """Run the command line; Ctrl-C ends it with exit code 130 and one line on stderr."""
    signal.signal(signal.SIGINT, _leave_at_once)
    from .cli import main as command  # noqa: PLC0415 - the handler has to be there first

    signal.signal(signal.SIGINT, _interrupt)
    try:
        command()
    # Whatever the interrupt became on its way here, it is what the user asked for.
    except BaseException:
        if not _asked:
            raise
        print("cancelled", file=sys.stderr)  # noqa: T201 - this is the command line
        sys.exit(CANCELLED)
    finally:
        signal.signal(signal.SIGINT, _leave_at_once)


def _leave_at_once(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"cancelled\n")
    os._exit(CANCELLED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    global _asked  # noqa: PLW0603 - a signal has no other way to leave word
    _asked = True
    raise KeyboardInterrupt
