r"""Ours beside the tools that an artist would pick instead, on the same shots, in one run.

    python benchmarks/peers.py SET --harness PEERS --shots 4 --frames 12 --out out/peers
    python benchmarks/peers.py SET --harness PEERS --out out/peers --settings first key --page

SET is a folder of shards, as `celtint-train prepare drawings` makes them. PEERS is the folder of
`run_peers.py`, which runs other ways of colouring line art (G'MIC, Krita's Colorize Mask, GIMP's
line-art bucket, graph cuts, watersheds, flow voting ...), each in a process of its own with one
thread, and gives every one the same drawings and hints. What is not installed is named and left
out. Settings are its own: in *every* frame a dab of 5 px in every region; the same in the *first*
alone; the first frame given fully painted (*key*). The peers that know one frame get the hints of
the others by holding them still, or along the optical flow.

Ours and the old flow voting get the same files, are run and timed alike, and are scored alike, by
the frames that were written: *reachable* regions right (over 10 px, in a colour that some hint
shows; frames that are given painted, and with hints on the first frame alone that frame, do not
count), pixels of paper right, and the harness's own PSNR and share of pixels within 2 of 255. A
colour counts as the true one within 2 of 255. Peers fill what no hint reaches; what ours leaves
unpainted is white here, and wrong.

What is done is kept in --out, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from held_out import CLEAN, EVERY_REGION, Shot, describe_set, encoded_shots, hint_on, shot_of
from numpy.typing import NDArray
from pages import PAGE, write_section
from painters import add_embedding
from peers_paint import CELTINT, OURS, harness_of
from peers_tables import section, summary, text_of
from records import Records, engine_fingerprint, fingerprint_of, flat_fingerprint

from celtint.training.metrics import PAPER_INK, RegionScore, score_regions

SETTINGS = ("every", "first", "key")
SLOW = ("random_walker", "levin", "gimp_lineart", "gimp_lineart_t", "gimp_bucket")
WITHIN = 2
Key = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    options = _parser().parse_args(arguments)
    if not (options.harness / "run_peers.py").is_file():
        print(f"peers: {options.harness} has no run_peers.py", file=sys.stderr)
        return 2
    harness = harness_of(options.harness)
    records = Records(options.out / "records.jsonl")
    name = str(describe_set(options.set)["set"])
    wanted, missing = [], {}
    for number, encoded in encoded_shots(options.set, options.shots):
        shot: Shot | None = None
        for setting in options.settings:
            for peer in chosen(options, harness, setting):
                why = None if peer in OURS else harness.BY[peer].available()
                if why:
                    missing[peer] = why
                    continue
                key = key_of(options, name, encoded.info.name, setting, peer)
                wanted.append(key)
                if options.known or (key in records and "error" not in records[key]):
                    continue
                shot = shot or shot_of(encoded, CLEAN, number, options.frames)
                folder = exported(shot, options.out / "shots")
                records.add([measure(options, shot, folder, key)])
                print(text_of([records[key]]), flush=True)
    rows = summary([records[key] for key in wanted if key in records])
    print(text_of(rows))
    for peer, why in missing.items():
        print(f"left out: {peer}: {why}")
    report = {"set": name, "shots": options.shots, "rows": rows, "left_out": missing}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if options.page:
        write_section(options.page, "peers", section(report))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, metavar="SET")
    parser.add_argument("--harness", type=Path, required=True, help="the folder of run_peers.py")
    parser.add_argument("--out", type=Path, required=True, help="folder for all that is written")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument(
        "--peers", nargs="+", help="peers by name (the harness's choice for each setting)"
    )
    parser.add_argument("--without", nargs="+", default=[], help="peers to leave out, such as slow")
    parser.add_argument("--frames", type=int, default=24, help="of film, from the first on (24)")
    parser.add_argument("--shots", type=int, help="only the first so many")
    add_embedding(parser)
    parser.add_argument("--timeout", type=int, default=900, help="seconds for a peer and a shot")
    parser.add_argument("--known", action="store_true", help="run nothing: tell what is known")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=PAGE, help="also write the tables into this page"
    )
    return parser


def chosen(options: argparse.Namespace, harness: Any, setting: str) -> list[str]:
    """Who runs in a setting; ours first."""
    without = {*options.without, *(SLOW if "slow" in options.without else ())}
    peers = options.peers or [*OURS, *harness.DEFAULT[setting]]
    unknown = sorted(set(peers) - set(OURS) - set(harness.BY))
    if unknown:
        raise SystemExit(f"peers: the harness knows no {', '.join(unknown)}")
    return [peer for peer in peers if peer not in without and peer.split("@")[0] not in without]


def key_of(options: argparse.Namespace, name: str, shot: str, setting: str, peer: str) -> Key:
    """What is measured: a changed engine asks for ours anew, a changed harness for its peers."""
    if peer in OURS:
        code = engine_fingerprint() if peer == CELTINT else flat_fingerprint()
    else:
        code = fingerprint_of([options.harness / "run_peers.py", *options.harness.glob("*/*.py")])
    return {
        "code": code,
        "embedding": options.embedding if peer == CELTINT else None,
        "set": name,
        "shot": shot,
        "frames": options.frames,
        "setting": setting,
        "peer": peer,
    }


def exported(shot: Shot, folder: Path) -> Path:
    """The folder of a shot as the harness wants it: `line/`, `hint/` and `gt/`, PNG."""
    final = folder / f"{shot.name}-{len(shot.holds)}"
    if final.exists():
        return final
    making = folder / f".{final.name}"
    shutil.rmtree(making, ignore_errors=True)
    for kind in ("line", "hint", "gt"):
        (making / kind).mkdir(parents=True)
    for frame, number in enumerate(shot.holds):
        ink, truth = shot.ink[number], shot.truth[number]
        shade = (255 - ink).astype(np.float32)[..., None] / 255
        hint = np.rint(hint_on(shot, number, EVERY_REGION) * 255).astype(np.uint8)
        painted = np.rint(shot.colours[truth] * 255 * shade).astype(np.uint8)
        line = cv2.cvtColor(255 - ink, cv2.COLOR_GRAY2BGR)
        _write(making / "line" / f"{frame:04d}.png", line)
        _write(making / "hint" / f"{frame:04d}.png", cv2.cvtColor(hint, cv2.COLOR_RGBA2BGRA))
        _write(making / "gt" / f"{frame:04d}.png", cv2.cvtColor(painted, cv2.COLOR_RGB2BGR))
    making.rename(final)
    return final


def _write(path: Path, image: NDArray[Any]) -> None:
    if not cv2.imwrite(str(path), image):
        raise OSError(f"{path} cannot be written")


def measure(options: argparse.Namespace, shot: Shot, folder: Path, key: Key) -> dict[str, Any]:
    """Run a peer on a shot, and hold what it wrote against the truth."""
    setting, peer = key["setting"], key["peer"]
    out = options.out / "painted"
    if peer in OURS:
        frames = out / f"{setting}_raw" / folder.name / peer.replace(" ", "_")
        script = Path(__file__).with_name("peers_paint.py")
        command = [str(script), str(options.harness), str(folder), setting, peer, str(frames)]
        command.append(options.embedding)
    else:
        frames = out / f"{setting}_raw" / folder.name / peer
        command = [str(options.harness / "run_peers.py"), str(folder), "--settings", setting]
        command += ["--peers", peer, "--out", str(out), "--timeout", str(options.timeout)]
        command += ["--core", ""]
    try:
        done = subprocess.run(
            [sys.executable, *command],
            capture_output=True,
            text=True,
            timeout=options.timeout + 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"key": key, "error": f"over {options.timeout} s"}
    if done.returncode:
        return {"key": key, "error": (done.stderr.strip().splitlines() or ["failed"])[-1][:200]}
    found = (
        json.loads(done.stdout.splitlines()[-1])
        if peer in OURS
        else json.loads((out / f"table_{setting}_raw.json").read_text("utf-8"))[0]
    )
    if "error" in found:
        return {"key": key, "error": found["error"]}
    kept = ("psnr", "within2", "flicker", "s_frame", "cpu_frame", "MB")
    score = scored(shot, frames, setting)
    shutil.rmtree(frames)
    return {
        "key": key,
        "score": asdict(score),
        **{name: found.get(name) for name in kept},
    }


def scored(shot: Shot, frames: Path, setting: str) -> RegionScore:
    """Regions and pixels of the frames that a peer wrote."""
    hinted = range(len(shot.holds)) if setting == "every" else range(1)
    shown = {int(c) for frame in hinted for c in np.unique(_hinted(shot, frame, setting))} - {0}
    total = RegionScore()
    for frame, number in enumerate(shot.holds):
        if setting != "every" and frame == 0:
            continue
        image = cv2.imread(str(frames / f"{frame:04d}.png"))
        if image is None:
            raise OSError(f"{frames / f'{frame:04d}.png'} cannot be read")
        index = index_of(image[..., ::-1].astype(np.uint8), shot, number)
        region = shot.region[number]
        total += score_regions(
            index, shot.truth[number], shot.drawn[number], hinted=shown, label=region
        )
    return total


def _hinted(shot: Shot, frame: int, setting: str) -> NDArray[np.int32]:
    number = shot.holds[frame]
    if setting == "key":
        return shot.truth[number][shot.region[number] > 0]
    return shot.truth[number][hint_on(shot, number, EVERY_REGION)[..., 3] > 0]


def index_of(image: NDArray[np.uint8], shot: Shot, number: int) -> NDArray[np.int32]:
    """(H, W) true palette index of what was painted under the lines; 0 for any other colour."""
    ink = shot.ink[number]
    paper = ink <= PAPER_INK
    shade = (255 - ink[paper]).astype(np.float32)[:, None] / 255
    pixels = image[paper].astype(np.float32)
    best = np.full(len(pixels), WITHIN + 0.5, np.float32)
    found = np.zeros(len(pixels), np.int32)
    for row, colour in enumerate(shot.colours[1:] * 255, 1):
        apart = np.abs(pixels - colour * shade).max(axis=1)
        closer = apart < best
        best[closer], found[closer] = apart[closer], row
    index = np.zeros(ink.shape, np.int32)
    index[paper] = found
    return index


if __name__ == "__main__":
    sys.exit(main())
