"""Ours beside peers: the same files, the same score; what is not there is named."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

# As small as a harness can be: one peer that copies the truth, one that fails, one not installed.
HARNESS = """
import json, os, sys
import cv2, numpy as np

class Peer:
    def __init__(self, why=None): self.why = why
    def available(self): return self.why

BY = {"cheat": Peer(), "broken": Peer(), "absent": Peer("absent is not installed")}
DEFAULT = {name: ["cheat", "broken", "absent"] for name in ("every", "first", "key")}

def rd(path): return cv2.imread(path, cv2.IMREAD_UNCHANGED)
def ink_of(line): return line.min(2)
def shade_of(line): return line.max(2).astype(np.float32) / 255

class Seq:
    def __init__(self, d, setting, treat):
        self.names = sorted(os.listdir(d + "/line"))
        self.lines = [rd(f"{d}/line/{n}") for n in self.names]
        hints = [rd(f"{d}/hint/{n}") for n in self.names]
        self.rgb = [h[..., 2::-1].copy() for h in hints]
        self.mask = [h[..., 3] >= 128 for h in hints]
        for mask in self.mask[1:] if setting != "every" else ():
            mask[:] = False
        if setting == "key":
            self.rgb[0] = rd(f"{d}/gt/{self.names[0]}")[..., ::-1].copy()
            self.mask[0][:] = True

def score(d, out):
    return {"psnr": 9.0, "within2": 0.5, "flicker": None}

if __name__ == "__main__":
    shot, peer, setting, out = sys.argv[1], sys.argv[5], sys.argv[3], sys.argv[7]
    row = {"peer": peer, "s_frame": 0.2, "cpu_frame": 0.1, "MB": 50.0, **score(shot, out)}
    if peer == "broken":
        row = {"peer": peer, "error": "failed: no such thing"}
    name = os.path.basename(shot)
    folder = f"{out}/{setting}_raw/{name}/{peer}"
    os.makedirs(folder)
    for n in os.listdir(shot + "/gt"):
        image = rd(f"{shot}/gt/{n}")
        if n == "0003.png":
            image[:] = 255
        cv2.imwrite(f"{folder}/{n}", image)
    json.dump([row], open(f"{out}/table_{setting}_raw.json", "w"))
"""


@pytest.fixture
def peers() -> ModuleType:
    return importlib.import_module("peers")


@pytest.fixture
def harness(tmp_path: Path) -> Path:
    folder = tmp_path / "harness"
    folder.mkdir()
    (folder / "run_peers.py").write_text(HARNESS)
    return folder


@pytest.fixture
def shot(moving_set: Path):
    held_out = importlib.import_module("held_out")
    _, encoded = next(held_out.encoded_shots(moving_set))
    return held_out.shot_of(encoded, "clean", 0, 6)


def test_what_is_written_for_peers_is_the_shot(peers: ModuleType, shot, tmp_path: Path) -> None:
    folder = peers.exported(shot, tmp_path)
    line, truth = (cv2.imread(str(folder / kind / "0002.png")) for kind in ("line", "gt"))
    assert (255 - line[..., 0] == shot.ink[1]).all()
    index = peers.index_of(truth[..., ::-1], shot, 1)
    paper = shot.region[1] > 0
    assert (index[paper] == shot.truth[1][paper]).all()
    hint = cv2.imread(str(folder / "hint" / "0002.png"), cv2.IMREAD_UNCHANGED)
    assert (hint[..., 3] > 0).sum() == 75
    assert peers.exported(shot, tmp_path) == folder


def test_a_colour_counts_within_two_steps(peers: ModuleType, shot) -> None:
    flat = np.rint(shot.colours[shot.truth[0]] * 255).astype(np.int16)
    paper = shot.ink[0] == 0
    near, far = (peers.index_of((flat + by).astype(np.uint8), shot, 0) for by in (2, 3))
    assert (near[paper] == shot.truth[0][paper]).all()
    assert (far[paper] == 0).all()


def run(peers: ModuleType, moving_set: Path, harness: Path, tmp_path: Path, *more: str) -> dict:
    report = tmp_path / "report.json"
    arguments = [str(moving_set), "--harness", str(harness), "--out", str(tmp_path / "out")]
    arguments += ["--frames", "6", "--shots", "1", "--json", str(report), *more]
    arguments += ["--embedding", "none"]
    assert peers.main(arguments) == 0
    return json.loads(report.read_text())


def test_one_run_for_all(
    peers: ModuleType, moving_set: Path, harness: Path, tmp_path: Path, monkeypatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- peers: begin -->\n<!-- peers: end -->\n")
    some = ("--settings", "first", "key", "--page", str(page))
    report = run(peers, moving_set, harness, tmp_path, *some)
    rows = {(row["setting"], row["peer"]): row for row in report["rows"]}
    for setting in ("first", "key"):
        assert rows[setting, "celtint"]["reachable"] == 1
        assert rows[setting, "celtint"]["pix_acc"] == 1
        assert rows[setting, "flow voting"]["reachable"] == 1
        assert rows[setting, "cheat"]["reachable"] == 0.8  # a white frame of five
        assert rows[setting, "broken"]["error"] == "1 of 1 shots: failed: no such thing"
    assert report["left_out"] == {"absent": "absent is not installed"}
    text = page.read_text()
    assert "| **celtint** | 1 | 100.0 | 100.0 |" in text
    assert "- absent: absent is not installed" in text
    assert "Ours is level with flow voting and ahead of all others" in text

    measured = []

    def measure(options, shot, folder, key):
        measured.append((key["setting"], key["peer"]))
        return real(options, shot, folder, key)

    real = peers.measure
    monkeypatch.setattr(peers, "measure", measure)
    run(peers, moving_set, harness, tmp_path, *some)
    assert measured == [("first", "broken"), ("key", "broken")]  # what failed is tried again


def test_unknown_peers_and_no_harness_are_told(
    peers: ModuleType, moving_set: Path, harness: Path, tmp_path: Path, capsys
) -> None:
    with pytest.raises(SystemExit, match="knows no magic"):
        run(peers, moving_set, harness, tmp_path, "--peers", "magic")
    nowhere = [str(moving_set), "--harness", str(tmp_path), "--out", str(tmp_path / "out")]
    assert peers.main(nowhere) == 2
    assert "has no run_peers.py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reachable", "cpu", "said"),
    [
        (0.95, 0.5, "none comes within ten points"),
        (0.65, 0.5, "and of the 1 that come within ten points none is as fast"),
        (0.65, 0.01, "of the 1 that come within ten points these are as fast or faster: other"),
        (0.55, 0.5, "Ours is behind other"),
    ],
)
def test_the_verdict_is_that_of_the_aims(reachable: float, cpu: float, said: str) -> None:
    tables = importlib.import_module("peers_tables")
    other = {"peer": "other", "shots": 1, "reachable": 0.6, "cpu_frame": cpu}
    ours = {"peer": "celtint", "shots": 1, "reachable": reachable, "cpu_frame": 0.1}
    assert said in tables.verdict([ours, other])
