"""A process's memory: how much it had at most, what it uses again, and what it has for good."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_MOST_MAPPED_BYTES = 1 << 25  # glibc takes no more; a layer of 1920x1080 is half of it
_MOST_UNUSED_BYTES = 1 << 28


def reuse_freed_memory() -> bool:
    """Have the memory of arrays that are gone used for the next ones; whether that can be said.

    A frame is made of some dozen large arrays. By default most of them are given back to the
    system, and what comes in their place has to be cleared by it first.
    """
    if sys.platform != "linux":
        return False
    # Other C libraries of Linux lack it, or answer that they do nothing.
    say = getattr(ctypes.CDLL(None), "mallopt", None)
    return say is not None and bool(
        say(_MMAP_THRESHOLD, _MOST_MAPPED_BYTES) and say(_TRIM_THRESHOLD, _MOST_UNUSED_BYTES)
    )


@contextlib.contextmanager
def kept_for_good() -> Iterator[None]:
    """What is loaded inside stays: no garbage is looked for meanwhile, nor among it later.

    PyTorch is a quarter of a million objects, which would be gone through again and again. Only the
    first time in a process: later there is nothing large to load.
    """
    if gc.get_freeze_count() or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
        # Others clean up when a process ends, and complain of what they find alive.
        atexit.register(gc.unfreeze)
    finally:
        gc.enable()


def peak_memory_bytes() -> int:
    """Peak resident memory of this process."""
    try:
        # Not getrusage, which a process inherits from the one that started it.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
