"""Disturb a farm on purpose: shots that fail, are cancelled and are killed, against a run in peace.

    python benchmarks/farm.py --through openjd --shots 24
    python benchmarks/farm.py --through slurm --shots 24
    python benchmarks/farm.py --through local --shots 24 --jobs 2

Small shots are painted once in peace. Then they are painted through the farm while one has a
damaged drawing, one is cancelled as the farm cancels, and the worker of one is killed. The other
shots have to finish all the same. The damaged drawing is mended and the same job is run again: it
has to finish the remainder and nothing else, and every file has to be what it was in peace. The
exit code is 1 where anything is not so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kills import digests, make_shot

from celtint.plugin.farm import records
from celtint.plugin.farm.records import Record

CELTINT = Path(sys.executable).parent / "celtint"
FAILS, IS_CANCELLED, IS_KILLED = "sh003", "sh007", "sh011"
_DAMAGED_FRAME = "line.1004.exr"
_LONG, _SHORT = 60, 8
_GIVE_UP_S = 300.0


@dataclass
class Episode:
    """Shots on disk, and what is wrong with how they were painted.

    Attributes:
        folder: Where everything is.
        names: The shots.
        faults: What was not as it has to be.

    """

    folder: Path
    names: list[str]
    faults: list[str] = field(default_factory=list)

    def expect(self, claim: bool, otherwise: str) -> None:
        """Note a fault unless the claim holds."""
        if not claim:
            self.faults.append(otherwise)

    def list_options(self, out: str) -> list[str]:
        """The list of shots for `celtint farm`, painted into the folder `out`."""
        return [
            str(self.folder / "shots" / "{shot}" / "line.####.exr"),
            *("--hint", str(self.folder / "shots" / "{shot}" / "hint.####.exr")),
            *("--out", str(self.folder / out / "{shot}" / "paint.####.exr")),
            *("--set", "device=cpu"),
        ]

    def painted(self, out: str) -> dict[str, str]:
        """SHA-256 of every file that was painted, hidden ones too."""
        return digests(self.folder / out)

    def records(self) -> dict[str, Record]:
        """The records of the disturbed job."""
        return {name: records.read(self.folder / "job" / "records", name) for name in self.names}


def main() -> int:
    """Paint in peace, paint disturbed, paint the remainder; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--through", choices=("openjd", "slurm", "local"), default="openjd")
    parser.add_argument("--shots", type=int, default=24)
    parser.add_argument("--size", default="320x180", help="WIDTHxHEIGHT of the shots")
    parser.add_argument("--jobs", type=int, default=2, help="shots at a time, where celtint asks")
    parser.add_argument("--in", dest="folder", type=Path, help="keep everything in this folder")
    options = parser.parse_args()
    if options.shots < 12:
        parser.error("at least 12 shots: three of them are disturbed")
    with tempfile.TemporaryDirectory(prefix="celtint-farm-") as temporary:
        episode = make_episode(options.folder or Path(temporary), options.shots, options.size)
        demonstrate(episode, options.through, options.jobs)
    for fault in episode.faults:
        print(f"FAULT {fault}")
    return 1 if episode.faults else 0


def make_episode(folder: Path, count: int, size: str) -> Episode:
    """Shots of a few frames; those that will be disturbed are long enough to be met at work."""
    width, height = (int(edge) for edge in size.split("x"))
    names = [f"sh{number:03}" for number in range(count)]
    for name in names:
        (folder / "shots" / name).mkdir(parents=True)
        frames = _LONG if name in (IS_CANCELLED, IS_KILLED) else _SHORT
        make_shot(folder / "shots" / name, frames, width, height)
    return Episode(folder, names)


