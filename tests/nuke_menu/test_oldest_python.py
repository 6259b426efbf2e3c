"""The host's side on the oldest Python that a host brings, with the engine on its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from celtint.plugin.nuke.commands import nuke_folder

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "meadow"
HOST = """
import sys

init, engine, sample, out = sys.argv[1:]
path = list(sys.path)
exec(compile(open(init).read(), init, "exec"), {"__file__": init})
plugin = sys.modules["celtint_nuke"].plugin
for module in ("buttons", "engine", "exr", "request", "session"):
    plugin("nuke." + module)
job = plugin("job")
workers = plugin("workers").Workers(python=engine)
for times in range(2):
    run = workers.start(
        job.Job(
            line=job.Source(sample + "/line/line.####.exr"),
            hint=job.Source(sample + "/hint/hint.####.exr"),
            out=job.Output(out + "/paint.####.exr"),
            frames="1001-1002",
        )
    )
    last = run.wait(120)
    print(last.kind, last.painted, last.kept, run.pid)
workers.close()
frames = [plugin("nuke.exr").Path(out) / ("paint.%d.exr" % frame) for frame in (1001, 1002)]
print(plugin("nuke.exr").is_same_picture(frames[0], frames[0]), sys.path == path)
"""


def oldest_python() -> str | None:
    """A Python 3.9 that runs; a version manager may have one on the path that does not."""
    python = shutil.which("python3.9")
    if python is None:
        return None
    asked = subprocess.run([python, "-V"], capture_output=True, check=False)
    return python if asked.returncode == 0 else None


@pytest.mark.skipif(oldest_python() is None, reason="there is no python3.9 on this machine")
def test_the_hosts_side_runs_on_python_3_9(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            str(oldest_python()),
            "-c",
            textwrap.dedent(HOST),
            str(nuke_folder() / "init.py"),
            sys.executable,
            str(SAMPLE),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    first, second, third = (line.split() for line in done.stdout.splitlines())

    assert first[:3] == ["finished", "2", "0"]
    assert second[:3] == ["finished", "0", "2"]
    assert second[3] == first[3]
    assert third == ["True", "True"]
