"""How right the flat finish is on shots whose truth is known.

    python benchmarks/accuracy.py samples/meadow
    python benchmarks/accuracy.py samples/meadow SHOT --json accuracy.json

A shot is a folder as `samples/README.md` describes it: `line/`, `hint/`, `truth/` and
`palette.json`. It is painted as a user would paint it, and then every frame is held against the
truth: hints honoured to the bit, paint off the palette, line pixels changed, regions and pixels
right.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from celtint.plugin.images import Layer, place, read_layer
from celtint.training.metrics import PAPER_INK, RegionScore, score_regions

OFF_PALETTE = -1


@dataclass(frozen=True)
class Truth:
    """What a shot should look like."""

    folder: Path
    index_of_bits: dict[tuple[int, ...], int]

    @classmethod
    def of(cls, folder: Path) -> Truth:
        """The truth of a shot folder."""
        entries = json.loads((folder / "palette.json").read_text())
        bits = {
            tuple(entry["acescg_half_bits"]): entry["index"] for entry in entries if entry["index"]
        }
        return cls(folder, bits)

    def palette_index(self, frame: int) -> NDArray[np.uint8]:
        """(H, W) true palette index."""
        path = self.folder / "truth" / f"palette.{frame}.png"
        return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)

    def index_of(self, rgb: NDArray[np.float16]) -> NDArray[np.int32]:
        """(H, W) palette index of exact colours; OFF_PALETTE where there is none."""
        bits = np.ascontiguousarray(rgb).view(np.uint16).astype(np.int64)
        key = (bits[..., 0] << 32) | (bits[..., 1] << 16) | bits[..., 2]
        values, where = np.unique(key, return_inverse=True)
        known = {(r << 32) | (g << 16) | b: i for (r, g, b), i in self.index_of_bits.items()}
        index = np.array([known.get(int(value), OFF_PALETTE) for value in values], np.int32)
        return index[where.reshape(key.shape)]


@dataclass(frozen=True)
class FrameResult:
    """One painted frame against its truth."""

    frame: int
    score: RegionScore
    hint_px: int
    hint_px_missed: int
    off_palette_px: int
    line_px: int
    line_px_changed: int
    seam_px: int


def main() -> int:
    """Paint, measure, print; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shots", type=Path, nargs="+", help="shot folders")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    figures = {}
    kept = True
    for shot in options.shots:
        with tempfile.TemporaryDirectory(prefix="celtint-accuracy-") as out:
            paint(shot, Path(out))
            results = [measure(Truth.of(shot), shot, Path(out), frame) for frame in frames_of(shot)]
        figures[shot.name] = [asdict(result) for result in results]
        kept &= report(shot.name, results)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if kept else 1


def frames_of(shot: Path) -> list[int]:
    """Frame numbers of a shot."""
    return sorted(int(path.name.split(".")[-2]) for path in (shot / "line").glob("*.exr"))


def paint(shot: Path, out: Path) -> None:
    """Paint a shot as a user would."""
    command = [sys.executable, "-m", "celtint.plugin.cli", "colorize"]
    command += ["--line", str(shot / "line" / "line.####.exr")]
    command += ["--hint", str(shot / "hint" / "hint.####.exr")]
    subprocess.run([*command, "--out", str(out / "paint.####.exr")], check=True)


