"""Slurm array scripts, run in a strict stand-in for Slurm's environment.

`python benchmarks/farm.py --through slurm` runs them in Slurm itself, where it is installed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from celtint.plugin.farm import records
from celtint.plugin.farm.bundle import Needs
from celtint.plugin.farm.slurm import script, write_slurm

CELTINT = Path(sys.executable).parent / "celtint"
OPTIONS = {
    "job-name": r"\S+",
    "array": r"0-\d+(%\d+)?",
    "output": r".*%A_%a\.log",
    "open-mode": "append",
    "requeue": None,
    "ntasks": "1",
    "cpus-per-task": r"\d+",
    "mem": r"\d+M",
    "time": r"\d+:00:00",
    "signal": r"B:TERM@\d+",
    "gres": r"gpu:\d+",
}


class Sbatch:
    """As much of sbatch as a script may use; anything else is an error."""

    def __init__(self, text):
        head, *lines = text.splitlines()
        assert head == "#!/bin/bash"
        self.options, self.text = {}, text
        for line in lines:
            if not line.startswith("#SBATCH"):
                break
            (word,) = shlex.split(line.removeprefix("#SBATCH "))
            name, equals, value = word.removeprefix("--").partition("=")
            wanted = OPTIONS[name]
            assert bool(equals) == (wanted is not None)
            assert wanted is None or re.fullmatch(wanted, value), word
            self.options[name] = value
        last = int(re.match(r"0-(\d+)", self.options["array"])[1])
        assert last < 1001  # MaxArraySize as Slurm comes
        self.elements = range(last + 1)

    def run(self, element, **environment):
        return subprocess.run(
            ["bash", "-eu", "-c", self.text],
            env={
                "PATH": os.environ["PATH"],
                "SLURM_ARRAY_TASK_ID": str(element),
                "SLURM_JOB_ID": "7",
                **environment,
            },
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )


def script_of(folder, count, *, celtint="echo", needs=None):
    return Sbatch(
        script(
            folder,
            count,
            name="ep01",
            needs=needs or Needs(),
            celtint=celtint,
            at_once=None,
            hours=24,
        )
    )


@pytest.mark.parametrize("count", [1, 2, 999, 1000, 1001, 2500, 10_000])
def test_every_shot_is_in_one_element(count, tmp_path):
    batch = script_of(tmp_path, count)
    first, last = batch.elements[0], batch.elements[-1]
    ranges = {}
    for element in {first, last, last // 2}:
        told = batch.run(element)
        assert told.returncode == 0, told.stderr
        found = re.search(r"--index (\d+)-(\d+)$", told.stdout)
        ranges[element] = (int(found[1]), int(found[2]))
    each = -(-count // 1000)
    assert ranges == {e: (e * each, min(e * each + each, count) - 1) for e in ranges}
    assert ranges[last][1] == count - 1


def test_an_array_of_shots_paints_and_resumes_and_a_failing_one_stops_no_other(episode):
    folder = episode.folder / "a folder"
    write_slurm(
        folder,
        episode.shots(),
        name="ep01",
        needs=Needs(gpus=1),
        celtint=str(CELTINT),
        at_once=2,
        hours=1,
    )
    batch = Sbatch((folder / "celtint.sbatch").read_text())
    assert batch.options["array"] == "0-2%2"
    assert batch.options["gres"] == "gpu:1"
    whole = episode.damage("sh010", 1004)
    codes = [batch.run(element).returncode for element in batch.elements]
    assert codes == [3, 0, 0]
    episode.line("sh010", 1004).write_bytes(whole)
    again = [batch.run(element) for element in batch.elements]
    assert [one.returncode for one in again] == [0, 0, 0], again
    found = {name: records.read(folder / "records", name) for name in episode.names}
    assert {name: record.painted for name, record in found.items() if name != "sh010"} == {
        "sh020": 0,
        "sh030": 0,
    }
    assert found["sh010"].painted == 6
    assert len(episode.painted()) == 18