def demonstrate(episode: Episode, through: str, jobs: int) -> None:
    """The whole pattern; prints what it sees and notes faults."""
    options = [*episode.list_options("peace"), "--to", str(episode.folder / "peace-job")]
    celtint("farm", "run-local", *options, "--jobs", str(jobs))
    expected = episode.painted("peace")
    frames = sum(name.endswith(".exr") for name in expected)
    print(f"in peace: {frames} frames of {len(episode.names)} shots")
    damaged = episode.folder / "shots" / FAILS / _DAMAGED_FRAME
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) * 2 // 3])
    run = prepared(episode, through, jobs)
    begun = time.monotonic()
    with Disturbance(episode, through) as disturbance:
        code = run()
    print(f"disturbed run through {through}: exit code {code}, {time.monotonic() - begun:.1f} s")
    episode.faults += disturbance.faults
    check_first_run(episode, expected)
    damaged.write_bytes(whole)
    begun = time.monotonic()
    code = run()
    print(f"second run: exit code {code}, {time.monotonic() - begun:.1f} s")
    check_second_run(episode, expected)
    celtint("farm", "report", str(episode.folder / "job"))
    left_over = list((episode.folder / "disturbed").rglob("*.tmp.exr"))
    episode.expect(not left_over, f"temporary files are left: {left_over}")


def check_first_run(episode: Episode, expected: dict[str, str]) -> None:
    """The three are what they have to be, the rest is done, and every frame there is is whole."""
    found = episode.records()
    for name, wanted in (
        (FAILS, records.FAILED),
        (IS_CANCELLED, records.CANCELLED),
        (IS_KILLED, records.FAILED),
    ):
        frames = len(list((episode.folder / "disturbed" / name).glob("paint.*.exr")))
        record = found[name]
        print(
            f"  {name}: {record.state}, {frames} frames on disk: {' '.join(record.problems)[:110]}"
        )
        episode.expect(record.state == wanted, f"{name} is {record.state}, not {wanted}")
        in_all = _SHORT if name == FAILS else _LONG
        episode.expect(
            0 < frames < in_all, f"{name} was disturbed with {frames} of {in_all} frames"
        )
    episode.expect("SIGKILL" in " ".join(found[IS_KILLED].problems), "the kill is not told")
    rest = [name for name in episode.names if name not in (FAILS, IS_CANCELLED, IS_KILLED)]
    done = [name for name in rest if found[name].state == records.DONE]
    print(f"  {len(done)} of the {len(rest)} other shots are done")
    episode.expect(done == rest, f"not done: {sorted(set(rest) - set(done))}")
    for name, digest in episode.painted("disturbed").items():
        if Path(name).match("*.exr") and not Path(name).name.startswith("."):
            episode.expect(digest == expected[name], f"after the first run {name} is not whole")


def check_second_run(episode: Episode, expected: dict[str, str]) -> None:
    """Everything is done, what was painted was kept, and every file is what it was in peace."""
    found = episode.records()
    waiting = [name for name in episode.names if found[name].state != records.DONE]
    episode.expect(not waiting, f"after the second run not done: {waiting}")
    for name in (IS_CANCELLED, IS_KILLED):
        print(f"  {name}: {found[name].kept} frames kept, {found[name].painted} painted")
        episode.expect(found[name].kept > 0, f"{name} was painted from the start again")
    again = sum(record.painted for record in found.values())
    painted = episode.painted("disturbed")
    differ = [name for name in expected if painted.get(name) != expected[name]]
    more = sorted(set(painted) - set(expected))
    print(
        f"  the second run painted {again} frames; {len(expected) - len(differ)} of "
        f"{len(expected)} files are what they were in peace, {len(more)} are too many"
    )
    episode.expect(not differ, f"differ from the run in peace: {differ[:5]}")
    episode.expect(not more, f"were not there in peace: {more[:5]}")