def measure(truth: Truth, shot: Path, out: Path, frame: int) -> FrameResult:
    """One frame: the exact promises, then the scores."""
    line = read_layer(shot / "line" / f"line.{frame}.exr", "line")
    painted = out / f"paint.{frame}.exr"
    composite, paint = read_layer(painted), read_layer(painted, "paint")
    # The truth fills the display window, so everything is compared there.
    window = line.display_window
    line_px = place(line, window)
    composite_px, paint_px = place(composite, window), place(paint, window)
    index = truth.index_of(paint_px[..., :3])
    unpainted = paint_px[..., 3] == 0
    off_palette = ((index == OFF_PALETTE) & ~unpainted) | ~np.isin(paint_px[..., 3], [0, 1])
    index[unpainted | off_palette] = 0
    ink = np.rint(line_px[..., 3].astype(np.float32) * 255).astype(np.uint8)
    hint_px, missed = hints_missed(shot, frame, ink, paint_px)
    solid = line_px[..., 3] == 1
    changed = (bits(line_px) != bits(composite_px)).any(axis=-1) & solid
    return FrameResult(
        frame=frame,
        score=score_regions(index, truth.palette_index(frame), ink, hinted=hinted_colours(truth)),
        hint_px=hint_px,
        hint_px_missed=missed,
        off_palette_px=int(off_palette.sum()),
        line_px=int(solid.sum()),
        line_px_changed=int(changed.sum()),
        seam_px=seams(unpainted, ink),
    )


def bits(pixels: NDArray[np.float16]) -> NDArray[np.uint16]:
    """Half floats as their bit patterns."""
    return np.ascontiguousarray(pixels).view(np.uint16)


def hints_missed(
    shot: Path, frame: int, ink: NDArray[np.uint8], paint: NDArray[np.float16]
) -> tuple[int, int]:
    """Solid hint pixels on bare paper, and how many of them have another paint, bit for bit."""
    path = shot / "hint" / f"hint.{frame}.exr"
    if not path.exists():
        return 0, 0
    hint: Layer = read_layer(path, "hint", role="hint")
    dab = place(hint, hint.display_window)
    solid = (dab[..., 3] == 1) & (ink == 0)
    missed = (bits(dab[..., :3]) != bits(paint[..., :3])).any(axis=-1) & solid
    return int(solid.sum()), int(missed.sum())


def hinted_colours(truth: Truth) -> set[int]:
    """True indices of the colours that some hint shows."""
    shown: set[int] = set()
    for path in (truth.folder / "hint").glob("*.exr"):
        hint = read_layer(path, "hint", role="hint")
        solid = hint.pixels[..., 3] == 1
        shown |= set(np.unique(truth.index_of(hint.pixels[solid][None, :, :3])).tolist())
    return shown - {OFF_PALETTE}


def seams(unpainted: NDArray[np.bool_], ink: NDArray[np.uint8]) -> int:
    """Pixels of unpainted patches that lie wholly under ink: thin ink would show them as seams."""
    count, patch = cv2.connectedComponents(unpainted.astype(np.uint8), connectivity=8)
    on_paper = np.unique(patch[ink <= PAPER_INK])
    under_ink = np.ones(count, bool)
    under_ink[[0, *on_paper]] = False
    return int(under_ink[patch].sum())


def report(name: str, results: list[FrameResult]) -> bool:
    """Print a shot; whether every exact promise was kept."""
    print(f"\n{name}\nframe   regions   Acc    Acc-Thres  reachable  Pix-Acc")
    for result in results:
        print(f"{result.frame:<7} {scores(result.score)}")
    total = sum((result.score for result in results), RegionScore())
    print(f"all     {scores(total)}")
    print(f"unreachable regions left unpainted: {total.unreachable_flagged} of {total.unreachable}")
    broken = 0
    for label, counted, wrong in (
        ("solid hint pixels not honoured", "hint_px", "hint_px_missed"),
        ("paint pixels off the palette", None, "off_palette_px"),
        ("solid line pixels changed", "line_px", "line_px_changed"),
        ("unpainted seam pixels under ink", None, "seam_px"),
    ):
        missed = sum(getattr(result, wrong) for result in results)
        of = f" of {sum(getattr(result, counted) for result in results)}" if counted else ""
        print(f"{label}: {missed}{of}")
        broken += missed
    return broken == 0


def scores(score: RegionScore) -> str:
    """One row of the table."""
    return (
        f"{score.regions:>7}  {score.acc:>6.3f}  {score.acc_thres:>8.3f}  "
        f"{score.reachable_acc_thres:>9.3f}  {score.pix_acc:>8.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
