"""Memory of a process."""

import platform
import subprocess
import sys

import pytest

from celtint.plugin.memory import peak_memory_bytes

_MAKE_FRAMES = """
import resource
import numpy as np
from celtint.plugin.memory import reuse_freed_memory

said = reuse_freed_memory()
faults = 0
for _ in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    layers = [np.ones(1 << 21, np.uint8) for _ in range(48)]
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    del layers
print(said, faults)
"""


def test_peak_memory_grows_with_what_is_held():
    before = peak_memory_bytes()
    held = bytearray(b"x" * (before + (1 << 24)))
    assert peak_memory_bytes() >= len(held)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a wish of glibc's")
def test_memory_of_a_frame_that_is_gone_is_used_for_the_next():
    told = subprocess.run(
        [sys.executable, "-c", _MAKE_FRAMES], capture_output=True, text=True, check=True
    )
    said, faults = told.stdout.split()
    assert said == "True"
    assert int(faults) < 1000  # 24576 where all of it was given back


_LOAD = """
import atexit
import gc
from celtint.plugin.memory import kept_for_good

atexit.register(lambda: print(gc.get_freeze_count()))
before = gc.get_stats()[2]["collections"]
with kept_for_good():
    import torch
print(gc.get_stats()[2]["collections"] - before, gc.isenabled())
kept = gc.get_freeze_count()
with kept_for_good():
    more = [[] for _ in range(1000)]
print(kept > len(gc.get_objects()), gc.get_freeze_count() == kept)
"""


def test_no_garbage_is_looked_for_among_what_is_kept_until_a_process_ends():
    told = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0", "True", "True", "True", "0"]
