"""Kill runs at random moments, resume them, and compare every byte with a run left in peace.

    python benchmarks/kills.py --count 50 --seed 1

Each round paints a small shot from nothing, is killed with SIGKILL at a random moment between its
start and a little past its usual end, and is run again, maybe killed again, until a run ends. After
each kill every frame that can be seen must be whole and the same as in the undisturbed run; at the
end the whole output tree must be. The exit code is 1 where anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO


@dataclass
class Round:
    """One shot painted through kills.

    Attributes:
        kills_s: When each run was killed, in seconds after its start.
        seen: How many whole frames stood on disk after each kill.
        faults: What was not as it has to be.

    """

    kills_s: list[float] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Run the pattern and print a table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=50, help="kills in all, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", default="640x360", help="WIDTHxHEIGHT of the shot")
    options = parser.parse_args()
    width, height = (int(edge) for edge in options.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="celtint-kills-") as folder:
        shot = Path(folder)
        make_shot(shot, options.frames, width, height)
        rounds = pattern(shot, options.count, options.seed)
    print(table(rounds))
    return 1 if any(one.faults for one in rounds) else 0


def pattern(shot: Path, count: int, seed: int) -> list[Round]:
    """Rounds of kills on the shot until `count` runs were killed.

    Args:
        shot: Folder with `line.####.exr` and `hint.####.exr`, where the outputs go too.
        count: How many runs to kill.
        seed: Of the moments.

    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    begun = time.monotonic()
    start(shot, shot / "undisturbed").communicate()
    usual_s = time.monotonic() - begun
    expected = digests(shot / "undisturbed")
    if not any(name.startswith("paint.") for name in expected):
        raise SystemExit("the undisturbed run painted nothing")
    rounds: list[Round] = []
    while sum(len(one.kills_s) for one in rounds) < count:
        wanted = count - sum(len(one.kills_s) for one in rounds)
        rounds.append(one_round(shot, expected, chance, usual_s, wanted))
        print(f"round {len(rounds)}: killed {len(rounds[-1].kills_s)} times", flush=True)
    return rounds


def one_round(
    shot: Path, expected: dict[str, str], chance: random.Random, usual_s: float, most: int
) -> Round:
    """Paint from nothing, killed at up to `most` random moments, until a run ends by itself."""
    out = shot / "disturbed"
    shutil.rmtree(out, ignore_errors=True)
    result = Round()
    while True:
        # Half of the resumed runs are killed again; the last of the pattern never.
        kill = len(result.kills_s) < most and (not result.kills_s or chance.random() < 0.5)
        # Most moments fall where frames are written: the imports before take most of the time.
        moment_s = chance.uniform(0.0 if chance.random() < 0.2 else 0.5, 1.05) * usual_s
        process = start(shot, out)
        if kill:
            time.sleep(moment_s)
            process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        if process.returncode == -signal.SIGKILL:
            result.kills_s.append(moment_s)
            result.seen.append(check_visible(out, expected, result))
            continue
        if process.returncode != 0:
            result.faults.append(f"exit code {process.returncode}: {errors[-300:]}")
        if digests(out) != expected:
            result.faults.append("the resumed output differs from the undisturbed one")
        return result


def start(shot: Path, out: Path) -> subprocess.Popen[str]:
    """A run of the command line in a process of its own."""
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize", "--json", "--device", "cpu"]
    command += ["--line", str(shot / "line.####.exr"), "--hint", str(shot / "hint.####.exr")]
    command += ["--out", str(out / "paint.####.exr")]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def check_visible(out: Path, expected: dict[str, str], result: Round) -> int:
    """Count the frames that can be seen, each of which must be whole; note those that are not."""
    seen = 0
    for path in sorted(out.glob("paint.*.exr")):
        seen += 1
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected.get(path.name):
            result.faults.append(f"after a kill {path.name} is not whole")
    return seen


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, hidden ones too, by name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(rounds: list[Round]) -> str:
    """The rounds as text, and a line that sums them up."""
    lines = [f"{'round':>5} {'kills':>5}  killed after, s (frames then whole)"]
    for number, one in enumerate(rounds, 1):
        kills = ", ".join(
            f"{moment:.2f} ({seen})" for moment, seen in zip(one.kills_s, one.seen, strict=True)
        )
        lines.append(f"{number:>5} {len(one.kills_s):>5}  {kills}")
        lines += [f"      FAULT {fault}" for fault in one.faults]
    kills_in_all = sum(len(one.kills_s) for one in rounds)
    midway = sum(seen > 0 for one in rounds for seen in one.seen)
    faults = sum(len(one.faults) for one in rounds)
    identical = sum(not one.faults for one in rounds)
    lines.append(
        f"{kills_in_all} kills ({midway} with frames already written) in {len(rounds)} rounds: "
        f"{identical} of {len(rounds)} ended byte-identical, {faults} faults"
    )
    return "\n".join(lines)


def make_shot(folder: Path, frames: int, width: int, height: int) -> None:
    """A box that moves past a disc, with dabs on the first frame, as half-float EXR."""
    for step in range(frames):
        ink = np.zeros((height, width), np.uint8)
        x = width // 12 + step * max(width // 200, 1)
        top_left, bottom_right = (x, height // 5), (x + width // 4, height * 3 // 5)
        cv2.rectangle(ink, top_left, bottom_right, 255, 2, cv2.LINE_AA)
        centre = (width * 3 // 4, height // 2)
        cv2.circle(ink, centre, height // 5, 255, 2, cv2.LINE_AA)
        line = np.zeros((height, width, 4), np.float16)
        line[..., 3] = ink / 255.0
        write(folder / f"line.{1001 + step}.exr", line)
    hint = np.zeros((height, width, 4), np.float16)
    side = max(height // 20, 2)
    for x, y, colour in (
        (width // 6, height // 3, (0.8, 0.1, 0.05)),
        (width * 3 // 4, height // 2, (0.1, 0.3, 0.7)),
        (2, 2, (0.9, 0.85, 0.7)),
    ):
        hint[y : y + side, x : x + side] = (*colour, 1.0)
    write(folder / "hint.1001.exr", hint)


def write(path: Path, pixels: np.ndarray) -> None:
    """Write RGBA half floats."""
    height, width = pixels.shape[:2]
    spec = OpenImageIO.ImageSpec(width, height, 4, "half")
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close()


if __name__ == "__main__":
    sys.exit(main())
