"""Rebuild the sample shot `meadow` from its drawings, byte for byte.

    python samples/build_meadow.py --out samples/meadow

Needs the packages of samples/requirements.txt. The drawings are in samples/meadow/sources; who drew
them stands in samples/meadow/CREDITS.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from layout import (
    Palette,
    make_palette,
    place_dabs,
    write_hint,
    write_json,
    write_line,
    write_truth,
)
from meadow_cast import FIRST_FRAME, LAST_FRAME, LATE_FRAME, PALETTE, cast
from meadow_set import scenery
from stage import Actor, Stage

WIDTH, HEIGHT = 1280, 720
SEED = 20240229


def main(arguments: list[str] | None = None) -> int:
    """Build the shot; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the shot")
    here = Path(__file__).resolve().parent
    parser.add_argument("--sources", type=Path, default=here / "meadow" / "sources")
    options = parser.parse_args(arguments)
    actors = [*scenery(), *cast(options.sources)]
    build(options.out, actors, make_palette(PALETTE))
    print(f"frames {FIRST_FRAME}-{LAST_FRAME} are in {options.out}")
    return 0


def build(out: Path, actors: list[Actor], palette: Palette) -> None:
    """Draw every frame and write its line art, hints and truth."""
    for folder in ("line", "hint", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    stage = Stage(WIDTH, HEIGHT)
    rng = np.random.default_rng(SEED)
    for frame in range(FIRST_FRAME, LAST_FRAME + 1):
        passes = stage.draw(actors, frame, FIRST_FRAME)
        index_of_shape = np.zeros(int(passes.shape_id.max()) + 1, np.int32)
        for shape_id, name in stage.colour_of.items():
            if shape_id < len(index_of_shape):
                index_of_shape[shape_id] = palette.names.index(name) + 1
        palette_index = index_of_shape[passes.shape_id]
        write_line(out / "line" / f"line.{frame:04d}.exr", passes.ink, frame)
        write_truth(out / "truth", frame, palette_index, passes.shape_id)
        wanted = None
        if frame == LATE_FRAME:
            late = [k for k, owner in stage.owner_of.items() if owner == "beagle"]
            wanted = np.isin(passes.shape_id, late)
        if frame in (FIRST_FRAME, LATE_FRAME):
            dabs = place_dabs(passes.ink, palette_index, rng, wanted)
            path = out / "hint" / f"hint.{frame:04d}.exr"
            write_hint(path, palette, dabs, (HEIGHT, WIDTH), frame)
            print(f"frame {frame}: {len(dabs)} dabs")
    palette.write(out / "palette.json")
    write_json(
        out / "shapes.json",
        [
            {"id": k, "of": stage.owner_of[k], "palette_index": palette.names.index(name) + 1}
            for k, name in sorted(stage.colour_of.items())
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