def prepared(episode: Episode, through: str, jobs: int) -> Callable[[], int]:
    """Write the job; return what runs it and waits for its end."""
    job = episode.folder / "job"
    options = [*episode.list_options("disturbed"), "--to", str(job)]
    if through == "local":
        command = [str(CELTINT), "farm", "run-local", *options, "--jobs", str(jobs)]
        return lambda: logged(command, job)
    here = ("--celtint", str(CELTINT))
    if through == "openjd":
        celtint("farm", "openjd", *options, *here, "--keep-going")
        template = str(job / "template.json")
        openjd = str(Path(sys.executable).parent / "openjd")
        return lambda: logged([openjd, "run", template, "--step", "Paint"], job)
    celtint("farm", "slurm", *options, *here, "--cores", "1", "--memory-mib", "1024")
    return lambda: logged([which("sbatch"), "--wait", str(job / "celtint.sbatch")], job)


def logged(command: Sequence[str], job: Path) -> int:
    """Run a command with its output in the job's log; return its exit code."""
    job.mkdir(exist_ok=True)
    with (job / "run.log").open("ab") as log:
        return subprocess.run(command, stdout=log, stderr=log, check=False).returncode


class Disturbance:
    """Cancels one shot and kills the worker of another, each as soon as it has painted frames."""

    def __init__(self, episode: Episode, through: str) -> None:
        self._episode, self._through = episode, through
        self._over = threading.Event()
        self.faults: list[str] = []
        self._threads = [
            threading.Thread(target=self._disturb, args=(IS_CANCELLED, self._cancel)),
            threading.Thread(target=self._disturb, args=(IS_KILLED, self._kill)),
        ]

    def __enter__(self) -> Disturbance:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _disturb(self, name: str, action: Callable[[str, int], None]) -> None:
        out = self._episode.folder / "disturbed" / name
        deadline = time.monotonic() + _GIVE_UP_S
        while not self._over.is_set() and time.monotonic() < deadline:
            if len(list(out.glob("paint.*.exr"))) >= 4:
                with contextlib.suppress(OSError, ValueError, ProcessLookupError):
                    # Whoever paints signs the output with its process id.
                    holder = json.loads((out / ".celtint" / "paint.#.exr.holder.json").read_text())
                    action(name, holder["pid"])
                    return
            time.sleep(0.005)
        self.faults.append(f"{name} was never met at work")

    def _kill(self, _name: str, worker: int) -> None:
        os.kill(worker, signal.SIGKILL)

    def _cancel(self, name: str, worker: int) -> None:
        """As the farm does it: a word to the process that it started."""
        if self._through == "local":
            # Nobody but the user at the terminal cancels a single shot here: the worker is asked.
            os.kill(worker, signal.SIGTERM)
            return
        listed = json.loads((self._episode.folder / "job" / "shots.json").read_text())["shots"]
        index = [shot["shot"] for shot in listed].index(name)
        if self._through == "slurm":
            jobs = subprocess.run(
                [which("squeue"), "--noheader", "--array", "--states=RUNNING", "--format=%F %K"],
                capture_output=True, text=True, check=True,
            ).stdout.split("\n")  # fmt: skip
            mine = [line.split() for line in jobs if line.split()[1:] == [str(index)]]
            subprocess.run([which("scancel"), f"{mine[-1][0]}_{index}"], check=True)
            return
        os.kill(task_process(self._episode.folder, index), signal.SIGTERM)


def task_process(folder: Path, index: int) -> int:
    """The process that the farm started for a shot."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                is_task = "task" in words and str(folder / "job" / "shots.json") in words
                if is_task and words[words.index("--index") + 1] == str(index):
                    return int(entry.name)
    raise ProcessLookupError(index)


def which(command: str) -> str:
    """Where a command of Slurm's is."""
    found = shutil.which(command)
    if found is None:
        raise SystemExit(f"{command} is not here: Slurm is not installed")
    return found


def celtint(*arguments: str) -> None:
    """Run celtint; its word is printed."""
    done = subprocess.run([str(CELTINT), *arguments], capture_output=True, text=True, check=False)
    print("  " + done.stdout.strip().replace("\n", "\n  ").split("\n  sh")[0][-300:])
    if done.returncode:
        raise SystemExit(f"celtint {' '.join(arguments[:2])}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
