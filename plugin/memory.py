"""How much memory a process had at most."""

from __future__ import annotations

from pathlib import Path


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
