"""Ours and flow voting as the peers' harness runs a peer: the same files in, the same files out.

`peers.py` starts this in a process of its own: HARNESS SHOT SETTING METHOD OUT EMBEDDING.
The last line printed is JSON: the harness's figures, seconds and processor seconds a frame, and
peak memory. As with the harness's peers in Python, importing is not timed, and neither is reading
the network's weights; analysing the shot is.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from painters import embedder_of

from celtint.engine import FlatSettings, PaintedFrame, colorize_sequence
from celtint.engine.flat.carry import FlowVote
from celtint.engine.flat.regions import find_regions
from celtint.engine.flat.seeds import read_seeds
from celtint.engine.frames import dabs_in
from celtint.engine.graph.analysis import RegionEmbedder
from celtint.engine.palette import Palette

CELTINT = "celtint"

Frames = Sequence[NDArray[np.uint8]]
Hints = Mapping[int, NDArray[np.float32]]


def harness_of(folder: Path) -> Any:
    """The harness as a module."""
    spec = importlib.util.spec_from_file_location("celtint_peers_harness", folder / "run_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments: Sequence[str]) -> int:
    """Paint a shot; return the exit code."""
    folder, shot, setting, method, out, embedding = arguments
    harness = harness_of(Path(folder))
    cv2.setNumThreads(1)
    frames = harness.Seq(shot, setting, "raw")
    inks = [255 - harness.ink_of(line) for line in frames.lines]
    hints = {
        index: np.dstack([rgb.astype(np.float32) / 255, mask.astype(np.float32)])
        for index, (rgb, mask) in enumerate(zip(frames.rgb, frames.mask, strict=True))
        if mask.any()
    }
    paint, embedder = OURS[method], embedder_of(embedding)
    begun, cpu = time.perf_counter(), time.process_time()
    fills = [fill_of(frame) for frame in paint(inks, hints, embedder)]
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, line, fill in zip(frames.names, frames.lines, fills, strict=True):
        finished = np.rint(fill.astype(np.float32) * harness.shade_of(line)[..., None])
        if not cv2.imwrite(str(Path(out) / name), finished.astype(np.uint8)[..., ::-1]):
            raise OSError(f"{Path(out) / name} cannot be written")
    figures = harness.score(shot, out)
    figures |= {"s_frame": seconds / len(fills), "cpu_frame": cpu / len(fills)}
    figures["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))
    return 0


def fill_of(frame: PaintedFrame) -> NDArray[np.uint8]:
    """(H, W, 3) 8-bit paint under the lines, white where unpainted."""
    palette = np.rint(frame.palette * 255).astype(np.uint8)
    palette[0] = 255
    return np.take(palette, frame.palette_index, axis=0)


def ours(frames: Frames, hints: Hints, embedder: RegionEmbedder | None) -> Iterator[PaintedFrame]:
    """The flat finish."""
    return colorize_sequence(frames, hints, embedder=embedder)


def flow_voting(frames: Frames, hints: Hints, _: RegionEmbedder | None) -> Iterator[PaintedFrame]:
    """The old way: each frame from the one before it, hints on top."""
    settings, carrier, palette = FlatSettings(), FlowVote(), Palette()
    look = None
    colour, sure = np.zeros(0, np.int32), np.zeros(0, np.float32)
    for index, ink in enumerate(frames):
        now = carrier.look(ink, find_regions(ink, settings))
        if look is None:
            colour, sure = np.zeros(now.regions.count, np.int32), np.zeros(now.regions.count, "f4")
        else:
            colour, sure = carrier.carry(look, colour, sure, now)
        look = now
        if index in hints:
            seeds = read_seeds(hints[index], dabs_in(hints[index]), now.regions, palette)
            palette, colour, sure = seeds.palette, colour.copy(), sure.copy()
            colour[seeds.region], sure[seeds.region] = seeds.palette_index, 1
        yield PaintedFrame(index, ink, now.regions.label, colour, sure, palette.colour)


OURS: Mapping[str, Callable[[Frames, Hints, RegionEmbedder | None], Iterator[PaintedFrame]]] = {
    CELTINT: ours,
    "flow voting": flow_voting,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
